import Foundation
import RegoBuiltins
import Testing

@testable import Rego

/// Runs the plans that OPA wrote, and the modules they were made of, against what OPA answered, where that record lies beside the checkout.
@Suite("Plans against OPA's answers")
struct PlanOracleTests {
  private static let oracle = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/oracle/opa")
    .standardized

  private static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: oracle.appending(path: name).path) }

  private struct Record {
    let line: Int
    let module: String
    let entryPoint: String
    let plan: [UInt8]
    /// The value as JSON, "undefined", or the code and message of an error.
    let want: String
  }

  private static func records() throws -> [Record] {
    let text = [UInt8](try Data(contentsOf: oracle.appending(path: "plans.jsonl")))
    return try text.split(separator: UInt8(ascii: "\n")).enumerated().map { offset, line in
      let heap = Heap()
      let record = try JSONReader.read(Array(line), in: heap).objectView
      let answer = record["eval"].objectView
      var want = "undefined"
      if answer["errors"].isArray {
        let error = answer["errors"].arrayView[0].objectView
        want = error["code"].string + ": " + error["message"].string
      } else if answer["result"].isArray {
        let expressions = answer["result"].arrayView[0].objectView["expressions"].arrayView
        want = String(decoding: JSONWriter.text(expressions[0].objectView["value"]), as: UTF8.self)
      }
      return Record(
        line: offset + 1, module: record["module"].string, entryPoint: record["entrypoint"].string,
        plan: JSONWriter.text(record["plan"]), want: want)
    }
  }

  private static func answer(_ prepare: () throws(RegoErrors) -> PreparedQuery) -> String {
    do throws(RegoErrors) {
      let query = try prepare()
      do throws(RegoError) {
        guard let solution = try query.evaluate().first, let value = solution.values.first else { return "undefined" }
        return String(decoding: Document(value).json(), as: UTF8.self)
      } catch {
        return error.code.rawValue + ": " + error.message
      }
    } catch {
      return "\(error)"
    }
  }

  @Test("recorded results", .enabled(if: has("plans.jsonl"), "no ../shared/oracle/opa/plans.jsonl beside the checkout"))
  func recorded() throws {
    let options = Policy.Options(functions: StandardFunctions.all)
    var differences: [String] = []
    var counts = (all: 0, plan: 0, source: 0)
    for record in try Self.records() {
      counts.all += 1
      let plan = Self.answer { () throws(RegoErrors) in
        try PlannedPolicy(plan: record.plan, options: options).prepare(entryPoint: record.entryPoint)
      }
      let source = Self.answer { () throws(RegoErrors) in
        let module = try Parser.module(Array(record.module.utf8), file: "m.rego")
        return try Policy([module], options: options).prepare("data." + record.entryPoint.split(separator: "/").joined(separator: "."))
      }
      if plan == record.want { counts.plan += 1 } else { differences.append("line \(record.line), plan: \(plan) for \(record.want)") }
      if source == record.want {
        counts.source += 1
      } else {
        differences.append("line \(record.line), source: \(source) for \(record.want)")
      }
    }
    print("plans: \(counts.plan) of \(counts.all) from the plan, \(counts.source) from the source")
    for difference in differences { print("  " + difference.prefix(300)) }
    #expect(counts.plan == counts.all)
    #expect(counts.source == counts.all)
  }
}
