/// Runs a program over a text with one thread for every way the pattern can go on (Pike's machine): finds the leftmost match, of those
/// beginning there the one the pattern prefers, and its groups. Time is text times program; memory is program times slots.
struct ThreadedSearch {
  /// Threads of one position in order of priority, each with its slots.
  private struct Threads {
    var program: [Int32] = []
    var slots: [Int] = []

    mutating func removeAll() {
      program.removeAll(keepingCapacity: true)
      slots.removeAll(keepingCapacity: true)
    }
  }

  /// Work left of following a thread through the instructions that take no character.
  private enum Pending {
    case visit(Int32)
    case restore(slot: Int, value: Int)
  }

  private var current = Threads()
  private var upcoming = Threads()
  /// Position's stamp under which an instruction was last reached: each is entered once a position.
  private var stamps: [UInt32]
  private var stamp: UInt32 = 0
  private var pending: [Pending] = []
  private var slots: [Int] = []
  /// Instructions entered so far, over all searches: the measure of linear time.
  private(set) var steps = 0

  /// Steps after which a search that is watched counts them.
  static let stepsUncounted = 1 << 12

  init(_ program: PatternProgram) {
    stamps = [UInt32](repeating: 0, count: program.instructions.count)
  }

  /// - Parameters:
  ///   - origin: Byte offset to search from; assertions see what stands before it.
  ///   - slotCount: Slots wanted: 0 asks only whether there is a match, 2 for its ends, `program.slotCount` for all groups.
  ///   - watch: may end the search.
  /// - Returns: The slots, -1 where unset; nil without a match, and where the search was ended.
  mutating func run(
    _ program: PatternProgram, _ text: Span<UInt8>, from origin: Int, slotCount: Int, watch: SearchWatch? = nil
  ) -> [Int]? {
    var counted = steps
    defer { _ = watch?.take(steps &- counted) }
    var position = origin
    var match: [Int]?
    current.removeAll()
    upcoming.removeAll()
    nextStamp()
    slots = [Int](repeating: -1, count: slotCount)
    while true {
      if let watch, steps &- counted > Self.stepsUncounted {
        guard watch.take(steps &- counted) else { return nil }
        counted = steps
      }
      if current.program.isEmpty {
        if match != nil || program.isAnchoredAtStart && position > 0 { break }
        if let firstBytes = program.firstBytes, !program.isAnchoredAtStart {
          guard let candidate = Self.candidate(text, from: position, firstBytes, program.prefix) else { break }
          // Stamps hold for one position.
          if candidate != position { nextStamp() }
          position = candidate
        }
      }
      if match == nil, !program.isAnchoredAtStart || position == 0 {
        for slot in slots.indices { slots[slot] = -1 }
        swap(&current, &upcoming)
        follow(program, program.start, text, at: position)
        swap(&current, &upcoming)
      }
      guard !current.program.isEmpty || position < text.count else { break }
      let (scalar, width) = position < text.count ? UTF8Reader.scalar(in: text, at: position) : (UTF8Reader.invalid, 1)
      // What is added from here on stands at the next position.
      nextStamp()
      let hasMatch = step(program, text, scalar, next: position + width, slotCount, &match)
      if hasMatch, slotCount == 0 { return match }
      swap(&current, &upcoming)
      upcoming.removeAll()
      if position >= text.count { break }
      position += width
    }
    return match
  }

  /// Advances every thread over `scalar`; a thread that has matched ends those of lower priority.
  private mutating func step(
    _ program: PatternProgram, _ text: Span<UInt8>, _ scalar: UInt32, next position: Int, _ slotCount: Int, _ match: inout [Int]?
  ) -> Bool {
    for index in current.program.indices {
      let instruction = program.instructions[Int(current.program[index])]
      let takes: Bool
      switch instruction.operation {
      case .match:
        match = Array(current.slots[(index * slotCount)..<((index + 1) * slotCount)])
        return true
      case .scalar: takes = scalar == UInt32(bitPattern: instruction.argument)
      case .set: takes = program.sets[Int(instruction.argument)].contains(scalar)
      case .fail, .split, .save, .assertion: takes = false
      }
      guard takes else { continue }
      for slot in 0..<slotCount { slots[slot] = current.slots[index * slotCount + slot] }
      follow(program, instruction.next, text, at: position)
    }
    return false
  }

  /// Adds to `upcoming` the threads that `start` leads to without taking a character, in order of priority.
  private mutating func follow(_ program: PatternProgram, _ start: Int32, _ text: Span<UInt8>, at position: Int) {
    pending.append(.visit(start))
    while let item = pending.popLast() {
      guard case .visit(var index) = item else {
        if case .restore(let slot, let value) = item { slots[slot] = value }
        continue
      }
      while stamps[Int(index)] != stamp {
        stamps[Int(index)] = stamp
        steps &+= 1
        let instruction = program.instructions[Int(index)]
        switch instruction.operation {
        case .match, .scalar, .set:
          upcoming.program.append(index)
          upcoming.slots.append(contentsOf: slots)
          continue
        case .fail: continue
        case .split:
          pending.append(.visit(instruction.argument))
          index = instruction.next
        case .save:
          let slot = Int(instruction.argument)
          if slot < slots.count {
            pending.append(.restore(slot: slot, value: slots[slot]))
            slots[slot] = position
          }
          index = instruction.next
        case .assertion:
          guard Self.holds(instruction.argument, text, at: position) else { continue }
          index = instruction.next
        }
      }
    }
  }

  private mutating func nextStamp() {
    stamp &+= 1
    if stamp == 0 {
      for index in stamps.indices { stamps[index] = 0 }
      stamp = 1
    }
  }

  static func holds(_ assertion: Int32, _ text: Span<UInt8>, at position: Int) -> Bool {
    let before = position > 0 && position <= text.count ? text[position - 1] : nil
    let after = position < text.count ? text[position] : nil
    return PatternAssertion(rawValue: UInt8(truncatingIfNeeded: assertion))?.holds(before: before, after: after) ?? false
  }

  /// The next position at which a match can begin.
  static func candidate(_ text: Span<UInt8>, from origin: Int, _ firstBytes: [Bool], _ prefix: [UInt8]) -> Int? {
    if !prefix.isEmpty {
      return unsafe text.withUnsafeBufferPointer { text in
        unsafe prefix.withUnsafeBufferPointer { unsafe TextSearch.first($0, in: text, from: origin) }
      }
    }
    var position = origin
    while position < text.count {
      if firstBytes[Int(text[position])] { return position }
      position += 1
    }
    return nil
  }
}

extension PatternAssertion {
  /// - Parameters:
  ///   - before: The byte before the position, nil at the start of the text.
  ///   - after: The byte behind it, nil at the end. Bytes decide, since only ASCII characters are asked for.
  func holds(before: UInt8?, after: UInt8?) -> Bool {
    switch self {
    case .textStart: before == nil
    case .textEnd: after == nil
    case .lineStart: before == nil || before == 0x0A
    case .lineEnd: after == nil || after == 0x0A
    case .wordBoundary: (before?.isASCIIWord ?? false) != (after?.isASCIIWord ?? false)
    case .notWordBoundary: (before?.isASCIIWord ?? false) == (after?.isASCIIWord ?? false)
    }
  }
}
