public import Domain
public import Judgement

/// Which clauses of laws and standards a control gives evidence for (data/frameworks, one file each).
///
/// The assignment is by family and this project's own, not a statement of the standard and not reviewed: whoever prints it says so.
public struct Frameworks: Sendable {
  /// What every listing of clauses says about where they come from.
  public static let assignment = "assigned by this project, not reviewed"

  /// One clause as far as a family, or a control, is concerned.
  struct Reference: Sendable {
    /// As the standard numbers it.
    let id: String
    /// Why the clause fits only in part; nil where it fits.
    let weakness: String?
  }

  private static let folder = "data/frameworks"
  /// In the order of their ids.
  public let all: [Framework]

  /// Every file of data/frameworks.
  ///
  /// Errors: a file that is not YAML, one without `id`, `name`, `version` or `clauses`, a clause that is not whole, a weak family that is not among its
  /// families; each with the file's name.
  public init(from data: DataFolder) throws(DataError) {
    var all: [Framework] = []
    for file in try data.files(below: Self.folder, suffixes: [".yaml"]) {
      all.append(try Framework(try YAMLDocument.read(try data.bytes(file), file: file), file: file))
    }
    self.all = all.sorted { $0.id < $1.id }
  }

  /// Ids such as "gdpr", sorted.
  public var ids: [String] { all.map(\.id) }

  /// The framework of an id, whatever the case of its letters.
  public subscript(id: String) -> Framework? { all.first { $0.id == id.lowercased() } }

  /// The clauses for which controls of the family give evidence: per framework in order of id, clauses in the standard's order.
  func clauses(family: String) -> [(framework: String, clauses: [Reference])] {
    all.compactMap { framework in
      let clauses = framework.clauses(family: family)
      return clauses.isEmpty ? nil : (framework.id, clauses)
    }
  }

  /// The clauses for which one control gives evidence, through its family or by itself.
  func clauses(control: Control) -> [(framework: String, clauses: [Reference])] {
    all.compactMap { framework in
      let clauses = framework.clauses(control: control)
      return clauses.isEmpty ? nil : (framework.id, clauses)
    }
  }

  /// `[{"framework": "gdpr", "clauses": [{"id": "32(1)(b)", "weak": "why"?}]}]`
  func value(control: Control) -> FactValue {
    .array(
      clauses(control: control).map { entry in
        let clauses = entry.clauses.map { clause -> FactValue in
          .object(["id": .string(clause.id), "weak": clause.weakness.map { .string($0) }])
        }
        return ["framework": .string(entry.framework), "clauses": .array(clauses)]
      })
  }
}

/// A law or a standard with the clauses for which this program knows families of controls.
public struct Framework: Sendable {
  /// One clause, article, requirement or technique.
  public struct Clause: Sendable {
    /// As the standard numbers it.
    public let id: String
    /// Its title in English; "" where none is kept.
    public let title: String
    /// Its own title in Chinese, of Chinese standards; nil for others.
    public let chinese: String?
    /// Whether the title is this project's wording, for want of one in the standard.
    public let isParaphrase: Bool
    /// Families whose controls give evidence for it; none for a clause that only stands there to be named.
    public let families: [String]
    /// Ids of single controls that give evidence for it, of frameworks that name settings.
    public let controls: [String]
    /// Levels that have it, of graded frameworks, each with the number it has there; empty for others.
    public let levels: [(level: Int, id: String)]
    /// "revoked 2026-06-10"; "" while it is in force.
    public let status: String
    /// Why a family fits only in part, by family.
    public let weaknesses: [String: String]
    /// Whether id and title were read at the source that the framework names; else they are from knowledge and are to be checked before use.
    public let isRead: Bool
    /// First edition that has it, and first that has it no longer: major numbers; nil where all known editions have it.
    public let from: Int?
    public let until: Int?
  }

  public let id: String
  public let name: String
  /// Edition, date and state, in words.
  public let version: String
  /// Where the clauses were read.
  public let source: String
  /// The edition as a number, of frameworks whose files name one ("18.1"); else nil.
  public let edition: String?
  /// In the standard's order.
  public let clauses: [Clause]

  init(_ document: FactValue, file: String) throws(DataError) {
    guard let id = document["id"]?.text, let name = document["name"]?.text, let version = document["version"]?.text,
      let entries = document["clauses"]?.elements
    else { throw DataError("\(file): needs id, name, version and clauses") }
    self.id = id
    self.name = name
    self.version = version
    source = document["source"]?.text ?? ""
    edition = document["edition"]?.text
    var clauses: [Clause] = []
    for entry in entries { clauses.append(try Clause(entry, file: file)) }
    self.clauses = clauses
  }

  func clauses(control: Control) -> [Frameworks.Reference] {
    clauses.compactMap { clause in
      clause.isEvidenced(by: control) ? Frameworks.Reference(id: clause.id, weakness: clause.weaknesses[control.family]) : nil
    }
  }

  func clauses(family: String) -> [Frameworks.Reference] {
    clauses.compactMap { clause in
      clause.families.contains(family) ? Frameworks.Reference(id: clause.id, weakness: clause.weaknesses[family]) : nil
    }
  }
}

extension Framework.Clause {
  init(_ entry: FactValue, file: String) throws(DataError) {
    guard let id = entry["id"]?.text, let families = entry["families"]?.elements?.compactMap(\.text) else {
      throw DataError("\(file): a clause needs id and families")
    }
    guard let verified = entry["verified"]?.text, ["read", "known"].contains(verified) else {
      throw DataError("\(file): \(id) must say verified: read or known")
    }
    var weaknesses: [String: String] = [:]
    for member in entry["weak"]?.members ?? [] {
      guard families.contains(member.key) else {
        throw DataError("\(file): \(id) calls \(member.key) weak, which is not among its families")
      }
      weaknesses[member.key] = member.value.shown
    }
    self.id = id
    self.families = families
    controls = entry["controls"]?.elements?.compactMap(\.text) ?? []
    levels = (entry["levels"]?.members ?? []).compactMap { member in Int(member.key).map { ($0, member.value.shown) } }
    status = entry["status"]?.text ?? ""
    self.weaknesses = weaknesses
    title = entry["title"]?.text ?? ""
    chinese = entry["chinese"]?.text
    isParaphrase = entry["paraphrase"]?.flag ?? false
    isRead = verified == "read"
    from = entry["from"]?.text.flatMap { Int($0) }
    until = entry["until"]?.text.flatMap { Int($0) }
  }

  /// Whether results of the control bear on it.
  public func isEvidenced(by control: Control) -> Bool { families.contains(control.family) || controls.contains(control.id) }

  /// Whether anything is assigned to it.
  public var isAssigned: Bool { !families.isEmpty || !controls.isEmpty }

  /// Its title in the language of the texts, where it has one.
  func title(_ texts: Texts) -> String { texts.language == .chinese ? chinese ?? texts.phrase(title) : title }
}
