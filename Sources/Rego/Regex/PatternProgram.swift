/// One step of a compiled pattern. Targets are indices of `PatternProgram.instructions`.
struct PatternInstruction: Sendable {
  enum Operation: UInt8, Sendable {
    case match
    case fail
    /// Takes the code point `argument`.
    case scalar
    /// Takes a code point of the set numbered `argument`.
    case set
    /// Goes on at `next`, and with lower priority at `argument`.
    case split
    /// Notes the position in slot `argument`.
    case save
    /// Goes on where the `PatternAssertion` numbered `argument` holds.
    case assertion
  }

  var operation: Operation
  var next: Int32
  var argument: Int32
}

/// A compiled pattern: immutable, shared by any number of matchers.
final class PatternProgram: Sendable {
  let instructions: [PatternInstruction]
  let start: Int32
  /// Sets that `set` instructions name.
  let sets: [CompiledSet]
  /// The sets' encodings.
  let trie: EncodingTrie
  /// Names of the groups, index 0 the whole match.
  let names: [String?]
  /// Every match begins at the start of the text.
  let isAnchoredAtStart: Bool
  /// Which assertions occur, as bits `1 << PatternAssertion.rawValue`.
  let assertions: UInt8
  /// Bytes that can begin a match; nil when a match can be empty.
  let firstBytes: [Bool]?
  /// What every match begins with, up to 16 bytes; empty when unknown.
  let prefix: [UInt8]
  /// Class of each byte value: bytes of one class are never told apart. Class numbers count from 0.
  let byteClasses: [UInt8]
  /// One byte of each class.
  let representatives: [UInt8]
  /// Of each set its ASCII code points.
  let asciiSets: [ASCIISet]
  /// Instructions that several others lead to.
  let isJoin: [Bool]
  /// Of each instruction that splits, how its two ways can go on; empty for a long program.
  let ways: [(next: PatternWay, argument: PatternWay)]

  var slotCount: Int { names.count * 2 }

  init(instructions: [PatternInstruction], start: Int32, sets: [ScalarSet], names: [String?]) {
    var builder = EncodingTrie.Builder()
    self.instructions = instructions
    self.start = start
    self.sets = sets.map { CompiledSet($0, root: builder.insert($0)) }
    self.names = names
    trie = builder.trie
    let analysis = ProgramAnalysis(instructions: instructions, start: start, sets: self.sets, trie: trie)
    isAnchoredAtStart = analysis.isAnchoredAtStart
    assertions = analysis.assertions
    firstBytes = analysis.firstBytes
    prefix = analysis.prefix
    (byteClasses, representatives) = analysis.byteClasses()
    asciiSets = self.sets.map(\.ascii)
    isJoin = analysis.joins(start: start)
    ways = analysis.ways()
  }

  func uses(_ assertion: PatternAssertion) -> Bool { assertions >> assertion.rawValue & 1 == 1 }
}

/// The ASCII code points of a set.
struct ASCIISet: Sendable {
  let low: UInt64
  let high: UInt64

  /// - Parameter byte: below 0x80.
  @inline(__always)
  func contains(_ byte: UInt8) -> Bool { (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1 }
}

/// What can follow where a search goes on.
struct PatternWay: Sendable {
  /// Bytes that the next character can begin with.
  var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  /// A match may be reached without another character.
  var canEnd = false

  @inline(__always)
  func allows(_ byte: UInt8) -> Bool {
    let word = byte < 0x80 ? (byte < 64 ? bytes.0 : bytes.1) : (byte < 0xC0 ? bytes.2 : bytes.3)
    return canEnd || word >> UInt64(byte & 63) & 1 == 1
  }

  mutating func insert(_ byte: UInt8) {
    let bit = 1 << UInt64(byte & 63) as UInt64
    switch byte >> 6 {
    case 0: bytes.0 |= bit
    case 1: bytes.1 |= bit
    case 2: bytes.2 |= bit
    default: bytes.3 |= bit
    }
  }
}

/// A set as the threaded search asks it: a bit map for ASCII, ranges for the rest.
struct CompiledSet: Sendable {
  private let low: UInt64
  private let high: UInt64
  private let set: ScalarSet
  /// Node of the trie where the set's encodings begin.
  let root: Int32

