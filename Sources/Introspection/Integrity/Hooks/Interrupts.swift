internal import Domain

/// The interrupt descriptor table (Intel SDM volume 3A, section 6.14): where exceptions and interrupts enter the kernel.
extension IntegrityReader {
  mutating func interrupts() -> IntegrityFacts.State {
    var tables: [FactValue] = []
    let own = guest.symbol("idt_table")
    var bases: [(base: UInt64, limit: UInt64, from: [Int])] = []
    for entry in processors?.processors ?? [] {
      let table = entry.processor.idt
      if let known = bases.firstIndex(where: { $0.base == table.base }) {
        bases[known].from.append(entry.processor.index)
      } else {
        bases.append((table.base, min(UInt64(table.limit), 4095), [entry.processor.index]))
      }
    }
    if bases.isEmpty, let own {
      bases.append((own, 4095, []))
      // What a processor is given when it starts or wakes up: two bytes of length, then the address (struct desc_ptr).
      if let kept = guest.symbol("idt_descr").flatMap({ guest.pointer($0 &+ 2) }), guest.physical(kept) != guest.physical(own) {
        bases.append((kept, 4095, []))
      }
    }
    for table in bases.prefix(64) {
      var gates: [FactValue] = []
      for vector in 0..<(table.limit + 1) / 16 {
        guard let low = guest.u64(table.base &+ 16 &* vector), let high = guest.u64(table.base &+ 16 &* vector &+ 8) else {
          note(Inconsistency(structure: "idt_table", address: table.base &+ 16 &* vector, reason: "a gate is not mapped"))
          break
        }
        // P, then DPL, then the type in bits 40 to 47.
        guard low >> 47 & 1 == 1 else { continue }
        let target = low & 0xFFFF | low >> 32 & 0xFFFF_0000 | high << 32
        gates.append(
          [
            "vector": .int(Int64(vector)), "address": addressValue(target), "owner": code.owner(of: target).factValue,
            "entry": .bool(code.entry.contains(target)), "dpl": .int(Int64(low >> 45 & 3)), "selector": .int(Int64(low >> 16 & 0xFFFF)),
          ])
      }
      tables.append(
        [
          "base": addressValue(table.base), "processors": .array(table.from.map { .int(Int64($0)) }),
          "kernelTable": .bool(own.map { guest.physical($0) == guest.physical(table.base) && guest.physical($0) != nil } ?? false),
          "gates": .array(gates),
        ])
    }
    if tables.isEmpty { return .unreadable("no processor's IDTR is known and the kernel's symbols name no idt_table") }
    let used = usedSegments()
    return .present([
      "tables": .array(tables), "entryText": .bool(!code.entry.isEmpty), "segments": .array(segments()), "used": .array(used.rows),
      "unread": .array(used.unread), "unknown": .array(used.unknown),
    ])
  }

  // MARK: Processors

  /// Registers that decide where the kernel is entered and what protects it, with the bits that the kernel itself has pinned in CR4.
  func registers() -> IntegrityFacts.State {
    guard let processors else {
      return .notCollected(
        guest.memory.isRunning
          ? "registers are told by the monitor of a running guest, and by the notes of QEMU's ELF cores"
          : "the image holds no processor's registers: QEMU's own ELF cores do (dump-guest-memory), those of guest dump and other images hold memory alone"
      )
    }
    guard !processors.processors.isEmpty else { return .unreadable("no registers of a processor in 64-bit mode are told") }
    let pinned = guest.symbol("cr4_pinned_bits").flatMap { guest.u64($0) } ?? 0
    let rows = processors.processors.map { entry -> FactValue in
      let processor = entry.processor
      var members: [FactValue.Member] = [
        .init("index", .int(Int64(processor.index))), .init("cr0", addressValue(processor.cr0)), .init("cr4", addressValue(processor.cr4)),
        .init("cr3", addressValue(processor.cr3)), .init("efer", processor.efer.map(addressValue) ?? .null),
        .init("writeProtect", .bool(processor.isWriteProtected)),
        .init("noExecute", processor.hasNoExecute.map(FactValue.bool) ?? .null), .init("smep", .bool(processor.hasSMEP)),
        .init("smap", .bool(processor.hasSMAP)),
        // CR4.UMIP (Intel SDM volume 3A, section 2.5).
        .init("umip", .bool(processor.cr4 & (1 << 11) != 0)),
        .init(
          "lostPins", .array(Self.pins.filter { pinned >> $0.bit & 1 == 1 && processor.cr4 >> $0.bit & 1 == 0 }.map { .string($0.name) })),
        .init("idtr", addressValue(processor.idt.base)), .init("gdtr", addressValue(processor.gdt.base)),
        .init("tr", (processor.task?.base).map(addressValue) ?? .null),
      ]
      if let entries = entry.entries {
        members += [
          .init("lstar", code.fact(entries.lstar)), .init("cstar", code.fact(entries.cstar)),
          .init("sysenter", code.fact(entries.sysenterEIP)),
        ]
      } else {
        members.append(.init("entriesMissing", .string(entry.why ?? "")))
      }
      return .object(members)
    }
    return .present([
      "processors": .array(rows), "oneMoment": .bool(processors.isOneMoment), "unknown": unknown(processors),
      "unread": .array(processors.unread.map { .string("CPU \($0)") }),
    ])
  }

  /// Registers that are not known of every processor, by what is judged by them.
  private func unknown(_ processors: ProcessorState) -> FactValue {
    let hasEntries = processors.processors.allSatisfy { $0.entries != nil }
    let hasExtensions = processors.processors.allSatisfy { $0.processor.efer != nil }
    return ["entries": hasEntries ? [] : ["LSTAR", "CSTAR", "SYSENTER_EIP"], "protections": hasExtensions ? [] : ["EFER"]]
  }

  /// What kernels pin in CR4 (cr4_pinned_mask, arch/x86/kernel/cpu/common.c).
  private static let pins: [(bit: UInt64, name: String)] = [(11, "UMIP"), (16, "FSGSBASE"), (20, "SMEP"), (21, "SMAP"), (23, "CET")]
}
