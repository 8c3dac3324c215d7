public import Domain

/// What the results of one run say about the clauses of one framework.
///
/// It lists evidence. Whether a clause is met is for an assessor to say, and nothing here says it.
public struct FrameworkEvidence: Sendable {
  public let framework: Framework
  /// In the standard's order, those without evidence included.
  public let clauses: [ClauseEvidence]

  public init(_ framework: Framework, _ outcome: AuditOutcome) {
    self.init(framework, ControlEvidence.groups(of: outcome.results))
  }

  /// - Parameter groups: results by control, worst first.
  init(_ framework: Framework, _ groups: [ControlEvidence]) {
    self.framework = framework
    clauses = framework.clauses.map { clause in
      let controls = groups.filter { clause.isEvidenced(by: $0.control) }.map { $0.weakened(clause.weaknesses[$0.control.family]) }
      // What fits comes before what fits only in part.
      return ClauseEvidence(clause: clause, controls: controls.filter { $0.weakness == nil } + controls.filter { $0.weakness != nil })
    }
  }

  /// Clauses with at least one result.
  public var withEvidence: [ClauseEvidence] { clauses.filter { $0.standing == .evidence } }

  /// The evidence of one run for each of several frameworks.
  public static func all(_ frameworks: [Framework], _ outcome: AuditOutcome) -> [FrameworkEvidence] {
    let groups = frameworks.isEmpty ? [] : ControlEvidence.groups(of: outcome.results)
    return frameworks.map { FrameworkEvidence($0, groups) }
  }
}

/// One clause with the controls that give evidence for it.
public struct ClauseEvidence: Sendable {
  public enum Standing: String, Sendable, Hashable, CaseIterable {
    /// At least one result of this run bears on it.
    case evidence
    /// Controls of its families exist, none judged anything in this run.
    case noResult
    /// No family is assigned to it: nothing here is evidence for it.
    case noControl
  }

  public let clause: Framework.Clause
  /// Worst first; those that fit only in part at the end.
  public let controls: [ControlEvidence]

  public var standing: Standing { !clause.isAssigned ? .noControl : controls.isEmpty ? .noResult : .evidence }

  /// Results of its controls with a verdict.
  public func count(_ verdict: Verdict) -> Int { controls.reduce(0) { $0 + $1.count(verdict) } }
}

/// One control with its results.
public struct ControlEvidence: Sendable {
  public let control: Control
  /// Why the clause fits only in part; nil where it fits.
  public let weakness: String?
  /// Worst first.
  public let results: [AuditResult]
  private let counts: [Verdict: Int]

  private init(control: Control, weakness: String?, results: [AuditResult], counts: [Verdict: Int]) {
    self.control = control
    self.weakness = weakness
    self.results = results
    self.counts = counts
  }

  public func count(_ verdict: Verdict) -> Int { counts[verdict] ?? 0 }

  func weakened(_ weakness: String?) -> ControlEvidence {
    ControlEvidence(control: control, weakness: weakness, results: results, counts: counts)
  }

  /// Results by control, in the order in which each control is met first.
  static func groups(of results: [AuditResult]) -> [ControlEvidence] {
    var order: [Control] = []
    var byID: [String: [AuditResult]] = [:]
    for result in results {
      if byID[result.control.id] == nil { order.append(result.control) }
      byID[result.control.id, default: []].append(result)
    }
    return order.map { control in
      let results = byID[control.id] ?? []
      var counts: [Verdict: Int] = [:]
      for result in results { counts[result.verdict, default: 0] += 1 }
      return ControlEvidence(control: control, weakness: nil, results: results, counts: counts)
    }
  }
}
