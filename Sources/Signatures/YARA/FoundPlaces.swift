internal import Synchronization

/// What all threads of a scan have found so far.
final class FoundPlaces: Sendable {
  struct Place {
    let found: FoundString
    let context: MatchContext?
  }

  /// Places of all strings together, so that a guest full of matches costs a bounded amount of memory.
  static let most = 300_000

  private struct State {
    var places: [[Place]]
    var counts: [Int]
    var stored = 0
  }

  private let state: Mutex<State>
  private let limit: Int

  /// - Parameter limit: places kept of one string.
  init(strings: Int, limit: Int) {
    state = Mutex(State(places: Array(repeating: [], count: strings), counts: Array(repeating: 0, count: strings)))
    self.limit = limit
  }

  /// - Parameter context: asked only for places that are kept.
  func add(_ found: [FoundString], context: (FoundString) -> MatchContext?) {
    if found.isEmpty { return }
    state.withLock { state in
      for match in found {
        state.counts[match.string] += 1
        guard state.places[match.string].count < limit, state.stored < Self.most else { continue }
        state.places[match.string].append(Place(found: match, context: context(match)))
        state.stored += 1
      }
    }
  }

  /// By string; places ascending by address, the longest alone of those that begin together.
  func sorted() -> [[Place]] {
    state.withLock { state in
      state.places.map { places in
        var kept: [Place] = []
        for place in places.sorted(by: { ($0.found.address, -$0.found.length) < ($1.found.address, -$1.found.length) })
        where kept.last?.found.address != place.found.address { kept.append(place) }
        return kept
      }
    }
  }

  /// How often each string was found and not kept.
  func omitted() -> [Int] { state.withLock { state in zip(state.counts, state.places).map { $0 - $1.count } } }
}

extension MatchContext {
  /// - Parameter around: bytes before and behind the match; 0 keeps nothing.
  init?(of found: FoundString, in block: Block, around: Int) {
    if around == 0 { return nil }
    let first = max(block.start, found.address - min(found.address, UInt64(around)))
    let last = min(block.end, found.address + UInt64(min(found.length, Self.mostOfMatch) + around))
    // SAFETY: a part of a block that is readable for the length of the scan.
    self.init(start: first, bytes: unsafe Array(block.part(first..<last).bytes))
  }
}
