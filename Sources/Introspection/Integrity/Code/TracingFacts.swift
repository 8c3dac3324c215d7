internal import Domain

/// ftrace: callbacks that the kernel calls at the start of its functions (include/linux/ftrace.h).
extension IntegrityReader {
  private static let limit = 4096

  mutating func tracing() -> IntegrityFacts.State {
    guard let head = guest.symbol("ftrace_ops_list") else { return .absent("the kernel was built without ftrace") }
    guard let functionOffset = guest.kernel.offset("ftrace_ops", "func"), let nextOffset = guest.kernel.offset("ftrace_ops", "next"),
      let flagsOffset = guest.kernel.offset("ftrace_ops", "flags")
    else { return .unreadable("the kernel's types do not tell of ftrace_ops") }
    let end = guest.symbol("ftrace_list_end")
    var rows: [FactValue] = []
    var met: Set<UInt64> = []
    var place = guest.pointer(head)
    while let entry = place, entry != end {
      guard met.insert(entry).inserted, met.count <= Self.limit else {
        note(Inconsistency(structure: "ftrace_ops_list", address: entry, reason: "the list has no end"))
        break
      }
      guard let found = tracer(entry, functionOffset, flagsOffset, isListed: true) else {
        note(Inconsistency(structure: "ftrace_ops_list", address: entry, reason: "an entry is not mapped"))
        break
      }
      rows += found
      place = guest.pointer(entry &+ nextOffset)
    }
    // The code of functions leads to trampolines, which call without asking the list.
    if let others = guest.symbol("ftrace_ops_trampoline_list"), let link = guest.kernel.offset("ftrace_ops", "list") {
      for entry in entries(guest.list(head: others, offset: link, structure: "ftrace_ops_trampoline_list", limit: Self.limit))
      where met.insert(entry).inserted {
        rows += tracer(entry, functionOffset, flagsOffset, isListed: false) ?? []
      }
    }
    let made = trampolines()
    var members: [FactValue.Member] = [
      .init("operations", .array(rows)), .init("trampolines", .array(made.rows)), .init("unjudged", .array(made.unjudged)),
    ]
    if let symbol = guest.symbol("ftrace_trace_function"), let function = guest.u64(symbol) {
      members.append(.init("function", code.fact(function)))
    }
    return .present(.object(members))
  }

  /// The function that is called, and those that it calls where it sorts out processes first (`saved_func`); nil for an entry that is not
  /// mapped.
  private func tracer(_ entry: UInt64, _ functionOffset: UInt64, _ flagsOffset: UInt64, isListed: Bool) -> [FactValue]? {
    guard let function = guest.u64(entry &+ functionOffset), let flags = guest.u64(entry &+ flagsOffset) else { return nil }
    let saved = guest.kernel.offset("ftrace_ops", "saved_func").flatMap { guest.pointer(entry &+ $0) }
    let called = [function] + [saved].compactMap { $0 == function ? nil : $0 } + handlers(entry, [function, saved])
    return called.map { function -> FactValue in
      [
        "address": addressValue(entry), "owner": code.owner(of: entry).factValue, "function": code.fact(function),
        // FTRACE_OPS_FL_IPMODIFY: the callback may send the caller elsewhere.
        "redirects": .bool(flags & 1 << 12 != 0), "flags": addressValue(flags), "listed": .bool(isListed),
      ]
    }
  }

  /// Functions of a probe at functions' entries and ends, whose own callback is the kernel's (struct fprobe, kernel/trace/fprobe.c).
  private func handlers(_ entry: UInt64, _ functions: [UInt64?]) -> [UInt64] {
    let common = ["fprobe_handler", "fprobe_kprobe_handler"].compactMap { guest.symbol($0) }
    guard functions.contains(where: { $0.map(common.contains) ?? false }), let operations = guest.kernel.offset("fprobe", "ops")
    else { return [] }
    return ["entry_handler", "exit_handler"].compactMap { member in
      guest.kernel.offset("fprobe", member).flatMap { guest.pointer(entry &- operations &+ $0) }
    }
  }

  // MARK: Probes

