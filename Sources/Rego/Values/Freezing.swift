extension Value {
  /// Sorts a value and everything in it, so that reading it moves nothing: it may then be shared between threads. Hashes are still computed
  /// when they are first asked for; threads that do so at the same time write the same word.
  func frozen() -> Value {
    switch tag {
    case .array:
      let view = arrayView
      for i in 0..<view.count { _ = view[i].frozen() }
    case .set:
      let view = setView
      for i in 0..<view.count { _ = view[i].frozen() }
      view.sort()
      view.table.seal()
    case .object:
      let view = objectView
      for i in 0..<view.count {
        _ = view.key(at: i).frozen()
        _ = view.value(at: i).frozen()
      }
      view.sort()
      if view.table.identity == 0, let shared = SharedTables.table(for: view.table) {
        view.share(shared)
      } else {
        view.seal()
      }
    default: break
    }
    return self
  }
}
