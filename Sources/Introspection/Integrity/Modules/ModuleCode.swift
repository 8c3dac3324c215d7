internal import Crypto
internal import Domain

/// The code of each listed module: a hash of each page without what the kernel itself rewrites, what stands where it does, and functions
/// that begin with a way out of it.
extension IntegrityReader {
  private static let pageSize = 4096
  private static let moduleLimit = 4096
  /// Places that do not fit told at most, of all modules together.
  private static let reportLimit = 256

  mutating func moduleCode() -> IntegrityFacts.State {
    guard let view = try? ModuleView(guest), let head = guest.symbol("modules"), let link = guest.kernel.offset("module", "list") else {
      return .absent("the kernel was built without modules")
    }
    let walk = guest.list(head: head, offset: link, structure: "modules", limit: Self.moduleLimit)
    if let fault = walk.inconsistency { note(fault) }
    let entries = PatchSiteSearch.functionEntries(guest)
    let probes = allProbes() ?? []
    var rows: [FactValue] = []
    var unjudged: Set<String> = []
    var left = Self.reportLimit
    for address in walk.entries {
      // One that is being loaded is written to; its code is judged when it runs.
      guard view.state(address) == .live else { continue }
      let name = guest.string(address &+ (guest.kernel.offset("module", "name") ?? 0), limit: 56) ?? ""
      guard let text = code(of: address) else {
        if !hasNoCode(address) {
          note(Inconsistency(structure: "module.\(name)", address: address, reason: "the module's code has a length that no code has"))
        }
        continue
      }
      // Modules that say that they share large code cost as much as if each had its own.
      guard guest.spend(Int(text.upperBound - text.lowerBound) / 64, on: "module.\(name)", at: text.lowerBound) else { break }
      guard let bytes = guest.bytes(text.lowerBound, count: Int(text.upperBound - text.lowerBound)) else {
        note(Inconsistency(structure: "module.\(name)", address: text.lowerBound, reason: "the module's code is not mapped"))
        continue
      }
      let row = row(address, name, text, bytes, sites(of: address, text, bytes, entries, probes), limit: left)
      // Where the steps ended meanwhile, some of its places are missing.
      if guest.isExhausted { break }
      left -= row.odd
      for kind in row.unjudged where unjudged.count < Self.reportLimit { unjudged.insert("\(name): \(kind)") }
      rows.append(row.value)
    }
    let patched = rows.flatMap { $0["patched"]?.elements ?? [] }
    return .present([
      "modules": .array(rows), "slide": addressValue(guest.kernel.slide), "passing": .array(passing(patched)),
      "unjudged": .array(unjudged.sorted().map(FactValue.string)),
    ])
  }

  /// Where a module's code lies: `core_layout` with `text_size` up to 6.3, then the first of `mem[]`.
  func code(of module: UInt64) -> Range<UInt64>? {
    guard let place = codePlace, let start = guest.pointer(module &+ place.base), let count = guest.u32(module &+ place.size), count > 0,
      UInt64(count) <= Guest.moduleCodeLimit, start <= .max - UInt64(count)
    else { return nil }
    return start..<start + UInt64(count)
  }

  /// Whether a module says that it has no code: its pages are GST-051 then.
  private func hasNoCode(_ module: UInt64) -> Bool { codePlace.map { guest.u32(module &+ $0.size) == 0 } ?? true }

  /// Members that say where code lies and how long it is.
  private var codePlace: (base: UInt64, size: UInt64)? {
    let kernel = guest.kernel
    if let areas = kernel.offset("module", "mem"), let base = kernel.offset("module_memory", "base"),
      let size = kernel.offset("module_memory", "size")
    {
      return (areas &+ base, areas &+ size)
    }
    guard let base = kernel.offset("module", "core_layout.base"), let size = kernel.offset("module", "core_layout.text_size") else {
      return nil
    }
    return (base, size)
  }

