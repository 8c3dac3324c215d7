internal import Domain
public import Judgement

/// What happened to others, each with its source (data/cases.yaml).
public struct Cases: Sendable {
  public struct Case: Sendable {
    public let id: String
    public let title: [String: String]
    public let happened: [String: String]
    /// What of it a control of this program looks at.
    public let lesson: [String: String]
    /// Ids of advisories and CVEs.
    public let citations: [String]
    /// Ids of controls that bear on it.
    public let controls: [String]
    /// The row of data/regulations.yaml whose penalty tier applies; "" for none.
    public let regulation: String
    public let date: String
    public let source: String
    public let isRead: Bool
  }

  static let file = "data/cases.yaml"
  public let all: [Case]

  /// Errors: a case that is not whole, that states a figure without a source, or that names a regulation or citation that is not in the data.
  public init(from folder: DataFolder, figures: Figures, regulations: Regulations) throws(DataError) {
    var all: [Case] = []
    for value in try YAMLDocument.read(try folder.bytes(Self.file), file: Self.file).elements ?? [] {
      let place = "\(Self.file): \(value["id"]?.text ?? "a case without id")"
      guard let id = value["id"]?.text, let date = value["date"]?.text, ReferenceDate.isWellFormed(date),
        let source = value["source"]?.text, !source.isEmpty, let verified = value["verified"]?.text, ["read", "known"].contains(verified)
      else { throw DataError("\(place): needs id, date, source and verified (read or known)") }
      let regulation = value["regulation"]?.text ?? ""
      guard regulation.isEmpty || regulations.rows.contains(where: { $0.id == regulation }) else {
        throw DataError("\(place): no regulation \(regulation)")
      }
      let entry = Case(
        id: id, title: try Localized.both(value["title"], place + ".title"),
        happened: try Localized.both(value["happened"], place + ".happened"),
        lesson: try Localized.both(value["lesson"], place + ".lesson"), citations: value["citations"]?.elements?.compactMap(\.text) ?? [],
        controls: value["controls"]?.elements?.compactMap(\.text) ?? [], regulation: regulation, date: date, source: source,
        isRead: verified == "read")
      try figures.check([entry.title, entry.happened, entry.lesson].flatMap { Array($0.values).sorted() }, place)
      all.append(entry)
    }
    self.all = all
  }
}
