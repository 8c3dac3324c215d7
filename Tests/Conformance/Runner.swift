import Glibc
import Rego
import RegoBuiltins

/// Runs one case and compares as OPA's own runner does (v1/topdown/exported_test.go): the error's text and code where given, else the
/// results as a set of bindings in JSON.
struct Runner {
  /// Nil where the case holds, else what is wrong.
  static func failure(of item: Case, version: LanguageVersion) -> String? {
    let outcome = run(item, version: version)
    switch outcome {
    case .failure(let error):
      guard item.wantError != nil || item.wantErrorCode != nil else { return "error: \(error.text)" }
      if let text = item.wantError, !text.isEmpty, !error.text.contains(text) { return "want error \"\(text)\", got \(error.text)" }
      if let code = item.wantErrorCode, error.code != code { return "want error code \(code), got \(error.text)" }
      return nil
    case .success(let solutions):
      if item.wantError != nil || item.wantErrorCode != nil {
        return "want error \(item.wantErrorCode ?? "") \(item.wantError ?? ""), got \(solutions.count) results"
      }
      return compare(solutions, item)
    }
  }

  struct Fault: Error {
    var text: String
    var code: String
  }

  static func run(_ item: Case, version: LanguageVersion) -> Result<[Solution], Fault> {
    let options = parserOptions(item, version)
    do throws(RegoErrors) {
      var modules: [Module] = []
      for (index, text) in item.modules.enumerated() {
        modules.append(try Parser.module(Array(text.utf8), file: "test-\(index).rego", options: options))
      }
      let policy = try Policy(
        modules, data: item.data.map { Document($0) } ?? .empty, options: .init(functions: StandardFunctions.all + [sleep]))
      let query = try policy.prepare(item.query, options: options)
      let input = try item.inputTerm.map { text throws(RegoErrors) in try Document(term: text) } ?? item.input.map { Document($0) }
      do throws(RegoError) {
        return .success(try query.evaluate(input: input, options: EvaluationOptions(isStrict: item.isStrict, network: .all)))
      } catch {
        return .failure(Fault(text: error.description, code: error.code.rawValue))
      }
    } catch {
      return .failure(Fault(text: error.description, code: error.errors.first?.code.rawValue ?? ""))
    }
  }

  /// Nil where following the evaluation finds the solutions of the evaluation, or where that ends in an error.
  static func traceFailure(of item: Case, version: LanguageVersion) -> String? {
    guard case .success(let solutions) = run(item, version: version) else { return nil }
    let options = parserOptions(item, version)
    let recorder = SolutionRecorder()
    do throws(RegoErrors) {
      var modules: [Module] = []
      for (index, text) in item.modules.enumerated() {
        modules.append(try Parser.module(Array(text.utf8), file: "test-\(index).rego", options: options))
      }
      let policy = try TracedPolicy(
        modules, data: item.data.map { Document($0) } ?? .empty, options: .init(functions: StandardFunctions.all + [sleep]))
      let query = try policy.prepare(item.query, options: options)
      let input = try item.inputTerm.map { text throws(RegoErrors) in try Document(term: text) } ?? item.input.map { Document($0) }
      do throws(RegoError) {
        try query.run(input: input, options: EvaluationOptions(isStrict: item.isStrict, network: .all), tracers: [recorder])
      } catch {
        return "following ends in \(error.description)"
      }
    } catch {
      return "following is refused: \(error.description)"
    }
    func canonical(_ bindings: [(name: String, value: RegoValue)]) -> RegoValue {
      .object(bindings.filter { !$0.name.hasPrefix("__local") && !$0.name.hasPrefix("$") }.map { .init(.string($0.name), $0.value) })
    }
    let want = Document(.set(solutions.map { canonical($0.bindings) }))
    let got = Document(.set(recorder.solutions.map { canonical($0) }))
    if want == got { return nil }
    return "evaluation \(String(decoding: want.json(), as: UTF8.self)), following \(String(decoding: got.json(), as: UTF8.self))"
  }

  /// Keeps the bindings of the query each time that it holds.
  private final class SolutionRecorder: Tracer {
    var wantsLocals: Bool { true }
    var wantsUnification: Bool { false }
    private(set) var solutions: [[(name: String, value: RegoValue)]] = []

    func record(_ event: TraceEvent) { if event.operation == .exit, event.queryID == 0 { solutions.append(event.bindings) } }
  }

  static func parserOptions(_ item: Case, _ version: LanguageVersion) -> Parser.Options {
    Parser.Options(
      version: version, experimentalKeywords: !item.experimentalKeywords.isEmpty, importedKeywords: item.experimentalKeywords)
  }

  private static func compare(_ solutions: [Solution], _ item: Case) -> String? {
    func canonical(_ bindings: [(String, RegoValue)]) -> RegoValue {
      .object(bindings.map { name, value in .init(.string(name), item.sortBindings ? sorted(value) : value) })
    }
    func sorted(_ value: RegoValue) -> RegoValue {
      guard case .array = value else { return value }
      return .array(Document(value).sortedElements)
    }
    let got = Document(
      .set(
        solutions.map { solution in
          canonical(
            solution.bindings.filter { !item.ignoresGeneratedVariables || !$0.name.hasPrefix("__localq") }.map { ($0.name, json($0.value)) }
          )
        }))
    guard let wantResult = item.wantResult else { return nil }
    guard case .array(let wanted) = wantResult else { return wantResult == .null && solutions.isEmpty ? nil : "want_result is no list" }
    let want = Document(
      .set(
        wanted.map { item in
          guard case .object(let members) = item else { return item }
          return canonical(
            members.map { member in
              guard case .string(let name) = member.key else { return ("", member.value) }
              return (name, member.value)
            })
        }))
    if got == want { return nil }
    return "want \(String(decoding: want.json(), as: UTF8.self)), got \(String(decoding: got.json(), as: UTF8.self))"
  }

  /// As JSON has it: sets are arrays, keys are text.
  private static func json(_ value: RegoValue) -> RegoValue {
    (try? Document(json: Document(value).json()).regoValue) ?? value
  }
}

extension Runner {
  /// OPA's own runner has this function too: it waits, at most a second here.
  static let sleep = BuiltinFunction("test.sleep", [.string], result: .null) { call throws(BuiltinError) in
    let text = String(decoding: try call.text(0), as: UTF8.self)
    guard text.hasSuffix("ms"), let milliseconds = UInt32(text.dropLast(2)) else { throw .failed("a duration in ms is needed") }
    usleep(min(milliseconds, 1000) * 1000)
    return .null
  }
}
