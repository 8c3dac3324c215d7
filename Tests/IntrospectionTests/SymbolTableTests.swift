import Testing

@testable import Introspection

@Suite("kallsyms") struct SymbolTableTests {
  private static func table(_ symbols: SyntheticSymbols, names: [UInt8]? = nil, count: Int? = nil, index: [UInt16]? = nil) -> SymbolTable? {
    let addresses = symbols.symbols.flatMap { symbol in (0..<8).map { UInt8(truncatingIfNeeded: symbol.address >> (8 * $0)) } }
    let raw = symbols.tokenIndex
    return SymbolTable(
      SymbolTable.Parts(
        count: count ?? symbols.symbols.count, names: ByteStore(names ?? symbols.names), tokenTable: symbols.tokenTable,
        tokenIndex: index ?? (0..<256).map { UInt16(raw[2 * $0]) | UInt16(raw[2 * $0 + 1]) << 8 }, places: .addresses(ByteStore(addresses)))
    )
  }

  @Test("names are found by their hash, expanded, and told by address") func names() throws {
    let symbols = SyntheticSymbols(
      (0..<1000).map { ("sys_call_\($0)", 0x1000 + UInt64($0) * 16) } + [("task", 0x800), ("twice", 0x900), ("twice", 0x910)])
    let table = try #require(Self.table(symbols))
    #expect(table.count == 1003)
    for symbol in symbols.symbols where symbol.name != "twice" { #expect(table.address(symbol.name) == symbol.address) }
    #expect(table.addresses("twice") == [0x900, 0x910] && table.address("twice") == 0x900)
    for wrong in ["", "sys_call_", "sys_call_1000", "T", String(repeating: "x", count: 5000)] { #expect(table.address(wrong) == nil) }
    #expect(table.symbol(at: 1) == SymbolTable.Symbol(name: "twice", type: UInt8(ascii: "T"), address: 0x900))
    let near = try #require(table.nearest(0x1017))
    #expect(near.symbol.name == "sys_call_1" && near.distance == 7)
    #expect(table.nearest(0x7FF) == nil && table.nearest(.max)?.symbol.name == "sys_call_999")
    #expect(table.following(0x1017) == 0x1020 && table.following(0) == 0x800 && table.following(.max) == nil)
    #expect(table.moved(by: 0x10).address("task") == 0x810)
  }

  @Test("a name of more than 127 tokens has a length of two bytes") func long() throws {
    let name = String((0..<300).map { "abcdefghijklmnopqrstuvwxyz".dropFirst($0 % 26).first! })
    let table = try #require(Self.table(SyntheticSymbols([(name, 5), ("after", 6)])))
    #expect(table.address(name) == 5 && table.address("after") == 6)
  }

  @Test("names that end early, lengths of zero and tokens without an end are refused") func malformed() {
    let symbols = SyntheticSymbols([("one", 1), ("two", 2)])
    #expect(Self.table(symbols, names: []) == nil)
    #expect(Self.table(symbols, names: Array(symbols.names.dropLast())) == nil)
    #expect(Self.table(symbols, names: [0] + symbols.names) == nil)
    #expect(Self.table(symbols, names: [0x80, 0x80]) == nil)
    #expect(Self.table(symbols, names: [0xFF]) == nil)
    #expect(Self.table(symbols, count: 3) == nil)
    #expect(Self.table(symbols, count: 0) == nil)
    #expect(Self.table(symbols, count: .max) == nil)
    #expect(Self.table(symbols, index: [UInt16](repeating: 60000, count: 256)) == nil)
    #expect(Self.table(symbols, index: []) == nil)
  }

  @Test("the same name for every symbol costs no more than a bounded chain") func collisions() throws {
    let table = try #require(Self.table(SyntheticSymbols((0..<20000).map { ("same", UInt64($0)) })))
    #expect(table.addresses("same").count == 4096)
    #expect(table.address("other") == nil)
  }
}
