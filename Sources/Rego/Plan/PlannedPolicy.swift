internal import Synchronization

/// A policy as OPA plans it (`opa build -t plan`): compiled elsewhere, run here.
///
///     let policy = try PlannedPolicy(plan: bytes)
///     let query = try policy.prepare(entryPoint: "p/allow")
///     let answer = try query.evaluate(input: Document(json: Array(#"{"user": "root"}"#.utf8)))
public final class PlannedPolicy: Sendable {
  /// Names of the entry points, in the plan's order ("p/allow" for data.p.allow).
  public let entryPoints: [String]
  public let data: Document
  private let program: Program
  private let points: [String: (function: Int, names: [String])]

  /// Reads a plan and checks it: whatever it holds, running it neither crashes nor goes on without end.
  ///
  /// - Parameters:
  ///   - plan: JSON as `opa build -t plan` writes it to plan.json.
  ///   - file: the plan's name in errors.
  ///   - data: base data; the rules' documents are the plan's.
  ///   - options: built-in functions that the plan may call, and those besides the engine's own; the rest concerns modules only.
  /// - Throws: `rego_parse_error` for what is no plan, `rego_compile_error` for one that is not sound, `rego_type_error` for one that calls
  ///   a function that is not known, `rego_recursion_error` for functions that call themselves; each names function and statement.
  public init(plan: [UInt8], file: String = "plan.json", data: Document = .empty, options: Policy.Options = Policy.Options())
    throws(RegoErrors)
  {
    let builtins = Compiler.Options(options).builtins
    let heap = Heap()
    let lowered = try DeepStack.result { () throws(RegoErrors) in
      do throws(RegoError) {
        let document = try PlanReader.read(plan, file: file, in: heap)
        let lowering = try PlanLowering(document, file: file, heap: heap, builtins: builtins)
        return (
          document.entryPoints.map(\.name), lowering.entryPoints, try Assembler.assemble(lowering.planner, keeping: heap)
        )
      } catch {
        throw RegoErrors(error)
      }
    }
    entryPoints = lowered.0
    points = lowered.1
    program = lowered.2
    self.data = data
  }

  /// The query of an entry point. Its value is bound to `result`, and is the value of its only expression.
  ///
  /// - Throws: `rego_compile_error` where the plan has no such entry point.
  public func prepare(entryPoint: String) throws(RegoErrors) -> PreparedQuery {
    guard let point = points[entryPoint] else {
      throw RegoErrors(
        RegoError(.compile, "the plan has no entry point \(entryPoint); it has \(entryPoints.joined(separator: ", "))"))
    }
    let query = PreparedQuery(program: program, function: point.function, names: point.names, data: data)
    if let index = point.names.firstIndex(of: "result") {
      let text = "data." + entryPoint.split(separator: "/").joined(separator: ".")
      query.expressions = [
        PreparedQuery.Expression(text: text, location: Location(row: 1, column: 1, offset: 0, end: 0), index: index)
      ]
    }
    return query
  }
}
