extension Value {
  /// Sorts and hashes a value and everything in it, so that reading it writes nothing: it may then be shared between threads.
  func frozen() -> Value {
    switch tag {
    case .array:
      let view = arrayView
      for i in 0..<view.count { _ = view[i].frozen() }
      _ = hash
    case .set:
      let view = setView
      for i in 0..<view.count { _ = view[i].frozen() }
      view.sort()
      view.table.seal()
      _ = hash
    case .object:
      let view = objectView
      for i in 0..<view.count {
        _ = view.key(at: i).frozen()
        _ = view.value(at: i).frozen()
      }
      view.sort()
      view.table.seal()
      _ = hash
    default: break
    }
    return self
  }
}
