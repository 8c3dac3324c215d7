public import Domain

/// What was read of a guest to judge its integrity: facts only, each with what it cannot see (`ringwall.guest.facts/1`).
///
/// Everything but the processors' registers comes from the guest's memory, which the guest can arrange: a structure that agrees with itself
/// proves no more than that nobody was careless.
public struct IntegrityFacts: Sendable, Hashable {
  public static let schema = "ringwall.guest.facts/1"

  /// One structure of the guest's kernel, or several that are held against each other.
  public enum Name: String, Sendable, Hashable, CaseIterable {
    case kernel, systemCalls, interrupts, processors, text, readOnly, kernelFile, moduleCode, tracing, probes, securityHooks, operations
    case callbacks, executable, processes, modules, programs, views, settings
  }

  public enum State: Sendable, Hashable {
    case present(FactValue)
    /// This kernel was built without it.
    case absent(String)
    /// It contradicts itself or is not mapped, so that nothing can be told of it.
    case unreadable(String)
    /// It cannot be had from what was given, or was not asked for.
    case notCollected(String)
  }

  /// In the order of `Name`.
  public let facts: [Name: State]
  /// Contradictions in the structures that were read.
  public let inconsistencies: [Inconsistency]

  public init(facts: [Name: State], inconsistencies: [Inconsistency]) {
    self.facts = facts
    self.inconsistencies = inconsistencies
  }

  /// Addresses of the tasks that a structure lacks, or that say something else of themselves than a structure has; nil where processes were not read.
  public var suspects: Set<UInt64>? {
    guard case .present(let value) = facts[.processes] else { return nil }
    let rows = ["hidden", "hiddenThreads", "renumbered", "misplaced", "ungrouped", "overused"].flatMap { value[$0]?.elements ?? [] }
    return Set(rows.compactMap { $0["task"]?.text }.compactMap { UInt64($0.dropFirst(2), radix: 16) })
  }

  /// These, and of those that were not read what others tell by the names given.
  public func completed(by others: IntegrityFacts, _ names: Set<Name>) -> IntegrityFacts {
    let more = others.facts.filter { names.contains($0.key) }
    return IntegrityFacts(facts: facts.merging(more) { own, _ in own }, inconsistencies: inconsistencies)
  }

  /// The document: schema, target, facts by name, inconsistencies.
  ///
  /// - Parameters:
  ///   - target: as the user named the guest.
  ///   - collected: when and by what, as facts of other kinds have it; null where it is of no interest.
  public func document(target: String, collected: FactValue = .null) -> FactValue {
    let members = Name.allCases.compactMap { name in facts[name].map { FactValue.Member(name.rawValue, Self.value($0, name)) } }
    return [
      "schema": .string(Self.schema), "target": .string(target), "collected": collected, "facts": .object(members),
      "inconsistencies": .array(inconsistencies.map(\.factValue)),
    ]
  }

  private static func value(_ state: State, _ name: Name) -> FactValue {
    var members: [FactValue.Member]
    switch state {
    case .present(let value): members = [.init("state", "present"), .init("value", value)]
    case .absent(let why): members = [.init("state", "absent"), .init("why", .string(why))]
    case .unreadable(let why): members = [.init("state", "unreadable"), .init("why", .string(why))]
    case .notCollected(let why): members = [.init("state", "notCollected"), .init("why", .string(why))]
    }
    members += [.init("source", .string(name.source)), .init("unseen", .string(name.unseen))]
    return .object(members)
  }
}

extension IntegrityFacts.Name {
  /// Structures that are read, as the kernel's sources name them.
  public var source: String {
    switch self {
    case .kernel: "VMCOREINFO, kallsyms, BTF, linux_banner, init_uts_ns, init_task"
    case .systemCalls: "sys_call_table, ia32_sys_call_table, x32_sys_call_table"
    case .interrupts: "IDTR, GDTR and TR of each processor, else idt_table and idt_descr; gdt_page, cpu_tss_rw"
    case .processors: "QMP: info registers, xen-save-devices-state; the notes QEMU of an ELF core"
    case .text: "_stext to _etext, __jump_table, .static_call_sites, ftrace_pages_start, kprobe_table"
    case .readOnly: "__start_rodata to __end_rodata"
    case .kernelFile: "_stext to _etext, __start_rodata, and .text and .rodata of the kernel's own file"
    case .moduleCode: "modules, with their jump_entries, static_call_sites, orc_unwind and kallsyms, ftrace_pages_start, kprobe_table"
    case .tracing: "ftrace_ops_list, ftrace_ops_trampoline_list, ftrace_trace_function, optimized_kprobe.optinsn"
    case .probes: "kprobe_table"
    case .securityHooks: "security_hook_heads, static_calls_table, lsm_names, arrays of hooks"
    case .operations: "tables of operations among the kernel's symbols, super_blocks, proc_root, init_net.proc_net"
    case .callbacks:
      "notifier chains, net.nf, ptype_base, inet_protos, formats, tty_ldiscs, sysctl_table_root, timer_bases, worker_pool_idr, tracepoints, irq_desc, softirq_vec, pv_ops"
    case .executable: "init_top_pgt, mm_struct.pgd, mm_mt and context.vdso of each process, vdso_image_64"
    case .processes: "init_task.tasks, init_pid_ns.idr, task_struct.children, css_set_table, task_struct_cachep, cred, mm_struct"
    case .modules: "modules, module_kset, mod_tree, module_bug_list, tainted_mask"
    case .programs: "prog_idr"
    case .views:
      "prog_idr, map_idr, link_idr, bpf_tree; tcp_hashinfo, udp_table, net.unx, nl_table, net.packet; mnt_namespace, s_mounts; descriptors"
    case .settings: "modprobe_path, core_pattern and other variables by name, selinux_state, cr4_pinned_bits, cpu_tlbstate"
    }
  }

