/// Holds the code of functions to what the unwinder knows of their stack. Every push and pop changes it by as much as the table says, jumps
/// within a function lead to where it is as deep, and a function is left with nothing but its return address on it. What was written over a
/// function later is none of what the table was made from.
///
/// Only functions that can be traced are read: a compiler made them, where others change the stack by hand.
package struct StackSweep {
  private let table: UnwindTable
  /// Offsets of the kernel's common returns from the start of the code; empty where it has none.
  private let returnThunks: Set<Int>
  private let decoder = InstructionLength()
  /// Starts of functions that can be traced, with and without their landing pads.
  private var starts: Set<Int> = []
  /// State at each instruction of one function, by its offset in it; -1 where none begins.
  private var known: [Int32] = []
  private var jumps: [(place: Int, target: Int, offset: Int)] = []
  /// Offsets of all functions together: what lies outside is left for as by a return.
  private var code = 0..<0
  private let isThunk: (Int) -> Bool

  /// - Parameter isThunk: whether a thunk that jumps by a register begins at an offset outside of the code: the jump stays in its function.
  package init(_ table: UnwindTable, returnThunks: Set<Int>, isThunk: @escaping (Int) -> Bool = { _ in false }) {
    self.table = table
    self.returnThunks = returnThunks
    self.isThunk = isThunk
  }

  /// Where functions contradict the table, the first place of each.
  ///
  /// - Parameters:
  ///   - bytes: of the code, with no operation at every place that the kernel rewrites.
  ///   - marks: bit 1 where such a place begins.
  ///   - functions: offset of each in the code, and one past its end.
  // SAFETY: both pointers are to at least as many bytes as any function ends at.
  mutating func run(_ bytes: UnsafePointer<UInt8>, _ marks: UnsafePointer<UInt8>, _ functions: [Range<Int>]) -> [Int] {
    var traced: [(begin: Int, range: Range<Int>)] = []
    let start = functions.lazy.map(\.lowerBound).min() ?? 0
    code = start..<(functions.lazy.map(\.upperBound).max() ?? start)
    for function in functions where function.count > 8 {
      let begin = unsafe FunctionStarts.hasLandingPad(bytes + function.lowerBound) ? function.lowerBound + 4 : function.lowerBound
      guard unsafe marks[begin] & 2 != 0 else { continue }
      traced.append((begin, function))
      starts.formUnion([function.lowerBound, begin])
    }
    var found: [Int] = []
    for function in traced {
      if let place = unsafe contradiction(bytes, marks, function.begin, function.range) { found.append(place) }
    }
    return found
  }

  /// PUSHF and POP RAX; PUSH RDI and POPF.
  private static func isPair(_ first: UInt8, _ second: UInt8) -> Bool { first == 0x9C && second == 0x58 || first == 0x57 && second == 0x9D }

  private mutating func contradiction(
    _ bytes: UnsafePointer<UInt8>, _ marks: UnsafePointer<UInt8>, _ begin: Int, _ function: Range<Int>
  ) -> Int? {
    var index = table.index(at: begin)
    guard index >= 0 else { return nil }
    let first = table[index]
    guard first.register == 5, first.offset == 8 else { return nil }
    func isFrame(_ state: UnwindTable.State) -> Bool { state.register == 5 && state.kind == first.kind }
    known.removeAll(keepingCapacity: true)
    known.append(contentsOf: repeatElement(-1, count: function.count))
    jumps.removeAll(keepingCapacity: true)
    var place = begin
    // Depth of the stack that the instruction before leaves behind; nil where nothing comes from it.
    var depth: Int?
    while place < function.upperBound {
      while let next = table.place(after: index), next <= place { index += 1 }
      let instruction = unsafe decoder.decode(bytes, place, function.upperBound)
      guard instruction.length > 0 else { break }
      var end = place + instruction.length
      let state = table[index]
      let isPair = unsafe end < function.upperBound && Self.isPair(bytes[place], bytes[end])
      // What the kernel put there for a call of a hypervisor's (paravirt) before its tables knew of it.
      let isNeutral = instruction.length == 1 && isPair && table.place(after: index) != end
      if isNeutral { end += 1 }
      known[place - function.lowerBound] = Int32(truncatingIfNeeded: index)
      if let next = table.place(after: index), next < end { return place }
      if let depth, isFrame(state), state.offset != depth { return place }
      depth = nil
      if isNeutral { depth = isFrame(state) ? state.offset : nil } else if unsafe marks[place] & 2 == 0, isFrame(state) {
        switch unsafe StackEffect(bytes + place, instruction) {
        case .unknown: break
        case .moves(let bytes): depth = state.offset + bytes
        case .returns: if state.offset != 8 { return place }
        case .jumps(let distance, let isConditional):
          let target = end + distance
          if isConditional { depth = state.offset }
          if function.contains(target) {
            jumps.append((place, target, state.offset))
          } else if state.offset != 8, returnThunks.contains(target) || starts.contains(target) || (!code.contains(target) && !isThunk(target)) {
            return place
          }
        }
      }
      place = end
    }
    for jump in jumps {
      let index = known[jump.target - function.lowerBound]
      guard index >= 0 else { continue }
      let state = table[Int(index)]
      if state.register == 0 || (isFrame(state) && state.offset != jump.offset) { return jump.place }
    }
    return nil
  }
}

