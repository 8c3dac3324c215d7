import Foundation
import Testing

@testable import Rego

/// Holds the formatter against what `opa fmt` made of the same modules, and against itself, where those records lie beside the checkout.
@Suite("Formatter against OPA's answers")
struct FormatOracleTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
  private static let shared = root.appending(path: "../shared").standardized
  private static let oracle = shared.appending(path: "oracle/opa/modules.jsonl")
  private static let cases = shared.appending(path: "rego-cases")

  private static func has(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  private struct Recorded: Decodable {
    var module: String
    /// Absent where OPA's build refuses the module: it is older than logic operators and interpolated strings.
    var fmt: String?
    var source: String
  }

  private static func recorded() throws -> [Recorded] {
    try Data(contentsOf: oracle).split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Recorded.self, from: Data($0)) }
  }

  @Test("the same bytes", .enabled(if: has(oracle), "no ../shared/oracle/opa/modules.jsonl beside the checkout"))
  func sameBytes() throws {
    var count = 0
    var others: [String] = []
    for module in try Self.recorded() {
      guard let wanted = module.fmt else { continue }
      count += 1
      let result = try Formatter.format(Array(module.module.utf8), file: "m.rego")
      if result == Array(wanted.utf8) { continue }
      // The record has lost the carriage returns inside raw strings, which belong to their values.
      let isExplained = module.module.contains("\r") && result.filter { $0 != 0x0D } == Array(wanted.utf8)
      if !isExplained { others.append(module.source) }
    }
    #expect(count == 1495)
    #expect(others == [])
  }

  @Test("formatted text stays and means the same", .enabled(if: has(oracle), "no ../shared/oracle/opa/modules.jsonl beside the checkout"))
  func modules() throws {
    let modules = try Self.recorded()
    #expect(modules.count == 1618)
    for module in modules { try check(module.module, .v1, module.source) }
  }

  @Test("OPA's case files, of both editions", .enabled(if: has(cases), "no ../shared/rego-cases beside the checkout"))
  func caseFiles() throws {
    var count = 0
    for (edition, version) in [("v0", LanguageVersion.v0), ("v1", .v1)] {
      for file in Self.files(below: Self.cases.appending(path: edition), suffix: ".yaml") {
        let heap = Heap()
        guard let list = try? YAMLReader.read(Array(try Data(contentsOf: file)), in: heap).objectView["cases"] else { continue }
        for value in list.elements {
          for module in value.objectView[.string("modules", in: heap)].elements {
            if try check(module.string, version, file.lastPathComponent) { count += 1 }
          }
        }
      }
    }
    #expect(count > 2500)
  }

  @Test("our policies are formatted")
  func policies() throws {
    let files = Self.files(below: Self.root.appending(path: "policies"), suffix: ".rego")
    #expect(files.count > 50)
    for file in files {
      let text = try Data(contentsOf: file)
      #expect(try Formatter.format(Array(text), file: file.path) == Array(text), "\(file.lastPathComponent)")
    }
  }

  private static func files(below folder: URL, suffix: String) -> [URL] {
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { $0.hasSuffix(suffix) }.sorted().map { folder.appending(path: $0) }
  }

  /// False where the module is not Rego or is refused by its edition.
  @discardableResult
  private func check(_ text: String, _ version: LanguageVersion, _ name: String) throws -> Bool {
    let options = Parser.Options(version: version, experimentalKeywords: true, annotations: false)
    guard let module = try? Parser.module(Array(text.utf8), file: "m.rego", options: options) else { return false }
    let once: [UInt8]
    do throws(RegoErrors) {
      once = try Formatter.format(Array(text.utf8), file: "m.rego", options: Formatter.Options(target: version == .v1 ? .v1 : .v0))
    } catch {
      // The edition or the arity of a function refuses it; nothing else may.
      #expect(error.errors.allSatisfy { [.compile, .type, .parse].contains($0.code) }, "\(name): \(error)")
      return false
    }
    let again = try Formatter.format(once, file: "m.rego", options: Formatter.Options(target: version == .v1 ? .v1 : .v0))
    #expect(once == again, "\(name)")
    let formatted = try Parser.module(once, file: "m.rego", options: options)
    #expect(formatted.rules.map(Normalized.text) == module.rules.map(Normalized.text), "\(name)")
    #expect(formatted.package.map { $0.stringValue } == module.package.map { $0.stringValue })
    #expect(formatted.comments.count == module.comments.count, "\(name)")
    return true
  }
}

