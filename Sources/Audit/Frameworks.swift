internal import Domain
public import Judgement

/// Which clauses of laws and standards a control gives evidence for (data/frameworks, one file each).
///
/// The assignment is by family and this project's own, not a statement of the standard and not reviewed: whoever prints it says so.
public struct Frameworks: Sendable {
  /// What every listing of clauses says about where they come from.
  public static let assignment = "assigned by this project, not reviewed"

  /// One clause as far as a family is concerned.
  struct Clause: Sendable {
    /// As the standard numbers it.
    let id: String
    /// Why the clause fits only in part; nil where it fits.
    let weakness: String?
  }

  private struct Framework: Sendable {
    let id: String
    let clauses: [String: [Clause]]
  }

  private static let folder = "data/frameworks"
  /// In the order of their ids.
  private let all: [Framework]

  /// Every file of data/frameworks.
  ///
  /// Errors: a file that is not YAML, an entry without `id` or `families`, a weak family that is not among them; each with the file's name.
  public init(from data: DataFolder) throws(DataError) {
    var all: [Framework] = []
    for file in try data.files(below: Self.folder, suffixes: [".yaml"]) {
      all.append(try Self.framework(try YAMLDocument.read(try data.bytes(file), file: file), file: file))
    }
    self.all = all.sorted { $0.id < $1.id }
  }

  /// Ids such as "gdpr", sorted.
  public var ids: [String] { all.map(\.id) }

  /// The clauses for which controls of the family give evidence: per framework in order of id, clauses in the standard's order.
  func clauses(family: String) -> [(framework: String, clauses: [Clause])] {
    all.compactMap { framework in framework.clauses[family].map { (framework.id, $0) } }
  }

  /// `[{"framework": "gdpr", "clauses": [{"id": "32(1)(b)", "weak": "why"?}]}]`
  func value(family: String) -> FactValue {
    .array(
      clauses(family: family).map { entry in
        let clauses = entry.clauses.map { clause -> FactValue in
          var members: [FactValue.Member] = [.init("id", .string(clause.id))]
          if let weakness = clause.weakness { members.append(.init("weak", .string(weakness))) }
          return .object(members)
        }
        return .object([.init("framework", .string(entry.framework)), .init("clauses", .array(clauses))])
      })
  }

  private static func framework(_ document: FactValue, file: String) throws(DataError) -> Framework {
    guard let id = document["id"]?.text, let entries = document["clauses"]?.elements else {
      throw DataError("\(file): needs id and clauses")
    }
    var clauses: [String: [Clause]] = [:]
    for entry in entries {
      guard let clause = entry["id"]?.text, let families = entry["families"]?.elements?.compactMap(\.text) else {
        throw DataError("\(file): a clause needs id and families")
      }
      let weak = entry["weak"]
      for member in weak?.members ?? [] where !families.contains(member.key) {
        throw DataError("\(file): \(clause) calls \(member.key) weak, which is not among its families")
      }
      for family in families { clauses[family, default: []].append(Clause(id: clause, weakness: weak?[family]?.text)) }
    }
    return Framework(id: id, clauses: clauses)
  }
}
