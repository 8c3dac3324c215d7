internal import Domain

/// Switches of the kernel's security modules, with what else of theirs must agree: that the module was started, that its thread runs, that
/// it has rules, what the boot asked for and said.
extension IntegrityReader {
  func securitySwitches() -> [FactValue.Member] {
    var members: [FactValue.Member] = []
    if let started = startedModules() { members.append(.init("securityModules", .array(started.map(FactValue.string)))) }
    if let tasks = try? guest.processes() {
      members.append(.init("auditRuns", .bool(tasks.processes.contains { $0.isKernelThread && $0.name == "kauditd" })))
    }
    if let state = guest.symbol("selinux_state"), let policy = guest.kernel.offset("selinux_state", "policy"),
      let value = guest.u64(state &+ policy)
    {
      members.append(.init("selinux_policy", .bool(value != 0)))
    }
    if let unmeasured = unmeasured() { members.append(.init("unmeasured", .array(unmeasured.map(FactValue.string)))) }
    if let log = try? guest.log() {
      let said = log.records.contains { $0.facility == 0 && $0.text?.hasPrefix("Kernel is locked down from ") == true }
      members.append(.init("loggedLockdown", .bool(said)))
    }
    return members
  }

  /// Names of the security modules that were started: a text, and in kernels without it an array (security/lsm_init.c).
  private func startedModules() -> [String]? {
    if let text = guest.symbol("lsm_names").flatMap({ guest.pointer($0) }).flatMap({ guest.string($0, limit: 512) }) {
      return text.split(separator: ",").map(String.init)
    }
    guard let list = guest.symbol("lsm_idlist"), let count = guest.symbol("lsm_active_cnt").flatMap({ guest.u32($0) }), count <= 32,
      let name = guest.kernel.offset("lsm_id", "name")
    else { return nil }
    return (0..<UInt64(count)).compactMap { index in
      guest.pointer(list &+ 8 &* index).flatMap { guest.pointer($0 &+ name) }.flatMap { guest.string($0, limit: 64) }
    }
  }

  /// What the rules of IMA ask for and its switch leaves out (ima_update_policy_flags, security/integrity/ima/ima_policy.c); nil where the
  /// kernel has no rules that can be read.
  private func unmeasured() -> [String]? {
    guard let list = guest.symbol("ima_rules").flatMap({ guest.pointer($0) }), let link = guest.kernel.offset("ima_rule_entry", "list"),
      let action = guest.kernel.offset("ima_rule_entry", "action"), let flag = guest.symbol("ima_policy_flag").flatMap({ guest.u32($0) })
    else { return nil }
    let walk = guest.list(head: list, offset: link, structure: "ima_rules", limit: 1 << 14)
    guard walk.inconsistency == nil else { return nil }
    let asked = walk.entries.reduce(UInt32(0)) { $0 | (guest.u32($1 &+ action) ?? 0) }
    // IMA_MEASURE, IMA_AUDIT, IMA_HASH; appraisal has a switch of its own.
    return [(UInt32(0x1), "measure"), (0x40, "audit"), (0x100, "hash")].filter { asked & $0.0 != 0 && flag & $0.0 == 0 }.map(\.1)
  }
}
