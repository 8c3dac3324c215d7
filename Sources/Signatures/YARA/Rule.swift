/// What a rule says of itself.
public struct Rule: Sendable, Hashable {
  /// A value of the rule's `meta` section.
  public enum MetaValue: Sendable, Hashable {
    case text(String)
    case integer(Int64)
    case boolean(Bool)
  }

  public struct Meta: Sendable, Hashable {
    public let name: String
    public let value: MetaValue
  }

  public let name: String
  /// Path of its file below the folder that was named, without its ending: two files may hold rules of one name.
  public let namespace: String
  public let tags: [String]
  /// In the order of the file; a name may come twice.
  public let meta: [Meta]

  /// The first text of that name in `meta`.
  public func text(_ name: String) -> String? {
    for entry in meta where entry.name == name {
      if case .text(let value) = entry.value { return value }
    }
    return nil
  }
}
