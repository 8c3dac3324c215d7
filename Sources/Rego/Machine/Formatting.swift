/// `sprintf` over pieces that are known when the program is made.
extension Machine {
  /// The text of a `format` instruction; undefined where an operand is none that its verb writes as it stands, and the function itself has
  /// to decide.
  ///
  /// - Parameter pieces: a text, then for each operand its verb, the operand and a text.
  @inline(never)
  func formatted(_ pieces: Operands) -> Value {
    guard pieces[0].isString else { return .undefined }
    var most = pieces[0].textCount
    var index = 1
    while index < pieces.count {
      let operand = pieces[index &+ 1]
      let verb: Int32 = Memory.load(pieces.words, index &* 4)
      switch operand.rawTag {
      case 5, 6:
        if verb == 0x64 { return .undefined }
        most &+= operand.textCount
      case 3:
        if verb == 0x73 { return .undefined }
        most &+= 20
      default: return .undefined
      }
      let text = pieces[index &+ 2]
      guard text.isString else { return .undefined }
      most &+= text.textCount
      index &+= 3
    }
    // Short texts are written as two whole words.
    let room = TextRecord.headerSize &+ most &+ 16
    let record = heap.allocate(room)
    let start = record &+ UInt(TextRecord.headerSize)
    var end = Self.write(pieces[0], at: start)
    index = 1
    while index < pieces.count {
      end = Self.write(pieces[index &+ 1], at: end)
      end = Self.write(pieces[index &+ 2], at: end)
      index &+= 3
    }
    let count = Int(bitPattern: end &- start)
    if count <= Value.shortLimit {
      let value = unsafe Value.short(Memory.buffer(start, count: count))
      heap.giveBack(from: record, end: record &+ UInt(bitPattern: room))
      return value
    }
    Memory.store(record, 0, Hashing.bytes(start, count))
    Memory.store(record, 8, UInt64(count))
    heap.giveBack(from: end, end: record &+ UInt(bitPattern: room))
    return Value(.longString, UInt64(record))
  }

  /// Writes a text or an integer; returns where it ends.
  @inline(__always)
  private static func write(_ piece: Value, at address: Memory.Address) -> Memory.Address {
    let count = piece.textCount
    switch piece.rawTag {
    case 5:
      Memory.store(address, 0, piece.head >> 16 | piece.body << 48)
      Memory.store(address, 8, piece.body >> 16)
      return address &+ UInt(bitPattern: count)
    case 6:
      Memory.copy(from: piece.address &+ UInt(TextRecord.headerSize), to: address, bytes: count)
      return address &+ UInt(bitPattern: count)
    default: return writeDecimal(Int64(bitPattern: piece.body), at: address)
    }
  }

  private static func writeDecimal(_ number: Int64, at address: Memory.Address) -> Memory.Address {
    let digits = TextBuilder.digits(of: number)
    if number < 0 { Memory.store(address, 0, UInt8(0x2D)) }
    let end = address &+ UInt(digits &+ (number < 0 ? 1 : 0))
    var left = number.magnitude
    var position = end
    repeat {
      let (quotient, rest) = left.quotientAndRemainder(dividingBy: 10)
      position &-= 1
      Memory.store(position, 0, 0x30 &+ UInt8(truncatingIfNeeded: rest))
      left = quotient
    } while left > 0
    return end
  }
}
