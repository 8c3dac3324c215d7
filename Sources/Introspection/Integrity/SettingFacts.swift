internal import Domain

/// Settings that live in the kernel's memory and decide what protects it and what it starts by itself.
extension IntegrityReader {
  mutating func settings() -> IntegrityFacts.State {
    var members: [FactValue.Member] = []
    // Programs that the kernel starts (KMOD_PATH_LEN, CORENAME_MAX_SIZE and their like).
    for (symbol, limit) in [
      ("modprobe_path", 256), ("core_pattern", 128), ("poweroff_cmd", 256), ("reboot_cmd", 256), ("uevent_helper", 256),
    ] {
      if let text = guest.symbol(symbol).flatMap({ guest.string($0, limit: limit) }) { members.append(.init(symbol, .string(text))) }
    }
    for symbol in Self.numbers {
      if let value = guest.symbol(symbol).flatMap({ guest.i32($0) }) { members.append(.init(symbol, .int(Int64(value)))) }
    }
    // Of one byte each.
    for symbol in Self.marks {
      // The loader of other kernels has one that is called sig_enforce too.
      let place = symbol == "sig_enforce" ? guest.symbol(symbol, namedBy: "is_module_sig_enforced") : guest.symbol(symbol)
      if let value = place.flatMap({ guest.u8($0) }) { members.append(.init(symbol, .int(Int64(value)))) }
    }
    for symbol in ["mmap_min_addr", "dac_mmap_min_addr"] {
      if let value = guest.symbol(symbol).flatMap({ guest.u64($0) }) { members.append(.init(symbol, .int(Int64(clamping: value)))) }
    }
    members += selinux() + securitySwitches() + asked() + processorFlags()
    return members.isEmpty ? .unreadable("the kernel's symbols name none of its settings") : .present(.object(members))
  }

  private static let numbers = [
    "kptr_restrict", "dmesg_restrict", "modules_disabled", "kexec_load_disabled", "sysctl_unprivileged_bpf_disabled", "bpf_jit_harden",
    "sysctl_perf_event_paranoid", "kernel_locked_down", "ptrace_scope", "apparmor_enabled", "apparmor_initialized", "randomize_va_space",
    "audit_enabled", "audit_initialized", "ftrace_enabled",
  ]
  private static let marks = ["sig_enforce", "kprobes_all_disarmed", "audit_ever_enabled", "landlock_initialized", "tomoyo_enabled"]

  /// What the boot asked for, that a kernel keeps: words of its command line, and a secure boot where the kernel locks itself down for it (a patch that
  /// Debian, Fedora and others have, which adds `efi_set_secure_boot`). Nothing else of the command line is told.
  private func asked() -> [FactValue.Member] {
    var members: [FactValue.Member] = []
    if let line = guest.symbol("saved_command_line").flatMap({ guest.pointer($0) }).flatMap({ guest.string($0, limit: 4096) }) {
      let words = line.split(separator: " ")
      if let level = words.last(where: { $0.hasPrefix("lockdown=") }) {
        members.append(.init("askedLockdown", .string(String(level.dropFirst(9)))))
      }
      if let audit = words.last(where: { $0.hasPrefix("audit=") }) {
        members.append(.init("askedAudit", .bool(["1", "on"].contains(audit.dropFirst(6)))))
      }
      let signing = words.last { $0 == "module.sig_enforce" || $0.hasPrefix("module.sig_enforce=") }
      if let signing {
        let value = signing.dropFirst("module.sig_enforce=".count).lowercased()
        members.append(.init("askedSignatures", .bool(["", "1", "y", "yes", "on", "true"].contains(value))))
      }
    }
    if guest.symbol("efi_set_secure_boot") != nil, let place = guest.symbol("boot_params"),
      let offset = guest.kernel.offset("boot_params", "secure_boot"), let mode = guest.u8(place &+ offset)
    {
      // enum efi_secureboot_mode: 3 is enabled.
      members.append(.init("secureBoot", .bool(mode == 3)))
    }
    return members
  }

  private func selinux() -> [FactValue.Member] {
    guard let state = guest.symbol("selinux_state") else { return [] }
    return ["enforcing", "initialized"].compactMap { name in
      guest.value(state, "selinux_state", name).map { FactValue.Member("selinux_" + name, .int(Int64(clamping: $0))) }
    }
  }

  // MARK: The processor, as the kernel keeps it in mind

  /// Features of the processor, the bits that the kernel pinned in CR4, and what it last wrote there on each processor.
  private func processorFlags() -> [FactValue.Member] {
    var members: [FactValue.Member] = []
    if let pinned = guest.symbol("cr4_pinned_bits").flatMap({ guest.u64($0) }), let place = guest.symbol("boot_cpu_data"),
      let offset = guest.kernel.offset("cpuinfo_x86", "x86_capability")
    {
      // X86_FEATURE_SMEP, SMAP, UMIP: word and bit (arch/x86/include/asm/cpufeatures.h), with the bit of CR4.
      let features: [(name: String, word: UInt64, bit: UInt32, pin: UInt64)] = [
        ("SMEP", 9, 7, 20), ("SMAP", 9, 20, 21), ("UMIP", 16, 2, 11),
      ]
      let lost = features.filter { feature in
        guard let word = guest.u32(place &+ offset &+ 4 &* feature.word) else { return false }
        return word >> feature.bit & 1 == 1 && pinned >> feature.pin & 1 == 0
      }
      members.append(.init("unpinned", .array(lost.map { .string($0.name) })))
      members.append(.init("shadows", .array(shadows(pinned))))
    }
    return members
  }

  /// Pinned bits that are off in what the kernel last wrote to CR4 (cpu_tlbstate.cr4), by processor.
  private func shadows(_ pinned: UInt64) -> [FactValue] {
    guard let state = guest.symbol("cpu_tlbstate"), let offset = guest.kernel.offset("tlb_state", "cr4"),
      let table = guest.symbol("__per_cpu_offset")
    else { return [] }
    let count = guest.symbol("nr_cpu_ids").flatMap { guest.u32($0) } ?? 1
    return (0..<UInt64(min(max(count, 1), 4096))).compactMap { index -> FactValue? in
      guard let area = guest.u64(table &+ 8 &* index), let value = guest.u64(area &+ state &+ offset), value != 0 else { return nil }
      let names: [(bit: UInt64, name: String)] = [(11, "UMIP"), (20, "SMEP"), (21, "SMAP")]
      let off = names.filter { pinned >> $0.bit & 1 == 1 && value >> $0.bit & 1 == 0 }
      return ["processor": .int(Int64(index)), "off": .array(off.map { .string($0.name) })]
    }
  }
}
