/// A query whose answer is kept while its documents change in single places.
///
/// What a rule has from each element of a collection is kept apart, so that an edit in one of ten thousand machines evaluates the rules for that
/// machine alone. Which rules may be taken apart, and what each rule reads, follows from their plan; all others are evaluated in full when something
/// they read has changed. The answer, and the error where there is one, is always that of an evaluation from the beginning.
///
///     let findings = try policy.live("data.fleet.deny", input: inventory)
///     let change = try findings.apply([DocumentEdit(.replace(.boolean(true)), at: "/vms/4711/secure_boot")])
///     print(change.added, change.removed)
///
/// For one thread at a time. Budgets count what one call does, which is less than a full evaluation. Errors of built-in functions that make a call
/// undefined are not collected, and rules that print or ask the time are evaluated each time.
public final class LiveQuery {
  private let plan: LivePlan
  private let expressions: [PreparedQuery.Expression]
  private let named: [Int]
  private var machine: Machine
  private var documents: LiveDocuments
  private var input: EditedDocument
  private var data: EditedDocument
  private var state = State.unknown

  private enum State {
    case unknown
    /// The value of the one document that the query asks for, which is taken apart.
    case direct
    case solutions([Solution])
    case failed(RegoError)
  }

  /// Parts of the last answer; nil where they are those of the document before its last changes.
  private var told: [RegoValue]? = []

  /// What an edit did to the answer.
  public struct Change: Sendable, Hashable {
    /// Parts of the answer that were not there before. Parts are the elements of a set, the members of an object, each as an object of one, and any
    /// other value as a whole; of a query with several expressions or solutions, its solutions as objects.
    public let added: [RegoValue]
    /// Parts of the answer before that are gone.
    public let removed: [RegoValue]

    public var isEmpty: Bool { added.isEmpty && removed.isEmpty }
  }

  init(_ plan: LivePlan, expressions: [PreparedQuery.Expression], input: Document?, data: Document, options: EvaluationOptions) {
    self.plan = plan
    self.expressions = expressions
    named = plan.names.indices.filter { !plan.names[$0].hasPrefix("$") }
    machine = Machine(plan.program, options: options)
    documents = LiveDocuments(plan)
    self.input = EditedDocument(input, as: .input)
    self.data = EditedDocument(data, as: .data)
  }

  /// Every solution, as `PreparedQuery.evaluate` gives them for the documents as they are.
  public func solutions() throws(RegoError) -> [Solution] {
    if case .unknown = state { try begin() }
    switch state {
    case .unknown: return []
    case .direct: return directSolutions()
    case .solutions(let solutions): return solutions
    case .failed(let error): throw error
    }
  }

  /// Changes the documents, one edit after the other, and tells what this does to the answer.
  ///
  /// - Throws: `edit_error` where an edit does not fit the document; nothing is changed then. Any other error is that of the evaluation: the
  ///   documents are changed, and the next change that is told is measured by the last answer there was.
  @discardableResult
  public func apply(_ edits: [DocumentEdit]) throws(RegoError) -> Change {
    if case .unknown = state { try? begin() }
    let before = (input, data)
    var events: [EditedDocument.Event] = []
    do throws(RegoError) {
      for edit in edits {
        events.append(edit.root == .input ? try input.apply(edit, in: documents.heap) : try data.apply(edit, in: documents.heap))
      }
    } catch {
      (input, data) = before
      throw error
    }
    documents.note(events)
    machine.begin(input: input.value, data: data.value)
    defer {
      input.settle()
      data.settle()
      documents.compact(&input, &data)
    }
    let changed = documents.update(&machine, events)
    if isDirect {
      state = .direct
      let change = directChange()
      documents.settle()
      return change
    }
    guard needsEvaluation(events, changed) else { return Change(added: [], removed: []) }
    let old = told ?? earlierParts()
    try evaluate()
    documents.settle()
    return change(from: old)
  }

  /// The input as it is now; nil where it is undefined.
  public var currentInput: RegoValue? { input.value.isUndefined ? nil : RegoValue(input.value) }
  /// Base data as it is now; nil where it is undefined.
  public var currentData: RegoValue? { data.value.isUndefined ? nil : RegoValue(data.value) }

  // MARK: - Evaluation

  private func begin() throws(RegoError) {
    machine.begin(input: input.value, data: data.value)
    if let function = plan.direct { documents.build(function, &machine) }
    if isDirect {
      state = .direct
      told = nil
      documents.harvest(&machine)
      return
    }
    try evaluate()
    documents.settle()
    told = parts()
  }

  private var isDirect: Bool {
    guard let function = plan.direct else { return false }
    return documents.distributed[function]?.isKnown ?? false
  }

