/// One call of a `BuiltinFunction`: its operands, and what the evaluation lends. Valid during the call only, which the compiler checks.
public struct BuiltinCall: ~Copyable {
  private let arguments: Arguments
  private let context: BuiltinContext

  init(arguments: Arguments, context: BuiltinContext) {
    self.arguments = arguments
    self.context = context
  }

  /// Number of operands.
  public var count: Int { arguments.count }

  /// The operand at a position in 0..<count.
  public subscript(index: Int) -> OperandView {
    @_lifetime(borrow self)
    get { OperandView(arguments[index], context.heap) }
  }

  /// The bytes of an operand that must be a string.
  ///
  /// - Throws: OPA's text for an operand of another type.
  public func text(_ index: Int) throws(BuiltinError) -> [UInt8] { try arguments.string(index) }

  /// The error of an operand that has none of the types, in OPA's words: "operand 1 must be string but got number".
  ///
  /// - Parameter index: from 0; the text counts from 1.
  public func wrongType(_ index: Int, _ expected: String...) -> BuiltinError {
    let got = "\(arguments[index].typeName)"
    return expected.count == 1
      ? .type("operand \(index + 1) must be \(expected[0]) but got \(got)")
      : .type("operand \(index + 1) must be one of {\(expected.joined(separator: ", "))} but got \(got)")
  }

  /// Nanoseconds since 1970, the same during one evaluation.
  public var now: Int64 { context.now }

  /// Hosts that the caller of the evaluation allows.
  public var network: NetworkAccess { context.network }

  /// When the evaluation's time is over; nil where it may take any. A function that waits waits no longer.
  public var deadline: ContinuousClock.Instant? { context.deadline }

  /// Counts work against the evaluation's budget of steps: call it before work whose size the operands decide.
  public func spend(_ steps: Int) throws(BuiltinError) { try context.spend(steps) }

  /// What `remember` kept in this evaluation; nil where nothing was.
  public func remembered(_ key: [UInt8]) -> RegoValue? { context.memo[key].map { RegoValue($0) } }

  /// Keeps a value to the end of the evaluation. A key begins with the function's name.
  public func remember(_ value: RegoValue, for key: [UInt8]) { context.memo[key] = value.value(in: context.heap) }
}

/// A value that a call reads in place. It cannot outlive the call.
public struct OperandView: ~Escapable {
  private let value: Value
  private let heap: Heap

  public enum Kind: Sendable {
    case null, boolean, number, string, array, object, set
  }

  @_lifetime(immortal)
  fileprivate init(_ value: Value, _ heap: Heap) {
    self.value = value
    self.heap = heap
  }

  public var kind: Kind {
    switch value.tag {
    case .undefined, .null: .null
    case .boolean: .boolean
    case .integer, .number: .number
    case .shortString, .longString: .string
    case .array: .array
    case .object: .object
    case .set: .set
    }
  }

  /// As `type_name` gives it.
  public var typeName: String { "\(value.typeName)" }

  /// Nil for other kinds.
  public var boolean: Bool? { value.asBool }

  /// The integer of a number that is integral and fits 64 bits, else nil.
  public var integer: Int64? { value.exactInt }

  /// The nearest double of a number; nil for other kinds.
  public var double: Double? { value.asDouble }

  /// Nil for other kinds than strings.
  public var string: String? { value.isString ? value.string : nil }

  /// UTF-8 of a string; nil for other kinds.
  public var text: [UInt8]? { value.isString ? value.text : nil }

  /// Elements of an array or set, members of an object; 0 for other kinds.
  public var count: Int { value.isComposite ? value.elementCount ?? 0 : 0 }

  /// The element of an array, or of a set in order, or the value of an object's member in the order of its keys. The position must lie in
  /// 0..<count.
  public subscript(position: Int) -> OperandView {
    @_lifetime(copy self)
    get {
      precondition(position >= 0 && position < count)
      switch value.tag {
      case .array: return part(value.arrayView[position])
      case .set: return part(sorted(value.setView)[position])
      default: return part(sorted(value.objectView).value(at: position))
      }
    }
  }

  /// The key of an object's member in the order of the keys. The value must be an object, and the position lie in 0..<count.
  @_lifetime(copy self)
  public func key(at position: Int) -> OperandView {
    precondition(value.isObject && position >= 0 && position < count)
    return part(sorted(value.objectView).key(at: position))
  }

  /// The value under a text key; nil for a missing key or another kind of value.
  public subscript(key: String) -> OperandView? {
    @_lifetime(copy self)
    get {
      guard value.isObject else { return nil }
      let found = value.objectView[Value.string(key, in: heap)]
      return found.isUndefined ? nil : part(found)
    }
  }

  /// A copy of the whole that may be kept.
  public var copy: RegoValue { RegoValue(value) }

  /// The value as a term of the language, the way OPA writes it in errors.
  public var term: String { String(decoding: ValueText.text(value), as: UTF8.self) }

  /// The value as JSON, in the order of keys: sets are arrays; `<`, `>` and `&` escaped as Go does.
  public var json: [UInt8] { JSONWriter.text(value, .init(escapesHTML: true)) }

  @_lifetime(copy self)
  private func part(_ value: Value) -> OperandView {
    // SAFETY: a part of a value lies in the memory of the whole, which lives as long.
    unsafe _overrideLifetime(OperandView(value, heap), copying: self)
  }

  private func sorted(_ set: SetView) -> SetView {
    set.sort()
    return set
  }

  private func sorted(_ object: ObjectView) -> ObjectView {
    object.sort()
    return object
  }
}
