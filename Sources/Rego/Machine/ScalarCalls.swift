/// Answers of pure built-in functions to scalars, by the place of the call: what a policy asks of one host's version or address it asks
/// again for every machine of the host, and in the next evaluation.
///
/// Answers are kept across evaluations, so texts longer than a value are copied. A place whose calls hardly ever repeat (a pattern against
/// names that are all different) stops asking for a while.
struct ScalarCalls: ~Copyable {
  /// Entry: place + 1, or 0 (8), unused (8), the operands that are no constants (32), the answer (16).
  private static let entries = 2048
  private static let entrySize = 64
  private static let operandsOffset = 16
  private static let answerOffset = 48
  /// Most operands that are no constants.
  static let operands = 2
  /// Calls after which a place is judged.
  private static let trial: Int32 = 256
  /// Calls that a place goes without after it was found useless.
  private static let pause: Int32 = -8192
  /// Bytes of copied texts beyond which everything is forgotten.
  private static let maximumTexts = 1 << 20

  private let table: Memory.Address
  /// Of each place how often an answer was found (4) and how often not (4; negative: calls left to go without).
  private let places: Memory.Address
  private let texts = Heap()

  init(sites: Int) {
    table = UInt(bitPattern: UnsafeMutableRawPointer.allocate(byteCount: Self.entries * Self.entrySize, alignment: 64))
    Memory.clear(table, bytes: Self.entries * Self.entrySize)
    places = UInt(bitPattern: UnsafeMutableRawPointer.allocate(byteCount: max(1, sites) * 8, alignment: 16))
    Memory.clear(places, bytes: max(1, sites) * 8)
  }

  deinit {
    // SAFETY: both were allocated by init and are used by this value alone.
    unsafe Memory.pointer(table).deallocate()
    unsafe Memory.pointer(places).deallocate()
  }

  /// A call as it was looked for.
  struct Question {
    /// 0 where the answer is not worth keeping or cannot be kept.
    var entry: Memory.Address
    var isAnswered: Bool
  }

  /// As below, of a call with one operand that is no constant.
  func ask(_ place: Int, _ operand: Value) -> Question {
    let counts = places &+ UInt(place &* 8)
    let misses = Memory.load(counts, 4, as: Int32.self)
    if misses < 0 {
      Memory.store(counts, 4, misses &+ 1)
      return Question(entry: 0, isAnswered: false)
    }
    var hash = UInt64(truncatingIfNeeded: place) &* 0x9E37_79B9_7F4A_7C15
    switch operand.rawTag {
    case 1, 2, 3, 5: hash = Self.mixed(hash, operand.head ^ operand.body.byteSwapped)
    case 6: hash = Self.mixed(hash, Memory.load(operand.address, 0, as: UInt64.self))
    default:
      missed(counts, misses)
      return Question(entry: 0, isAnswered: false)
    }
    let entry = table &+ UInt(truncatingIfNeeded: hash >> 40) % UInt(Self.entries) &* UInt(Self.entrySize)
    if Memory.load(entry, 0, as: UInt64.self) == UInt64(truncatingIfNeeded: place &+ 1),
      Memory.value(entry &+ UInt(Self.operandsOffset), at: 0).isSame(operand)
    {
      Memory.store(counts, 0, Memory.load(counts, 0, as: Int32.self) &+ 1)
      return Question(entry: entry, isAnswered: true)
    }
    missed(counts, misses)
    return Question(entry: entry, isAnswered: false)
  }

