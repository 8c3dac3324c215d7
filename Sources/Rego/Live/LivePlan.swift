/// A query and all rules that it may need, with what is known of how they depend on each other and on the base documents.
struct LivePlan {
  let program: Program
  let query: Int
  let names: [String]
  /// Documents of rules that the query may need, those that others need first.
  let order: [Int]
  let distributions: [Int: Distribution]
  /// Of the documents, of the query, and of the functions of parts.
  let summaries: [Int: ReadAnalysis.Summary]
  /// The document whose value the query is, where it is nothing else.
  let direct: Int?

  /// - Parameters:
  ///   - input, data: the documents as they are now, whose sizes tell over which collections to distribute.
  static func make(
    _ output: Compiler.Output, query body: Body, package: [String], imports: [Import], input: Value, data: Value
  ) throws(RegoErrors) -> LivePlan {
    try DeepStack.result { () throws(RegoErrors) in
      let (planner, query, names) = try output.planned(query: body, package: package, imports: imports)
      return try LivePlan(planner, query: query, names: names, input: input, data: data, keeping: output.heap)
    }
  }

  private init(_ planner: Planner, query: Int, names: [String], input: Value, data: Value, keeping heap: Heap) throws(RegoErrors) {
    var analysis = ReadAnalysis(planner)
    var order: [Int] = []
    var seen: Set<Int> = []
    func visit(_ function: Int) {
      guard seen.insert(function).inserted else { return }
      for callee in analysis.summary(of: function).documents.sorted() { visit(callee) }
      order.append(function)
    }
    for callee in analysis.summary(of: query).documents.sorted() { visit(callee) }

    var distributions: [Int: Distribution] = [:]
    let split = DistributionSplit(planner) { path in
      let value = path.value(in: path.root == .input ? input : data)
      return value.isComposite ? value.elementCount ?? 0 : 0
    }
    for function in order where !analysis.summary(of: function).isVolatile { distributions[function] = split.run(function, &analysis) }
    var summaries: [Int: ReadAnalysis.Summary] = [query: analysis.summary(of: query)]
    for function in order { summaries[function] = analysis.summary(of: function) }
    for item in distributions.values {
      for part in item.parts { summaries[part.function] = analysis.summary(of: part.function) }
      if let rest = item.rest { summaries[rest] = analysis.summary(of: rest) }
    }
    direct = Self.direct(planner.functions[query].body)
    planner.optimize(data: .undefined)
    program = try Compiler.Output.assembled(planner, keeping: heap)
    self.query = query
    self.names = names
    self.order = order
    self.distributions = distributions
    self.summaries = summaries
  }

  /// The document that a query with one solution hands out as it is.
  private static func direct(_ body: Block) -> Int? {
    guard body.statements.count == 2, case .call(let function, let operands, let local) = body.statements[0], operands.isEmpty,
      case .result(let locals) = body.statements[1], !locals.isEmpty, locals.allSatisfy({ $0 == local || $0 < 0 })
    else { return nil }
    return function
  }
}