/// A rule as text with what the formatter may change left out: repeated elements of sets, their order, the form of an implied `true`, and
/// whether the result of a built-in function is its last operand or stands before `=`.
private enum Normalized {
  static func text(_ rule: Rule) -> String {
    var rule = rule
    rule.head.isAssignment = true
    rule.head.reference = rule.head.reference.map(term)
    // `f()` is the rule `f`.
    rule.head.arguments = rule.head.arguments.flatMap { $0.isEmpty ? nil : $0.map(term) }
    rule.head.key = rule.head.key.map(term)
    if rule.head.key == nil { rule.head.value = term(rule.head.value ?? Term(.boolean(true))) }
    rule.body = body(rule.body.isEmpty ? [Expression(.term(Term(.boolean(true))))] : rule.body)
    rule.elses = rule.elses.map { branch in
      let value = term(branch.value ?? Term(.boolean(true)))
      let inner = branch.body.isEmpty ? [Expression(.term(Term(.boolean(true))))] : branch.body
      return Rule.Else(value: value, body: body(inner), location: branch.location)
    }
    return TreeText.of(rule)
  }

  private static func body(_ body: Body) -> Body {
    body.map { expression in
      var result = expression
      if case .term(let value) = expression.kind { result.kind = .term(statement(value)) }
      if case .someIn(let key, let value, let collection) = expression.kind {
        result.kind = .someIn(key: key, value: term(value), collection: term(collection))
      }
      if case .every(let key, let value, let domain, let inner) = expression.kind {
        result.kind = .every(key: key, value: value, domain: term(domain), body: self.body(inner))
      }
      result.with = expression.with.map { With(target: $0.target, value: term($0.value), location: $0.location) }
      return result
    }
  }

  private static func statement(_ value: Term) -> Term {
    guard case .call(let function, let operands) = value.node, operands.count == 3, Infix(TermSpelling.text(function)) != nil else {
      return term(value)
    }
    let call = Term(.call(function, [term(operands[0]), term(operands[1])]))
    return Term(.call(Term(.reference([Term(.variable("eq"))])), [term(operands[2]), call]))
  }

  private static func term(_ value: Term) -> Term {
    var result = value
    switch value.node {
    case .set(let terms):
      var known: Set<String> = []
      let inner = terms.map(term).filter { known.insert(TreeText.of($0)).inserted }
      result.node = .set(inner.sorted { TreeText.of($0) < TreeText.of($1) })
    case .array(let terms): result.node = .array(terms.map(term))
    case .reference(let terms): result.node = .reference(terms.map(term))
    case .call(let function, let operands): result.node = .call(function, operands.map(term))
    case .object(let items):
      var order: [String] = []
      var last: [String: Term.ObjectItem] = [:]
      for item in items {
        let key = TreeText.of(term(item.key))
        if last[key] == nil { order.append(key) }
        last[key] = Term.ObjectItem(key: term(item.key), value: term(item.value))
      }
      result.node = .object(order.sorted().compactMap { last[$0] })
    case .arrayComprehension(let head, let inner): result.node = .arrayComprehension(term(head), body(inner))
    case .setComprehension(let head, let inner): result.node = .setComprehension(term(head), body(inner))
    case .objectComprehension(let key, let head, let inner):
      result.node = .objectComprehension(key: term(key), value: term(head), body(inner))
    default: break
    }
    return result
  }
}
