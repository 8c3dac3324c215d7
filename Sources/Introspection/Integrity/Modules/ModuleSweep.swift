internal import Domain

/// The code of a module, held to how code that a compiler made fits together and to what the unwinder knows of its stack.
extension IntegrityReader {
  /// A function of a module, by its own symbols.
  struct ModuleFunction {
    let start: UInt64
    let end: UInt64
    /// Place of its name among the module's names.
    let name: UInt32
  }

  /// What does not fit in a module's code, without the functions that are told for how they begin, and kinds of which nothing can be said.
  ///
  /// - Parameters:
  ///   - bytes: from `text.lowerBound` on.
  ///   - told: rows that are told otherwise.
  ///   - limit: rows at most.
  func swept(
    _ module: UInt64, _ text: Range<UInt64>, _ bytes: [UInt8], _ sites: [UInt64: PatchSite], _ functions: [ModuleFunction],
    _ told: [FactValue], limit: Int
  ) -> (odd: [FactValue], unjudged: [String]) {
    let functions = disjoint(functions)
    let linked = linked(module)
    let counting = CallThunks(guest)
    let around = TextSweep.Surroundings(code) { target in
      code.text.contains(target) ? isBeginning(target, counting) : linked.contains(target)
    }
    var sweep = TextSweep(around, text)
    let thunks = Set(guest.returnThunks.map { Int(truncatingIfNeeded: $0 &- text.lowerBound) })
    let table = UnwindTable(guest, text, ofModule: module)
    let result = sweep.run(
      bytes, sites, functions.map { ($0.start, $0.end) },
      stack: table.map { StackSweep($0, returnThunks: thunks, isThunk: code.isThunk(from: text)) })
    func function(_ address: UInt64) -> ModuleFunction? {
      var low = 0
      var high = functions.count
      while low < high {
        let middle = (low + high) / 2
        if functions[middle].start <= address { low = middle + 1 } else { high = middle }
      }
      return low > 0 && address < functions[low - 1].end ? functions[low - 1] : nil
    }
    let begins = told.compactMap { $0["at"]?["address"]?.text }.compactMap { UInt64($0.dropFirst(2), radix: 16) }
    let starts = Set(begins.map { function($0)?.start ?? $0 })
    func isTold(_ address: UInt64) -> Bool { function(address).map { starts.contains($0.start) } ?? false }
    let untold = result.oddities.lazy.filter { !isTold(text.lowerBound + UInt64($0.place)) && !isTold($0.target) }
    let rows = untold.prefix(limit).map { oddity -> FactValue in
      let place = text.lowerBound + UInt64(oddity.place)
      var members: [FactValue.Member] = [
        .init("kind", .string(oddity.kind.rawValue)), .init("at", code.fact(place)),
        .init("function", .string(function(place).flatMap { name(of: $0, in: module) } ?? "")),
        .init("bytes", .string(bytes[oddity.place..<min(oddity.place + 16, bytes.count)].hexadecimal)),
      ]
      if oddity.target != 0 { members.append(.init("target", code.fact(oddity.target))) }
      return .object(members)
    }
    var unjudged = result.unjudged.map(\.rawValue)
    // The kernel has a table of its own code, and none of this module's, or one that is not in order.
    if table == nil, guest.symbol("__start_orc_unwind_ip") != nil, sites.values.contains(where: { $0.kind == .functionEntry }) {
      unjudged.append(TextSweep.Kind.stack.rawValue)
    }
    return (Array(rows), unjudged)
  }

  /// Functions in ascending order, of which none reaches into the next one: however many say that they are as long as the module, each byte is
  /// read once.
  func disjoint(_ functions: [ModuleFunction]) -> [ModuleFunction] {
    var found: [ModuleFunction] = []
    for function in functions.sorted(by: { ($0.start, $1.end) < ($1.start, $0.end) }) where function.end > function.start {
      if let last = found.last {
        if last.start == function.start { continue }
        if last.end > function.start {
          found[found.count - 1] = ModuleFunction(start: last.start, end: function.start, name: last.name)
        }
      }
      found.append(function)
    }
    return found
  }

  /// Code of the modules whose symbols a module uses, since its own loader linked it with no others (struct module_use), and pages of thunks that the
  /// kernel made for it (CONFIG_MITIGATION_ITS). A live patch is linked with what it patches (kernel/livepatch/core.c, klp_write_section_relocs).
  private func linked(_ module: UInt64) -> AddressRanges {
    if guest.kernel.offset("module", "klp").flatMap({ guest.u8(module &+ $0) }) == 1 { return code.moduleTexts }
    return AddressRanges(Set(used(by: module)).sorted().compactMap { code(of: $0) } + guest.thunkPages(module))
  }

  /// Whether a function of the kernel begins at an address, with a landing pad before it or with what counts calls (arch/x86/kernel/callthunks.c).
  private func isBeginning(_ address: UInt64, _ counting: CallThunks?) -> Bool {
    let symbols = guest.kernel.symbols
    if symbols.following(address &- 5) == address &- 4 { return true }
    guard let next = symbols.following(address &- 1) else { return false }
    if next == address { return true }
    guard let counting, next - address == UInt64(counting.size) else { return false }
    return guest.bytes(address, count: counting.size) == counting.bytes(at: address)
  }

  /// A function's name: of ELF's string table, which the kernel keeps of each module.
  private func name(of function: ModuleFunction, in module: UInt64) -> String? {
    guard let own = guest.kernel.offset("module", "kallsyms"), let names = guest.kernel.offset("mod_kallsyms", "strtab"),
      let table = guest.pointer(module &+ own).flatMap({ guest.pointer($0 &+ names) })
    else { return nil }
    return guest.string(table &+ UInt64(function.name), limit: 128)
  }
}
