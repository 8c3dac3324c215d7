internal import Domain
public import Judgement

/// Standards, laws, advisories and CVEs that texts may cite (data/citations.yaml).
public struct CitationTable: Sendable {
  public struct Entry: Sendable {
    public let id: String
    public let title: String
    public let issuer: String
    /// Whether the title is its issuer's, so that a quoted one must be it.
    public let isOfficial: Bool
    /// "revoked 2026-06-10"; "" while it is in force.
    public let status: String
    public let supersededBy: String
    /// Subjects that a sentence which cites it must not claim.
    public let mustNot: [String]
    public let isRead: Bool
  }

  /// Words that go wrong with an id: one of each group in one sentence with one of the ids.
  public struct Pairing: Sendable {
    public let cites: [String]
    public let words: [[String]]
    /// What is true, by language code.
    public let fact: [String: String]
    public let use: [String]
  }

  static let file = "data/citations.yaml"
  public let entries: [Entry]
  public let pairings: [Pairing]
  private let byID: [String: Entry]
  private let subjects: [String: [String]]

  /// Errors: an entry that is not whole, an id that stands twice.
  public init(from folder: DataFolder) throws(DataError) {
    let document = try YAMLDocument.read(try folder.bytes(Self.file), file: Self.file)
    var entries: [Entry] = []
    var byID: [String: Entry] = [:]
    for value in document["citations"]?.elements ?? [] {
      guard let id = value["id"]?.text, let title = value["title"]?.text, let issuer = value["issuer"]?.text,
        let verified = value["verified"]?.text, ["read", "known"].contains(verified)
      else { throw DataError("\(Self.file): \(value["id"]?.text ?? "an entry") needs id, title, issuer and verified (read or known)") }
      let entry = Entry(
        id: id, title: title, issuer: issuer, isOfficial: value["wording"] == nil, status: value["status"]?.text ?? "",
        supersededBy: value["supersededBy"]?.text ?? "", mustNot: value["not"]?.elements?.compactMap(\.text) ?? [],
        isRead: verified == "read")
      guard byID.updateValue(entry, forKey: id) == nil else { throw DataError("\(Self.file): \(id) stands twice") }
      entries.append(entry)
    }
    self.entries = entries
    self.byID = byID
    var subjects: [String: [String]] = [:]
    for member in document["subjects"]?.members ?? [] { subjects[member.key] = member.value.elements?.compactMap(\.text) ?? [] }
    self.subjects = subjects
    var pairings: [Pairing] = []
    for value in document["pairings"]?.elements ?? [] {
      let words = (value["words"]?.elements ?? []).map { $0.elements?.compactMap(\.text) ?? [] }
      guard let cites = value["cites"]?.elements?.compactMap(\.text), !cites.isEmpty, !words.isEmpty, words.allSatisfy({ !$0.isEmpty })
      else {
        throw DataError("\(Self.file): each of pairings needs cites and words")
      }
      pairings.append(
        Pairing(
          cites: cites, words: words, fact: try Localized.both(value["fact"], Self.file + ": fact"),
          use: value["use"]?.elements?.compactMap(\.text) ?? []))
    }
    self.pairings = pairings
  }

  public subscript(id: String) -> Entry? { byID[id] }

  /// The entry that a citation means: its id, or where no revision is named the only one with that number.
  func entry(_ mention: CitationMention) -> Entry? {
    if let entry = byID[mention.id] { return entry }
    switch mention.family {
    case .specialPublication where !mention.id.contains(" Rev. "): return entries.first { $0.id.hasPrefix(mention.id + " Rev. ") }
    // A revision of an advisory is the same advisory.
    case .vmwareAdvisory: return mention.id.split(separator: ".").first.flatMap { byID[String($0)] }
    default: return nil
    }
  }

  /// The words that stand for a subject.
  func words(of subject: String) -> [String] { subjects[subject] ?? [subject] }
}
