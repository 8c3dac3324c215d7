internal import Domain

/// How functions begin: with a way out of the kernel's code, with a breakpoint that no probe set, or with a return before all that they do.
struct FunctionStarts {
  private let code: CodeMap
  private let bytes: [UInt8]
  private let text: Range<UInt64>
  private let sites: [UInt64: PatchSite]
  private let returnThunks: Set<UInt64>
  /// Functions told at most: a kernel that was replaced as a whole has thousands.
  private static let reportLimit = 256

  /// - Parameter bytes: from `text.lowerBound` on.
  init(_ code: CodeMap, _ bytes: [UInt8], _ text: Range<UInt64>, _ sites: [UInt64: PatchSite]) {
    self.code = code
    self.bytes = bytes
    self.text = text
    self.sites = sites
    returnThunks = code.guest.returnThunks
  }

  /// ENDBR64, and the two no operations that it is replaced by where nothing calls the function through a pointer (arch/x86/include/asm/ibt.h).
  private static let landingPads: [[UInt8]] = [[0xF3, 0x0F, 0x1E, 0xFA], [0x66, 0x0F, 0x1F, 0x00], [0x0F, 0x1F, 0x40, 0xD6]]

  /// Whether one stands there.
  // SAFETY: the pointer is to at least four bytes.
  static func hasLandingPad(_ bytes: UnsafePointer<UInt8>) -> Bool {
    landingPads.contains { pad in pad.indices.allSatisfy { unsafe bytes[$0] == pad[$0] } }
  }

  /// Offset behind the landing pad, which every hook leaves where it is.
  private func begin(_ start: UInt64) -> Int {
    let offset = Int(start - text.lowerBound)
    guard offset + 4 <= bytes.count else { return offset }
    return Self.landingPads.contains { bytes[offset..<offset + 4].elementsEqual($0) } ? offset + 4 : offset
  }

  // MARK: Ways out

  /// Functions whose first instruction leads to what is no code that they are linked with, or stops at a breakpoint.
  ///
  /// - Parameter functions: start of each, and one past its end, or the start again where that is not known.
  func redirected(_ functions: [(start: UInt64, end: UInt64)]) -> [FactValue] {
    var found: [FactValue] = []
    for function in functions where text.contains(function.start) && found.count < Self.reportLimit {
      let offset = begin(function.start)
      let address = text.lowerBound + UInt64(offset)
      // A site of the kernel's own may hold what it likes; others may stand right behind it.
      guard sites[address] == nil else { continue }
      var target: UInt64?
      switch first(offset, address) {
      case .other: continue
      case .breakpoint:
        // The end of a section has a symbol too, and padding behind it.
        if !holdsCode(offset + 1, function.end) { continue }
      case .leads(let place):
        if isCode(place) { continue }
        target = place
      }
      let bytes = bytes[offset..<min(offset + 16, bytes.count)].hexadecimal
      let members: [FactValue.Member] = [.init("at", code.fact(function.start)), .init("bytes", .string(bytes))]
      found.append(.object(members + (target.map { [.init("target", code.fact($0))] } ?? [])))
    }
    return found
  }

  /// Whether a function may begin with a way to an address. The image is linked without its modules, and reaches them by places that it patches.
  private func isCode(_ target: UInt64) -> Bool {
    switch code.kind(of: target) {
    case .kernel, .initial, .bpf, .generated: true
    case .module: text != code.text
    case .data, .none: false
    }
  }

  /// What the first instruction of a function does.
  private enum First {
    case other, breakpoint
    case leads(UInt64)
  }

