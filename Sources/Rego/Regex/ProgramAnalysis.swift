/// What can be said about a program before any text is seen.
struct ProgramAnalysis {
  let isAnchoredAtStart: Bool
  let assertions: UInt8
  let firstBytes: [Bool]?
  let prefix: [UInt8]
  private let instructions: [PatternInstruction]
  private let sets: [CompiledSet]
  private let trie: EncodingTrie

  /// Longest prefix kept: comparing it at every candidate stays a constant.
  private static let maximumPrefix = 16

  init(instructions: [PatternInstruction], start: Int32, sets: [CompiledSet], trie: EncodingTrie) {
    self.instructions = instructions
    self.sets = sets
    self.trie = trie
    assertions = instructions.reduce(into: 0) { bits, instruction in
      if instruction.operation == .assertion { bits |= 1 << UInt8(truncatingIfNeeded: instruction.argument) }
    }
    isAnchoredAtStart = Self.isAnchored(instructions, start)
    firstBytes = Self.firstBytes(instructions, start, sets, trie)
    prefix = Self.prefix(instructions, start)
  }

  /// Whether every way from the start passes `\A` before it takes a character or matches.
  private static func isAnchored(_ instructions: [PatternInstruction], _ start: Int32) -> Bool {
    var seen = [Bool](repeating: false, count: instructions.count)
    var pending = [start]
    while let index = pending.popLast() {
      guard !seen[Int(index)] else { continue }
      seen[Int(index)] = true
      let instruction = instructions[Int(index)]
      switch instruction.operation {
      case .match, .scalar, .set: return false
      case .fail: break
      case .assertion:
        if instruction.argument != Int32(PatternAssertion.textStart.rawValue) { pending.append(instruction.next) }
      case .save: pending.append(instruction.next)
      case .split:
        pending.append(instruction.next)
        pending.append(instruction.argument)
      }
    }
    return true
  }

  private static func firstBytes(
    _ instructions: [PatternInstruction], _ start: Int32, _ sets: [CompiledSet], _ trie: EncodingTrie
  ) -> [Bool]? {
    var result = [Bool](repeating: false, count: 256)
    var seen = [Bool](repeating: false, count: instructions.count)
    var pending = [start]
    while let index = pending.popLast() {
      guard !seen[Int(index)] else { continue }
      seen[Int(index)] = true
      let instruction = instructions[Int(index)]
      switch instruction.operation {
      case .match: return nil
      case .fail: break
      case .scalar: result[Int(UTF8Reader.bytes(of: UInt32(instruction.argument))[0])] = true
      case .set:
        for edge in trie.edges(of: sets[Int(instruction.argument)].root) {
          for byte in edge.low...edge.high { result[Int(byte)] = true }
        }
      case .assertion, .save: pending.append(instruction.next)
      case .split:
        pending.append(instruction.next)
        pending.append(instruction.argument)
      }
    }
    return result
  }

  /// Which instructions have more than one before them.
  func joins(start: Int32) -> [Bool] {
    var before = [UInt8](repeating: 0, count: instructions.count)
    func note(_ index: Int32) { if before[Int(index)] < 2 { before[Int(index)] += 1 } }
    note(start)
    for instruction in instructions {
      switch instruction.operation {
      case .match, .fail: break
      case .split:
        note(instruction.next)
        note(instruction.argument)
      case .scalar, .set, .save, .assertion: note(instruction.next)
      }
    }
    return before.map { $0 > 1 }
  }

  /// Instructions of the longest program whose ways are looked ahead.
  private static let longestWithWays = 256

  func ways() -> [(next: PatternWay, argument: PatternWay)] {
    guard instructions.count <= Self.longestWithWays else { return [] }
    return instructions.map { $0.operation == .split ? (way(from: $0.next), way(from: $0.argument)) : (PatternWay(), PatternWay()) }
  }

  private func way(from start: Int32) -> PatternWay {
    var way = PatternWay()
    guard let bytes = Self.firstBytes(instructions, start, sets, trie) else {
      way.canEnd = true
      return way
    }
    for byte in 0..<256 where bytes[byte] { way.insert(UInt8(byte)) }
    return way
  }

  private static func prefix(_ instructions: [PatternInstruction], _ start: Int32) -> [UInt8] {
    var result: [UInt8] = []
    var index = start
    while result.count < maximumPrefix {
      let instruction = instructions[Int(index)]
      switch instruction.operation {
      case .save: break
      case .scalar: result += UTF8Reader.bytes(of: UInt32(instruction.argument))
      case .match, .fail, .set, .split, .assertion: return result
      }
      index = instruction.next
    }
    return Array(result.prefix(maximumPrefix))
  }

  /// The class of every byte value, and one byte of every class.
  func byteClasses() -> (classes: [UInt8], representatives: [UInt8]) {
    // True where a class begins.
    var starts = [Bool](repeating: false, count: 257)
    func cut(_ low: UInt8, _ high: UInt8) {
      starts[Int(low)] = true
      starts[Int(high) + 1] = true
    }
    starts[0] = true
    // A search may begin at every byte that does not continue a code point.
    cut(0x80, 0xBF)
    for instruction in instructions where instruction.operation == .scalar {
      for byte in UTF8Reader.bytes(of: UInt32(instruction.argument)) { cut(byte, byte) }
    }
    for edge in trie.edges { cut(edge.low, edge.high) }
    let wordBits = 1 << PatternAssertion.wordBoundary.rawValue | 1 << PatternAssertion.notWordBoundary.rawValue
    if Int(assertions) & wordBits != 0 {
      for (low, high) in [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)] as [(UInt8, UInt8)] { cut(low, high) }
    }
    let lineBits = 1 << PatternAssertion.lineStart.rawValue | 1 << PatternAssertion.lineEnd.rawValue
    if Int(assertions) & lineBits != 0 { cut(0x0A, 0x0A) }

    var classes = [UInt8](repeating: 0, count: 256)
    var representatives: [UInt8] = []
    for byte in 0..<256 {
      if starts[byte] { representatives.append(UInt8(byte)) }
      classes[byte] = UInt8(representatives.count - 1)
    }
    return (classes, representatives)
  }
}
