/// Finds every patch site of a guest's kernel.
struct PatchSiteSearch {
  let guest: Guest
  let text: Range<UInt64>
  private(set) var sites: [UInt64: PatchSite] = [:]
  private(set) var inconsistencies: [Inconsistency] = []
  /// Bytes of the code from `text.lowerBound` on.
  private let bytes: [UInt8]

  private static let pageLimit = 1 << 16

  init(_ guest: Guest, text: Range<UInt64>, bytes: [UInt8]) {
    self.guest = guest
    self.text = text
    self.bytes = bytes
  }

  private mutating func add(
    _ kind: PatchSite.Kind, _ address: UInt64, _ length: Int, target: UInt64 = 0, original: UInt8 = 0, rest: [UInt8] = [],
    isOn: Bool? = nil, key: UInt64 = 0
  ) {
    guard text.contains(address), text.upperBound - address >= UInt64(length), sites.count < PatchTable.limit else { return }
    // A probe knows what stood there before; of the others any will do. One at the start of a function works by the tracer's call.
    if let known = sites[address], kind != .probe || (known.kind == .functionEntry && byte(address) != 0xCC) { return }
    sites[address] = PatchSite(
      kind: kind, address: address, length: length, target: target, original: original, rest: rest, isOn: isOn, key: key)
  }

  private mutating func table(_ start: String, _ stop: String) -> (bytes: [UInt8], address: UInt64)? {
    guard let first = guest.symbol(start), let last = guest.symbol(stop), first < last, last - first <= 64 << 20 else { return nil }
    guard let bytes = guest.bytes(first, count: Int(last - first)) else {
      inconsistencies.append(Inconsistency(structure: start, address: first, reason: "the table is not mapped"))
      return nil
    }
    return (bytes, first)
  }

  mutating func run(_ probes: [IntegrityReader.Probe]) {
    functionEntries()
    if let table = table("__start_static_call_sites", "__stop_static_call_sites") {
      for call in PatchTable.staticCalls(table.bytes, at: table.address) {
        // A conditional jump has six bytes, and its first is never rewritten.
        let isConditional = byte(call.code) == 0x0F && byte(call.code &+ 1).map { $0 & 0xF0 == 0x80 } ?? false
        add(.staticCall, call.code, isConditional ? 6 : 5, key: call.key)
      }
    }
    trampolines()
    if let table = table("__start___jump_table", "__stop___jump_table") {
      for label in PatchTable.jumpLabels(table.bytes, at: table.address) {
        guard text.contains(label.code) else { continue }
        let length = PatchTable.jumpLength(byte(label.code), byte(label.code &+ 1), distance: label.target &- label.code)
        add(.jumpLabel, label.code, length, target: label.target, isOn: Self.isOn(label.key, guest))
      }
    }
    // The tracer's own calls lead to whoever asked for them last (ftrace_update_ftrace_func, arch/x86/kernel/ftrace.c).
    for name in ["ftrace_call", "ftrace_regs_call", "ftrace_graph_call"] {
      if let address = guest.symbol(name) { add(.tracer, address, 5) }
    }
    for name in ["bpf_dispatcher_xdp_func"] {
      if let address = guest.symbol(name) { add(.dispatcher, hasLandingPad(address) ? address &+ 4 : address, 5) }
    }
    for probe in probes where !(probe.isOff && byte(probe.place) == probe.original) {
      add(
        .probe, probe.place, byte(probe.place) == 0xE9 ? 5 : 1, original: probe.original,
        rest: byte(probe.place) == 0xE9 ? probe.rest : [])
    }
  }

  /// Whether a jump label is a jump: where its key counts more than nobody who wants it on, and the other way round where the lowest bit of
  /// the pointer to the key says so (jump_label_type, kernel/jump_label.c).
  static func isOn(_ key: UInt64, _ guest: Guest) -> Bool? {
    guest.i32(key & ~3).map { ($0 > 0) != (key & 1 == 1) }
  }

