import Foundation
import Testing
import Yams

@testable import Rego

/// Holds parser and checks together against what `opa check` answered, where that record lies beside the checkout.
@Suite("Checks against OPA's answers")
struct ChecksOracleTests {
  private static let shared = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared").standardized
  private static let oracle = shared.appending(path: "oracle/opa")

  private struct Fault: Decodable, Hashable {
    var code: String
    var message: String
    var row: Int32
    var col: Int32

    var place: String { "\(code):\(row)" }
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

  private static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: shared.appending(path: path).path) }

  private static func lines<Line: Decodable>(_ name: String, of type: Line.Type) throws -> [Line] {
    let text = try Data(contentsOf: oracle.appending(path: name))
    return try text.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Line.self, from: Data($0)) }
  }

  private static func errors(of text: String) -> [Fault] {
    do throws(RegoErrors) {
      let module = try Parser.module(Array(text.utf8), file: "m.rego")
      let errors = Checks.run([module])
      if errors.isEmpty { compile([module], text) }
      return errors.map { Fault(code: $0.code.rawValue, message: $0.message, row: $0.location.row, col: $0.location.column) }
    } catch {
      return error.errors.map { Fault(code: $0.code.rawValue, message: $0.message, row: $0.location.row, col: $0.location.column) }
    }
  }

  /// Agreement with OPA by the code of its first error.
  private struct Tally {
    var total: [String: Int] = [:]
    var samePlaces: [String: Int] = [:]
    var sameMessages: [String: Int] = [:]
    /// Code, row, column and message alike.
    var same: [String: Int] = [:]
    var differences: [String] = []

    mutating func add(_ text: String, want: [Fault], got: [Fault]) {
      let code = want.first?.code ?? "none"
      total[code, default: 0] += 1
      if Set(want.map(\.place)) == Set(got.map(\.place)) {
        samePlaces[code, default: 0] += 1
        if Set(want.map(\.message)) == Set(got.map(\.message)) {
          sameMessages[code, default: 0] += 1
          if Set(want) == Set(got) {
            same[code, default: 0] += 1
            return
          }
        }
        if code == "rego_parse_error" { return }
      } else if code == "rego_parse_error", got.first?.code == code {
        return
      }
      differences.append(
        "want \(want.map { "\($0.place):\($0.col) \($0.message)" })\ngot  \(got.map { "\($0.place):\($0.col) \($0.message)" })\n\(text)\n")
    }

    func report(_ title: String) {
      print(title)
      for code in total.keys.sorted() {
        print(
          "  \(code): \(total[code] ?? 0), same rows \(samePlaces[code] ?? 0), and messages \(sameMessages[code] ?? 0), and columns \(same[code] ?? 0)")
      }
      if let path = ProcessInfo.processInfo.environment["CHECK_DIFFERENCES"] {
        try? differences.joined(separator: "----\n").write(toFile: path, atomically: true, encoding: .utf8)
      }
    }

    func share(_ counts: [String: Int], of codes: [String]) -> Double {
      let all = codes.reduce(0) { $0 + (total[$1] ?? 0) }
      return all == 0 ? 1 : Double(codes.reduce(0) { $0 + (counts[$1] ?? 0) }) / Double(all)
    }
  }

  @Test(
    "errors of damaged modules",
    .enabled(if: has("oracle/opa/broken-modules.jsonl"), "no ../shared/oracle/opa/broken-modules.jsonl beside the checkout"))
  func damaged() throws {
    var tally = Tally()
    for line in try Self.lines("broken-modules.jsonl", of: Damaged.self) {
      tally.add(line.module, want: line.errors, got: Self.errors(of: line.module))
    }
    tally.report("errors of damaged modules")
    #expect(tally.share(tally.samePlaces, of: Array(tally.total.keys)) >= 0.985)
    let codes = ["none", "rego_compile_error", "rego_recursion_error", "rego_type_error", "rego_unsafe_var_error"]
    #expect(tally.share(tally.sameMessages, of: codes) >= 0.99)
    #expect(tally.samePlaces["none"] == tally.total["none"])
  }

  @Test("modules that OPA accepts", .enabled(if: has("oracle/opa/modules.jsonl"), "no ../shared/oracle/opa/modules.jsonl beside the checkout"))
  func accepted() throws {
    var count = 0
    for line in try Self.lines("modules.jsonl", of: Recorded.self) {
      // What OPA's recorded version cannot read, or has no functions for, later versions can.
      let isLater = line.check.contains { $0.code == "rego_parse_error" || $0.message.hasPrefix("undefined function uri.") }
      if isLater || line.check.contains(where: { $0.message == "undefined function array.flatten" }) { continue }
      count += 1
      let got = Self.errors(of: line.module)
      #expect(Set(got) == Set(line.check), "\(line.source)\n\(line.module)")
    }
    print("modules checked: \(count)")
  }

  /// What the checks accept compiles, but for functions that the engine lacks.
  private static func compile(_ modules: [Module], _ note: String) {
    do throws(RegoErrors) {
      _ = try Compiler.compile(modules)
    } catch {
      let others = error.errors.filter { !$0.message.hasPrefix("undefined function ") && !$0.message.hasPrefix("with keyword target") }
      #expect(others == [], "\(note)")
    }
  }

  // MARK: Conformance cases

  struct Case {
    var file: String
    var note: String
    var query: String
    var modules: [String]
    var experimental: [String]
  }

  private static func cases(_ edition: String) throws -> [Case] {
    let root = shared.appending(path: "rego-cases/\(edition)")
    let files = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".yaml") }.sorted()
    return try files.flatMap { file -> [Case] in
      let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
      guard let document = try Yams.compose(yaml: text), let list = document.mapping?["cases"]?.sequence else { return [] }
      return list.compactMap { item in
        guard let mapping = item.mapping else { return nil }
        let code = mapping["want_error_code"]?.string ?? mapping["want_error"]?.string ?? ""
        if code.contains("rego_") && !code.contains("eval_") { return nil }
        let keywords = mapping["experimental_keywords"].map { $0.sequence?.compactMap(\.string) ?? ["and", "or", "not"] }
        return Case(
          file: file, note: mapping["note"]?.string ?? "", query: mapping["query"]?.string ?? "",
          modules: mapping["modules"]?.sequence?.compactMap(\.string) ?? [], experimental: keywords ?? [])
      }
    }
  }

  @Test(
    "modules and queries of conformance cases are right", .enabled(if: has("rego-cases"), "no ../shared/rego-cases beside the checkout"),
    arguments: ["v0", "v1"])
  func conformance(_ edition: String) throws {
    var count = 0
    // Defined by the program that runs the cases.
    var signatures = Signature.all
    signatures["test.sleep"] = Signature(
      name: "test.sleep", arguments: [.init(name: "", type: .string)], variadic: nil, result: .init(name: "", type: .null))
    for item in try Self.cases(edition) {
      let options = Parser.Options(
        version: edition == "v0" ? .v0 : .v1, experimentalKeywords: !item.experimental.isEmpty, importedKeywords: item.experimental)
      do throws(RegoErrors) {
        var modules: [Module] = []
        for (index, text) in item.modules.enumerated() {
          modules.append(try Parser.module(Array(text.utf8), file: "test-\(index).rego", options: options))
        }
        let checks = Checks(modules, options: .init(signatures: signatures))
        var errors = checks.errors
        if errors.isEmpty { Self.compile(modules, item.note) }
        if errors.isEmpty, !item.query.isEmpty { errors = checks.query(try Parser.query(Array(item.query.utf8), options: options)) }
        count += 1
        #expect(errors.isEmpty, "\(item.file): \(item.note)\n\(errors)\n\(item.query)\n\(item.modules.joined(separator: "\n---\n"))")
      } catch {
        Issue.record("\(item.file): \(item.note): \(error)")
      }
    }
    print("\(edition) cases checked: \(count)")
  }
}
