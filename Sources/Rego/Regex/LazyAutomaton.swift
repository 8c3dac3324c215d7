/// Answers whether a text has a match with a deterministic automaton over bytes, whose states are built when a text first needs them.
///
/// A state is the set of places in the program where a search can be, and what assertions need to know of the byte before. Assertions
/// ask for the byte behind as well, so a place is followed through instructions that take no character only when the next byte is
/// known: a match shows one byte late, at the end of the text by a symbol of its own. States are bounded in number and memory; when
/// they are full all are dropped, and a text that keeps dropping them is left to the threads.
struct LazyAutomaton {
  /// Results of a step that are no state.
  private static let unknown: Int32 = -1
  private static let matched: Int32 = -2
  private static let dead: Int32 = -3

  /// Bounds of the memory kept: entries of the table, places in all states.
  private static let maximumTable = 1 << 18
  private static let maximumPlaces = 1 << 18

  /// What a state knows of the byte before it.
  private struct Context: OptionSet {
    let rawValue: UInt64
    static let textStart = Context(rawValue: 1)
    static let lineStart = Context(rawValue: 2)
    static let word = Context(rawValue: 4)
  }

  /// Entry `state * stride + class`; the last class of a row is the end of the text. Entries are first indices of rows.
  private var transitions: [Int32] = []
  private let stride: Int
  /// Of every state its context, then its places: instruction in the upper half; in the lower half 0 in front of the instruction, or how
  /// far into a code point (for a set: trie node + 1, for a single code point: bytes taken).
  private var states: [[UInt64]] = []
  private var rows: [[UInt64]: Int32] = [:]
  /// Where a search begins; negative before the first one and after states were dropped.
  private var startRow: Int32 = -1
  private var placeCount = 0
  private let tracked: Context

  private var stamps: [UInt32]
  private var stamp: UInt32 = 0
  private var pending: [Int32] = []
  private var places: [UInt64] = []
  /// Instructions entered while building states.
  private(set) var steps = 0

  init(_ program: PatternProgram) {
    stride = program.representatives.count + 1
    stamps = [UInt32](repeating: 0, count: program.instructions.count)
    var tracked: Context = []
    if program.isAnchoredAtStart || program.uses(.textStart) { tracked.insert(.textStart) }
    if program.uses(.lineStart) { tracked.insert(.lineStart) }
    if program.uses(.wordBoundary) || program.uses(.notWordBoundary) { tracked.insert(.word) }
    self.tracked = tracked
  }

  /// - Parameters:
  ///   - start: no match begins before it; not 0 only for a program without assertions.
  ///   - watch: may end the search, whose result then means nothing.
  /// - Returns: Nil when the text needs more states than are kept.
  mutating func matches(_ program: PatternProgram, _ text: Span<UInt8>, from start: Int = 0, watch: SearchWatch? = nil) -> Bool? {
    var counted = steps
    defer { _ = watch?.take(steps &- counted) }
    if startRow < 0 { startRow = intern([tracked.intersection([.textStart, .lineStart]).rawValue]) }
    var row = startRow
    var position = start
    var droppedAt: Int?
    let classes = program.byteClasses
    while true {
      let result = Self.run(transitions.span, classes.span, text, row: &row, position: &position)
      if result == Self.matched { return true }
      if result == Self.dead { return false }
      if result == Self.unknown {
        let symbol = position < text.count ? Int(program.byteClasses[Int(text[position])]) : stride - 1
        if transitions.count + stride > Self.maximumTable || placeCount > Self.maximumPlaces {
          // Dropping states pays as long as each of them has been used a few times.
          if let droppedAt, position - droppedAt < 8 * states.count { return nil }
          droppedAt = position
          let state = states[Int(row) / stride]
          dropStates()
          row = intern(state)
        }
        transitions[Int(row) + symbol] = step(program, from: Int(row) / stride, symbol)
        if let watch, steps &- counted > ThreadedSearch.stepsUncounted {
          guard watch.take(steps &- counted) else { return false }
          counted = steps
        }
      }
    }
  }

  /// Bytes of the states, about.
  var footprint: Int { transitions.capacity * 4 + placeCount * 16 + states.count * 64 }

  /// Follows known transitions; ends at the first entry that is no state, with `row` and `position` in front of it.
  private static func run(
    _ table: Span<Int32>, _ classes: Span<UInt8>, _ text: Span<UInt8>, row: inout Int32, position: inout Int
  ) -> Int32 {
    var state = row
    var index = position
    defer {
      row = state
      position = index
    }
    let end = text.count
    while index < end {
      let next = table[Int(state) &+ Int(classes[Int(text[index])])]
      if next < 0 { return next }
      state = next
      index &+= 1
    }
    // The last column of the row.
    return table[Int(state) &+ Int(classes[255]) &+ 1]
  }