  func byte(_ address: UInt64) -> UInt8? {
    let offset = address &- text.lowerBound
    return offset < UInt64(bytes.count) ? bytes[Int(offset)] : nil
  }

  /// ENDBR64.
  private func hasLandingPad(_ address: UInt64) -> Bool {
    zip([0xF3, 0x0F, 0x1E, 0xFA] as [UInt8], UInt64(0)...).allSatisfy { byte(address &+ $1) == $0 }
  }

  private mutating func functionEntries() {
    let entries = Self.functionEntries(guest) { inconsistencies.append($0) }
    for address in entries[Self.indices(of: text, in: entries)] { add(.functionEntry, address, 5) }
  }

  /// ftrace_pages_start: pages of records, each with the address of a function's call to the tracer, in the kernel or in a module
  /// (kernel/trace/ftrace.c). Ascending.
  static func functionEntries(_ guest: Guest, _ note: (Inconsistency) -> Void = { _ in }) -> [UInt64] {
    guard let head = guest.symbol("ftrace_pages_start"), let next = guest.kernel.offset("ftrace_page", "next"),
      let records = guest.kernel.offset("ftrace_page", "records"), let used = guest.kernel.offset("ftrace_page", "index"),
      let size = guest.kernel.size("dyn_ftrace"), (8...64).contains(size)
    else { return [] }
    var met: Set<UInt64> = []
    var found: [UInt64] = []
    var place = guest.pointer(head)
    while let page = place {
      guard met.insert(page).inserted, met.count <= Self.pageLimit, found.count <= PatchTable.limit,
        let count = guest.u32(page &+ used), count <= 1 << 18
      else {
        note(Inconsistency(structure: "ftrace_pages_start", address: page, reason: "the pages have no end or lie of their length"))
        break
      }
      // Pages may share their records, and some of these may not be mapped.
      guard guest.spend(1 + Int(count) / 16, on: "ftrace_pages_start", at: page) else { break }
      if count > 0, let start = guest.pointer(page &+ records), let bytes = guest.bytes(start, count: Int(count) * Int(size)) {
        found += PatchTable.functionEntries(bytes, size: Int(size))
      }
      place = guest.pointer(page &+ next)
    }
    return found.sorted()
  }

  /// Places in an ascending list of the addresses in a range.
  static func indices(of range: Range<UInt64>, in addresses: [UInt64]) -> Range<Int> {
    func first(_ address: UInt64) -> Int {
      var low = 0
      var high = addresses.count
      while low < high {
        let middle = (low + high) / 2
        if addresses[middle] < address { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let start = first(range.lowerBound)
    return start..<max(start, first(range.upperBound))
  }

  /// Eight bytes each, on four: a jump or return, then ud1 %esp,%ecx (arch/x86/include/asm/static_call.h).
  private mutating func trampolines() {
    guard let start = guest.symbol("__static_call_text_start"), let end = guest.symbol("__static_call_text_end"), start < end,
      end - start <= 16 << 20, text.contains(start), end <= text.upperBound
    else { return }
    var address = (start + 3) & ~3
    while address + 8 <= end {
      let isMarked = byte(address + 5) == 0x0F && byte(address + 6) == 0xB9 && byte(address + 7) == 0xCC
      // Those of 5.10 have no mark.
      let isTrampoline = isMarked || guest.kernel.symbols.names(at: address).contains { $0.hasPrefix("__SCT__") }
      if isTrampoline { add(.staticCallTrampoline, address, 5, key: key(ofTrampoline: address) ?? 0) }
      address += isTrampoline ? 8 : 4
    }
  }

  /// The key that a trampoline belongs to, by their names (include/linux/static_call_types.h).
  private func key(ofTrampoline address: UInt64) -> UInt64? {
    let name = guest.kernel.symbols.names(at: address).first { $0.hasPrefix("__SCT__") }
    return name.flatMap { guest.symbol("__SCK__" + $0.dropFirst(7)) }
  }
}
