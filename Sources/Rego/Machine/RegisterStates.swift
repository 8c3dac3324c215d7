/// What is sure of the registers at one place of the code, as planes of bits, one bit a register: whether it was written, whether it holds an
/// array, an object or a set that nothing else knows and that may grow, and whether the collection and position of a loop, or of one that seeks
/// elements, stand in it and the next.
///
/// States of places that are still to be reached lie behind the current one in the same storage. Where ways meet, what both are sure of
/// remains.
struct RegisterStates {
  private static let planes = 6
  private static let scanPlane = 4
  private static let seekPlane = 5
  /// Words of a plane.
  private let width: Int
  private let size: Int
  private var words: [UInt64]
  private var free: [Int] = []
  /// Counts what was sure and is no more.
  private(set) var losses = 0

  init(registers: Int, parameters: Int) {
    width = max(1, (registers + 63) / 64)
    size = width * Self.planes
    words = Array(repeating: 0, count: size)
    for register in 0..<parameters { words[register >> 6] |= 1 << UInt64(register & 63) }
  }

  @inline(__always)
  private func has(_ plane: Int, _ register: Int) -> Bool {
    words[plane &* width &+ register >> 6] >> UInt64(register & 63) & 1 != 0
  }

  @inline(__always)
  private mutating func clear(_ plane: Int, _ register: Int) {
    guard has(plane, register) else { return }
    words[plane &* width &+ register >> 6] &= ~(1 << UInt64(register & 63))
    losses &+= 1
  }

  func isWritten(_ register: Int) -> Bool { has(0, register) }
  func isGrowing(_ register: Int, _ container: InstructionField.Container) -> Bool { has(container.rawValue, register) }
  func isLoop(_ register: Int, isSeeking: Bool) -> Bool { has(isSeeking ? Self.seekPlane : Self.scanPlane, register) }

  /// The container in a register becomes known elsewhere.
  @inline(__always)
  mutating func publish(_ register: Int) {
    clear(1, register)
    clear(2, register)
    clear(3, register)
  }

  @inline(__always)
  mutating func write(_ register: Int) {
    publish(register)
    clear(Self.scanPlane, register)
    clear(Self.seekPlane, register)
    if register > 0 {
      clear(Self.scanPlane, register &- 1)
      clear(Self.seekPlane, register &- 1)
    }
    words[register >> 6] |= 1 << UInt64(register & 63)
  }

  mutating func make(_ register: Int, _ container: InstructionField.Container) {
    write(register)
    words[container.rawValue * width + register >> 6] |= 1 << UInt64(register & 63)
  }

  /// What a loop keeps in its two registers is no value: nothing else reads them.
  mutating func beginLoop(_ register: Int, isSeeking: Bool) {
    write(register)
    write(register + 1)
    clear(0, register)
    clear(0, register + 1)
    words[(isSeeking ? Self.seekPlane : Self.scanPlane) * width + register >> 6] |= 1 << UInt64(register & 63)
  }

  // MARK: - Other places

  /// Keeps the current state; returns its number.
  mutating func save() -> Int {
    if let number = free.popLast() {
      for word in 0..<size { words[number * size + word] = words[word] }
      return number
    }
    words.append(contentsOf: words[0..<size])
    return words.count / size - 1
  }

  /// Only what the current state is sure of too remains in a kept one.
  mutating func meet(_ number: Int) {
    for word in 0..<size { words[number &* size &+ word] &= words[word] }
  }

  /// The kept state becomes the current one, or what both are sure of does. Its number is free afterwards.
  mutating func arrive(_ number: Int, isReached: Bool) {
    for word in 0..<size {
      let kept = words[number &* size &+ word]
      words[word] = isReached ? words[word] & kept : kept
    }
    free.append(number)
  }

  /// Whether the current state is sure of everything that a kept one is.
  func covers(_ number: Int) -> Bool {
    for word in 0..<size where words[number &* size &+ word] & ~words[word] != 0 { return false }
    return true
  }

  var current: [UInt64] { Array(words[0..<size]) }

  /// Only what others are sure of too remains.
  mutating func meet(_ others: [UInt64]) {
    for word in 0..<size where words[word] & ~others[word] != 0 {
      words[word] &= others[word]
      losses += 1
    }
  }

  mutating func forget(_ number: Int) { free.append(number) }
}