  private func needsEvaluation(_ events: [EditedDocument.Event], _ changed: Set<Int>) -> Bool {
    guard case .solutions = state, let summary = plan.summaries[plan.query] else { return true }
    return summary.isVolatile || summary.isAffected(by: events) || !summary.documents.isDisjoint(with: changed)
  }

  /// Evaluates the query, with all that is known of its documents.
  private func evaluate() throws(RegoError) {
    documents.offer(plan.summaries[plan.query]?.documents ?? [], to: &machine)
    do throws(RegoError) {
      try machine.solve(plan.query)
    } catch {
      state = .failed(error)
      machine.recover()
      documents.harvest(&machine)
      throw error
    }
    let width = plan.names.count
    state = .solutions(
      (0..<machine.solutionCount).map { index in solution { machine.results[index * width + $0] } })
    documents.harvest(&machine)
  }

  private func solution(_ value: (Int) -> Value) -> Solution {
    var bindings: [(name: String, value: RegoValue)] = []
    for index in named where value(index).isDefined { bindings.append((plan.names[index], RegoValue(value(index)))) }
    return Solution(bindings: bindings, values: expressions.map { item in item.index.map { RegoValue(value($0)) } ?? .boolean(true) })
  }

  private func directSolutions() -> [Solution] {
    guard let function = plan.direct, let value = documents.value(of: function), value.isDefined else { return [] }
    return [solution { _ in value }]
  }

  // MARK: - Changes

  private func directChange() -> Change {
    guard let function = plan.direct, let item = documents.distributed[function] else { return Change(added: [], removed: []) }
    defer { told = nil }
    if let old = told { return difference(from: old, to: parts()) }
    guard item.distribution.kind != .single, item.distribution.kind != .grouped else {
      return item.union.touched.isEmpty ? Change(added: [], removed: []) : difference(from: earlierParts(), to: parts())
    }
    let (added, removed) = item.union.difference
    return Change(added: sorted(added.map { $0.part }), removed: sorted(removed.map { $0.part }))
  }

  private func change(from old: [RegoValue]) -> Change {
    let new = parts()
    told = new
    return difference(from: old, to: new)
  }

  private func difference(from old: [RegoValue], to new: [RegoValue]) -> Change {
    var counts: [RegoValue: Int] = [:]
    for part in new { counts[part, default: 0] += 1 }
    for part in old { counts[part, default: 0] -= 1 }
    var added: [RegoValue] = []
    var removed: [RegoValue] = []
    for (part, count) in counts where count != 0 {
      if count > 0 { added += repeatElement(part, count: count) } else { removed += repeatElement(part, count: -count) }
    }
    return Change(added: sorted(added), removed: sorted(removed))
  }

  private func sorted(_ parts: [RegoValue]) -> [RegoValue] {
    parts.count < 2 ? parts : Document(.array(parts)).sortedElements
  }

  /// Parts of the answer as it is.
  private func parts() -> [RegoValue] {
    switch state {
    case .direct: directSolutions().first.map { parts(of: $0) } ?? []
    case .solutions(let solutions): solutions.count == 1 ? parts(of: solutions[0]) : solutions.map { whole($0) }
    case .unknown, .failed: []
    }
  }

  /// Parts of the document as it was when changes were last told.
  private func earlierParts() -> [RegoValue] {
    guard let function = plan.direct, let item = documents.distributed[function] else { return [] }
    let heap = Heap()
    var value = item.union.earlier.value(in: heap)
    if value.isUndefined { value = item.distribution.fallback }
    return value.isUndefined ? [] : parts(of: solution { _ in value })
  }

  private func parts(of solution: Solution) -> [RegoValue] {
    guard expressions.count == 1, solution.values.count == 1, expressions[0].index != nil || solution.bindings.count == 1 else {
      return [whole(solution)]
    }
    let value = expressions[0].index != nil ? solution.values[0] : solution.bindings[0].value
    switch value {
    case .set(let elements): return elements
    case .object(let members): return members.map { .object([$0]) }
    default: return [value]
    }
  }

  private func whole(_ solution: Solution) -> RegoValue {
    .object(
      solution.bindings.map { RegoValue.Member(.string($0.name), $0.value) }
        + solution.values.enumerated().compactMap { index, value in
          expressions[index].index == nil ? nil : RegoValue.Member(.string("$\(index + 1)"), value)
        })
  }
}

extension Union.Member {
  /// An element as it is, a member as an object of one.
  fileprivate var part: RegoValue {
    value.value.isUndefined ? RegoValue(key.value) : .object([RegoValue.Member(RegoValue(key.value), RegoValue(value.value))])
  }
}
