/// A value of the language on its own, for those who build inputs or read results piece by piece.
///
/// Numbers keep their text, so that none loses digits. Objects keep their members in OPA's order of keys.
public enum RegoValue: Sendable, Hashable {
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
  /// Levels of a value that are copied.
  static let depthLimit = 2_000

  /// What stands deeper than `depthLimit` levels becomes null.
  init(_ value: Value) {
    var levels = Self.depthLimit
    self = Self.copy(value, &levels) ?? .null
  }

  /// Nil where the value is nested deeper than `depthLimit` levels.
  init?(copying value: Value) {
    var levels = Self.depthLimit
    guard let copy = Self.copy(value, &levels) else { return nil }
    self = copy
  }

  private static func copy(_ value: Value, _ levels: inout Int) -> RegoValue? {
    switch value.tag {
    case .undefined, .null: return .null
    case .boolean: return .boolean(value.isTrue)
    case .integer: return .integer(Int64(bitPattern: value.body))
    case .number: return .number(String(decoding: NumberRecord(value.address).literal, as: UTF8.self))
    case .shortString, .longString: return .string(value.string)
    case .array, .set, .object: break
    }
    guard levels > 0 else { return nil }
    levels -= 1
    defer { levels += 1 }
    if value.isObject {
      var members: [Member] = []
      members.reserveCapacity(value.objectView.count)
      for (key, member) in Members(value.objectView) {
        guard let key = copy(key, &levels), let member = copy(member, &levels) else { return nil }
        members.append(Member(key, member))
      }
      return .object(members)
    }
    var elements: [RegoValue] = []
    for element in value.elements {
      guard let element = copy(element, &levels) else { return nil }
      elements.append(element)
    }
    return value.isArray ? .array(elements) : .set(elements)
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