  init(_ set: ScalarSet, root: Int32) {
    var words: (UInt64, UInt64) = (0, 0)
    for range in set.ranges where range.low < 0x80 {
      for scalar in range.low...min(range.high, 0x7F) {
        if scalar < 64 { words.0 |= 1 << UInt64(scalar) } else { words.1 |= 1 << UInt64(scalar - 64) }
      }
    }
    (low, high) = words
    self.set = set
    self.root = root
  }

  var ascii: ASCIISet { ASCIISet(low: low, high: high) }

  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return low >> UInt64(scalar) & 1 == 1 }
    if scalar < 128 { return high >> UInt64(scalar - 64) & 1 == 1 }
    return set.contains(scalar)
  }
}

/// UTF-8 encodings of sets as a forest whose equal branches are one: the automaton steps through it byte by byte.
struct EncodingTrie: Sendable {
  struct Edge: Hashable, Sendable {
    let low: UInt8
    let high: UInt8
    /// Node after the byte; `accepted` at the end of a code point.
    let child: Int32
  }

  static let accepted: Int32 = -1

  private(set) var edges: [Edge] = []
  /// First edge of each node, and one more entry for the end.
  private(set) var starts: [Int32] = [0]

  /// The node behind `byte`, nil when the set has no such code point.
  func step(_ node: Int32, _ byte: UInt8) -> Int32? {
    var index = Int(starts[Int(node)])
    let end = Int(starts[Int(node) + 1])
    while index < end, edges[index].high < byte { index += 1 }
    return index < end && edges[index].low <= byte ? edges[index].child : nil
  }

  func edges(of node: Int32) -> ArraySlice<Edge> { edges[Int(starts[Int(node)])..<Int(starts[Int(node) + 1])] }

  struct Builder {
    private(set) var trie = EncodingTrie()
    private var known: [[Edge]: Int32] = [:]

    /// Adds the encodings of a set and gives their root.
    mutating func insert(_ set: ScalarSet) -> Int32 {
      var sequences: [[(UInt8, UInt8)]] = []
      for range in set.ranges { Self.split(range.low, range.high, into: &sequences) }
      return node(sequences[...], depth: 0)
    }

    private mutating func node(_ sequences: ArraySlice<[(UInt8, UInt8)]>, depth: Int) -> Int32 {
      var result: [Edge] = []
      var index = sequences.startIndex
      while index < sequences.endIndex {
        let (low, high) = sequences[index][depth]
        var end = index + 1
        var child = EncodingTrie.accepted
        if sequences[index].count > depth + 1 {
          // Sequences are sorted, and a lead byte of several sequences is a range of one byte: equal leads stand together.
          while end < sequences.endIndex, sequences[end][depth] == (low, high) { end += 1 }
          child = node(sequences[index..<end], depth: depth + 1)
        }
        if let last = result.last, last.child == child, last.high &+ 1 == low {
          result[result.count - 1] = Edge(low: last.low, high: high, child: child)
        } else {
          result.append(Edge(low: low, high: high, child: child))
        }
        index = end
      }
      if let node = known[result] { return node }
      let node = Int32(trie.starts.count - 1)
      trie.edges.append(contentsOf: result)
      trie.starts.append(Int32(trie.edges.count))
      known[result] = node
      return node
    }

    /// Cuts a range of code points into sequences of byte ranges, in order; surrogates have no encoding.
    private static func split(_ low: UInt32, _ high: UInt32, into sequences: inout [[(UInt8, UInt8)]]) {
      guard low <= high else { return }
      if low <= 0xDFFF, high >= 0xD800 {
        if low < 0xD800 { split(low, 0xD7FF, into: &sequences) }
        return split(max(low, 0xE000), high, into: &sequences)
      }
      for edge: UInt32 in [0x7F, 0x7FF, 0xFFFF] where low <= edge && high > edge {
        split(low, edge, into: &sequences)
        return split(edge + 1, high, into: &sequences)
      }
      let lows = UTF8Reader.bytes(of: low)
      for shift: UInt32 in [6, 12, 18].prefix(lows.count - 1) {
        let mask: UInt32 = (1 << shift) - 1
        guard low & ~mask != high & ~mask else { continue }
        if low & mask != 0 {
          split(low, low | mask, into: &sequences)
          return split((low | mask) + 1, high, into: &sequences)
        }
        if high & mask != mask {
          split(low, (high & ~mask) - 1, into: &sequences)
          return split(high & ~mask, high, into: &sequences)
        }
      }
      sequences.append(Array(zip(lows, UTF8Reader.bytes(of: high))))
    }
  }
}
