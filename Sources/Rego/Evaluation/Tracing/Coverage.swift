/// Which rows of modules an evaluation reached (v1/cover/cover.go).
public final class Coverage: Tracer {
  private var hits: [String: Set<Int32>] = [:]

  public init() {}

  public var wantsLocals: Bool { false }
  public var wantsUnification: Bool { false }

  public func record(_ event: TraceEvent) {
    guard !event.file.isEmpty, let row = event.coveredRow else { return }
    hits[event.file, default: []].insert(row)
  }

  /// Rows from the first to the last.
  public typealias Rows = ClosedRange<Int32>

  public struct File: Sendable {
    public let name: String
    public let covered: [Rows]
    public let missed: [Rows]

    public var coveredRows: Int { Coverage.count(covered) }
    public var missedRows: Int { Coverage.count(missed) }
    /// Percent; 0 where nothing counts.
    public var share: Double { Coverage.share(coveredRows, missedRows) }
  }

  public struct Report: Sendable {
    /// By name.
    public let files: [File]

    public var coveredRows: Int { files.reduce(0) { $0 + $1.coveredRows } }
    public var missedRows: Int { files.reduce(0) { $0 + $1.missedRows } }
    /// Percent; 0 where nothing counts.
    public var share: Double { Coverage.share(coveredRows, missedRows) }
  }

  public func report(_ modules: [Module]) -> Report {
    var covered: [String: [Rows]] = [:]
    for (file, rows) in hits { covered[file] = Self.ranges(rows) }
    var missed: [String: Set<Int32>] = [:]
    for module in modules {
      let own = covered[module.file] ?? []
      var rows: Set<Int32> = []
      module.forEachCoverableRow { row in if !own.contains(where: { $0.contains(row) }) { rows.insert(row) } }
      missed[module.file] = rows
    }
    let names = Set(covered.keys).union(missed.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return Report(files: names.map { File(name: $0, covered: covered[$0] ?? [], missed: Self.ranges(missed[$0] ?? [])) })
  }

  private static func ranges(_ rows: Set<Int32>) -> [Rows] {
    var result: [Rows] = []
    for row in rows.sorted() {
      if let last = result.last, last.upperBound + 1 == row {
        result[result.count - 1] = last.lowerBound...row
      } else {
        result.append(row...row)
      }
    }
    return result
  }

  private static func count(_ ranges: [Rows]) -> Int { ranges.reduce(0) { $0 + $1.count } }

  private static func share(_ covered: Int, _ missed: Int) -> Double {
    covered + missed == 0 ? 0 : 100 * Double(covered) / Double(covered + missed)
  }
}

extension Module {
  /// Rows of rules, of their `else` branches and of every expression but declarations of variables.
  fileprivate func forEachCoverableRow(_ visit: (Int32) -> Void) {
    for rule in rules {
      visit(rule.head.location.row)
      for term in rule.head.reference + (rule.head.arguments ?? []) { term.forEachBody { $0.forEachRow(visit) } }
      rule.head.key?.forEachBody { $0.forEachRow(visit) }
      rule.head.value?.forEachBody { $0.forEachRow(visit) }
      rule.body.forEachRow(visit)
      for branch in rule.elses {
        visit(branch.location.row)
        branch.value?.forEachBody { $0.forEachRow(visit) }
        branch.body.forEachRow(visit)
      }
    }
  }
}

extension Body {
  fileprivate func forEachRow(_ visit: (Int32) -> Void) {
    for expression in self {
      switch expression.kind {
      case .someVariables: break
      case .someIn(let key, let value, let collection):
        for term in [key, value, collection] { term?.forEachBody { $0.forEachRow(visit) } }
      default:
        visit(expression.location.row)
        expression.forEachInnerBody { $0.forEachRow(visit) }
      }
    }
  }
}

extension Expression {
  fileprivate func forEachInnerBody(_ visit: (Body) -> Void) {
    switch kind {
    case .term(let term): term.forEachBody(visit)
    case .someVariables, .someIn: break
    case .every(_, _, let domain, let body):
      domain.forEachBody(visit)
      visit(body)
    case .notBody(let body): visit(body)
    case .and(let bodies), .or(let bodies): for body in bodies { visit(body) }
    }
    for modifier in with { modifier.value.forEachBody(visit) }
  }
}

extension Term {
  /// Bodies of comprehensions in the term, those inside another left out.
  fileprivate func forEachBody(_ visit: (Body) -> Void) {
    switch node {
    case .null, .boolean, .number, .string, .variable: break
    case .reference(let terms), .array(let terms), .set(let terms): for term in terms { term.forEachBody(visit) }
    case .call(_, let operands): for term in operands { term.forEachBody(visit) }
    case .object(let items):
      for item in items {
        item.key.forEachBody(visit)
        item.value.forEachBody(visit)
      }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
      head.forEachBody(visit)
      visit(body)
    case .objectComprehension(let key, let value, let body):
      key.forEachBody(visit)
      value.forEachBody(visit)
      visit(body)
    case .template(let parts): for case .expression(let expression) in parts { visit([expression]) }
    }
  }
}
