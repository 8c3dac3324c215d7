/// One place where a string of a rule was found in a buffer.
public struct MatchString: Sendable, Hashable {
  /// Name of the string in its rule, with "$".
  public let identifier: String
  /// Offset in the buffer, bytes.
  public let offset: UInt64
  /// Length of the match, bytes.
  public let length: Int

  public init(identifier: String, offset: UInt64, length: Int) {
    self.identifier = identifier
    self.offset = offset
    self.length = length
  }
}
