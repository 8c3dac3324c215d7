/// One step of the search for a query's solutions, as OPA's tracers see it (v1/topdown/trace.go).
public struct TraceEvent {
  public enum Operation: String, Sendable {
    /// A query or rule is about to be evaluated.
    case enter = "Enter"
    /// It holds.
    case exit = "Exit"
    /// An expression is about to be evaluated.
    case eval = "Eval"
    /// The search comes back to an expression, rule or query for its next solution.
    case redo = "Redo"
    /// An expression has no solution.
    case fail = "Fail"
    /// A rule gave a value that is there already.
    case duplicate = "Duplicate"
    /// A policy called `trace`.
    case note = "Note"
    /// Rules were chosen for a reference or call.
    case index = "Index"
    /// Two terms are matched.
    case unify = "Unify"
  }

  public let operation: Operation
  /// Name of the module, "" for the query.
  public let file: String
  public let location: Location
  /// Which query or rule is evaluated, and which one asked for it; 0 for the query itself, which is its own parent.
  public let queryID: Int
  public let parentID: Int
  public let message: String
  let node: TraceNode
  let names: TraceNames
  /// Bound variables in the order of their binding.
  let locals: [(variable: Int, value: Value)]
  /// Places of bound variables.
  let places: [Int: Location]
  /// What rules were chosen for.
  let reference: [CheckTerm]
  /// What the values lie in.
  let memory: TraceMemory

  /// Bound variables by the names of the source, those that it does not have by the compiler's.
  public var bindings: [(name: String, value: RegoValue)] {
    locals.map { (names.written($0.variable) ?? names.compiled($0.variable), RegoValue($0.value)) }
  }

  /// A rule, by its path, or a body: what `Enter`, `Exit` and `Redo` of a whole are about.
  var isWhole: Bool {
    switch node {
    case .rule, .body: true
    case .expression, .none: false
    }
  }

  /// The row of an expression about to be evaluated, of the head of a rule that holds; nil for other events.
  var coveredRow: Int32? {
    switch (operation, node) {
    case (.exit, .rule(let rule)): rule.headLocation.row
    case (.eval, .expression(let expression, _)): expression.location.row
    default: nil
    }
  }

  /// Position of an event's expression in its body; nil where the event is not about an expression.
  var expressionIndex: Int? {
    if case .expression(_, let index) = node { return index }
    return nil
  }
}

/// What an event is about. The tree is not changed any more.
enum TraceNode: @unchecked Sendable {
  case body(CheckBody)
  case rule(CheckRule)
  case expression(CheckExpression, index: Int)
  case none
}

/// Names of variables of one rule or query.
struct TraceNames: @unchecked Sendable {
  // The table is not changed any more.
  let variables: VariableTable

  /// As OPA's compiler names it.
  func compiled(_ variable: Int) -> String { variables.label(variable) }

  /// As the source names it; nil for what the source does not have.
  func written(_ variable: Int) -> String? { variables.writtenLabel(variable) }
}

extension TraceEvent: @unchecked Sendable {}

/// Watches an evaluation.
public protocol Tracer: AnyObject {
  /// Bound variables are wanted with each event, which costs time.
  var wantsLocals: Bool { get }
  /// Events of matched terms are wanted too.
  var wantsUnification: Bool { get }
  func record(_ event: TraceEvent) throws(RegoError)
}

/// Which events of a trace are kept (v1/topdown/lineage).
public enum TraceMode: String, Sendable, CaseIterable {
  case notes, fails, full, debug
  /// Notes and failures, as tests show them.
  case failures
}

/// Keeps the events of one mode: all, or those it asks for, each with the rules and queries that led to it.
public final class TraceRecorder: Tracer {
  /// Events kept at most; a trace that needs more ends the evaluation.
  public static let limit = 500_000

  public private(set) var events: [TraceEvent] = []
  private let mode: TraceMode
  /// The last entry of each query that was asked since an event was kept.
  private var entered: [Int: TraceEvent] = [:]

  public init(_ mode: TraceMode) { self.mode = mode }

  public var wantsLocals: Bool { true }
  public var wantsUnification: Bool { mode == .debug }

  public func record(_ event: TraceEvent) throws(RegoError) {
    switch mode {
    case .debug: events.append(event)
    case .full: if event.operation != .unify { events.append(event) }
    case .notes, .fails, .failures: lineage(event)
    }
    guard events.count <= Self.limit, entered.count <= Self.limit else {
      throw RegoError(
        .cancel, "the trace has more than \(Self.limit) events: explain notes or fails alone, or a query that needs less",
        file: event.file, location: event.location)
    }
  }

  private func lineage(_ event: TraceEvent) {
    let isKept =
      switch event.operation {
      case .note: mode != .fails
      case .fail: mode != .notes
      default: false
      }
    if isKept {
      var path = [event]
      var current = entered[event.queryID]
      var previous: TraceEvent?
      while let step = current, step.queryID != previous?.queryID || step.operation != previous?.operation {
        path.append(step)
        previous = step
        current = entered[step.parentID]
      }
      events += path.reversed()
      entered = [:]
    }
    if event.operation == .enter || event.operation == .redo, event.isWhole { entered[event.queryID] = event }
  }
}
