/// Tables of operations in modules' data, by the symbols that each module keeps of itself: those that nothing in use leads to yet.
extension IntegrityReader {
  private static let moduleLimit = 4096
  /// Tables of one module at most; the largest drivers have some hundreds.
  private static let tableLimit = 4096

  mutating func moduleTables(_ layouts: OperationLayouts) -> [Table] {
    let kernel = guest.kernel
    guard let head = guest.symbol("modules"), let link = kernel.offset("module", "list"), let name = kernel.offset("module", "name"),
      let view = try? ModuleView(guest)
    else { return [] }
    var found: [Table] = []
    for module in entries(guest.list(head: head, offset: link, structure: "modules", limit: Self.moduleLimit)) {
      guard view.state(module) == .live, let own = guest.string(module &+ name, limit: 56), let known = view.module(module) else { continue }
      var count = 0
      for symbol in objects(of: module) where count < Self.tableLimit {
        guard symbol.address & 7 == 0, let layout = layouts.layout(ofSymbol: symbol.name, size: symbol.size),
          known.parts.contains(where: { $0.contains(symbol.address) })
        else { continue }
        count += 1
        found.append(Table(name: "\(own):\(symbol.name)", address: symbol.address, layout: layout))
      }
    }
    return found
  }

  /// Data objects by a module's own symbols (struct mod_kallsyms): STT_OBJECT of Elf64_Sym, with their names.
  private func objects(of module: UInt64) -> [(name: String, address: UInt64, size: UInt64)] {
    let kernel = guest.kernel
    guard let own = kernel.offset("module", "kallsyms"), let table = kernel.offset("mod_kallsyms", "symtab"),
      let number = kernel.offset("mod_kallsyms", "num_symtab"), let texts = kernel.offset("mod_kallsyms", "strtab"),
      let symbols = guest.pointer(module &+ own), let start = guest.pointer(symbols &+ table), let count = guest.u32(symbols &+ number),
      let strings = guest.pointer(symbols &+ texts), count <= 1 << 16, guest.spend(Int(count), on: "mod_kallsyms", at: start),
      let bytes = guest.bytes(start, count: Int(count) * 24)
    else { return [] }
    return (0..<Int(count)).compactMap { index in
      let place = index * 24
      guard bytes[place + 4] & 15 == 1 else { return nil }
      let size = PatchTable.word(bytes, place + 16, 8)
      // No table of operations is shorter or longer.
      guard (32...2048).contains(size), let name = guest.string(strings &+ PatchTable.word(bytes, place, 4), limit: 128) else { return nil }
      return (name, PatchTable.word(bytes, place + 8, 8), size)
    }
  }
}
