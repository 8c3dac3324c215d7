/// A rule that holds, and where its strings lie.
public struct RuleMatch: Sendable, Hashable {
  public let rule: Rule
  /// Ascending by address. Empty for a rule that needs no string, or whose strings are private.
  public let strings: [MatchString]
  /// Further places that were found and are not listed.
  public let omitted: Int

  public init(rule: Rule, strings: [MatchString], omitted: Int) {
    self.rule = rule
    self.strings = strings
    self.omitted = omitted
  }
}

/// What a scan found, and how much of what it was given it has seen.
public struct ScanResult: Sendable {
  /// In the order of the rules.
  public let matches: [RuleMatch]
  /// Bytes that rules were held against.
  public let scanned: UInt64
  /// Bytes left out because they are zero in long runs and the rules find nothing in zeros.
  public let zeros: UInt64
  /// Why something was not seen; empty after a complete scan. What was found is true all the same, what was not found may be there.
  public let gaps: [String]

  public var isComplete: Bool { gaps.isEmpty }
}

/// Bounds of a scan.
public struct ScanLimits: Sendable {
  /// From the call to the answer.
  public var time: Duration
  /// At least 1; no more than there are pieces of work are started.
  public var threads: Int
  /// Bytes before and behind each match that are kept with it, and the match itself. 0 keeps nothing of the memory.
  public var context: Int
  /// Places kept of one string; further ones are counted.
  public var places: Int

  public static let mostThreads = 32
  public static let mostContext = 4096

  public init(time: Duration = .seconds(600), threads: Int = 1, context: Int = 0, places: Int = 10_000) {
    self.time = time
    self.threads = min(max(threads, 1), Self.mostThreads)
    self.context = min(max(context, 0), Self.mostContext)
    self.places = max(places, 1)
  }
}
