/// A value of the language on its own, for those who build inputs or read results piece by piece.
///
/// Numbers keep their text, so that none loses digits. Objects keep their members in OPA's order of keys.
public indirect enum RegoValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  /// An integer that fits 64 bits.
  case integer(Int64)
  /// Any other number, as JSON writes it.
  case number(String)
  case string(String)
  case array([RegoValue])
  case set([RegoValue])
  case object([Member])

  /// One key of an object; keys may be any value.
  public struct Member: Sendable, Hashable {
    public let key: RegoValue
    public let value: RegoValue

    public init(_ key: RegoValue, _ value: RegoValue) {
      self.key = key
      self.value = value
    }
  }

  /// The value under a text key; nil for a missing key or another kind of value.
  public subscript(key: String) -> RegoValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == .string(key) }?.value
  }
}

extension RegoValue {
  init(_ value: Value) {
    switch value.tag {
    case .undefined, .null: self = .null
    case .boolean: self = .boolean(value.isTrue)
    case .integer: self = .integer(Int64(bitPattern: value.body))
    case .number: self = .number(String(decoding: NumberRecord(value.address).literal, as: UTF8.self))
    case .shortString, .longString: self = .string(value.string)
    case .array: self = .array(value.elements.map(RegoValue.init))
    case .set: self = .set(value.elements.map(RegoValue.init))
    case .object: self = .object(Members(value.objectView).map { Member(RegoValue($0.key), RegoValue($0.value)) })
    }
  }

  /// The engine's own form. A text that is no number becomes null.
  func value(in heap: Heap) -> Value {
    switch self {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .integer(let number): .integer(number)
    case .number(let text):
      unsafe Array(text.utf8).withUnsafeBufferPointer { unsafe Numbers.parse($0, in: heap) }
    case .string(let text): .string(text, in: heap)
    case .array(let elements): .array(elements.map { $0.value(in: heap) }, in: heap)
    case .set(let elements): .set(elements.map { $0.value(in: heap) }, in: heap)
    case .object(let members): .object(members.map { ($0.key.value(in: heap), $0.value.value(in: heap)) }, in: heap)
    }
  }
}
