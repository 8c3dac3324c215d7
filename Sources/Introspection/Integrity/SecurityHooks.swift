internal import Domain

/// Linux Security Modules: the functions that the kernel asks before it allows something (include/linux/lsm_hooks.h).
extension IntegrityReader {
  mutating func securityHooks() -> IntegrityFacts.State {
    if let heads = guest.symbol("security_hook_heads") { return hookLists(heads) }
    if let table = guest.symbol("static_calls_table"), let type = guest.kernel.types.structure("lsm_static_calls_table") {
      return hookCalls(table, type)
    }
    return .absent("the kernel's symbols name neither security_hook_heads nor static_calls_table")
  }

  /// Up to 6.11: one list for each question.
  private mutating func hookLists(_ heads: UInt64) -> IntegrityFacts.State {
    guard let type = guest.kernel.types.structure("security_hook_heads"), let hook = guest.kernel.offset("security_hook_list", "hook"),
      let link = guest.kernel.offset("security_hook_list", "list")
    else { return .unreadable("the kernel's types do not tell of security_hook_heads") }
    let module = guest.kernel.offset("security_hook_list", "lsm")
    var rows: [FactValue] = []
    for member in guest.kernel.types.members(of: type).prefix(512) {
      let walk = guest.chain(
        head: heads &+ UInt64(member.offset), offset: link, structure: "security_hook_heads.\(member.name)", limit: 256)
      for entry in entries(walk) {
        guard let function = guest.u64(entry &+ hook) else { continue }
        let name = module.flatMap { guest.pointer(entry &+ $0) }.flatMap { guest.string($0, limit: 64) }
        rows.append(row(member.name, entry, function, name))
      }
    }
    return .present(["hooks": .array(rows)])
  }

  /// From 6.12 on: as many static calls for each question as there are modules of this kind; those not in use have no entry.
  private mutating func hookCalls(_ table: UInt64, _ type: Int) -> IntegrityFacts.State {
    let types = guest.kernel.types
    guard let list = guest.kernel.offset("lsm_static_call", "hl"), let key = guest.kernel.offset("lsm_static_call", "key"),
      let size = guest.kernel.size("lsm_static_call"), size > 0, let hook = guest.kernel.offset("security_hook_list", "hook"),
      let function = guest.kernel.offset("static_call_key", "func")
    else { return .unreadable("the kernel's types do not tell of lsm_static_call") }
    var rows: [FactValue] = []
    for member in types.members(of: type).prefix(512) {
      guard let array = types.resolved(member.type).flatMap(types.array) else { continue }
      for index in 0..<UInt64(min(array.count, 32)) {
        let call = table &+ UInt64(member.offset) &+ index &* size
        guard let entry = guest.pointer(call &+ list) else { continue }
        guard let target = guest.u64(entry &+ hook) else {
          note(Inconsistency(structure: "static_calls_table.\(member.name)", address: entry, reason: "an entry is not mapped"))
          continue
        }
        rows.append(row(member.name, entry, target, nil))
        // What is called is what the static call was set to.
        if let called = guest.pointer(call &+ key).flatMap({ guest.u64($0 &+ function) }), called != target {
          rows.append(row(member.name, entry, called, nil))
        }
      }
    }
    return .present(["hooks": .array(rows)])
  }

  private func row(_ name: String, _ entry: UInt64, _ function: UInt64, _ module: String?) -> FactValue {
    [
      "hook": .string(name), "entry": addressValue(entry), "entryOwner": code.owner(of: entry).factValue, "function": code.fact(function),
      "module": module.map(FactValue.string) ?? .null,
    ]
  }
}
