import Foundation
import RegoBuiltins
import Testing

@testable import Rego

/// What is left of the recorded modules' decisions, evaluated, answers as the decisions do.
@Suite("Partial evaluation of recorded modules")
struct PartialOracleTests {
  private static let oracle = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/oracle/opa")
    .standardized

  private static let isThere = FileManager.default.fileExists(atPath: oracle.appending(path: "plans.jsonl").path)

  private struct Record {
    let line: Int
    let module: String
    let entryPoint: String
  }

  private static func records() throws -> [Record] {
    let text = [UInt8](try Data(contentsOf: oracle.appending(path: "plans.jsonl")))
    return try text.split(separator: UInt8(ascii: "\n")).enumerated().map { offset, line in
      let heap = Heap()
      let record = try JSONReader.read(Array(line), in: heap).objectView
      return Record(line: offset + 1, module: record["module"].string, entryPoint: record["entrypoint"].string)
    }
  }

  private static func answers(_ query: PreparedQuery) -> Set<String> {
    do throws(RegoError) {
      return Set(try query.evaluate().map { $0["x"].map { String(decoding: Document($0).json(), as: UTF8.self) } ?? "" })
    } catch {
      return [error.code.rawValue]
    }
  }

  @Test(
    "answers of what is left", .enabled(if: isThere, "no ../shared/oracle/opa/plans.jsonl beside the checkout"),
    arguments: [PartialOptions(), PartialOptions(shallowInlining: true)])
  func recorded(partial: PartialOptions) throws {
    let options = Policy.Options(functions: StandardFunctions.all)
    var differences: [String] = []
    var left = 0
    for record in try Self.records() {
      let query = "x = data." + record.entryPoint.split(separator: "/").joined(separator: ".")
      let module = try Parser.module(Array(record.module.utf8), file: "m.rego")
      let whole = Self.answers(try Policy([module], options: options).prepare(query))
      var found: Set<String> = []
      do {
        let rest = try TracedPolicy([module], options: options).partially(query, partial: partial)
        let support = try rest.supportTexts.map { try Parser.module(Array($0.utf8), file: "support.rego") }
        let policy = try Policy(support + [module], options: options)
        for text in rest.queryTexts { found.formUnion(Self.answers(try policy.prepare(text.isEmpty ? "true" : text))) }
        if rest.queryTexts.contains(where: { $0.contains("input") }) || !support.isEmpty { left += 1 }
      } catch {
        found = whole.contains { $0.hasPrefix("eval_") } ? whole : ["\(error)"]
      }
      if found != whole { differences.append("line \(record.line): \(found) for \(whole)") }
    }
    print("partial: \(differences.count) differences, \(left) with something left")
    for difference in differences { print("  " + difference.prefix(300)) }
    #expect(differences.isEmpty)
  }

  @Test(
    "answers of optimized modules", .enabled(if: isThere, "no ../shared/oracle/opa/plans.jsonl beside the checkout"),
    arguments: [true, false])
  func optimized(isShallow: Bool) throws {
    var optimization = PolicyOptimization()
    optimization.isShallow = isShallow
    optimization.options = Policy.Options(functions: StandardFunctions.all)
    var differences: [String] = []
    for record in try Self.records() {
      let query = "x = data." + record.entryPoint.split(separator: "/").joined(separator: ".")
      let text = Array(record.module.utf8)
      let module = try Parser.module(text, file: "m.rego")
      let whole = Self.answers(try Policy([module], options: optimization.options).prepare(query))
      var found: Set<String> = []
      do {
        let sources = try optimization.run(
          [PolicyOptimization.Source(name: "m.rego", module: module, text: text)], data: .empty, entryPoints: [record.entryPoint])
        let modules = try sources.map { try Parser.module($0.text, file: $0.name) }
        found = Self.answers(try Policy(modules, options: optimization.options).prepare(query))
      } catch {
        let isUndefined = "\(error)".contains("undefined entrypoint") && whole.isEmpty
        let isShort = "\(error)".contains("invalid entrypoint")
        found = isUndefined || isShort || whole.contains { $0.hasPrefix("eval_") } ? whole : ["\(error)"]
      }
      if found != whole { differences.append("line \(record.line): \(found) for \(whole)") }
    }
    print("optimized: \(differences.count) differences")
    for difference in differences { print("  " + difference.prefix(300)) }
    #expect(differences.isEmpty)
  }
}
