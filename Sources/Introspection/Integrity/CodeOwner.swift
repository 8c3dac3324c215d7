public import Domain

/// To whom an address of the kernel's half belongs, as far as code goes.
public struct CodeOwner: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    /// Code of the kernel image.
    case kernel
    /// Code that ran during boot and was freed afterwards (__init).
    case initial = "init"
    /// The image, outside of its code.
    case data
    /// Text or data of a module that the kernel lists.
    case module
    /// A BPF program, dispatcher or trampoline that the kernel lists (bpf_kallsyms).
    case bpf
    /// Code that the kernel made or copied itself: a trampoline of ftrace, slots of kprobes, the start of other processors.
    case generated
    /// Nobody that is listed: allocated memory, a hidden module, nothing at all.
    case none
  }

  public let kind: Kind
  /// Symbol of the image, module or program; empty where there is none.
  public let name: String
  /// How far behind the symbol, or behind the start of what is named, the address lies; bytes.
  public let distance: UInt64

  public init(_ kind: Kind, name: String = "", distance: UInt64 = 0) {
    self.kind = kind
    self.name = name
    self.distance = distance
  }

  /// kind, and where there is one, name and distance.
  public var factValue: FactValue {
    var members: [FactValue.Member] = [.init("kind", .string(kind.rawValue))]
    if !name.isEmpty { members += [.init("name", .string(name)), .init("distance", .int(Int64(clamping: distance)))] }
    return .object(members)
  }
}

/// Where code of a guest's kernel lies, and to whom it belongs.
///
/// Modules, BPF programs and trampolines are those that the kernel lists: what a rootkit took out of its list has no owner here.
struct CodeMap: Sendable {
  let guest: Guest
  /// From `_stext` up to `_etext`.
  let text: Range<UInt64>
  /// From `__init_begin` up to `__init_end`: freed after boot.
  let initial: Range<UInt64>
  /// The code that processors enter by interrupt and system call; empty where the kernel has no such symbols.
  let entry: Range<UInt64>
  let modules: [(range: Range<UInt64>, name: String)]
  let modulePlaces: AddressRanges
  /// Code of modules, without their data.
  let moduleTexts: AddressRanges
  /// Areas that the kernel filled with code at run time, with the kind of their owner.
  let generated: [(range: Range<UInt64>, owner: CodeOwner.Kind, name: String)]
  let generatedPlaces: AddressRanges
  /// Pages of thunks that were looked at.
  let thunks = ThunkPages()
  let inconsistencies: [Inconsistency]

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    func range(_ first: String, _ last: String) -> Range<UInt64> {
      guard let start = guest.symbol(first), let end = guest.symbol(last), start < end, guest.kernel.image.contains(start),
        end <= guest.kernel.image.upperBound
      else { return 0..<0 }
      return start..<end
    }
    let text = range("_stext", "_etext")
    guard !text.isEmpty else { throw .missing(path: guest.memory.path, what: "the symbols _stext and _etext") }
    self.text = text
    initial = range("__init_begin", "__init_end")
    entry = range("__entry_text_start", "__entry_text_end")
    modules = guest.moduleRanges()
    modulePlaces = AddressRanges(modules.map(\.range))
    moduleTexts = AddressRanges(guest.moduleTexts())
    var found = GeneratedCode(guest)
    found.collect()
    generated = found.areas
    generatedPlaces = AddressRanges(generated.map(\.range))
    inconsistencies = found.inconsistencies
  }

  func owner(of address: UInt64) -> CodeOwner {
    if guest.kernel.image.contains(address) {
      guard let near = guest.kernel.symbols.nearest(address) else { return CodeOwner(.data) }
      return CodeOwner(kind(of: address), name: near.symbol.name, distance: near.distance)
    }
    if let module = modulePlaces.index(of: address).map({ modules[$0] }) {
      return CodeOwner(.module, name: module.name, distance: address - module.range.lowerBound)
    }
    if let area = generatedPlaces.index(of: address).map({ generated[$0] }) {
      return CodeOwner(area.owner, name: area.name, distance: address - area.range.lowerBound)
    }
    return thunk(at: address) != nil ? CodeOwner(.generated, name: "its_page", distance: address & 4095) : CodeOwner(.none)
  }

  /// The same without a name, which takes far longer.
  func kind(of address: UInt64) -> CodeOwner.Kind {
    if guest.kernel.image.contains(address) { return text.contains(address) ? .kernel : initial.contains(address) ? .initial : .data }
    if modulePlaces.contains(address) { return .module }
    if let area = generatedPlaces.index(of: address) { return generated[area].owner }
    return thunk(at: address) != nil ? .generated : .none
  }

  /// An address and its owner.
  func fact(_ address: UInt64) -> FactValue { ["address": addressValue(address), "owner": owner(of: address).factValue] }
}

