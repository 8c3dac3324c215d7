/// A place in the kernel's code that the kernel itself rewrites while it runs.
package struct PatchSite: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A jump label: no operation, or a jump to the place that its entry names (__jump_table).
    case jumpLabel
    /// A static call: a call or jump to a function, or no operation (.static_call_sites).
    case staticCall
    /// The trampoline of a static call (.static_call.text).
    case staticCallTrampoline
    /// The start of a function that can be traced (ftrace_pages_start).
    case functionEntry
    /// A breakpoint of a kprobe, or the jump that it was optimized to.
    case probe
    /// The entry of a dispatcher of BPF programs.
    case dispatcher
    /// The call in the kernel's own tracer.
    case tracer
  }

  let kind: Kind
  let address: UInt64
  /// Bytes that the kernel rewrites.
  let length: Int
  /// Where a jump label leads; 0 for other kinds.
  let target: UInt64
  /// First byte without a kprobe; 0 for other kinds.
  let original: UInt8
  /// The bytes behind it without a kprobe that became a jump; empty for all others, and where the kernel does not tell.
  var rest: [UInt8] = []
  /// Whether a jump label must be a jump, by its key; nil for other kinds, and where the key cannot be read.
  var isOn: Bool?
  /// The key of a static call (struct static_call_key), without marks; 0 for other kinds.
  var key: UInt64 = 0

  package init(
    kind: Kind, address: UInt64, length: Int, target: UInt64 = 0, original: UInt8 = 0, rest: [UInt8] = [], isOn: Bool? = nil, key: UInt64 = 0
  ) {
    self.kind = kind
    self.address = address
    self.length = length
    self.target = target
    self.original = original
    self.rest = rest
    self.isOn = isOn
    self.key = key
  }
}

extension PatchSite {
  /// The same place, of which nobody says what must stand there now.
  var withoutKey: PatchSite {
    var site = self
    site.isOn = nil
    site.key = 0
    return site
  }
}

/// Tables of patch sites, parsed from bytes: entries hold offsets relative to themselves, which the guest can set to anything.
package enum PatchTable {
  static let limit = 1 << 20

  /// struct jump_entry with relative addresses: code and target, 32 bits each, then the key with two marks in its lowest bits
  /// (include/linux/jump_label.h).
  ///
  /// - Parameter address: of the table's first byte.
  package static func jumpLabels(_ bytes: [UInt8], at address: UInt64) -> [(code: UInt64, target: UInt64, key: UInt64)] {
    (0..<min(bytes.count / 16, limit)).map { index in
      let place = address &+ UInt64(index * 16)
      return (
        relative(bytes, index * 16, place), relative(bytes, index * 16 + 4, place &+ 4), place &+ 8 &+ word(bytes, index * 16 + 8, 8)
      )
    }
  }

  /// Bytes of a jump label by its first two: a short jump or no operation of two bytes, else the long forms. One kind of the latter begins as the
  /// former does. While it is rewritten a breakpoint stands first, and the second byte is that of any of the forms.
  ///
  /// - Parameter distance: from the label to where it leads.
  static func jumpLength(_ first: UInt8?, _ second: UInt8?, distance: UInt64) -> Int {
    if first == 0xCC { return second == 0x90 || second == UInt8(truncatingIfNeeded: distance &- 2) ? 2 : 5 }
    return first == 0xEB || (first == 0x66 && second == 0x90) ? 2 : 5
  }

  /// struct static_call_site: address and key, 32 bits each (include/linux/static_call_types.h).
  package static func staticCalls(_ bytes: [UInt8], at address: UInt64) -> [(code: UInt64, key: UInt64)] {
    (0..<min(bytes.count / 8, limit)).map { index in
      let place = address &+ UInt64(index * 8)
      // Two bits of the key say whether it is a jump, and whether its code ran during boot.
      return (relative(bytes, index * 8, place), relative(bytes, index * 8 + 4, place &+ 4) & ~3)
    }
  }

  /// struct dyn_ftrace: address, then flags, `size` bytes each.
  package static func functionEntries(_ bytes: [UInt8], size: Int) -> [UInt64] {
    guard size >= 8 else { return [] }
    return (0..<min(bytes.count / size, limit)).map { word(bytes, $0 * size, 8) }
  }

  static func word(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    guard offset >= 0, offset + count <= bytes.count else { return 0 }
    return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func relative(_ bytes: [UInt8], _ offset: Int, _ place: UInt64) -> UInt64 {
    place &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: word(bytes, offset, 4))))
  }
}

/// What the bytes at a patch site do.
package enum PatchContent: Sendable, Hashable {
  /// No operation of the site's whole length.
  case nothing
  case call(UInt64)
  case jump(UInt64)
  /// A return, directly or through the kernel's thunk, or a zero result without a call.
  case result
  /// An instruction that stands for a call of the function of this name (arch/x86/kernel/static_call.c).
  case standIn(String)
  case breakpoint
  /// None of what the kernel writes to such places.
  case other

  /// - Parameters:
  ///   - bytes: at least 8 from the site on, fewer at the end of the code.
  ///   - returnThunks: addresses to which a return may have become a jump.
  package init(_ bytes: ArraySlice<UInt8>, at address: UInt64, length: Int, returnThunks: Set<UInt64>) {
    let code = Array(bytes.prefix(8))
    func displaced(_ size: Int) -> UInt64 {
      address &+ UInt64(size) &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: PatchTable.word(code, size - 4, 4))))
    }
    guard code.count >= length, let first = code.first else {
      self = .other
      return
    }
    switch first {
    case 0xCC: self = .breakpoint
    case 0xE8 where code.count >= 5: self = .call(displaced(5))
    case 0xE9 where code.count >= 5:
      let target = displaced(5)
      self = returnThunks.contains(target) ? .result : .jump(target)
    case 0xEB where code.count >= 2: self = .jump(address &+ 2 &+ UInt64(bitPattern: Int64(Int8(bitPattern: code[1]))))
    case 0x0F where code.count >= 6 && code[1] & 0xF0 == 0x80: self = .jump(displaced(6))
    case 0xC3: self = .result
    default:
      if Self.noOperations.contains(where: { code.starts(with: $0) && $0.count == length }) {
        self = .nothing
      } else if code.starts(with: [0x2E, 0x2E, 0x2E, 0x31, 0xC0]) {
        // xor %eax,%eax, filled up with prefixes (arch/x86/kernel/static_call.c).
        self = .result
      } else if let known = Self.standIns.first(where: { code.starts(with: $0.bytes) && $0.bytes.count == length }) {
        self = .standIn(known.function)
      } else {
        self = .other
      }
    }
  }

  /// From 6.19 on a warning is a trap (UD1 with a register that holds what is to be told), from 7.3 on a lock without a hypervisor is opened by one move.
  private static let standIns: [(bytes: [UInt8], function: String)] = [
    ([0x67, 0x48, 0x0F, 0xB9, 0x3A], "__WARN_trap"),
    ([0x3E, 0x3E, 0xC6, 0x07, 0x00], "__raw_callee_save___native_queued_spin_unlock"),
  ]

  /// arch/x86/include/asm/nops.h, 64 bit, and the ones of five bytes that kernels before 5.13 choose from by the processor (ideal_nops).
  private static let noOperations: [[UInt8]] = [
    [0x66, 0x90], [0x0F, 0x1F, 0x44, 0, 0], [0x66, 0x0F, 0x1F, 0x44, 0, 0], [0x3E, 0x8D, 0x74, 0x26, 0],
    [0x66, 0x66, 0x66, 0x66, 0x90],
  ]
}
