internal import Domain

/// BPF programs: where their code lies, and whether they change what they look at.
extension IntegrityReader {
  private static let programLimit = 1 << 14

  mutating func programs() -> IntegrityFacts.State {
    guard let table = guest.symbol("prog_idr") else { return .absent("the kernel was built without BPF") }
    guard let function = guest.kernel.offset("bpf_prog", "bpf_func"), let auxiliary = guest.kernel.offset("bpf_prog", "aux"),
      let name = guest.kernel.offset("bpf_prog_aux", "name"), let type = guest.kernel.offset("bpf_prog", "type"),
      let length = guest.kernel.offset("bpf_prog", "len"), let code = guest.kernel.offset("bpf_prog", "insnsi")
    else { return .unreadable("the kernel's types do not tell of bpf_prog") }
    let walk = guest.idr(table, structure: "prog_idr", limit: Self.programLimit)
    if let fault = walk.inconsistency { note(fault) }
    let helper = writer()
    let rows = walk.entries.compactMap { entry -> FactValue? in
      let program = entry.entry
      guard let target = guest.u64(program &+ function), let count = guest.u32(program &+ length),
        let kind = guest.u32(program &+ type)
      else { return nil }
      let text = guest.pointer(program &+ auxiliary).flatMap { guest.string($0 &+ name, limit: 16) } ?? ""
      return [
        "id": .int(Int64(clamping: entry.index)), "name": .string(text), "program": addressValue(program),
        "type": .string(guest.kernel.types.name(of: Int64(kind), in: "bpf_prog_type") ?? String(kind)),
        "function": self.code.fact(target),
        "overrides": .bool(overrides(program)),
        "writesUser": .bool(calls(helper, program &+ code, count)),
      ]
    }
    return .present(["programs": .array(rows)])
  }

  /// Whether a program decides what a function returns: the mark of bpf_override_return, or a place at which its own result counts
  /// (fmod_ret). Devices of input ask programs of the latter kind for what they say.
  private func overrides(_ program: UInt64) -> Bool {
    if let mark = guest.value(program, "bpf_prog", "kprobe_override"), mark != 0 { return true }
    guard let attached = guest.value(program, "bpf_prog", "expected_attach_type"),
      guest.kernel.types.name(of: Int64(clamping: attached), in: "bpf_attach_type") == "BPF_MODIFY_RETURN"
    else { return false }
    let name = guest.kernel.offset("bpf_prog_aux", "attach_func_name")
    let place = guest.kernel.offset("bpf_prog", "aux").flatMap { guest.pointer(program &+ $0) }
    let text = place.flatMap { aux in name.flatMap { guest.pointer(aux &+ $0) } }.flatMap { guest.string($0, limit: 64) }
    return !(text.map(Self.inputFunctions.contains) ?? false)
  }

  /// Functions that do nothing but ask programs about devices of input, 6.3 to 6.10; at the last of them the kernel has a program of its own
  /// (hid_bpf_fmodret_ids, drivers/hid/bpf/hid_bpf_dispatch.c).
  private static let inputFunctions: Set<String> = ["hid_bpf_device_event", "hid_bpf_rdesc_fixup", "__hid_bpf_tail_call"]

  /// bpf_probe_write_user, as a call names it: its distance from __bpf_call_base (kernel/bpf/verifier.c).
  private func writer() -> UInt32? {
    guard let base = guest.symbol("__bpf_call_base"), let helper = guest.symbol("bpf_probe_write_user") else { return nil }
    return UInt32(truncatingIfNeeded: helper &- base)
  }

  /// Whether a program calls a helper: BPF_JMP | BPF_CALL with the source register 0.
  private func calls(_ helper: UInt32?, _ start: UInt64, _ count: UInt32) -> Bool {
    guard let helper, count <= 1 << 20, let bytes = guest.bytes(start, count: Int(count) * 8) else { return false }
    return stride(from: 0, to: bytes.count, by: 8).contains { place in
      bytes[place] == 0x85 && bytes[place + 1] >> 4 == 0 && UInt32(truncatingIfNeeded: PatchTable.word(bytes, place + 4, 4)) == helper
    }
  }
}