  /// kprobes: instructions that the kernel replaced by breakpoints or jumps, by their hash table (kernel/kprobes.c).
  mutating func probes() -> IntegrityFacts.State {
    guard guest.symbol("kprobe_table") != nil else { return .absent("the kernel was built without kprobes") }
    guard let probes = allProbes() else { return .unreadable("the kernel's types do not tell of kprobe") }
    let rows = probes.map { probe -> FactValue in
      var members: [FactValue.Member] = [.init("probe", addressValue(probe.address)), .init("at", code.fact(probe.place))]
      for (name, function) in [("before", probe.before), ("after", probe.after)] + ofReturn(probe) where function != 0 {
        members.append(.init(name, code.fact(function)))
      }
      return .object(members)
    }
    return .present(["probes": .array(rows)])
  }

  /// Handlers of a probe at a function's return, whose own handler is the kernel's (struct kretprobe begins with its kprobe).
  private func ofReturn(_ probe: Probe) -> [(String, UInt64)] {
    guard let common = guest.symbol("pre_handler_kretprobe"), probe.before == common else { return [] }
    return [("enters", "entry_handler"), ("returns", "handler")].compactMap { name, member in
      guest.kernel.offset("kretprobe", member).flatMap { guest.u64(probe.address &+ $0) }.map { (name, $0) }
    }
  }

  struct Probe {
    let address: UInt64
    /// The instruction.
    let place: UInt64
    /// Its first byte, before it was replaced.
    let original: UInt8
    /// The bytes behind it that a jump replaced; empty where the kernel does not tell.
    let rest: [UInt8]
    /// Handlers; 0 for none.
    let before: UInt64
    let after: UInt64
    /// Whether it was defined and not switched on (KPROBE_FLAG_DISABLED), as events of tracefs are, or all are off: nothing is written then.
    let isOff: Bool
  }

  /// All probes in the hash table and, behind one that several share, those too; nil where the types do not tell.
  mutating func allProbes() -> [Probe]? {
    guard let table = guest.symbol("kprobe_table"), let place = guest.kernel.offset("kprobe", "addr"),
      let original = guest.kernel.offset("kprobe", "opcode"), let before = guest.kernel.offset("kprobe", "pre_handler"),
      let after = guest.kernel.offset("kprobe", "post_handler"), let link = guest.kernel.offset("kprobe", "hlist"),
      let shared = guest.kernel.offset("kprobe", "list")
    else { return nil }
    // What several probes may share lies in an optimized_kprobe, which keeps what its jump wrote over; none of them alone does.
    let saved = guest.kernel.offset("optimized_kprobe", "optinsn.copied_insn").flatMap { saved in
      guest.kernel.offset("optimized_kprobe", "kp").map { saved &- $0 }
    }
    let flags = guest.kernel.offset("kprobe", "flags")
    let areOff = guest.symbol("kprobes_all_disarmed").flatMap { guest.u8($0) } == 1
    var found: [Probe] = []
    func add(_ entry: UInt64, sharing holder: UInt64?) {
      guard found.count < Self.limit, let address = guest.u64(entry &+ place) else { return }
      found.append(
        Probe(
          address: entry, place: address, original: guest.u8(entry &+ original) ?? 0,
          rest: saved.flatMap { saved in holder.flatMap { guest.bytes($0 &+ saved, count: 4) } } ?? [],
          before: guest.u64(entry &+ before) ?? 0, after: guest.u64(entry &+ after) ?? 0,
          isOff: areOff || flags.flatMap { guest.u32(entry &+ $0) }.map { $0 & 2 != 0 } ?? false))
    }
    let aggregate = guest.symbol("aggr_pre_handler")
    for bucket in UInt64(0)..<64 {
      for entry in entries(guest.chain(head: table &+ 8 &* bucket, offset: link, structure: "kprobe_table", limit: Self.limit)) {
        let isShared = aggregate != nil && guest.u64(entry &+ before) == aggregate
        add(entry, sharing: isShared ? entry : nil)
        if isShared {
          let walk = guest.list(head: entry &+ shared, offset: shared, structure: "kprobe.list", limit: Self.limit)
          for other in entries(walk) { add(other, sharing: entry) }
        }
      }
    }
    return found
  }
}