  /// What the fact cannot show, one sentence.
  public var unseen: String {
    switch self {
    case .kernel: "A kernel whose every part was forged to agree, on page tables that no processor runs on, where no registers are known."
    case .systemCalls:
      "Code that a correct entry leads to; kernels since 6.9, and 6.1 since 6.1.85, call through x64_sys_call and use the table for tracing only."
    case .interrupts: "Code behind a correct gate; a table in use by a processor whose registers are not known."
    case .processors: "Registers between two readings; debug registers."
    case .text:
      "A change that was there when the baseline was taken; bytes of sites that the kernel itself patches are held to what may stand there; text of modules."
    case .readOnly: "A change that was there when the baseline was taken; data that the kernel writes while it runs."
    case .kernelFile:
      "One of several things that boot or the kernel itself writes at a place that it patches; a file, or an image in memory, that was changed too; text of modules."
    case .moduleCode:
      "A change that was there when the baseline was taken; code that a module gave back after its start; data of modules."
    case .tracing: "What a correct callback does with the functions that it is called for."
    case .probes: "A hook by hardware breakpoint, and one that writes into the code without a kprobe."
    case .securityHooks: "Code behind a correct hook; BPF programs of type LSM are listed among BPF programs."
    case .operations:
      "Tables in allocated memory that no super block and no entry of /proc leads to; tables of modules that nothing leads to."
    case .callbacks:
      "Code behind a correct handler, a handler of the kernel's that took the place of another, and lists that are not read: devices' own."
    case .executable: "What lies behind an address that only a process's own half of its page tables has."
    case .processes:
      "Credentials that were changed in all of their parts as the kernel itself would; a process whose task_struct was copied to other memory."
    case .modules: "A module that was taken out of all four structures and whose memory is not executable."
    case .programs: "What a program does that neither writes to processes nor overrides functions."
    case .views: "What is in none of the structures that are compared, as a program that nothing runs and that no process holds."
    case .settings: "Which of the values an administrator chose; settings of namespaces."
    }
  }
}

extension Guest {
  /// Collects what integrity is judged by.
  ///
  /// - Parameters:
  ///   - names: what is asked for; anything else is left out.
  ///   - processors: registers of a running guest; nil for a saved one, whose image may hold some.
  ///   - file: the kernel's own ELF file, where somebody has it.
  /// - Throws: `missing` for a kernel whose code cannot be told from its data.
  public func integrity(
    _ names: Set<IntegrityFacts.Name> = Set(IntegrityFacts.Name.allCases), processors: ProcessorState? = nil, file: KernelFile? = nil
  )
    throws(IntrospectionError) -> IntegrityFacts
  {
    let guest = bounded()
    var reader = IntegrityReader(guest: guest, code: try CodeMap(guest), processors: processors ?? registers, file: file)
    reader.inconsistencies = reader.code.inconsistencies
    var facts: [IntegrityFacts.Name: IntegrityFacts.State] = [:]
    for name in IntegrityFacts.Name.allCases where names.contains(name) {
      // Without steps left it would have no owners.
      if guest.isRunning, let now = try? CodeMap(guest), !guest.isExhausted { reader.code = now }
      do throws(IntrospectionError) { facts[name] = try reader.read(name) } catch { facts[name] = .unreadable(error.description) }
    }
    return IntegrityFacts(facts: facts, inconsistencies: guest.told(reader.inconsistencies))
  }
}

/// Reads one guest for the facts of integrity. The parts stand in extensions, one for each fact.
struct IntegrityReader {
  let guest: Guest
  /// Read anew for each fact of a running guest: an owner is of the moment in which it is asked for.
  var code: CodeMap
  let processors: ProcessorState?
  let file: KernelFile?
  /// The first of each structure; more of one would be the same news.
  var inconsistencies: [Inconsistency] = []
  /// File systems of an image whose inodes were not looked at.
  var brokenFileSystems: [String] = []

  mutating func read(_ name: IntegrityFacts.Name) throws(IntrospectionError) -> IntegrityFacts.State {
    switch name {
    case .kernel: .present(kernel())
    case .systemCalls: systemCalls()
    case .interrupts: interrupts()
    case .processors: registers()
    case .text: text()
    case .readOnly: readOnly()
    case .kernelFile: kernelFile()
    case .moduleCode: moduleCode()
    case .tracing: tracing()
    case .probes: probes()
    case .securityHooks: securityHooks()
    case .operations: operations()
    case .callbacks: callbacks()
    case .executable: executable()
    case .processes: try tasks()
    case .modules: modules()
    case .programs: programs()
    case .views: try views()
    case .settings: settings()
    }
  }

  mutating func entries(_ walk: Walk) -> [UInt64] {
    if let fault = walk.inconsistency { note(fault) }
    return walk.entries
  }

  mutating func note(_ fault: Inconsistency) {
    if inconsistencies.count < 64, !inconsistencies.contains(where: { $0.structure == fault.structure }) { inconsistencies.append(fault) }
  }

  /// The kernel, and what else looked like one: decoys and what a restart left over.
  private func kernel() -> FactValue {
    let decoys = DecoySearch(guest).run().filter { decoy in !guest.rejected.contains { $0.address == decoy.address } }
    return .object(
      (guest.kernel.factValue.members ?? []) + [.init("rejected", .array((guest.rejected + decoys).prefix(64).map(\.factValue)))])
  }
}
