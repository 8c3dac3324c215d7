internal import Domain

/// Global descriptor tables and task state segments of all processors (Intel SDM volume 3A, chapters 3 and 7), as they lie in the processors' own areas: who
/// may enter the kernel by a segment, and on which stacks exceptions run.
extension IntegrityReader {
  /// Of the page that gdt_page is alone on, whatever GDTR's limit says: it is more than the kernel's own table (GDT_ENTRIES) after a virtual machine has run
  /// (Intel SDM volume 3C, section 28.5.2), and the kernel leaves the rest of the page empty.
  private static let entryCount: UInt64 = 512
  private static let reportLimit = 64

  /// Gates and conforming code in each table, and stacks of exceptions; empty where the kernel's symbols do not tell.
  func segments() -> [FactValue] {
    guard let table = guest.symbol("gdt_page") else { return [] }
    return processorAreas().map { index, area in
      ["processor": .int(Int64(index)), "entries": .array(entries(area &+ table)), "stacks": .array(stacks(area))]
    }
  }

  /// Which tables the processors use themselves (GDTR, TR), and whether these are one of those above: null where the kernel's symbols do not tell. A
  /// processor of the machine may have another number in the kernel, so that any processor's will do.
  ///
  /// - Returns: each processor's, processors whose registers are not known, and tables that the kernel has and that are not to be found.
  func usedSegments() -> (rows: [FactValue], unread: [FactValue], unknown: [FactValue]) {
    let areas = processorAreas()
    func own(_ symbol: String, _ offset: UInt64?) -> Set<UInt64>? {
      guard let place = guest.symbol(symbol), let offset else { return nil }
      let found = Set(areas.compactMap { guest.physical($0.area &+ place &+ offset) })
      return found.isEmpty ? nil : found
    }
    let tables = own("gdt_page", 0)
    let states = own("cpu_tss_rw", guest.kernel.offset("tss_struct", "x86_tss"))
    func isOwn(_ address: UInt64, _ known: Set<UInt64>?) -> FactValue {
      known.map { known in .bool(guest.physical(address).map(known.contains) ?? false) } ?? .null
    }
    let rows = (processors?.processors ?? []).map { entry -> FactValue in
      let processor = entry.processor
      return [
        "processor": .int(Int64(processor.index)), "gdtr": addressValue(processor.gdt.base), "ownTable": isOwn(processor.gdt.base, tables),
        "tr": (processor.task?.base).map(addressValue) ?? .null, "ownState": processor.task.map { isOwn($0.base, states) } ?? .null,
      ]
    }
    let unknown = [(tables, "gdt_page"), (states, "cpu_tss_rw")].filter { $0.0 == nil && guest.symbol($0.1) != nil }
    return (rows, (processors?.unread ?? []).map { .string("CPU \($0)") }, unknown.map { .string($0.1) })
  }

  /// Areas of all processors that the kernel has made one for. Others have that of the boot, which lies in the image and was given back
  /// (BOOT_PERCPU_OFFSET, arch/x86/kernel/setup_percpu.c). What lies in an area says nothing of it: whoever has a table of his own may empty the kernel's.
  private func processorAreas() -> [(index: UInt64, area: UInt64)] {
    guard let areas = guest.symbol("__per_cpu_offset"), let table = guest.symbol("gdt_page") else { return [] }
    let count = guest.symbol("nr_cpu_ids").flatMap { guest.u32($0) } ?? 1
    return (0..<UInt64(min(max(count, 1), 4096))).compactMap { index in
      guest.u64(areas &+ 8 &* index).flatMap { guest.kernel.image.contains($0 &+ table) ? nil : (index, $0) }
    }
  }

  /// Descriptors through which a program could enter the kernel.
  private func entries(_ table: UInt64) -> [FactValue] {
    var found: [FactValue] = []
    var index: UInt64 = 0
    while index < Self.entryCount {
      defer { index += 1 }
      // A table of gates alone is one finding as much as all of them.
      guard found.count < Self.reportLimit else { break }
      guard let entry = guest.u64(table &+ 8 &* index), entry >> 47 & 1 == 1 else { continue }
      let type = entry >> 40 & 15
      let privilege = entry >> 45 & 3
      if entry >> 44 & 1 == 0 {
        // A system descriptor has sixteen bytes: 2 a local table, 9 and 11 a task state, 12 a call gate.
        let high = guest.u64(table &+ 8 &* index &+ 8) ?? 0
        if ![2, 9, 11].contains(type) {
          let target = entry & 0xFFFF | entry >> 32 & 0xFFFF_0000 | high << 32
          found.append([
            "index": .int(Int64(index)), "kind": "gate", "type": .int(Int64(type)), "dpl": .int(Int64(privilege)),
            "target": code.fact(target),
          ])
        }
        index += 1
      } else if type & 0xC == 0xC {
        // Code that keeps the privilege of whoever calls it.
        found.append(["index": .int(Int64(index)), "kind": "conforming", "type": .int(Int64(type)), "dpl": .int(Int64(privilege))])
      }
    }
    return found
  }

  /// Stacks that exceptions run on, where they lie outside of the area that is made for them (CPU_ENTRY_AREA, Documentation/arch/x86/x86_64/mm.rst).
  private func stacks(_ area: UInt64) -> [FactValue] {
    guard let state = guest.symbol("cpu_tss_rw"), let offset = guest.kernel.offset("tss_struct", "x86_tss"),
      let list = guest.kernel.offset("x86_hw_tss", "ist")
    else { return [] }
    let lawful: Range<UInt64> = 0xFFFF_FE00_0000_0000..<0xFFFF_FE80_0000_0000
    return (0..<UInt64(7)).compactMap { index -> FactValue? in
      guard let stack = guest.u64(area &+ state &+ offset &+ list &+ 8 &* index), stack != 0, !lawful.contains(stack) else { return nil }
      return ["index": .int(Int64(index + 1)), "address": addressValue(stack)]
    }
  }
}
