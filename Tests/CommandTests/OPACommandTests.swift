import Foundation
import Testing

/// What `opa` itself wrote and returned for the same files and words, where its record lies beside the checkout.
@Suite("Commands that OPA has too, against OPA's own answers")
struct OPACommandTests {
  struct Record: Decodable {
    let files: [String: String]
    let runs: [Run]
  }

  struct Run: Decodable, CustomTestStringConvertible {
    let command: String
    let exit: Int32
    let stdout: String
    let stderr: String

    var testDescription: String { command }

    /// The words behind `opa`. The record keeps no quotes: a query with spaces is the last word.
    var words: [String] {
      for query in ["x := data.roles[u][_]", "data.authz.allow == true"] where command.hasSuffix(query) {
        return command.dropLast(query.count).split(separator: " ").dropFirst().map(String.init) + [query]
      }
      return command.split(separator: " ").dropFirst().map(String.init)
    }
  }

  private static let file = Program.packageRoot.appendingPathComponent("../shared/oracle/opa/cli.json").standardized
  static let record: Record? = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Record.self, from: $0) }

  /// Commands of this program's own shape, and those it does not have.
  private static let others: Set<String> = ["version"]
  private static let commands = Set(((try? Program.run([]))?.output ?? "").split { !$0.isLetter }.map(String.init))

  static let runs = (record?.runs ?? []).filter { run in
    !others.contains(run.words[0]) && commands.contains(run.words[0]) && isOffered(run)
  }

  /// Options that an installed version does not have are not compared.
  private static func isOffered(_ run: Run) -> Bool {
    guard run.exit == 0, let help = try? Program.run([run.words[0], "--help"]) else { return true }
    return run.words.filter { $0.hasPrefix("--") }.allSatisfy { help.output.contains($0) }
  }

  @Test("recorded runs", .enabled(if: record != nil, "no ../shared/oracle/opa/cli.json beside the checkout"), arguments: runs)
  func recorded(run: Run) throws {
    let files = try #require(Self.record).files
    let folder = try ScratchFolder()
    for (name, text) in files { try folder.file(name, text) }
    let result = try Program.run(run.words, in: folder.path)
    #expect(result.code == run.exit, "\(result.error)")
    for (got, want) in [(result.output, run.stdout), (result.error, run.stderr)] {
      if let wanted = Self.json(want) {
        let found = try #require(Self.json(got), "no JSON: \(got)")
        #expect(found == wanted, "\(got)")
      } else if run.exit == 0, ["eval", "deps", "check", "inspect"].contains(run.words[0]) {
        #expect(got == want)
      }
    }
  }

  @Test("most of the record is compared", .enabled(if: record != nil, "no ../shared/oracle/opa/cli.json beside the checkout"))
  func covered() { #expect(Self.runs.count >= 50) }

  /// JSON without what differs from run to run: times are 0, results of tests in the order of their names.
  private static func json(_ text: String) -> NSObject? {
    guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else { return nil }
    return stable(value) as? NSObject
  }

  private static func stable(_ value: Any) -> Any {
    if let object = value as? [String: Any] {
      return object.reduce(into: [String: Any]()) { result, member in
        let isTime = member.key == "duration" || member.key.hasSuffix("_ns")
        result[member.key] = isTime ? 0 : stable(member.value)
      }
    }
    guard let list = value as? [Any] else { return value }
    let items = list.map { stable($0) }
    guard let tests = items as? [[String: Any]], tests.allSatisfy({ $0["package"] is String && $0["name"] is String }) else { return items }
    return tests.sorted { ($0["name"] as? String ?? "") < ($1["name"] as? String ?? "") }
  }
}
