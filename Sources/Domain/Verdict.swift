/// The outcome of one control for one asset. Unknown is never a pass.
public enum Verdict: String, Sendable, Hashable, CaseIterable {
  case pass
  case fail
  case notApplicable
  case unknown
  case waived
}

/// How much a failing control matters. Comparable: `critical` is the greatest.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
  case info
  case low
  case medium
  case high
  case critical

  /// 0 (info) to 4 (critical).
  public var rank: Int {
    switch self {
    case .info: 0
    case .low: 1
    case .medium: 2
    case .high: 3
    case .critical: 4
    }
  }

  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// The part of the boundary that a control protects.
public enum Layer: String, Sendable, Hashable, CaseIterable {
  case hardware
  case vmm
  case environment
  case isolation
  case management
  case network
}
