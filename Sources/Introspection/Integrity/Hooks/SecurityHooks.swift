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
    var linked: Set<UInt64> = []
    let questions = guest.kernel.types.members(of: type).prefix(512)
    for member in questions {
      let walk = guest.chain(
        head: heads &+ UInt64(member.offset), offset: link, structure: "security_hook_heads.\(member.name)", limit: 256)
      for entry in entries(walk) {
        linked.insert(entry)
        guard let function = guest.u64(entry &+ hook) else { continue }
        let name = module.flatMap { guest.pointer(entry &+ $0) }.flatMap { guest.string($0, limit: 64) }
        rows.append(row(member.name, entry, function, name))
      }
    }
    let size = guest.kernel.size("security_hook_heads") ?? 0
    let missing = missing("head", heads, size, linked) { place in questions.first { UInt64($0.offset) == place }?.name }
    return .present(["hooks": .array(rows), "missing": .array(missing), "called": [], "off": []])
  }

  /// From 6.12 on: as many static calls for each question as there are modules of this kind; those not in use have no entry.
  private mutating func hookCalls(_ table: UInt64, _ type: Int) -> IntegrityFacts.State {
    let types = guest.kernel.types
    guard let list = guest.kernel.offset("lsm_static_call", "hl"), let key = guest.kernel.offset("lsm_static_call", "key"),
      let size = guest.kernel.size("lsm_static_call"), size > 0, let hook = guest.kernel.offset("security_hook_list", "hook"),
      let function = guest.kernel.offset("static_call_key", "func")
    else { return .unreadable("the kernel's types do not tell of lsm_static_call") }
    let active = guest.kernel.offset("lsm_static_call", "active")
    var rows: [FactValue] = []
    var called: [FactValue] = []
    var off: [FactValue] = []
    var linked: Set<UInt64> = []
    let questions = types.members(of: type).prefix(512)
    for member in questions {
      guard let array = types.resolved(member.type).flatMap(types.array) else { continue }
      for index in 0..<UInt64(min(array.count, 32)) {
        let call = table &+ UInt64(member.offset) &+ index &* size
        guard let entry = guest.pointer(call &+ list) else { continue }
        linked.insert(entry)
        guard let target = guest.u64(entry &+ hook) else {
          note(Inconsistency(structure: "static_calls_table.\(member.name)", address: entry, reason: "an entry is not mapped"))
          continue
        }
        rows.append(row(member.name, entry, target, nil))
        // What is called is what the static call was set to, and only while its branch is on (struct static_key begins with its count).
        if let other = guest.pointer(call &+ key).flatMap({ guest.u64($0 &+ function) }), other != target {
          rows.append(row(member.name, entry, other, nil))
          called.append([
            "hook": .string(member.name), "entry": addressValue(entry), "function": code.fact(target), "called": code.fact(other),
          ])
        }
        if let active, let count = guest.pointer(call &+ active).flatMap({ guest.i32($0) }), count <= 0 {
          off.append(["hook": .string(member.name), "entry": addressValue(entry), "function": code.fact(target)])
        }
      }
    }
    let whole = guest.kernel.size("lsm_static_calls_table") ?? 0
    let missing = missing("scalls", table, whole, linked) { place in
      questions.last { UInt64($0.offset) <= place }?.name
    }
    return .present(["hooks": .array(rows), "missing": .array(missing), "called": .array(called), "off": .array(off)])
  }

  // MARK: Hooks that are gone

  /// Hooks of a security module that is there, by the array that it has them in (NAME_hooks, `security_add_hooks`), which nothing leads to
  /// any more.
  ///
  /// - Parameters:
  ///   - member: of struct security_hook_list, which says where the hook was put.
  ///   - table: address and size of what it points into.
  ///   - linked: entries that were found there.
  ///   - question: by the offset in the table.
  private func missing(
    _ member: String, _ table: UInt64, _ tableSize: UInt64, _ linked: Set<UInt64>, _ question: (UInt64) -> String?
  ) -> [FactValue] {
    let symbols = guest.kernel.symbols
    guard let place = guest.kernel.offset("security_hook_list", member), let hook = guest.kernel.offset("security_hook_list", "hook"),
      let size = guest.kernel.size("security_hook_list"), size > 0, let constants
    else { return [] }
    let boot = setAtBoot
    // Modules that were started, in words with commas between them.
    let started = Set(
      (guest.symbol("lsm_names").flatMap { guest.pointer($0) }.flatMap { guest.string($0, limit: 512) } ?? "").split(separator: ","))
    var found: [FactValue] = []
    for index in symbols.indices(in: boot.isEmpty ? constants : boot) {
      let start = symbols.address(at: index)
      guard start & 7 == 0, let next = symbols.following(start), next - start >= size, next - start <= 1 << 16 else { continue }
      let name = symbols.symbol(at: index).name
      guard name.hasSuffix("_hooks") else { continue }
      // Entries up to the first that is none: an array is filled up to a bound.
      let entries = stride(from: start, through: next - size, by: Int(size)).prefix { entry in
        // Symbols in no order may lie within one another's room.
        guard guest.spend(on: "security_hook_list", at: entry), let lead = guest.u64(entry &+ place),
          let function = guest.u64(entry &+ hook)
        else { return false }
        return lead >= table && lead - table < tableSize && code.owner(of: function).kind != .data
      }
      // SELinux alone could be taken away while the kernel runs, up to 6.3, with all of its hooks.
      let isStarted = started.contains(Self.module(ofArray: name)) && name != "selinux_hooks"
      let isThere = isStarted || entries.contains(where: linked.contains)
      guard isThere else { continue }
      for entry in entries where !linked.contains(entry) && found.count < Self.missingLimit {
        let lead = guest.u64(entry &+ place).flatMap { question($0 &- table) } ?? ""
        found.append([
          "hook": .string(lead), "entry": addressValue(entry), "array": .string(name), "function": code.fact(guest.u64(entry &+ hook) ?? 0),
        ])
      }
    }
    return found
  }

  private static let missingLimit = 256

  /// A security module's name by that of its hooks.
  private static func module(ofArray name: String) -> Substring { name == "bpf_lsm_hooks" ? "bpf" : name.dropLast(6) }

  private func row(_ name: String, _ entry: UInt64, _ function: UInt64, _ module: String?) -> FactValue {
    [
      "hook": .string(name), "entry": addressValue(entry), "entryOwner": code.owner(of: entry).factValue, "function": code.fact(function),
      "module": module.map(FactValue.string) ?? .null,
    ]
  }
}
