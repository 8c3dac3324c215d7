extension [UInt8] {
  /// Appends the digits of a number.
  mutating func append(decimal number: Int64) {
    var room: [20 of UInt8] = .init(repeating: 0)
    var start = 20
    var left = number.magnitude
    repeat {
      let (quotient, rest) = left.quotientAndRemainder(dividingBy: 10)
      start -= 1
      room[start] = 0x30 + UInt8(truncatingIfNeeded: rest)
      left = quotient
    } while left > 0
    if number < 0 { append(0x2D) }
    for index in start..<20 { append(room[index]) }
  }
}

/// A string under construction, written where it will stay.
///
/// One at a time for a heap: nothing else is allocated there between `init` and `finish` or `discard`, or the room left over is lost.
struct TextBuilder: ~Copyable {
  private let heap: Heap
  private var record: Memory.Address
  private var capacity: Int
  private(set) var count = 0

  init(in heap: Heap, capacity: Int = 64) {
    self.heap = heap
    self.capacity = max(16, capacity)
    record = heap.allocate(TextRecord.headerSize + self.capacity)
  }

  @inline(__always)
  private var bytes: Memory.Address { record &+ UInt(TextRecord.headerSize) }

  @inline(never)
  private mutating func grow(to needed: Int) {
    let larger = max(capacity * 2, needed)
    let moved = heap.allocate(TextRecord.headerSize + larger)
    Memory.copy(from: bytes, to: moved &+ UInt(TextRecord.headerSize), bytes: count)
    record = moved
    capacity = larger
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    if count == capacity { grow(to: count + 1) }
    Memory.store(bytes, count, byte)
    count &+= 1
  }

  mutating func append(_ byte: UInt8, times: Int) {
    for _ in 0..<max(0, times) { append(byte) }
  }

  @inline(__always)
  mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
    guard text.count > 0 else { return }
    if count &+ text.count > capacity { grow(to: count + text.count) }
    // SAFETY: there is room for the bytes, and they do not lie in this record, which nobody else knows.
    unsafe Memory.pointer(bytes &+ UInt(count)).copyMemory(
      from: UnsafeRawPointer(text.baseAddress.unsafelyUnwrapped), byteCount: text.count)
    count &+= text.count
  }

  mutating func append(_ text: [UInt8]) { unsafe text.withUnsafeBufferPointer { unsafe append($0) } }

  mutating func append(_ text: ArraySlice<UInt8>) { unsafe text.withUnsafeBufferPointer { unsafe append($0) } }

  /// The text of a string value.
  mutating func append(textOf value: Value) { unsafe value.withText { unsafe append($0) } }

  mutating func append(decimal number: Int64) {
    var left = number.magnitude
    var digits = 1
    var bound: UInt64 = 10
    while left >= bound {
      digits &+= 1
      if digits == 20 { break }
      bound = bound &* 10
    }
    if number < 0 { append(0x2D) }
    if count &+ digits > capacity { grow(to: count + digits) }
    var position = count &+ digits
    count = position
    repeat {
      let (quotient, rest) = left.quotientAndRemainder(dividingBy: 10)
      position &-= 1
      Memory.store(bytes, position, 0x30 &+ UInt8(truncatingIfNeeded: rest))
      left = quotient
    } while left > 0
  }

  /// Changes the bytes so far, eight at a time; behind the last one there must be room for seven more, which are changed too.
  @inline(__always)
  mutating func mapWords(_ change: (UInt64) -> UInt64) {
    var offset = 0
    while offset < count {
      Memory.store(bytes, offset, change(Memory.load(bytes, offset, as: UInt64.self)))
      offset &+= 8
    }
  }

  /// Digits of a number.
  static func digits(of number: Int64) -> Int {
    var left = number.magnitude, digits = 1
    while left >= 10 {
      left /= 10
      digits += 1
    }
    return digits
  }

  /// Drops the text.
  consuming func discard() { heap.giveBack(from: record, end: record &+ UInt(TextRecord.headerSize + capacity)) }

  /// The string, which must be valid UTF-8.
  consuming func finish() -> Value {
    let end = record &+ UInt(TextRecord.headerSize + capacity)
    if count <= Value.shortLimit {
      let value = unsafe Value.short(Memory.buffer(bytes, count: count))
      heap.giveBack(from: record, end: end)
      return value
    }
    Memory.store(record, 0, Hashing.bytes(bytes, count))
    Memory.store(record, 8, UInt64(count))
    heap.giveBack(from: record &+ UInt(TextRecord.headerSize + count), end: end)
    return Value(.longString, UInt64(record))
  }
}
