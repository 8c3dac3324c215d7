// Compiled with Fuzz/FuzzMemory.swift
import Introspection

/// A libFuzzer entry: any bytes are memory in which kallsyms tables are looked for. Seeds hold tables of each layout.
///
/// Beyond not crashing: a symbol of a table that was read is found by its name and by its address.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzKallsyms(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let memory = FuzzMemory.shared.memory(unsafe copied(start, count)) else { return 0 }
  for table in KallsymsScan.tables(in: memory) {
    for index in Set([0, table.count / 2, table.count - 1]) {
      let symbol = table.symbol(at: index)
      if !symbol.name.isEmpty, !symbol.name.contains("\u{FFFD}"), symbol.name.utf8.count < 400 {
        let found = table.addresses(symbol.name)
        precondition(found.contains(symbol.address) || found.count > 1, "a symbol is not found by its name")
      }
      _ = table.nearest(symbol.address)
      _ = table.following(symbol.address)
    }
  }
  return 0
}
