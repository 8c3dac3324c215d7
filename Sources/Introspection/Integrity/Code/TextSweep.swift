internal import Domain

/// The kernel's code from its first instruction to its last. What a compiler and a linker have made fits together: every jump leads to the
/// beginning of an instruction, none out of the image, a function ends where its last instruction does. Bytes that somebody wrote over it
/// do not fit.
package struct TextSweep {
  package enum Kind: String, CaseIterable {
    /// A jump or call out of the image, by a distance, or by an address that stands in the code.
    case leads
    /// A jump or call into the middle of an instruction.
    case inside
    /// A return with no breakpoint behind it, where the kernel is built to have one there (-mharden-sls).
    case cut
    /// A breakpoint that code runs into.
    case breakpoint
    /// No operations of one byte in a row, which neither compiler nor kernel puts into a function.
    case blank
    /// A function whose last instruction does not end with it.
    case crossing
    /// A function that can be traced and does not begin with the landing pad that stands before its tracer's place (-fcf-protection=branch).
    case entry
    /// An instruction that does not fit what the kernel's unwinder knows of the stack there.
    case stack
  }

  package struct Oddity {
    package let kind: Kind
    /// Offset in the code.
    package let place: Int
    /// Guest-virtual; 0 for kinds without.
    package let target: UInt64
  }

  /// What is asked of addresses outside of the code.
  package struct Surroundings {
    let owner: (UInt64) -> CodeOwner.Kind
    let isMapped: (UInt64) -> Bool
    /// Symbol at or below an address.
    let symbol: (UInt64) -> String
    /// The pointer at an address; nil where none can be read.
    let pointer: (UInt64) -> UInt64?
    /// Whether code may lead by a distance to an address outside of it; nil where it may to the image's code and to that of the boot.
    let isLinked: ((UInt64) -> Bool)?
    /// Whether a thunk that the kernel made begins at an address.
    let isThunk: (UInt64) -> Bool
    /// Functions that are nothing but a return: a jump there is one on processors that must not return (RETHUNK).
    let returnThunks: Set<UInt64>
    /// Below it an address that stands in the code is no address of this code's.
    let lowest: UInt64

    package init(
      owner: @escaping (UInt64) -> CodeOwner.Kind, isMapped: @escaping (UInt64) -> Bool, symbol: @escaping (UInt64) -> String,
      pointer: @escaping (UInt64) -> UInt64?, isLinked: ((UInt64) -> Bool)? = nil, isThunk: @escaping (UInt64) -> Bool = { _ in false },
      returnThunks: Set<UInt64> = [], lowest: UInt64 = 0xFF00_0000_0000_0000
    ) {
      self.owner = owner
      self.isMapped = isMapped
      self.symbol = symbol
      self.pointer = pointer
      self.isLinked = isLinked
      self.isThunk = isThunk
      self.returnThunks = returnThunks
      self.lowest = lowest
    }
  }

  private let around: Surroundings
  private let text: Range<UInt64>
  private let decoder = InstructionLength()
  private var jumps: [(place: Int, target: Int)] = []
  private var found: [Oddity] = []
  /// Returns that are not the last instruction of their function, and jumps in the place of one.
  private var returns = 0
  /// Of one kind. A kernel that has more of it was built otherwise, so that it proves nothing.
  private static let usual = 64

  init(_ code: CodeMap, _ text: Range<UInt64>) {
    self.init(Surroundings(code), text)
  }

  package init(_ around: Surroundings, _ text: Range<UInt64>) {
    self.around = around
    self.text = text
  }

  /// - Parameters:
  ///   - bytes: of the code from `text.lowerBound` on.
  ///   - sites: what the kernel itself rewrites, which is read as it was before, or as no operation.
  ///   - functions: start of each, and one past its end, ascending and without gaps.
  ///   - stack: what knows the stack at each instruction; nil for a kernel without that.
  package mutating func run(
    _ bytes: [UInt8], _ sites: [UInt64: PatchSite], _ functions: [(start: UInt64, end: UInt64)], stack: StackSweep? = nil
  ) -> (oddities: [Oddity], unjudged: [Kind]) {
    var plain = bytes
    // For each byte: 1 where an instruction begins, 2 where a place begins that the kernel rewrites.
    var marks = [UInt8](repeating: 0, count: bytes.count)
    restore(&plain, &marks, sites)
    let (text, length) = (text, plain.count)
    let ranges = functions.compactMap { function -> Range<Int>? in
      guard text.contains(function.start), function.end > function.start else { return nil }
      let (start, end) = (Int(function.start - text.lowerBound), min(length, Int(clamping: function.end - text.lowerBound)))
      return start < end ? start..<end : nil
    }
    // SAFETY: both pointers are to all of their array's bytes, as many as each other's, and no function ends behind them.
    unsafe plain.withUnsafeBufferPointer { plain in
      unsafe marks.withUnsafeMutableBufferPointer { marks in
        guard let code = plain.baseAddress, let places = marks.baseAddress else { return }
        for function in ranges {
          let (start, address) = (function.lowerBound, text.lowerBound + UInt64(function.lowerBound))
          if function.count > 8, sites[address &+ 4]?.kind == .functionEntry, sites[address] == nil,
            unsafe !FunctionStarts.hasLandingPad(code + start)
          {
            found.append(Oddity(kind: .entry, place: start, target: 0))
          }
          unsafe sweep(code, places, start, function.upperBound)
        }
        unsafe addresses(code, plain.count)
        if var stack {
          found += unsafe stack.run(code, places, ranges).map { Oddity(kind: .stack, place: $0, target: 0) }
        }
      }
    }
    for jump in jumps where marks[jump.target] == 0 {
      found.append(Oddity(kind: .inside, place: jump.place, target: text.lowerBound + UInt64(jump.target)))
    }
    var counts: [Kind: Int] = [:]
    for oddity in found { counts[oddity.kind, default: 0] += 1 }
    let unjudged = Kind.allCases.filter { kind in
      let count = counts[kind, default: 0]
      // Where most returns have nothing behind them, the compiler was not told to put it there.
      return kind != .leads && (count > Self.usual || (kind == .cut && count * 2 > returns))
    }
    return (found.filter { !unjudged.contains($0.kind) }.sorted { $0.place < $1.place }, unjudged)
  }

  /// Puts back what stood at a probe, and no operation where the kernel writes.
  private func restore(_ plain: inout [UInt8], _ marks: inout [UInt8], _ sites: [UInt64: PatchSite]) {
    for site in sites.values {
      let offset = Int(site.address - text.lowerBound)
      let filler: [UInt8] =
        switch (site.kind, site.length) {
        case (.probe, _): site.original == 0 ? [] : [site.original] + site.rest
        case (_, 2): [0x66, 0x90]
        case (_, 5): [0x0F, 0x1F, 0x44, 0, 0]
        case (_, 6): [0x66, 0x0F, 0x1F, 0x44, 0, 0]
        default: []
        }
      guard filler.count == site.length, offset + site.length <= plain.count else { continue }
      plain.replaceSubrange(offset..<offset + site.length, with: filler)
      if site.kind != .probe { marks[offset] = 2 }
    }
  }

  // MARK: One function

  /// What the instruction before did: it may end here, or stand for one that the kernel rewrites.
  private enum Before {
    case runsOn, ends
  }

  // SAFETY: both pointers are to at least `end` bytes.
  private mutating func sweep(_ bytes: UnsafePointer<UInt8>, _ marks: UnsafeMutablePointer<UInt8>, _ start: Int, _ end: Int) {
    var place = start
    var before = Before.ends
    var blanks = 0
    while place < end {
      let isSite = unsafe marks[place] == 2
      unsafe marks[place] |= 1
      let instruction = unsafe decoder.decode(bytes, place, end)
      guard instruction.length > 0 else {
        unsafe stray(bytes, marks, place, end, start)
        return
      }
      var next = place + instruction.length
      let opcode = unsafe bytes[place + instruction.opcode]
      // UD2 and three letters mark the next instruction for the hypervisor (arch/x86/include/asm/emulate_prefix.h).
      if instruction.map == 2, unsafe bytes[place + instruction.opcode + 1] == 0x0B, unsafe isEmulated(bytes, next, end) { next += 3 }
      if instruction.map == 1, opcode == 0x90, instruction.length == 1 {
        blanks += 1
        before = .runsOn
        place = next
        continue
      }
      // Sixteen are what the kernel keeps before a function for its calls (CONFIG_CALL_PADDING).
      if blanks > 2, blanks < 16, opcode != 0xCC, !isSite { found.append(Oddity(kind: .blank, place: place - blanks, target: 0)) }
      blanks = 0
      if isSite {
        before = .ends
      } else {
        before = unsafe follow(bytes, place, instruction, opcode, end, before)
      }
      place = next
    }
  }

  /// "xen" or "kvm".
  private func isEmulated(_ bytes: UnsafePointer<UInt8>, _ place: Int, _ end: Int) -> Bool {
    guard end - place > 3 else { return false }
    let letters = unsafe (bytes[place], bytes[place + 1], bytes[place + 2])
    return letters == (0x78, 0x65, 0x6E) || letters == (0x6B, 0x76, 0x6D)
  }

  /// Notes what one instruction does.
  private mutating func follow(
    _ bytes: UnsafePointer<UInt8>, _ place: Int, _ instruction: InstructionLength.Instruction, _ opcode: UInt8, _ end: Int, _ before: Before
  ) -> Before {
    let next = place + instruction.length
    if instruction.map == 2 {
      let second = unsafe bytes[place + instruction.opcode + 1]
      if second & 0xF0 == 0x80 { unsafe jump(bytes, place, next, 4) }
      // UD2, UD1, SYSCALL, SYSRET, SYSEXIT.
      return [0x0B, 0xB9, 0x05, 0x07, 0x35].contains(second) ? .ends : .runsOn
    }
    guard instruction.map == 1 else { return .runsOn }
    switch opcode {
    case 0xE8:
      unsafe jump(bytes, place, next, 4)
      return .ends
    case 0xE9:
      unsafe jump(bytes, place, next, 4)
      if unsafe around.returnThunks.contains(text.lowerBound &+ UInt64(bitPattern: Int64(next + distance(bytes, next, 4)))) { returns += 1 }
      return .ends
    case 0xEB:
      unsafe jump(bytes, place, next, 1)
      return .ends
    case 0x70...0x7F, 0xE0...0xE3:
      unsafe jump(bytes, place, next, 1)
      return .runsOn
    case 0xC2, 0xC3:
      if next < end {
        returns += 1
        if unsafe bytes[next] != 0xCC { found.append(Oddity(kind: .cut, place: place, target: 0)) }
      }
      return .ends
    case 0xCC:
      if before == .runsOn, unsafe holdsCode(bytes, next, end) { found.append(Oddity(kind: .breakpoint, place: place, target: 0)) }
      return .ends
    // Calls and jumps by registers and memory, far returns, HLT.
    case 0xFF:
      guard place + instruction.opcode + 1 < end else { return .ends }
      let form = unsafe bytes[place + instruction.opcode + 1]
      let operation = form >> 3 & 7
      // Through a pointer that stands elsewhere in the image.
      if form == 0x15 || form == 0x25, instruction.length == instruction.opcode + 6 { unsafe through(bytes, place, next) }
      return (2...5).contains(operation) ? .ends : .runsOn
    case 0xCA, 0xCB, 0xCF, 0xF4: return .ends
    default: return .runsOn
    }
  }

  /// A jump or call through memory, by a distance in its last bytes. Functions of modules are registered by such pointers.
  private mutating func through(_ bytes: UnsafePointer<UInt8>, _ place: Int, _ next: Int) {
    let holder = text.lowerBound &+ UInt64(bitPattern: Int64(unsafe next + distance(bytes, next, 4)))
    guard !text.contains(holder), let target = around.pointer(holder), [.none, .data].contains(around.owner(target)) else { return }
    lead(place, target)
  }

  /// A jump or call by a distance in its last bytes.
  private mutating func jump(_ bytes: UnsafePointer<UInt8>, _ place: Int, _ next: Int, _ size: Int) {
    let target = unsafe next + distance(bytes, next, size)
    if target >= 0, target < text.count {
      jumps.append((place, target))
      return
    }
    let address = text.lowerBound &+ UInt64(bitPattern: Int64(target))
    // Code that ran during boot is called by what stayed.
    let isLinked = around.isLinked?(address) ?? [.kernel, .initial].contains(around.owner(address))
    if !isLinked, !around.isThunk(address) { found.append(Oddity(kind: .leads, place: place, target: address)) }
  }

  /// A signed distance of one byte or four that ends at a place.
  private func distance(_ bytes: UnsafePointer<UInt8>, _ next: Int, _ size: Int) -> Int {
    var distance = Int(Int8(bitPattern: unsafe bytes[next - 1]))
    if size == 4 {
      for index in 2...4 { distance = distance << 8 | Int(unsafe bytes[next - index]) }
    }
    return distance
  }

  /// Ways to an address that stands in the code: MOV of 64 bits to a register, then JMP or CALL by it or PUSH and RET; JMP and CALL through
  /// the eight bytes behind them; PUSH and RET with both halves. Sought at every byte, since what was written over the middle of an
  /// instruction is no boundary any more.
  // SAFETY: the pointer is to `count` bytes.
  private mutating func addresses(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
    guard count > 16 else { return }
    // Addresses of the kernel's half end with this byte.
    let isHigh = around.lowest >= 1 << 63
    for place in 0..<count - 16 {
      let first = unsafe bytes[place]
      guard first == 0x48 || first == 0x49 || first == 0xFF || first == 0x68 else { continue }
      let second = unsafe bytes[place + 1]
      if first == 0xFF {
        guard second == 0x25 || second == 0x15, unsafe bytes[place + 2] | bytes[place + 3] | bytes[place + 4] | bytes[place + 5] == 0 else {
          continue
        }
        unsafe lead(place, word(bytes, place + 6))
      } else if first == 0x68 {
        guard unsafe bytes[place + 5] == 0xC7 && bytes[place + 6] == 0x44 && bytes[place + 7] == 0x24 && bytes[place + 8] == 4
        else { continue }
        unsafe lead(place, word(bytes, place + 1) & 0xFFFF_FFFF | word(bytes, place + 5) & 0xFFFF_FFFF_0000_0000)
      } else if second & 0xF8 == 0xB8, unsafe !isHigh || bytes[place + 9] == 0xFF {
        // REX.B for the upper eight registers.
        let next = unsafe place + (bytes[place + 10] == 0x41 ? 11 : 10)
        let register = second & 7
        let isJump = unsafe bytes[next] == 0xFF && (bytes[next + 1] == 0xE0 | register || bytes[next + 1] == 0xD0 | register)
        guard unsafe isJump || (bytes[next] == 0x50 | register && bytes[next + 1] == 0xC3) else { continue }
        unsafe lead(place, word(bytes, place + 2))
      }
    }
  }

  private func word(_ bytes: UnsafePointer<UInt8>, _ place: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<8).reversed() { value = value << 8 | UInt64(unsafe bytes[place + index]) }
    return value
  }

  /// Keeps an address, of the kernel's half for its code, that is no code of the image's.
  private mutating func lead(_ place: Int, _ address: UInt64) {
    guard address >= around.lowest, !text.contains(address), around.isMapped(address), around.owner(address) != .initial,
      !around.isThunk(address)
    else { return }
    found.append(Oddity(kind: .leads, place: place, target: address))
  }

  /// What is no instruction: one that ends behind its function, or bytes that are none, as 32-bit code is. The rest of the function is not
  /// read.
  private mutating func stray(_ bytes: UnsafePointer<UInt8>, _ marks: UnsafeMutablePointer<UInt8>, _ place: Int, _ end: Int, _ start: Int) {
    let whole = unsafe decoder.decode(bytes, place, text.count)
    if whole.length > 0 {
      let name = around.symbol(text.lowerBound + UInt64(place))
      // Returns that are an instruction's last byte on purpose (arch/x86/lib/retpoline.S).
      if !name.hasSuffix("_untrain_ret") { found.append(Oddity(kind: .crossing, place: place, target: 0)) }
    }
    for rest in place..<end { unsafe marks[rest] |= 1 }
  }

  /// Whether anything but breakpoints, no operations of one byte and UDB, which stands before a thunk, follows.
  private func holdsCode(_ bytes: UnsafePointer<UInt8>, _ place: Int, _ end: Int) -> Bool {
    for offset in place..<max(place, end) where unsafe ![0xCC, 0x90, 0xD6].contains(bytes[offset]) { return true }
    return false
  }
}

extension TextSweep.Surroundings {
  /// Each question costs a step: code that is nothing but ways out of it asks millions.
  init(_ code: CodeMap, isLinked: ((UInt64) -> Bool)? = nil) {
    let guest = code.guest
    func pays(_ address: UInt64) -> Bool { guest.spend(on: "code", at: address) }
    self.init(
      owner: { code.kind(of: $0) }, isMapped: { pays($0) && guest.physical($0) != nil },
      symbol: { guest.kernel.symbols.nearest($0)?.symbol.name ?? "" }, pointer: { pays($0) ? guest.pointer($0) : nil },
      isLinked: { !pays($0) || isLinked?($0) ?? [.kernel, .initial].contains(code.kind(of: $0)) },
      isThunk: { code.thunk(at: $0) != nil }, returnThunks: Set(BootSites.returns.compactMap(guest.symbol)))
  }
}
