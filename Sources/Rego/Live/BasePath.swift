/// A value as a key of dictionaries: equal by Rego's `==`.
struct ValueKey: Hashable {
  let value: Value

  init(_ value: Value) { self.value = value }

  static func == (a: ValueKey, b: ValueKey) -> Bool { a.value.equals(b.value) }
  func hash(into hasher: inout Hasher) { hasher.combine(value.hash) }
}

/// A place in `input` or base data, as far as its keys are constant.
struct BasePath: Hashable {
  let root: DocumentEdit.Root
  let keys: [ValueKey]

  func appending(_ key: Value) -> BasePath { BasePath(root: root, keys: keys + [ValueKey(key)]) }

  /// The value at the place, or undefined.
  func value(in document: Value) -> Value { Machine.descend(document, keys.map(\.value)[...]) }
}

/// What a rule reads of `input` or base data.
struct Read: Hashable {
  let path: BasePath
  /// All at and below the place; else only that something stands there, and what is read further down has reads of its own.
  let isWhole: Bool

  /// Whether an edit changes what is read.
  func isAffected(by event: EditedDocument.Event) -> Bool {
    guard path.root == event.root else { return false }
    let common = min(path.keys.count, event.keys.count)
    guard zip(path.keys, event.keys).allSatisfy({ $0.value.equals($1) }) else { return false }
    if isWhole { return true }
    switch event.kind {
    case .replaced: return event.keys.count == common
    case .inserted, .removed: return event.keys.count == common && path.keys.count > common
    }
  }
}
