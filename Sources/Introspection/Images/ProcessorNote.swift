extension VirtualProcessor {
  /// Registers of a vCPU in a note of QEMU's in an ELF core: what tells where its kernel is and what protects it. EFER, LSTAR and their like are
  /// not in it. Nil for another version, and for a note that is shorter than it says or than its version has.
  ///
  /// Source: `QEMUCPUState` of QEMU's target/i386/arch_dump.c: version, size, 16 registers, rip, rflags; then ten segments of 24 bytes: cs, ds, es,
  /// fs, gs, ss, ldt, tr, gdt, idt; then cr0 to cr4. What was added later stands behind, and `size` tells of it.
  ///
  /// - Parameter index: as QEMU counts it, from 0.
  init?(note content: ArraySlice<UInt8>, index: Int) {
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
    efer = nil
    gsBase = segment(4).base
    task = segment(7)
    gdt = segment(8)
    idt = segment(9)
    privilege = Int(content.integer(at: 152, size: 4) & 3)
  }

  /// CR0.PG: a processor that was never started, or has been reset, runs no kernel.
  var isPaging: Bool { cr0 >> 31 & 1 == 1 }
}
