/// Registers of a vCPU in a note of QEMU's in an ELF core: what tells where its kernel is and what protects it. EFER, LSTAR and their like are
/// not in it.
public struct ProcessorRegisters: Sendable, Hashable {
  /// As QEMU counts it, from 0.
  public let index: Int
  public let rip: UInt64
  public let cr0: UInt64
  public let cr2: UInt64
  public let cr3: UInt64
  public let cr4: UInt64
  public let gsBase: UInt64
  /// 0 in notes of an older QEMU, which do not have it.
  public let kernelGSBase: UInt64
  public let gdt: Table
  public let idt: Table
  /// The task state segment.
  public let task: Table
  /// Current privilege level, 0 to 3.
  public let privilege: Int

  /// A descriptor table or segment: guest-virtual address of its first byte, and the offset of its last.
  public typealias Table = VirtualProcessor.Table

  /// Nil for another version, and for a note that is shorter than it says or than its version has.
  ///
  /// Source: `QEMUCPUState` of QEMU's target/i386/arch_dump.c: version, size, 16 registers, rip, rflags; then ten segments of 24 bytes: cs, ds, es,
  /// fs, gs, ss, ldt, tr, gdt, idt; then cr0 to cr4. What was added later stands behind, and `size` tells of it.
  init?(_ content: ArraySlice<UInt8>, index: Int) {
    let content = Array(content)
    guard content.count >= 432, content.integer(at: 0, size: 4) == 1 else { return nil }
    let size = content.integer(at: 4, size: 4)
    guard size >= 432, size <= UInt64(content.count) else { return nil }
    func word(_ offset: Int) -> UInt64 { content.integer(at: offset, size: 8) }
    func segment(_ index: Int) -> Table {
      Table(base: word(152 + 24 * index + 16), limit: UInt32(content.integer(at: 152 + 24 * index + 4, size: 4)))
    }
    self.index = index
    rip = word(136)
    cr0 = word(392)
    cr2 = word(408)
    cr3 = word(416)
    cr4 = word(424)
    gsBase = segment(4).base
    kernelGSBase = size >= 440 ? word(432) : 0
    task = segment(7)
    gdt = segment(8)
    idt = segment(9)
    privilege = Int(content.integer(at: 152, size: 4) & 3)
  }

  /// CR0.PG: a processor that was never started, or has been reset, runs no kernel.
  var isPaging: Bool { cr0 >> 31 & 1 == 1 }
}