  /// CALL and JMP with 32 bits of displacement and through memory; MOV of 64 or 32 bits to a register, then JMP or CALL by it or PUSH and RET; PUSH
  /// of 32 bits, the upper half written, then RET.
  private func first(_ offset: Int, _ address: UInt64) -> First {
    guard offset + 16 <= bytes.count else { return .other }
    func byte(_ index: Int) -> UInt8 { bytes[offset + index] }
    func signed(_ index: Int) -> UInt64 { UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: PatchTable.word(bytes, offset + index, 4)))) }
    switch byte(0) {
    case 0xCC: return .breakpoint
    case 0xE8, 0xE9: return .leads(address &+ 5 &+ signed(1))
    // Through memory: the pointer stands behind the instruction, or elsewhere.
    case 0xFF where byte(1) == 0x25 || byte(1) == 0x15: return .leads(code.guest.u64(address &+ 6 &+ signed(2)) ?? 0)
    case 0x68 where byte(5) == 0xC3: return .leads(signed(1))
    case 0x68 where byte(5) == 0xC7 && byte(6) == 0x44 && byte(7) == 0x24 && byte(8) == 4:
      return .leads(PatchTable.word(bytes, offset + 1, 4) | PatchTable.word(bytes, offset + 9, 4) << 32)
    case 0x48...0x49 where byte(1) & 0xF8 == 0xB8 && isUsed(register: byte(1) & 7, offset + 10):
      return .leads(PatchTable.word(bytes, offset + 2, 8))
    case 0x48...0x49 where byte(1) == 0xC7 && byte(2) & 0xF8 == 0xC0 && isUsed(register: byte(2) & 7, offset + 7):
      return .leads(signed(3))
    default: return .other
    }
  }

  /// Whether what follows is JMP or CALL by a register, or PUSH of it and RET.
  private func isUsed(register: UInt8, _ offset: Int) -> Bool {
    guard offset + 3 <= bytes.count else { return false }
    let place = bytes[offset] == 0x41 ? offset + 1 : offset
    guard place + 2 <= bytes.count else { return false }
    let jumps = bytes[place] == 0xFF && (bytes[place + 1] == 0xE0 | register || bytes[place + 1] == 0xD0 | register)
    return jumps || (bytes[place] == 0x50 | register && bytes[place + 1] == 0xC3)
  }

  // MARK: Returns

  /// Functions that return before anything else, though code follows that nothing leads to: behind a return that no jump passes over the compiler puts
  /// padding and nothing else (-mharden-sls).
  func returning(_ functions: [(start: UInt64, end: UInt64)]) -> [FactValue] {
    var found: [FactValue] = []
    for function in functions where text.contains(function.start) && function.end > function.start && found.count < Self.reportLimit {
      var offset = begin(function.start)
      let first = offset
      let isTraced = sites[text.lowerBound + UInt64(offset)]?.kind == .functionEntry
      if isTraced, let site = sites[text.lowerBound + UInt64(offset)] { offset += site.length }
      guard let end = end(ofReturn: offset), sites[text.lowerBound + UInt64(offset)] == nil, end < bytes.count,
        bytes[end] != 0xCC || (isTraced && goesOn(end)), holdsCode(end, function.end)
      else { continue }
      // Behind a jump to the common return no breakpoint stands; such a jump may be a label of its own among code that nobody traces.
      if bytes[end - 1] != 0xC3, !isTraced || isPadded(end) { continue }
      found.append(["at": code.fact(function.start), "bytes": .string(bytes[first..<min(end + 4, bytes.count)].hexadecimal)])
    }
    return found
  }

  /// Whether code stands right behind breakpoints: what is a function of its own, as weak ones that another took the place of and that have no
  /// symbol, begins on sixteen bytes.
  private func goesOn(_ offset: Int) -> Bool {
    guard let next = bytes[offset...].firstIndex(where: { $0 != 0xCC }), next + 1 < bytes.count else { return false }
    let isPadding = bytes[next] == 0x90 || bytes[next] == 0x66 || bytes[next] == 0x2E || (bytes[next] == 0x0F && bytes[next + 1] == 0x1F)
    return !isPadding && (text.lowerBound + UInt64(next)) & 15 != 0
  }

  /// Whether padding stands up to where functions begin, and what is kept before one for its calls behind it (CONFIG_CALL_PADDING): the next function has
  /// no symbol.
  private func isPadded(_ offset: Int) -> Bool {
    let next = offset + Int((0 &- (text.lowerBound + UInt64(offset))) & 15)
    guard next + 16 <= bytes.count else { return false }
    return bytes[offset..<next].allSatisfy(Self.padding.contains) && bytes[next..<next + 16].allSatisfy { $0 == 0x90 }
  }

  /// One past a return that follows at most one instruction which sets EAX; nil where there is none.
  private func end(ofReturn start: Int) -> Int? {
    var offset = start
    guard offset + 16 <= bytes.count else { return nil }
    if bytes[offset] == 0x48, bytes[offset + 1] == 0x31 || bytes[offset + 1] == 0x33, bytes[offset + 2] == 0xC0 {
      offset += 3
    } else if bytes[offset] == 0x31 || bytes[offset] == 0x33, bytes[offset + 1] == 0xC0 {
      offset += 2
    } else if bytes[offset] == 0xB8 {
      offset += 5
    } else if bytes[offset] == 0x48, bytes[offset + 1] == 0xC7, bytes[offset + 2] == 0xC0 {
      offset += 7
    }
    if bytes[offset] == 0xC3 { return offset + 1 }
    guard bytes[offset] == 0xE9 else { return nil }
    let place = text.lowerBound + UInt64(offset) &+ 5
    let target = place &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: PatchTable.word(bytes, offset + 1, 4))))
    return returnThunks.contains(target) ? offset + 5 : nil
  }

  /// Bytes of which padding is made: breakpoints, and no operations of every length.
  private static let padding: Set<UInt8> = [0x90, 0xCC, 0x66, 0x2E, 0x0F, 0x1F, 0x40, 0x44, 0x80, 0x84, 0x00, 0xC0]

  /// Whether anything but padding stands between an offset and an address.
  private func holdsCode(_ offset: Int, _ end: UInt64) -> Bool {
    let last = min(bytes.count, Int(clamping: end &- text.lowerBound))
    return offset < last && bytes[offset..<last].contains { !Self.padding.contains($0) }
  }
}
