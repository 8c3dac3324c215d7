internal import Synchronization

/// Rules over a guest's memory, in place.
///
/// Threads search strings in pieces of the memory, and the conditions are judged once over what they found. Offsets in conditions are
/// physical addresses, and `filesize` and `entrypoint` are undefined: memory is no file.
public struct MemoryScan: Sendable {
  private let rules: RuleSet
  private let limits: ScanLimits

  public init(_ rules: RuleSet, limits: ScanLimits = ScanLimits()) {
    self.rules = rules
    self.limits = limits
  }

  /// - Parameters:
  ///   - regions: populated memory. What lies between them is not read.
  ///   - progress: told from any of the threads, with bytes done and bytes in all.
  public func scan(
    _ regions: [MemoryRegion], progress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in }
  ) throws(ScanError) -> ScanResult {
    let work = MemoryScanWork(plan: ScanPlan(regions, margin: rules.margin), rules: rules, limits: limits, progress: progress)
    try work.search()
    return try work.result()
  }
}

/// One scan under way.
final class MemoryScanWork: Sendable {
  private let plan: ScanPlan
  private let rules: RuleSet
  private let limits: ScanLimits
  private let places: FoundPlaces
  private let progress: @Sendable (UInt64, UInt64) -> Void
  private let next = Atomic<Int>(0)
  private let done = Atomic<UInt64>(0)
  private let zeros = Atomic<UInt64>(0)
  private let gaps = Mutex<[String]>([])
  private let deadline: ContinuousClock.Instant

  init(plan: ScanPlan, rules: RuleSet, limits: ScanLimits, progress: @escaping @Sendable (UInt64, UInt64) -> Void) {
    self.plan = plan
    self.rules = rules
    self.limits = limits
    self.progress = progress
    places = FoundPlaces(strings: rules.strings.count, limit: limits.places)
    deadline = ContinuousClock().now + limits.time
  }

  private var remaining: Duration { ContinuousClock().now.duration(to: deadline) }

  func search() throws(ScanError) {
    var searches: [StringSearch] = []
    for _ in 0..<min(limits.threads, max(plan.pieces.count, 1)) { unsafe searches.append(try StringSearch(rules.compiled, isMemory: true)) }
    Threads.run(searches) { self.takePieces($0) }
  }

  private func takePieces(_ search: StringSearch) {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < plan.pieces.count else { return }
      let piece = plan.pieces[index]
      let time = remaining
      guard time > .zero else {
        gap("the time allowed was used up after \(done.load(ordering: .relaxed) >> 20) of \(plan.bytes >> 20) MiB")
        return
      }
      examine(piece, with: search, within: time)
      let own = piece.copy == nil ? piece.owned.upperBound - piece.owned.lowerBound : 0
      progress(done.wrappingAdd(own, ordering: .relaxed).newValue, plan.bytes)
    }
  }

  private func examine(_ piece: ScanPlan.Piece, with search: StringSearch, within time: Duration) {
    let blocks = rules.ignoresZeros ? ZeroRuns.cut(from: piece.block, margin: rules.margin) : [piece.block]
    let left = blocks.reduce(0) { $0 + $1.count }
    if piece.copy == nil { zeros.wrappingAdd(UInt64(piece.block.count - left), ordering: .relaxed) }
    do throws(ScanError) {
      let found = try search.matches(in: blocks, within: time).filter(piece.owns)
      places.add(found) { MatchContext(of: $0, in: piece.block, around: limits.context) }
    } catch {
      let first = String(piece.owned.lowerBound, radix: 16)
      gap("0x\(first) to 0x\(String(piece.owned.upperBound, radix: 16)) was not searched to its end: \(error.message)")
    }
  }

  private func gap(_ text: String) {
    gaps.withLock { if $0.count < 100, $0.last != text { $0.append(text) } }
  }

  func result() throws(ScanError) -> ScanResult {
    let sorted = places.sorted()
    let omitted = places.omitted()
    let check = try ConditionCheck(rules, isMemory: true)
    // The answer comes late rather than never: strings that were found are judged even when the time is over.
    let time = max(remaining, .seconds(10))
    let holding = try check.rules(holdingWith: sorted.flatMap { $0.map(\.found) }, reading: plan.regions, fileSize: nil, within: time)
    let matches = RuleMatch.of(holding, rules: rules, places: sorted, omitted: omitted)
    let zeros = min(zeros.load(ordering: .relaxed), plan.bytes)
    return ScanResult(
      matches: matches, scanned: done.load(ordering: .relaxed) - min(zeros, done.load(ordering: .relaxed)), zeros: zeros,
      gaps: gaps.withLock { $0 })
  }
}

extension RuleMatch {
  /// The rules that hold with the places of their strings.
  static func of(_ holding: [Int], rules: RuleSet, places: [[FoundPlaces.Place]], omitted: [Int]) -> [RuleMatch] {
    var strings = [[Int]](repeating: [], count: rules.rules.count)
    for (index, entry) in rules.strings.enumerated() where !entry.isPrivate { strings[entry.rule].append(index) }
    return holding.map { rule in
      let own = strings[rule].flatMap { string in
        places[string].map {
          MatchString(
            identifier: rules.strings[string].name, offset: $0.found.address, length: $0.found.length, context: $0.context)
        }
      }
      return RuleMatch(
        rule: rules.rules[rule], strings: own.sorted { ($0.offset, $0.identifier) < ($1.offset, $1.identifier) },
        omitted: strings[rule].reduce(0) { $0 + omitted[$1] })
    }
  }
}
