import Foundation
import Rego
import Testing

/// Holds the parser against what OPA itself answered, where that record lies beside the checkout.
@Suite("Against OPA's answers")
struct ParserOracleTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/oracle/opa")
    .standardized

  private struct Fault: Decodable {
    var code: String
    var row: Int32
  }

  private struct Damaged: Decodable {
    var module: String
    var errors: [Fault]
  }

  private struct Recorded: Decodable {
    var module: String
    var check: [Fault]
    var source: String
  }

  private static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: name).path) }

  private static func lines<Line: Decodable>(_ name: String, of type: Line.Type) throws -> [Line] {
    let text = try Data(contentsOf: folder.appending(path: name))
    return try text.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Line.self, from: Data($0)) }
  }

  @Test(
    "errors of damaged modules",
    .enabled(if: has("broken-modules.jsonl"), "no ../shared/oracle/opa/broken-modules.jsonl beside the checkout"))
  func damaged() throws {
    var parseErrors = 0
    var sameRows = 0
    var needless = 0
    for line in try Self.lines("broken-modules.jsonl", of: Damaged.self) {
      var rows: [Int32] = []
      do throws(RegoErrors) {
        _ = try Parser.module(Array(line.module.utf8), file: "m.rego")
      } catch {
        rows = error.errors.map(\.location.row)
      }
      guard line.errors.first?.code == "rego_parse_error" else {
        if !rows.isEmpty { needless += 1 }
        continue
      }
      parseErrors += 1
      if Set(rows) == Set(line.errors.map(\.row)) { sameRows += 1 }
    }
    print("parse errors on OPA's rows: \(sameRows) of \(parseErrors); refused though OPA reads them: \(needless)")
    #expect(Double(sameRows) >= 0.97 * Double(parseErrors))
    #expect(needless == 0)
  }

  @Test("modules that OPA reads", .enabled(if: has("modules.jsonl"), "no ../shared/oracle/opa/modules.jsonl beside the checkout"))
  func accepted() throws {
    var count = 0
    for line in try Self.lines("modules.jsonl", of: Recorded.self) where !line.check.contains(where: { $0.code == "rego_parse_error" }) {
      count += 1
      #expect(throws: Never.self, "\(line.source)") { try Parser.module(Array(line.module.utf8), file: "m.rego") }
    }
    print("modules read: \(count)")
  }
}
