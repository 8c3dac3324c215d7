/// How often the expressions of each row were evaluated, and how long that took (v1/profiler/profiler.go).
public final class Profile: Tracer {
  public struct Row: Sendable {
    public let file: String
    public let location: Location
    public fileprivate(set) var nanoseconds: Int64
    public fileprivate(set) var evaluations: Int
    /// Times the search came back for another solution.
    public fileprivate(set) var redos: Int
    /// Expressions that the compiler made of the row.
    public fileprivate(set) var expressions: Int
  }

  private struct Place: Hashable {
    let file: String
    let row: Int32
  }

  private struct Step {
    let file: String
    let location: Location
    let operation: TraceEvent.Operation
    let index: Int
    let start: ContinuousClock.Instant
  }

  private var rows: [Place: Row] = [:]
  private var indexes: [Place: Set<Int>] = [:]
  private var current: Step?

  public init() {}

  public var wantsLocals: Bool { false }
  public var wantsUnification: Bool { false }

  public func record(_ event: TraceEvent) {
    guard event.operation == .eval || event.operation == .redo, let index = event.expressionIndex else { return }
    finish()
    current = Step(
      file: event.file, location: event.location, operation: event.operation, index: index, start: ContinuousClock.now)
  }

  /// Time until the next step counts for the one before it.
  private func finish() {
    guard let step = current else { return }
    current = nil
    let place = Place(file: step.file, row: step.location.row)
    let elapsed = (ContinuousClock.now - step.start).components
    var row =
      rows[place] ?? Row(file: step.file, location: step.location, nanoseconds: 0, evaluations: 0, redos: 0, expressions: 0)
    row.nanoseconds += elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
    if step.operation == .eval { row.evaluations += 1 } else { row.redos += 1 }
    rows[place] = row
    indexes[place, default: []].insert(step.index)
  }

  /// What rows can be sorted by, each in falling order.
  public enum Criterion: String, Sendable, CaseIterable {
    case time = "total_time_ns"
    case evaluations = "num_eval"
    case redos = "num_redo"
    case expressions = "num_gen_expr"
    case file
    case line

    fileprivate func order(_ a: Row, _ b: Row) -> Int {
      switch self {
      case .time: Self.compare(a.nanoseconds, b.nanoseconds)
      case .evaluations: Self.compare(a.evaluations, b.evaluations)
      case .redos: Self.compare(a.redos, b.redos)
      case .expressions: Self.compare(a.expressions, b.expressions)
      case .file: Self.compare(a.file, b.file)
      case .line: Self.compare(a.location.row, b.location.row)
      }
    }

    private static func compare<T: Comparable>(_ a: T, _ b: T) -> Int { a == b ? 0 : a > b ? -1 : 1 }
  }

  public static let defaultOrder: [Criterion] = [.time, .evaluations, .redos, .file, .line]

  /// - Parameter limit: rows at most; 0 for all.
  public func report(limit: Int, order: [Criterion] = defaultOrder) -> [Row] {
    finish()
    var result = rows.map { place, row in
      var row = row
      row.expressions = indexes[place]?.count ?? 0
      return row
    }
    let criteria = order + Self.defaultOrder.filter { !order.contains($0) }
    result.sort { a, b in
      for criterion in criteria {
        let order = criterion.order(a, b)
        if order != 0 { return order < 0 }
      }
      return false
    }
    return limit > 0 ? Array(result.prefix(limit)) : result
  }
}
