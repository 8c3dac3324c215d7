import Foundation

@testable import Rego

/// OPA's case files, read where they lie beside the checkout.
struct CaseFiles {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/rego-cases")
    .standardizedFileURL.path
  static var arePresent: Bool { FileManager.default.fileExists(atPath: folder + "/v1") }

  /// Folders whose cases are about built-in functions, without those of functions that the engine does not have.
  static let names = [
    "aggregates", "arithmetic", "array", "base64builtins", "base64urlbuiltins", "bitsand", "bitsnegate", "bitsor", "bitsshiftleft",
    "bitsshiftright", "bitsxor", "casts", "comparisonexpr", "globmatch", "globquotemeta", "globsmatch", "hexbuiltins", "intersection",
    "jsonbuiltins", "jsonfilter", "jsonfilteridempotent", "jsonpatch", "jsonremove", "jsonremoveidempotent",
    "netcidrcontains", "netcidrcontainsmatches", "netcidrexpand", "netcidrintersects", "netcidrmerge", "netcidroverlap", "numbersrange",
    "objectfilter", "objectget", "objectkeys", "objectremove", "objectremovenonstringkey", "objectunion", "rand", "reachable", "regexfind",
    "regexfindallstringsubmatch", "regexisvalid", "regexmatch", "regexmatchtemplate", "regexsplit", "rendertemplate", "replacen",
    "semvercompare", "semverisvalid", "sets", "sprintf", "strings", "time", "trim", "trimleft", "trimprefix", "trimright", "trimspace",
    "trimsuffix", "typebuiltin", "typenamebuiltin", "union", "units", "uribuiltins", "urlbuiltins", "uuid", "walkbuiltin", "all", "any",
    "toarray", "toset",
  ]

  struct Outcome {
    var count = 0
    /// "file#index note: what differs".
    var failures: [String] = []
  }

  /// Runs the cases of one folder.
  static func run(_ edition: String, _ name: String) -> Outcome {
    var outcome = Outcome()
    let path = "\(folder)/\(edition)/\(name)"
    for file in (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] where file.hasSuffix(".yaml") {
      guard let bytes = FileManager.default.contents(atPath: path + "/" + file) else { continue }
      let heap = Heap()
      do {
        let cases = try YAMLReader.read(Array(bytes), in: heap).objectView["cases"]
        // A function that only OPA's own tests have.
        for (index, value) in cases.elements.enumerated() where !ValueText.text(value).contains("test.sleep".utf8) {
          outcome.count += 1
          if let difference = CaseRun(value.objectView, edition == "v0" ? .v0 : .v1, heap).difference() {
            outcome.failures.append("\(edition)/\(name)/\(file)#\(index): \(difference)")
          }
        }
      } catch {
        outcome.failures.append("\(file): \(error)")
      }
    }
    return outcome
  }
}

/// One case: modules, data, input and query, and what they must give.
private struct CaseRun {
  private let fields: ObjectView
  private let version: LanguageVersion
  private let heap: Heap

  init(_ fields: ObjectView, _ version: LanguageVersion, _ heap: Heap) {
    self.fields = fields
    self.version = version
    self.heap = heap
  }

  private func field(_ name: String) -> Value { fields[.string(name, in: heap)] }

  /// Nil where the outcome is the expected one.
  func difference() -> String? {
    let note = field("note").string
    let wantedText = field("want_error"), wantedCode = field("want_error_code")
    let solutions: [Solution]
    do {
      solutions = try evaluate()
    } catch {
      let text = "\(error)"
      guard wantedText.isDefined || wantedCode.isDefined else { return "\(note): unexpected error \(text)" }
      if wantedText.textCount > 0, !text.contains(wantedText.string) { return "\(note): error \(text), not \(wantedText.string)" }
      if wantedCode.isDefined, !text.contains(wantedCode.string) { return "\(note): error \(text), not of code \(wantedCode.string)" }
      return nil
    }
    if (wantedText.isDefined && wantedText.textCount > 0) || wantedCode.isDefined {
      return "\(note): no error; wanted \(wantedText.string) \(wantedCode.string)"
    }
    guard field("want_result").isDefined else { return nil }
    let got = Value.set(solutions.map { plain($0) }, in: heap)
    let wanted = Value.set(field("want_result").elements.map { sorted($0) }, in: heap)
    return got.equals(wanted) ? nil : "\(note): got \(text(got)), wanted \(text(wanted))"
  }

  private func text(_ value: Value) -> String { String(decoding: ValueText.text(value), as: UTF8.self) }

  private func evaluate() throws -> [Solution] {
    let options = Parser.Options(version: version, experimentalKeywords: field("experimental_keywords").isTrue)
    let modules = try field("modules").elements.enumerated().map { index, text in
      try Parser.module(text.text, file: "test-\(index).rego", options: options)
    }
    func document(_ value: Value) -> Document { Document(RegoValue(value)) }
    let data = field("data").isDefined ? document(field("data")) : Document.empty
    var input = field("input").isDefined ? document(field("input")) : nil
    let term = field("input_term")
    if term.isString { input = try Document(term: term.string) }
    let policy = try Policy(modules, data: data)
    let query = try policy.prepare(try Parser.query(field("query").text, options: options))
    return try query.evaluate(input: input, options: EvaluationOptions(isStrict: field("strict_error").isTrue))
  }

  /// The bindings of a solution as JSON has them.
  private func plain(_ solution: Solution) -> Value {
    let object = Value.object(
      solution.bindings.filter { !$0.name.hasPrefix("$") && !$0.name.hasPrefix("__local") }.map { binding in
        (Value.string(binding.name, in: heap), binding.value.value(in: heap))
      }, in: heap)
    return sorted((try? JSONReader.read(JSONWriter.text(object), in: heap)) ?? .null)
  }

  private func sorted(_ bindings: Value) -> Value {
    guard field("sort_bindings").isTrue else { return bindings }
    return .object(
      Members(bindings.objectView).map { member in
        (member.key, member.value.isArray ? .array(member.value.elements.sorted { $0.compare($1) < 0 }, in: heap) : member.value)
      }, in: heap)
  }
}