/// What one instruction does to the stack.
enum StackEffect: Hashable {
  /// It grows by so many bytes, and the next instruction follows.
  case moves(Int)
  case returns
  /// A jump by a distance from its end.
  case jumps(Int, isConditional: Bool)
  /// Something else that may change it, or after which the next instruction need not follow; padding too.
  case unknown

  // SAFETY: the pointer is to as many bytes as the instruction has.
  init(_ bytes: UnsafePointer<UInt8>, _ instruction: InstructionLength.Instruction) {
    let place = instruction.opcode
    let opcode = unsafe bytes[place]
    let length = instruction.length
    func byte(_ offset: Int) -> UInt8 { offset < length ? unsafe bytes[offset] : 0 }
    func signed(_ size: Int) -> Int {
      var value = Int(Int8(bitPattern: byte(length - 1)))
      if size == 4 { for index in 2...4 { value = value << 8 | Int(byte(length - index)) } }
      return value
    }
    if instruction.map == 2 {
      let second = byte(place + 1)
      switch second {
      case 0x80...0x8F: self = .jumps(signed(4), isConditional: true)
      // System calls and returns, UD1, UD2, no operation.
      case 0x05, 0x07, 0x0B, 0x1F, 0x34, 0x35, 0xA0, 0xA1, 0xA8, 0xA9, 0xB9: self = .unknown
      default: self = .moves(0)
      }
      return
    }
    guard instruction.map == 1 else {
      self = .moves(0)
      return
    }
    let rex = place > 0 && byte(place - 1) & 0xF0 == 0x40 ? byte(place - 1) : 0
    let form = byte(place + 1)
    let isRegister = form >> 6 == 3
    // RSP as the operand that ModRM names by its lowest three bits, and by those in the middle.
    let isOperand = isRegister && form & 7 == 4 && rex & 1 == 0
    let isOther = form >> 3 & 7 == 4 && rex & 4 == 0
    switch opcode {
    case 0x50...0x57, 0x68, 0x6A, 0x9C: self = .moves(8)
    case 0x5C where rex & 1 == 0: self = .unknown
    case 0x58...0x5F, 0x9D: self = .moves(-8)
    case 0x8F: self = isOperand ? .unknown : .moves(-8)
    case 0xFF where form >> 3 & 7 == 6: self = .moves(8)
    case 0xFF where form >> 3 & 7 > 1: self = .unknown
    case 0x81, 0x83:
      let amount = signed(opcode == 0x83 ? 1 : 4)
      if !isOperand { self = .moves(0) } else {
        self = form >> 3 & 7 == 5 ? .moves(amount) : form >> 3 & 7 == 0 ? .moves(-amount) : .unknown
      }
    case 0x70...0x7F, 0xE0...0xE3: self = .jumps(signed(1), isConditional: true)
    case 0xEB: self = .jumps(signed(1), isConditional: false)
    case 0xE9: self = .jumps(signed(4), isConditional: false)
    case 0xC2, 0xC3: self = .returns
    // No operation, exchanges with RSP, ENTER, LEAVE, far returns, breakpoints, interrupts, calls, HLT.
    case 0x90, 0x94, 0x9A, 0xC8, 0xC9, 0xCA...0xCF, 0xE8, 0xEA, 0xF4: self = .unknown
    // Arithmetic and moves with RSP as what is written.
    case 0x00...0x3F where opcode & 7 < 4: self = (opcode & 2 == 0 ? isOperand : isOther) ? .unknown : .moves(0)
    case 0x63, 0x69, 0x6B, 0x8B, 0x8D: self = isOther ? .unknown : .moves(0)
    case 0x87, 0x89, 0xC7, 0xF7: self = isOperand || (opcode == 0x87 && isOther) ? .unknown : .moves(0)
    case 0xBC where rex & 1 == 0: self = .unknown
    default: self = .moves(0)
    }
  }
}
