#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// `with`: what it changes, and the ways in and out.
extension Machine {
  mutating func enter(_ scope: Scope) {
    var scope = scope
    lastScope &+= 1
    scope.number = lastScope
    scopes.append(scope)
    show()
  }

  mutating func leave() {
    scopes.removeLast()
    show()
  }

  mutating func suspend() {
    suspended.append(scopes.removeLast())
    show()
  }

  mutating func resume() {
    scopes.append(suspended.removeLast())
    show()
  }

  /// Back to where a call began, whatever it was in the middle of.
  mutating func restore(scopes count: Int, suspended suspendedCount: Int) {
    // What was suspended below the call stands between its scopes and is put back in the order of leaving.
    while suspended.count > suspendedCount, scopes.count < count { scopes.append(suspended.removeLast()) }
    if suspended.count > suspendedCount { suspended.removeLast(suspended.count - suspendedCount) }
    if scopes.count > count { scopes.removeLast(scopes.count - count) }
    show()
  }

  mutating func show() {
    guard let scope = scopes.last else { return }
    input = scope.input
    data = scope.data
    memo = scope.memo
    scopeNumber = scope.number
    hasMocks = !scope.mocks.isEmpty
    hasOverrides = !scope.overrides.isEmpty
  }

  /// Enters the scope that a `with` makes. All values are known before the first change counts.
  mutating func push(_ changes: [Program.Change], _ operands: Operands) throws(RegoError) {
    guard var scope = scopes.last else { return }
    guard scopes.count + suspended.count < Self.maximumFrames else { throw tooDeep() }
    scope.memo = newMemo()
    for change in changes {
      let value = operands.value(of: change.value)
      switch change.target {
      case .input(let path):
        scope.input = replaced(scope.input, path.map { operands.value(of: $0) }, value)
      case .data(let path):
        let keys = path.map { operands.value(of: $0) }
        scope.data = replaced(scope.data, keys, value)
        scope.overrides.append(keys)
      case .base(let path):
        scope.data = replaced(scope.data, path.map { operands.value(of: $0) }, value)
      case .function(let key):
        let replacement = change.isReplacement ? value.exactInt.map { Int32(truncatingIfNeeded: $0) } : nil
        scope.mocks.append(Mock(key: Int32(truncatingIfNeeded: key), replacement: replacement, value: value))
      }
    }
    enter(scope)
  }

  /// A document with the value at a path replaced. Objects on the way are copied; what is no object gives way to one.
  private func replaced(_ document: Value, _ path: [Value], _ value: Value) -> Value {
    var objects: [(ObjectView, Value)] = []
    var node = document
    for key in path {
      let copy = ObjectView.make(in: heap)
      if node.isObject {
        let source = node.objectView
        for i in 0..<source.count { copy.set(source.key(at: i), source.value(at: i), in: heap) }
        node = source[key]
      } else {
        node = .undefined
      }
      objects.append((copy, key))
    }
    var result = value
    for (object, key) in objects.reversed() {
      object.set(key, result, in: heap)
      result = object.value
    }
    return result
  }

  /// The value that replaces a function's document, undefined kept apart by its body as in the memo; nil where nothing replaces it.
  func override(of function: Int) -> Value? {
    guard let path = override(at: program.functions[function].path) else { return nil }
    return path.isUndefined ? Value(.undefined, 1) : path
  }

  /// The base document at a path at or below a replaced one; nil where none is replaced.
  func override(at path: [Value]) -> Value? {
    guard let scope = scopes.last else { return nil }
    for override in scope.overrides where override.count <= path.count {
      if zip(override, path).allSatisfy({ $0.equals($1) }) { return Self.descend(data, path[...]) }
    }
    return nil
  }

  /// What stands at a path in base data. Paths of the store are texts: a number finds the key with its digits too.
  static func descend(_ document: Value, _ path: ArraySlice<Value>) -> Value {
    var value = document
    for key in path {
      if value.isUndefined { return .undefined }
      var next = element(value, key)
      if next.isUndefined, value.isObject, key.isNumber {
        let digits = JSONWriter.text(key)
        let view = value.objectView
        for slot in 0..<view.count where view.key(at: slot).isString && view.key(at: slot).text == digits { next = view.value(at: slot) }
      }
      value = next
    }
    return value
  }

  @Sendable
  static func systemClock() -> Int64 {
    var time = timespec()
    // SAFETY: the structure is this function's own.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