  private mutating func dropStates() {
    transitions.removeAll(keepingCapacity: true)
    states.removeAll(keepingCapacity: true)
    rows.removeAll(keepingCapacity: true)
    startRow = -1
    placeCount = 0
  }

  /// The row of a state, new or known.
  private mutating func intern(_ state: [UInt64]) -> Int32 {
    if let row = rows[state] { return row }
    let row = Int32(transitions.count)
    transitions.append(contentsOf: repeatElement(Self.unknown, count: stride))
    states.append(state)
    rows[state] = row
    placeCount += state.count
    return row
  }

  // MARK: Building states

  /// The state behind `symbol`: a byte class, or the end of the text.
  private mutating func step(_ program: PatternProgram, from index: Int, _ symbol: Int) -> Int32 {
    let state = states[index]
    let context = Context(rawValue: state[0])
    let byte = symbol < stride - 1 ? program.representatives[symbol] : nil
    stamp &+= 1
    if stamp == 0 {
      for index in stamps.indices { stamps[index] = 0 }
      stamp = 1
    }
    places.removeAll(keepingCapacity: true)
    for place in state.dropFirst() {
      let instruction = Int32(truncatingIfNeeded: place >> 32)
      let inside = UInt32(truncatingIfNeeded: place)
      if inside == 0 {
        if follow(program, instruction, context, byte) { return Self.matched }
      } else if let byte {
        continueCharacter(program, instruction, inside, byte)
      }
    }
    // A search begins where a character does.
    let begins = program.isAnchoredAtStart ? context.contains(.textStart) : byte.map { $0 & 0xC0 != 0x80 } ?? true
    if begins, follow(program, program.start, context, byte) { return Self.matched }
    guard let byte else { return Self.dead }
    if places.isEmpty, program.isAnchoredAtStart { return Self.dead }

    var next: Context = []
    if byte == 0x0A { next.insert(.lineStart) }
    if byte.isASCIIWord { next.insert(.word) }
    places.sort()
    var key = [next.intersection(tracked).rawValue]
    key.reserveCapacity(places.count + 1)
    for place in places where place != key.last || key.count == 1 { key.append(place) }
    return intern(key)
  }

  /// Follows an instruction to those that take a character, and these over `byte`.
  ///
  /// - Returns: Whether a match is reached.
  private mutating func follow(_ program: PatternProgram, _ start: Int32, _ context: Context, _ byte: UInt8?) -> Bool {
    let before: UInt8? =
      context.contains(.textStart) ? nil : context.contains(.word) ? UInt8(ascii: "_") : context.contains(.lineStart) ? 0x0A : 0x20
    pending.removeAll(keepingCapacity: true)
    pending.append(start)
    while let index = pending.popLast() {
      guard stamps[Int(index)] != stamp else { continue }
      stamps[Int(index)] = stamp
      steps &+= 1
      let instruction = program.instructions[Int(index)]
      switch instruction.operation {
      case .match: return true
      case .fail: break
      case .save: pending.append(instruction.next)
      case .split:
        pending.append(instruction.argument)
        pending.append(instruction.next)
      case .assertion:
        let assertion = PatternAssertion(rawValue: UInt8(truncatingIfNeeded: instruction.argument))
        if assertion?.holds(before: before, after: byte) ?? false { pending.append(instruction.next) }
      case .scalar, .set:
        if let byte { continueCharacter(program, index, 0, byte) }
      }
    }
    return false
  }

  /// Notes where an instruction that takes a character stands behind `byte`.
  private mutating func continueCharacter(_ program: PatternProgram, _ index: Int32, _ inside: UInt32, _ byte: UInt8) {
    let instruction = program.instructions[Int(index)]
    let reached: UInt32
    if instruction.operation == .set {
      let node = inside == 0 ? program.sets[Int(instruction.argument)].root : Int32(inside - 1)
      guard let child = program.trie.step(node, byte) else { return }
      reached = child == EncodingTrie.accepted ? 0 : UInt32(child) + 1
    } else {
      let (expected, isLast) = UTF8Reader.byte(Int(inside), of: UInt32(bitPattern: instruction.argument))
      guard expected == byte else { return }
      reached = isLast ? 0 : inside + 1
    }
    places.append(UInt64(reached == 0 ? instruction.next : index) << 32 | UInt64(reached))
  }
}
