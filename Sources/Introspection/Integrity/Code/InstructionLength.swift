/// Lengths of x86-64 instructions, by their opcodes alone (Intel SDM volume 2, chapter 2 and appendix A).
package struct InstructionLength {
  /// What an opcode is followed by. Bits: a ModRM byte, then the kind of the immediate.
  private enum Form {
    static let invalid: UInt8 = 0xFF
    static let modRM: UInt8 = 0x80
    /// Bytes of an immediate of one size.
    static let fixed: UInt8 = 0x0F
    /// 32 bits, 16 with the prefix for operands.
    static let operand: UInt8 = 0x10
    /// The same, 64 bits with REX.W.
    static let wide: UInt8 = 0x20
    /// An address of 64 bits, 32 with the prefix for addresses.
    static let address: UInt8 = 0x40
  }

  private let one: [UInt8]
  private let two: [UInt8]

  package init() {
    var one = [UInt8](repeating: 0, count: 256)
    for row in stride(from: 0, to: 0x40, by: 8) {
      for column in 0..<4 { one[row + column] = Form.modRM }
      one[row + 4] = 1
      one[row + 5] = Form.operand
      one[row + 6] = Form.invalid
      one[row + 7] = Form.invalid
    }
    for opcode in [0x60, 0x61, 0x82, 0x9A, 0xCE, 0xD4, 0xD5, 0xD6, 0xEA] { one[opcode] = Form.invalid }
    for range in [0x63...0x63, 0x84...0x8F, 0xD0...0xD3, 0xD8...0xDF, 0xFE...0xFF] {
      for opcode in range { one[opcode] = Form.modRM }
    }
    for range in [0x6A...0x6A, 0x70...0x7F, 0xA8...0xA8, 0xB0...0xB7, 0xCD...0xCD, 0xE0...0xE7, 0xEB...0xEB] {
      for opcode in range { one[opcode] = 1 }
    }
    for opcode in [0x6B, 0x80, 0x83, 0xC0, 0xC1, 0xC6] { one[opcode] = Form.modRM | 1 }
    for opcode in [0x69, 0x81, 0xC7] { one[opcode] = Form.modRM | Form.operand }
    for opcode in [0x68, 0xA9] { one[opcode] = Form.operand }
    for opcode in 0xA0...0xA3 { one[opcode] = Form.address }
    for opcode in 0xB8...0xBF { one[opcode] = Form.wide }
    for opcode in [0xC2, 0xCA] { one[opcode] = 2 }
    one[0xC8] = 3
    for opcode in [0xE8, 0xE9] { one[opcode] = 4 }
    // Their immediate depends on the ModRM byte.
    for opcode in [0xF6, 0xF7] { one[opcode] = Form.modRM }
    self.one = one

    var two = [UInt8](repeating: Form.modRM, count: 256)
    for opcode in [0x04, 0x0A, 0x0C, 0x24, 0x25, 0x26, 0x27, 0x36, 0x39, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F] { two[opcode] = Form.invalid }
    for range in [0x05...0x09, 0x0B...0x0B, 0x0E...0x0E, 0x30...0x35, 0x37...0x37, 0x77...0x77, 0xA0...0xA2, 0xA8...0xAA, 0xC8...0xCF] {
      for opcode in range { two[opcode] = 0 }
    }
    for opcode in 0x80...0x8F { two[opcode] = 4 }
    for opcode in [0x0F, 0x70, 0x71, 0x72, 0x73, 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6] { two[opcode] = Form.modRM | 1 }
    self.two = two
  }

  /// Whether a ModRM byte follows an opcode of one byte.
  func hasModRM(_ opcode: UInt8) -> Bool { one[Int(opcode)] != Form.invalid && one[Int(opcode)] & Form.modRM != 0 }

  /// An instruction as far as a sweep over code needs it.
  package struct Instruction: Hashable {
    /// Bytes; 0 for what is no instruction, or does not end within the code.
    package var length = 0
    /// Of the opcode behind all prefixes, from the instruction's first byte on.
    package var opcode = 0
    /// 1 for one byte, 2 behind 0F, 0 for anything longer.
    package var map = 0
  }

  private static let longest = 15

  /// - Parameters:
  ///   - bytes: of the code.
  ///   - start: of the instruction.
  ///   - end: of what may be read.
  // SAFETY: no byte from `end` on is read, and `start` is not negative.
  package func decode(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Instruction {
    var found = Instruction()
    let limit = end - start < Self.longest ? end : start + Self.longest
    var place = start
    var hasOperandPrefix = false
    var hasAddressPrefix = false
    var isWide = false
    while place < limit {
      let byte = unsafe bytes[place]
      if byte == 0x66 {
        hasOperandPrefix = true
      } else if byte == 0x67 {
        hasAddressPrefix = true
      } else if byte & 0xF0 == 0x40 {
        // REX, which counts only right before the opcode.
        isWide = byte & 8 != 0
        place += 1
        if place < limit, unsafe bytes[place] & 0xF0 != 0x40 { break }
        continue
      } else if byte != 0xF0, byte != 0xF2, byte != 0xF3, byte != 0x2E, byte != 0x36, byte != 0x3E, byte != 0x26, byte != 0x64, byte != 0x65
      {
        break
      }
      isWide = false
      place += 1
    }
    guard place < limit else { return found }
    var form: UInt8
    let first = unsafe bytes[place]
    found.opcode = place - start
    if first == 0x0F {
      guard place + 1 < limit else { return found }
      let second = unsafe bytes[place + 1]
      if second == 0x38 || second == 0x3A {
        form = second == 0x38 ? Form.modRM : Form.modRM | 1
        place += 3
      } else {
        form = two[Int(second)]
        found.map = 2
        place += 2
      }
    } else if first == 0xC5 || first == 0xC4 || first == 0x62 {
      let size = first == 0xC5 ? 2 : first == 0xC4 ? 3 : 4
      guard place + size < limit else { return found }
      let map = first == 0xC5 ? 1 : unsafe bytes[place + 1] & (first == 0xC4 ? 0x1F : 7)
      let opcode = unsafe bytes[place + size]
      form = map == 1 ? two[Int(opcode)] : map == 3 ? Form.modRM | 1 : Form.modRM
      place += size + 1
    } else {
      form = one[Int(first)]
      found.map = 1
      place += 1
    }
    guard form != Form.invalid else { return found }
    if form & Form.modRM != 0 {
      guard place < limit else { return found }
      let modRM = unsafe bytes[place]
      place += 1
      let mode = modRM >> 6
      if mode != 3 {
        if modRM & 7 == 4 {
          guard place < limit else { return found }
          if mode == 0, unsafe bytes[place] & 7 == 5 { place += 4 }
          place += 1
        } else if mode == 0, modRM & 7 == 5 {
          place += 4
        }
        if mode == 1 { place += 1 } else if mode == 2 { place += 4 }
      }
      if found.map == 1, first & 0xFE == 0xF6, modRM & 0x30 == 0 { form |= first == 0xF6 ? 1 : Form.operand }
    }
    place += Int(form & Form.fixed)
    if form & Form.operand != 0 { place += hasOperandPrefix && !isWide ? 2 : 4 }
    if form & Form.wide != 0 { place += isWide ? 8 : hasOperandPrefix ? 2 : 4 }
    if form & Form.address != 0 { place += hasAddressPrefix ? 4 : 8 }
    if place <= limit { found.length = place - start }
    return found
  }
}
