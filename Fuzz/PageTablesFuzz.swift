// Compiled with Fuzz/FuzzMemory.swift
import Introspection

/// A libFuzzer entry: any bytes are memory with page tables in it; the first eight are the root and an address.
///
/// Beyond not crashing: the two ways to ask for an address agree, a page holds what was asked for, and a visit is bounded and ascends.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPageTables(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe copied(start, count)
  guard bytes.count >= 16, let memory = FuzzMemory.shared.memory(bytes) else { return 0 }
  let word = { (offset: Int) in bytes[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
  for levels in [4, 5] {
    let space = AddressSpace(memory: memory, root: word(0), levels: levels)
    for address in [word(8), word(0), 0, .max, UInt64(bytes.count)] {
      let physical = space.translate(address)
      let mapping = space.mapping(address)
      precondition(physical == mapping.map { $0.physical + (address - $0.virtual) }, "two ways differ")
      precondition(physical.map { $0 < PhysicalRange.limit } ?? true, "an address of more than 52 bits")
    }
    var last: UInt64?
    try? space.visit(from: 0, through: .max, limit: 64) { mapping in
      precondition(last.map { $0 < mapping.virtual } ?? true, "a visit that does not ascend")
      last = mapping.virtual
    }
  }
  return 0
}