  /// The answer that is known, or where a new one belongs.
  func ask(_ place: Int, _ operands: Operands) -> Question {
    let counts = places &+ UInt(place &* 8)
    let misses = Memory.load(counts, 4, as: Int32.self)
    if misses < 0 {
      Memory.store(counts, 4, misses &+ 1)
      return Question(entry: 0, isAnswered: false)
    }
    var hash = UInt64(truncatingIfNeeded: place) &* 0x9E37_79B9_7F4A_7C15
    var isScalar = true
    var index = 0
    while index < operands.count {
      let word: Int32 = Memory.load(operands.words, index &* 4)
      if word >= 0 {
        let operand = operands.value(of: word)
        switch operand.rawTag {
        case 1, 2, 3, 5: hash = Self.mixed(hash, operand.head ^ operand.body.byteSwapped)
        case 6: hash = Self.mixed(hash, Memory.load(operand.address, 0, as: UInt64.self))
        default: isScalar = false
        }
      }
      index &+= 1
    }
    guard isScalar else {
      missed(counts, misses)
      return Question(entry: 0, isAnswered: false)
    }
    let entry = table &+ UInt(truncatingIfNeeded: hash >> 40) % UInt(Self.entries) &* UInt(Self.entrySize)
    if Memory.load(entry, 0, as: UInt64.self) == UInt64(truncatingIfNeeded: place &+ 1), holds(entry, operands) {
      Memory.store(counts, 0, Memory.load(counts, 0, as: Int32.self) &+ 1)
      return Question(entry: entry, isAnswered: true)
    }
    missed(counts, misses)
    return Question(entry: entry, isAnswered: false)
  }

  @inline(__always)
  static func answer(at entry: Memory.Address) -> Value { Memory.value(entry &+ UInt(answerOffset), at: 0) }

  /// Keeps an answer that is a scalar of its own.
  func keep(_ answer: Value, _ place: Int, _ operands: Operands, at entry: Memory.Address) {
    switch answer.rawTag {
    case 1, 2, 3, 5: break
    default: return
    }
    if texts.used > Self.maximumTexts {
      Memory.clear(table, bytes: Self.entries * Self.entrySize)
      texts.reset()
    }
    var kept = 0
    for index in 0..<operands.count {
      let word: Int32 = Memory.load(operands.words, index &* 4)
      if word < 0 { continue }
      if kept == Self.operands { return }
      let operand = operands.value(of: word)
      let own = operand.rawTag == 6 ? unsafe operand.withText { unsafe Value.string($0, in: texts) } : operand
      Memory.setValue(entry &+ UInt(Self.operandsOffset), at: kept, own)
      kept += 1
    }
    Memory.setValue(entry &+ UInt(Self.answerOffset), at: 0, answer)
    Memory.store(entry, 0, UInt64(truncatingIfNeeded: place &+ 1))
  }

  @inline(__always)
  private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let mixed = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ mixed >> 29
  }

  @inline(__always)
  private func holds(_ entry: Memory.Address, _ operands: Operands) -> Bool {
    var position = 0
    var index = 0
    while index < operands.count {
      let word: Int32 = Memory.load(operands.words, index &* 4)
      if word >= 0 {
        if position == Self.operands { return false }
        if !Memory.value(entry &+ UInt(Self.operandsOffset), at: position).isSame(operands.value(of: word)) { return false }
        position &+= 1
      }
      index &+= 1
    }
    return true
  }

  @inline(__always)
  private func missed(_ counts: Memory.Address, _ misses: Int32) {
    let hits = Memory.load(counts, 0, as: Int32.self)
    if misses &+ hits < Self.trial {
      Memory.store(counts, 4, misses &+ 1)
    } else {
      Memory.store(counts, 0, Int32(0))
      Memory.store(counts, 4, hits < misses ? Self.pause : Int32(1))
    }
  }
}

extension Value {
  /// The same scalar in the same form: 1 and 1.0 differ.
  @inline(__always)
  fileprivate func isSame(_ other: Value) -> Bool {
    if head == other.head, body == other.body { return true }
    return rawTag == 6 && other.rawTag == 6 && equals(other)
  }
}

extension Builtin {
  /// Whether the machine keeps the answers of a call: they depend on the operands alone, at most two of which are no constants.
  func isKept(_ operands: [Operand]) -> Bool {
    guard isPure, !isExtension, !isCount, name != "sprintf" else { return false }
    let open = operands.count { if case .local = $0 { true } else { false } }
    return open <= ScalarCalls.operands
  }

  /// It is `count`, which the machine does itself for collections.
  var isCount: Bool { !isExtension && name == "count" }
}