/// Areas that the kernel filled with code at run time, by its own lists of them.
private struct GeneratedCode {
  let guest: Guest
  var areas: [(range: Range<UInt64>, owner: CodeOwner.Kind, name: String)] = []
  var inconsistencies: [Inconsistency] = []
  private static let limit = 1 << 14

  init(_ guest: Guest) { self.guest = guest }

  private mutating func add(_ start: UInt64?, _ count: UInt64, _ owner: CodeOwner.Kind, _ name: String) {
    guard let start, start >= 1 << 63, count > 0, count <= 64 << 20, start <= .max - count else { return }
    areas.append((start..<start + count, owner, name))
  }

  private mutating func entries(_ walk: Walk) -> [UInt64] {
    if let fault = walk.inconsistency { inconsistencies.append(fault) }
    return walk.entries
  }

  mutating func collect() {
    programs()
    packs()
    if guest.symbol("pack_list") == nil {
      for area in UnnamedPrograms(guest)?.areas() ?? [] { add(area.start, area.count, .bpf, "bpf_prog") }
    }
    trampolines()
    slots("kprobe_insn_slots")
    slots("kprobe_optinsn_slots")
    realMode()
  }

  /// Code in low memory by which other processors start, executable in the direct map (arch/x86/realmode/init.c).
  private mutating func realMode() {
    guard let header = guest.symbol("real_mode_header").flatMap({ guest.pointer($0) }),
      let first = guest.kernel.offset("real_mode_header", "text_start"),
      let last = guest.kernel.offset("real_mode_header", "ro_end"), let start = guest.u32(header &+ first),
      let end = guest.u32(header &+ last),
      start < end, end <= 1 << 20
    else { return }
    add(guest.kernel.directMap &+ UInt64(start), UInt64(end - start), .generated, "real_mode_header")
  }

  /// bpf_kallsyms links every program, trampoline and dispatcher that runs (kernel/bpf/core.c).
  private mutating func programs() {
    guard let head = guest.symbol("bpf_kallsyms"), let link = guest.kernel.offset("bpf_ksym", "lnode"),
      let first = guest.kernel.offset("bpf_ksym", "start"), let last = guest.kernel.offset("bpf_ksym", "end"),
      let name = guest.kernel.offset("bpf_ksym", "name")
    else { return }
    for symbol in entries(guest.list(head: head, offset: link, structure: "bpf_kallsyms", limit: Self.limit)) {
      guard let start = guest.u64(symbol &+ first), let end = guest.u64(symbol &+ last), end > start else { continue }
      add(start, end - start, .bpf, guest.string(symbol &+ name, limit: 128) ?? "")
    }
  }

  /// Programs share large pages, which are executable to their end.
  private mutating func packs() {
    guard let shared = ProgramPacks(guest) else { return }
    if let fault = shared.fault { inconsistencies.append(fault) }
    for pack in shared.packs { add(pack.code.lowerBound, UInt64(pack.code.count), .bpf, "bpf_prog_pack") }
  }

  private mutating func trampolines() {
    guard let head = guest.symbol("ftrace_ops_trampoline_list"), let link = guest.kernel.offset("ftrace_ops", "list"),
      let start = guest.kernel.offset("ftrace_ops", "trampoline"), let size = guest.kernel.offset("ftrace_ops", "trampoline_size")
    else { return }
    for entry in entries(guest.list(head: head, offset: link, structure: "ftrace_ops_trampoline_list", limit: Self.limit)) {
      add(guest.pointer(entry &+ start), guest.u64(entry &+ size) ?? 0, .generated, "ftrace_trampoline")
    }
  }

  /// Pages with copies of probed instructions (struct kprobe_insn_cache).
  private mutating func slots(_ symbol: String) {
    guard let cache = guest.symbol(symbol), let pages = guest.kernel.offset("kprobe_insn_cache", "pages"),
      let link = guest.kernel.offset("kprobe_insn_page", "list"), let code = guest.kernel.offset("kprobe_insn_page", "insns")
    else { return }
    for page in entries(guest.list(head: cache &+ pages, offset: link, structure: symbol, limit: Self.limit)) {
      add(guest.pointer(page &+ code), 4096, .generated, symbol)
    }
  }
}
