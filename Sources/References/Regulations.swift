internal import Domain
public import Judgement

/// Laws and standards with what they ask of virtualized environments and what a breach costs (data/regulations.yaml).
///
/// No legal advice: results of controls are evidence for a clause, and whether it is met is for an assessor to say.
public struct Regulations: Sendable {
  public enum Region: String, Sendable, Hashable, CaseIterable {
    case china = "cn"
    case unitedStates = "us"
    case europe = "eu"
    case international = "intl"
  }

  public struct Row: Sendable {
    public let id: String
    public let region: Region
    /// Texts by language: "en", "zh".
    public let law: [String: String]
    public let asks: [String: String]
    public let penalty: [String: String]
    /// Families of controls; "all" stands for each, none for what only a person attests.
    public let families: [String]
    /// Since when it applies: YYYY, YYYY-MM or YYYY-MM-DD.
    public let date: String
    public let source: String
    /// Whether the source was read; else the row is from knowledge.
    public let isRead: Bool
    /// What is still to be checked; "" for nothing.
    public let check: String
  }

  static let file = "data/regulations.yaml"
  public let rows: [Row]

  /// Errors: a row that is not whole or states a figure that the registry does not hold.
  public init(from folder: DataFolder, figures: Figures) throws(DataError) {
    var rows: [Row] = []
    var ids: Set<String> = []
    for value in try YAMLDocument.read(try folder.bytes(Self.file), file: Self.file).elements ?? [] {
      let row = try Self.row(value)
      guard ids.insert(row.id).inserted else { throw DataError("\(Self.file): \(row.id) stands twice") }
      let texts = [row.law, row.asks, row.penalty].flatMap { Array($0.values).sorted() }
      try figures.check(texts + [row.check], "\(Self.file): \(row.id)")
      rows.append(row)
    }
    self.rows = rows
  }

  private static func row(_ value: FactValue) throws(DataError) -> Row {
    let place = "\(file): \(value["id"]?.text ?? "a row without id")"
    guard let id = value["id"]?.text, let region = value["region"]?.text.flatMap(Region.init(rawValue:)),
      let date = value["date"]?.text, ReferenceDate.isWellFormed(date), let source = value["source"]?.text, !source.isEmpty,
      let verified = value["verified"]?.text, ["read", "known"].contains(verified)
    else { throw DataError("\(place): needs id, region, date, source and verified (read or known)") }
    return Row(
      id: id, region: region, law: try Localized.both(value["law"], place + ".law"),
      asks: try Localized.both(value["asks"], place + ".asks"),
      penalty: try Localized.both(value["penalty"], place + ".penalty"), families: value["families"]?.elements?.compactMap(\.text) ?? [],
      date: date, source: source, isRead: verified == "read", check: value["check"]?.text ?? "")
  }
}

enum ReferenceDate {
  /// YYYY, YYYY-MM or YYYY-MM-DD.
  static func isWellFormed(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), parts[0].utf8.count == 4, parts.dropFirst().allSatisfy({ $0.utf8.count == 2 }) else {
      return false
    }
    let padded = text + ["-01-01T00:00:00Z", "-01T00:00:00Z", "T00:00:00Z"][parts.count - 1]
    return Instant(padded) != nil
  }
}
