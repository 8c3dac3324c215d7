/// Which of several structures of the guest hold which entries. Who is missing in one of them is hidden there.
struct Sightings<Source: Sendable & Hashable & CaseIterable>: Sendable {
  /// By the address of the entry.
  private(set) var sources: [UInt64: Set<Source>] = [:]
  /// Structures that this kernel has.
  private(set) var readable: Set<Source> = []
  private(set) var inconsistencies: [Inconsistency] = []
  private var settled: [UInt64: [Source]]?

  /// Contradictions kept at most: one hostile structure could be met at every process.
  private static var faultLimit: Int { 100 }

  mutating func note(_ fault: Inconsistency?) {
    if let fault, inconsistencies.count < Self.faultLimit { inconsistencies.append(fault) }
  }

  /// Takes what one structure holds.
  mutating func add(_ entries: some Sequence<UInt64>, in source: Source) {
    readable.insert(source)
    for entry in entries { sources[entry, default: []].insert(source) }
  }

  mutating func add(_ walk: Walk, in source: Source) {
    add(walk.entries, in: source)
    note(walk.inconsistency)
  }

  var entries: [UInt64] { sources.keys.sorted() }

  /// The structures that lack an entry, in the order of the source's cases.
  var differences: [UInt64: [Source]] {
    if let settled { return settled }
    return sources.compactMapValues { found in
      let missing = Source.allCases.filter { readable.contains($0) && !found.contains($0) }
      return missing.isEmpty ? nil : missing
    }
  }

  /// Reads until nothing differs, as often as `SecondLook` has it: what comes and goes in a running guest is in one structure and not in another for
  /// a moment. What differs each time, and alike, is kept.
  ///
  /// - Parameters:
  ///   - guest: whose view it is; when its steps are used up, what was read until then stays.
  ///   - isExpected: whether the absence of an entry from a structure is usual, as for a module that is still being loaded.
  static func settled(
    _ guest: Guest, reading: () -> Sightings, isExpected: (_ entry: UInt64, _ source: Source) -> Bool = { _, _ in false }
  ) -> Sightings {
    func differences(_ sightings: Sightings) -> [UInt64: [Source]] {
      var left: [UInt64: [Source]] = [:]
      for (entry, missing) in sightings.differences {
        let unusual = missing.filter { !isExpected(entry, $0) }
        if !unusual.isEmpty { left[entry] = unusual }
      }
      return left
    }
    var current = reading()
    // A structure that was not read to its end lacks many, and hides none.
    current.settled = guest.isExhausted ? [:] : differences(current)
    var looks = SecondLook(guest)
    while !guest.isExhausted, !current.differences.isEmpty || !current.inconsistencies.isEmpty, looks.again() {
      var next = reading()
      if guest.isExhausted { break }
      next.settled = differences(next).filter { current.differences[$0.key] == $0.value }
      next.inconsistencies = next.inconsistencies.filter { now in current.inconsistencies.contains { $0.structure == now.structure } }
      current = next
    }
    return current
  }
}
