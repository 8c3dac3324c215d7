/// Runs a small program over a short text by trying one way after the other, and never twice from the same place: finds what
/// `ThreadedSearch` finds, in time text times program too, and without keeping every way's groups.
struct BacktrackingSearch {
  /// Bits of memory of what was tried.
  private static let maximumBits = 1 << 17

  /// Work left: a way to try, or a slot to set back (an instruction of -1 - slot).
  private struct Pending {
    var instruction: Int32
    var position: Int
  }

  /// For each position behind the origin the instructions tried there, in words of 64.
  private var tried: [UInt64] = []
  private let wordsPerPosition: Int
  /// Positions with marks of the last search.
  private var reached = 0
  private var pending: [Pending] = []
  private var slots: [Int] = []
  /// Instructions entered so far, over all searches.
  private(set) var steps = 0

  init(_ program: PatternProgram) { wordsPerPosition = (program.instructions.count + 63) / 64 }

  func isFit(_ length: Int) -> Bool { (length + 1) * wordsPerPosition * 64 <= Self.maximumBits }

  /// - Parameters and result: as of `ThreadedSearch.run`, the text being short enough (`isFit`).
  mutating func run(_ program: PatternProgram, _ text: Span<UInt8>, from origin: Int, slotCount: Int) -> [Int]? {
    let words = (text.count - origin + 1) * wordsPerPosition
    if tried.count < words { tried += [UInt64](repeating: 0, count: words - tried.count) }
    for word in 0..<min(tried.count, reached * wordsPerPosition) { tried[word] = 0 }
    reached = 0
    var start = origin
    while start <= text.count {
      if program.isAnchoredAtStart {
        if start > 0 { return nil }
      } else if let firstBytes = program.firstBytes {
        guard let candidate = ThreadedSearch.candidate(text, from: start, firstBytes, program.prefix) else { return nil }
        start = candidate
      }
      if slots.count == slotCount {
        for slot in slots.indices { slots[slot] = -1 }
      } else {
        slots = [Int](repeating: -1, count: slotCount)
      }
      pending.removeAll(keepingCapacity: true)
      pending.append(Pending(instruction: program.start, position: start))
      if search(program, text, origin, slotCount) { return slots }
      start += start < text.count ? UTF8Reader.scalar(in: text, at: start).width : 1
    }
    return nil
  }

  private mutating func search(_ program: PatternProgram, _ text: Span<UInt8>, _ origin: Int, _ slotCount: Int) -> Bool {
    // In variables of their own, so that nothing is asked twice of who else has them.
    var tried: [UInt64] = [], pending: [Pending] = [], slots: [Int] = []
    swap(&tried, &self.tried)
    swap(&pending, &self.pending)
    swap(&slots, &self.slots)
    var reached = self.reached, steps = self.steps
    defer {
      swap(&tried, &self.tried)
      swap(&pending, &self.pending)
      swap(&slots, &self.slots)
      self.reached = reached
      self.steps = steps
    }
    let instructions = program.instructions, isJoin = program.isJoin, ways = program.ways, sets = program.asciiSets
    let count = text.count
    while let item = pending.popLast() {
      if item.instruction < 0 {
        slots[Int(~item.instruction)] = item.position
        continue
      }
      var index = Int(item.instruction)
      var position = item.position
      way: while true {
        // Whatever has one instruction before it is reached as often as that.
        if isJoin[index] {
          let word = (position &- origin) &* wordsPerPosition &+ index >> 6, bit = 1 << UInt64(index & 63) as UInt64
          if tried[word] & bit != 0 { break }
          tried[word] |= bit
          if position &- origin >= reached { reached = position &- origin &+ 1 }
        }
        steps &+= 1
        let instruction = instructions[index]
        switch instruction.operation {
        case .match: return true
        case .fail: break way
        case .split:
          if index < ways.count {
            let branches = ways[index]
            let isFirst = position < count ? branches.next.allows(text[position]) : branches.next.canEnd
            let isSecond = position < count ? branches.argument.allows(text[position]) : branches.argument.canEnd
            if isFirst {
              if isSecond { pending.append(Pending(instruction: instruction.argument, position: position)) }
              index = Int(instruction.next)
            } else if isSecond {
              index = Int(instruction.argument)
            } else {
              break way
            }
          } else {
            pending.append(Pending(instruction: instruction.argument, position: position))
            index = Int(instruction.next)
          }
        case .save:
          let slot = Int(instruction.argument)
          if slot < slotCount {
            pending.append(Pending(instruction: Int32(truncatingIfNeeded: ~slot), position: slots[slot]))
            slots[slot] = position
          }
          index = Int(instruction.next)
        case .assertion:
          guard ThreadedSearch.holds(instruction.argument, text, at: position) else { break way }
          index = Int(instruction.next)
        case .scalar:
          guard position < count else { break way }
          let (scalar, width) = UTF8Reader.scalar(in: text, at: position)
          guard scalar == UInt32(bitPattern: instruction.argument) else { break way }
          position &+= width
          index = Int(instruction.next)
        case .set:
          guard position < count else { break way }
          let byte = text[position]
          if byte < 0x80 {
            guard sets[Int(instruction.argument)].contains(byte) else { break way }
            position &+= 1
          } else {
            let (scalar, width) = UTF8Reader.scalar(in: text, at: position)
            guard program.sets[Int(instruction.argument)].contains(scalar) else { break way }
            position &+= width
          }
          index = Int(instruction.next)
        }
      }
    }
    return false
  }
}
