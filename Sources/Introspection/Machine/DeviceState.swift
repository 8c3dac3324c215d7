/// Model-specific registers that QEMU's monitor prints nowhere, from the stream in which it saves the state of devices.
public struct EntryRegisters: Sendable, Hashable {
  /// MSR_STAR, MSR_LSTAR, MSR_CSTAR and MSR_SYSCALL_MASK (Intel SDM volume 4): where the instruction SYSCALL leads.
  public let star: UInt64
  public let lstar: UInt64
  public let cstar: UInt64
  public let mask: UInt64
  public let kernelGSBase: UInt64
  /// MSR_IA32_SYSENTER_EIP and _ESP.
  public let sysenterEIP: UInt64
  public let sysenterESP: UInt64
}

/// The sections "cpu" of a migration stream, as `xen-save-devices-state` writes it.
///
/// Sections carry no length, so that they are found by their header, and their bytes are the guest's in part: a section is taken only where
/// control registers, EFER and the tables are those that the monitor told of the same processor, and where it is the only such one. The layout
/// of its fixed part is the same from QEMU 2.1 (version 12) on; for another version nothing is read.
/// Sources: QEMU migration/savevm.c (`save_section_header`), target/i386/machine.c (`vmstate_x86_cpu`).
public struct DeviceState {
  public enum Outcome: Sendable, Hashable {
    case found(EntryRegisters)
    /// No section agrees with what the monitor told.
    case none
    /// More than one does: something in the guest looks like a section.
    case ambiguous(Int)
  }

  private static let magic: [UInt8] = [0x51, 0x45, 0x56, 0x4D, 0, 0, 0, 3]
  /// Bytes of the fixed part up to and with kernelgsbase.
  private static let fixedPart = 864
  private static let version: UInt32 = 12

  private let bytes: [UInt8]
  /// Where the fixed part of each candidate begins, with its instance.
  private let candidates: [(start: Int, instance: UInt32)]

  /// Nil for bytes that are no such stream.
  public init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Self.magic) else { return nil }
    self.bytes = bytes
    // QEMU_VM_SECTION_FULL, a section number, the length of the name, the name, instance and version.
    let name: [UInt8] = [3, 0x63, 0x70, 0x75]
    var found: [(Int, UInt32)] = []
    var at = Self.magic.count
    while at + 17 + Self.fixedPart <= bytes.count, found.count < 4096 {
      if bytes[at] == 4, bytes[at + 5..<at + 9].elementsEqual(name), Self.big(bytes, at + 13, 4) == UInt64(Self.version) {
        found.append((at + 17, UInt32(truncatingIfNeeded: Self.big(bytes, at + 9, 4))))
      }
      at += 1
    }
    candidates = found
  }

  /// The registers of a processor whose others are known from the same moment.
  public func entries(of processor: VirtualProcessor) -> Outcome {
    var found: Set<EntryRegisters> = []
    for candidate in candidates where Int(candidate.instance) == processor.index {
      func long(_ offset: Int) -> UInt64 { Self.big(bytes, candidate.start + offset, 8) }
      // regs 0, eip 128, eflags 136, hflags 144, FPU 148 to 235, six segments, ldt 356, tr 376, gdt 396, idt 416, each of selector, base, limit
      // and flags; sysenter 436, cr0 456, dr 488, a20 and mxcsr 552, xmm 560, efer 816.
      guard long(456) == processor.cr0, long(464) == processor.cr2, long(472) == processor.cr3, long(480) == processor.cr4,
        long(816) == processor.efer, long(400) == processor.gdt.base, long(420) == processor.idt.base, long(128) == processor.rip
      else { continue }
      found.insert(
        EntryRegisters(
          star: long(824), lstar: long(832), cstar: long(840), mask: long(848), kernelGSBase: long(856), sysenterEIP: long(448),
          sysenterESP: long(440)))
    }
    guard let first = found.first else { return .none }
    return found.count == 1 ? .found(first) : .ambiguous(found.count)
  }

  private static func big(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
