import Rego
import RegoBuiltins

/// Other ways to the same solutions: what is left when the input is not known, and plans.
extension Runner {
  private struct Parts {
    let modules: [Module]
    let data: Document
    let input: Document?
    let options: Policy.Options

    init(_ item: Case, _ version: LanguageVersion) throws(RegoErrors) {
      var modules: [Module] = []
      for (index, text) in item.modules.enumerated() {
        modules.append(
          try Parser.module(Array(text.utf8), file: "test-\(index).rego", options: Runner.parserOptions(item, version)))
      }
      self.modules = modules
      data = item.data.map { Document($0) } ?? .empty
      input = try item.inputTerm.map { text throws(RegoErrors) in try Document(term: text) } ?? item.input.map { Document($0) }
      options = Policy.Options(functions: StandardFunctions.all + [Runner.sleep])
    }
  }

  private static let restOptions = Parser.Options(version: .v1, experimentalKeywords: true, importedKeywords: ["and", "or", "not"])

  /// Nil where what is left of the query without the input, evaluated with it, finds the solutions of the evaluation, or where that ends in
  /// an error.
  static func partialFailure(of item: Case, version: LanguageVersion) -> String? {
    guard case .success(let solutions) = run(item, version: version) else { return nil }
    let names = solutions.first?.bindings.map(\.name).filter { !$0.hasPrefix("__local") && !$0.hasPrefix("$") } ?? []
    func canonical(_ solution: Solution) -> RegoValue {
      .object(names.compactMap { name in solution[name].map { .init(.string(name), $0) } })
    }
    let evaluation = EvaluationOptions(isStrict: item.isStrict, network: .all)
    var got: [RegoValue] = [], texts: [String] = []
    do throws(RegoErrors) {
      let parts = try Parts(item, version)
      let rest = try TracedPolicy(parts.modules, data: parts.data, options: parts.options)
        .partially(item.query, options: parserOptions(item, version), evaluation: evaluation)
      texts = rest.queryTexts + rest.supportTexts
      var support: [Module] = []
      for text in rest.supportTexts {
        support.append(try Parser.module(Array(text.utf8), file: "support.rego", options: restOptions))
      }
      let policy = try Policy(support + parts.modules, data: parts.data, options: parts.options)
      for text in rest.queryTexts {
        let query = try policy.prepare(text.isEmpty ? "true" : text, options: restOptions)
        do throws(RegoError) { got += try query.evaluate(input: parts.input, options: evaluation).map { canonical($0) } } catch {
          return "what is left ends in \(error.description): \(texts)"
        }
      }
    } catch {
      return "what is left is refused: \(error.description): \(texts)"
    }
    let want = Document(.set(solutions.map { canonical($0) })), found = Document(.set(got))
    if want == found { return nil }
    return "evaluation \(String(decoding: want.json(), as: UTF8.self)), rest \(String(decoding: found.json(), as: UTF8.self)): \(texts)"
  }

  /// Nil where a plan made here gives the value of the evaluation, where the case asks other than `data.a.b = x`, or ends in an error.
  static func planFailure(of item: Case, version: LanguageVersion) -> String? {
    let sides = item.query.split(separator: "=", omittingEmptySubsequences: false)
    let names = sides.first.map { String($0).split { $0 == "." || $0 == " " }.map(String.init) } ?? []
    guard sides.count == 2, names.first == "data", names.count > 1,
      names.allSatisfy({ $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }),
      case .success(let solutions) = run(item, version: version)
    else { return nil }
    let entryPoint = names.dropFirst().joined(separator: "/")
    let evaluation = EvaluationOptions(isStrict: item.isStrict, network: .all)
    do throws(RegoErrors) {
      let parts = try Parts(item, version)
      let whole = try Policy(parts.modules, data: parts.data, options: parts.options)
      let query = try whole.prepare("result = " + names.joined(separator: "."))
      let plan = try PlannedPolicy(plan: try whole.plan(entryPoints: [entryPoint]), data: parts.data, options: parts.options)
        .prepare(entryPoint: entryPoint)
      do throws(RegoError) {
        let want = try query.evaluate(input: parts.input, options: evaluation).map { $0["result"] }
        let got = try plan.evaluate(input: parts.input, options: evaluation).map { $0["result"] }
        return want == got ? nil : "evaluation \(want), plan \(got), \(solutions.count) solutions"
      } catch {
        return "the plan ends in \(error.description)"
      }
    } catch {
      return "the plan is refused: \(error.description)"
    }
  }

  /// Nil where modules rewritten for the rule that the case asks for, at both levels, give its value, or as `planFailure`.
  static func optimizedFailure(of item: Case, version: LanguageVersion) -> String? {
    let sides = item.query.split(separator: "=", omittingEmptySubsequences: false)
    let names = sides.first.map { String($0).split { $0 == "." || $0 == " " }.map(String.init) } ?? []
    guard sides.count == 2, names.first == "data", names.count > 2,
      names.allSatisfy({ $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }),
      version == .v1, case .success(let solutions) = run(item, version: version)
    else { return nil }
    let evaluation = EvaluationOptions(isStrict: item.isStrict, network: .all)
    for isShallow in [true, false] {
      do throws(RegoErrors) {
        let parts = try Parts(item, version)
        var optimization = PolicyOptimization()
        optimization.isShallow = isShallow
        optimization.options = parts.options
        optimization.parserOptions = parserOptions(item, .v1)
        let given = item.modules.indices.map {
          PolicyOptimization.Source(name: "test-\($0).rego", module: parts.modules[$0], text: Array(item.modules[$0].utf8))
        }
        let text = "result = " + names.joined(separator: ".")
        let query = try Policy(parts.modules, data: parts.data, options: parts.options).prepare(text)
        let sources: [PolicyOptimization.Source]
        do throws(RegoErrors) {
          sources = try optimization.run(given, data: parts.data, entryPoints: [names.dropFirst().joined(separator: "/")])
        } catch {
          if solutions.isEmpty { continue }
          throw error
        }
        var modules: [Module] = []
        for source in sources { modules.append(try Parser.module(source.text, file: source.name, options: parserOptions(item, .v1))) }
        let other = try Policy(modules, data: parts.data, options: parts.options).prepare(text)
        do throws(RegoError) {
          let want = try query.evaluate(input: parts.input, options: evaluation).map { $0["result"] }
          let got = try other.evaluate(input: parts.input, options: evaluation).map { $0["result"] }
          if want != got { return "evaluation \(want), optimized \(got): \(sources.map { String(decoding: $0.text, as: UTF8.self) })" }
        } catch {
          return "what is optimized ends in \(error.description)"
        }
      } catch {
        return "optimizing is refused: \(error.description)"
      }
    }
    return nil
  }
}