  /// The places in a module's code that the kernel rewrites, by the tables that came with it.
  private func sites(
    of module: UInt64, _ text: Range<UInt64>, _ bytes: [UInt8], _ entries: [UInt64], _ probes: [Probe]
  ) -> [UInt64: PatchSite] {
    let kernel = guest.kernel
    func byte(_ address: UInt64) -> UInt8? {
      let offset = address &- text.lowerBound
      return offset < UInt64(bytes.count) ? bytes[Int(offset)] : nil
    }
    var sites: [UInt64: PatchSite] = [:]
    func add(
      _ kind: PatchSite.Kind, _ address: UInt64, _ length: Int, target: UInt64 = 0, original: UInt8 = 0, rest: [UInt8] = [],
      isOn: Bool? = nil, key: UInt64 = 0
    ) {
      guard text.contains(address), text.upperBound - address >= UInt64(length) else { return }
      // A probe knows what stood there before; of the others any will do. One at the start of a function works by the tracer's call.
      if let known = sites[address], kind != .probe || (known.kind == .functionEntry && byte(address) != 0xCC) { return }
      sites[address] = PatchSite(
        kind: kind, address: address, length: length, target: target, original: original, rest: rest, isOn: isOn, key: key)
    }
    func table(_ pointer: String, _ count: String, _ size: Int) -> (bytes: [UInt8], address: UInt64)? {
      guard let place = kernel.offset("module", pointer), let number = kernel.offset("module", count),
        let start = guest.pointer(module &+ place), let rows = guest.u32(module &+ number), rows > 0, rows <= 1 << 16
      else { return nil }
      guard guest.spend(Int(rows), on: "module.\(pointer)", at: start) else { return nil }
      return guest.bytes(start, count: Int(rows) * size).map { ($0, start) }
    }
    for address in entries[PatchSiteSearch.indices(of: text, in: entries)] { add(.functionEntry, address, 5) }
    if let table = table("static_call_sites", "num_static_call_sites", 8) {
      for call in PatchTable.staticCalls(table.bytes, at: table.address) {
        let isConditional = byte(call.code) == 0x0F && byte(call.code &+ 1).map { $0 & 0xF0 == 0x80 } ?? false
        add(.staticCall, call.code, isConditional ? 6 : 5, key: call.key)
      }
    }
    for place in stride(from: 0, to: max(0, bytes.count - 8), by: 4)
    where bytes[place + 5] == 0x0F && bytes[place + 6] == 0xB9 && bytes[place + 7] == 0xCC {
      add(.staticCallTrampoline, text.lowerBound + UInt64(place), 5)
    }
    if let table = table("jump_entries", "num_jump_entries", 16) {
      for label in PatchTable.jumpLabels(table.bytes, at: table.address) {
        let length = PatchTable.jumpLength(byte(label.code), byte(label.code &+ 1), distance: label.target &- label.code)
        let isOn = PatchSiteSearch.isOn(label.key, guest)
        add(.jumpLabel, label.code, length, target: label.target, isOn: isOn)
      }
    }
    for probe in probes where !(probe.isOff && byte(probe.place) == probe.original) {
      add(
        .probe, probe.place, byte(probe.place) == 0xE9 ? 5 : 1, original: probe.original,
        rest: byte(probe.place) == 0xE9 ? probe.rest : [])
    }
    return sites
  }

  private func row(
    _ module: UInt64, _ name: String, _ text: Range<UInt64>, _ bytes: [UInt8], _ sites: [UInt64: PatchSite], limit: Int
  ) -> (value: FactValue, odd: Int, unjudged: [String]) {
    let inspected = inspect(bytes, text, sites)
    let pages = stride(from: 0, to: bytes.count, by: Self.pageSize).map { place -> FactValue in
      let page = inspected.masked[place..<min(place + Self.pageSize, bytes.count)]
      return .string(Array(SHA256.hash(data: page)).prefix(16).hexadecimal)
    }
    let functions = functions(of: module, text)
    // However many say that they are as long as the module, each byte is read once.
    let known = disjoint(functions)
    let entries = sites.values.lazy.filter { $0.kind == .functionEntry }.map(\.address)
    let others = Set(functions.map(\.start) + entries).subtracting(known.map(\.start))
    let starts = known.map { (start: $0.start, end: $0.end) } + others.sorted().map { (start: $0, end: $0) }
    // What counts calls is padding for all who look at functions.
    let plain = CallThunks(guest)?.taken(from: bytes, from: text.lowerBound, functions: known.lazy.map(\.start)) ?? bytes
    let begins = FunctionStarts(code, plain, text, sites)
    let redirected = begins.redirected(starts)
    let returning = begins.returning(starts)
    let swept = swept(module, text, plain, sites, functions, redirected + returning, limit: limit)
    var members: [FactValue.Member] = [
      .init("name", .string(name)), .init("module", addressValue(module)), .init("base", addressValue(text.lowerBound)),
      .init("size", .int(Int64(bytes.count))), .init("pageSize", .int(Int64(Self.pageSize))), .init("pages", .array(pages)),
      .init("places", .array(places(of: module).map(addressValue))),
      .init("patched", .array(inspected.patched)), .init("redirected", .array(redirected)), .init("returning", .array(returning)),
      .init("odd", .array(swept.odd)),
    ]
    if let exit = guest.kernel.offset("module", "exit").flatMap({ guest.pointer(module &+ $0) }) {
      members.append(.init("exit", code.fact(exit)))
    } else if guest.kernel.offset("module", "exit") != nil {
      members.append(.init("exitTaken", .bool(hasExit(module))))
    }
    return (.object(members), swept.odd.count, swept.unjudged)
  }

