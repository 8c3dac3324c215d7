/// The value of a fact: what JSON can hold, with integers kept exact.
///
/// Collectors write it, reports print it, `Judgement` turns it into the policy engine's own representation.
/// Keys of an object are kept in the order of the source.
public enum FactValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([FactValue])
  case object([Member])

  /// One key of an object.
  public struct Member: Sendable, Hashable {
    public let key: String
    public let value: FactValue

    public init(_ key: String, _ value: FactValue) {
      self.key = key
      self.value = value
    }
  }
}

extension FactValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(arrayLiteral elements: FactValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, FactValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
  public init(nilLiteral: ()) { self = .null }
}

extension FactValue {
  /// The value under `key` of an object; nil for a missing key or another kind of value. Linear in the number of keys.
  public subscript(key: String) -> FactValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The text of a string value, else nil.
  public var text: String? {
    if case .string(let text) = self { return text }
    return nil
  }
}