  /// Addresses that its code holds because of where it was loaded: of its own parts, of its variables for each processor, and of the modules that it
  /// uses. Another load may have the same code and others of these.
  private func places(of module: UInt64) -> [UInt64] {
    let kernel = guest.kernel
    var found = areas(of: module)
    if let own = kernel.offset("module", "percpu") { found.append(guest.u64(module &+ own) ?? 0) }
    return found + used(by: module).flatMap { areas(of: $0) }.sorted()
  }

  /// Modules whose symbols a module uses.
  func used(by module: UInt64) -> [UInt64] {
    let kernel = guest.kernel
    guard let uses = kernel.offset("module", "target_list"), let link = kernel.offset("module_use", "target_list"),
      let target = kernel.offset("module_use", "target")
    else { return [] }
    let walk = guest.list(head: module &+ uses, offset: link, structure: "module.target_list", limit: Self.moduleLimit)
    return walk.entries.compactMap { guest.pointer($0 &+ target) }
  }

  /// Bases of a module's parts.
  private func areas(of module: UInt64) -> [UInt64] {
    let kernel = guest.kernel
    if let areas = kernel.offset("module", "mem"), let step = kernel.size("module_memory"),
      let base = kernel.offset("module_memory", "base")
    {
      // MOD_TEXT, MOD_DATA, MOD_RODATA, MOD_RO_AFTER_INIT; others are given back after the start (enum mod_mem_type).
      return (0..<UInt64(4)).map { guest.u64(module &+ areas &+ $0 &* step &+ base) ?? 0 }
    }
    return kernel.offset("module", "core_layout.base").map { [guest.u64(module &+ $0) ?? 0] } ?? []
  }

  /// Whether a module that says that no function ends it has one, as modpost names it.
  private func hasExit(_ module: UInt64) -> Bool {
    guard let (symbols, bytes) = symbols(of: module), guest.spend(bytes.count / 384, on: "mod_kallsyms", at: symbols),
      let texts = guest.kernel.offset("mod_kallsyms", "strtab").flatMap({ guest.pointer(symbols &+ $0) })
    else { return false }
    return stride(from: 0, to: bytes.count, by: 24).contains { place in
      bytes[place + 4] & 15 == 2 && guest.string(texts &+ PatchTable.word(bytes, place, 4), limit: 16) == "cleanup_module"
    }
  }

  /// A module's struct mod_kallsyms, and its table of Elf64_Sym.
  private func symbols(of module: UInt64) -> (address: UInt64, bytes: [UInt8])? {
    guard let own = guest.kernel.offset("module", "kallsyms"), let table = guest.kernel.offset("mod_kallsyms", "symtab"),
      let number = guest.kernel.offset("mod_kallsyms", "num_symtab"), let symbols = guest.pointer(module &+ own),
      let start = guest.pointer(symbols &+ table), let count = guest.u32(symbols &+ number), count <= 1 << 16,
      guest.spend(Int(count), on: "mod_kallsyms", at: start), let bytes = guest.bytes(start, count: Int(count) * 24)
    else { return nil }
    return (symbols, bytes)
  }

  /// A module's functions by its own symbols (struct mod_kallsyms): STT_FUNC of Elf64_Sym.
  private func functions(of module: UInt64, _ text: Range<UInt64>) -> [ModuleFunction] {
    guard let (_, bytes) = symbols(of: module) else { return [] }
    return stride(from: 0, to: bytes.count, by: 24).compactMap { place -> ModuleFunction? in
      guard bytes[place + 4] & 15 == 2 else { return nil }
      let value = PatchTable.word(bytes, place + 8, 8)
      let size = PatchTable.word(bytes, place + 16, 8)
      guard text.contains(value), size <= text.upperBound - value else { return nil }
      return ModuleFunction(start: value, end: value + size, name: UInt32(truncatingIfNeeded: PatchTable.word(bytes, place, 4)))
    }
  }
}
