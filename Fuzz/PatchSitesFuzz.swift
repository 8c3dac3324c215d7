import Introspection

/// A libFuzzer entry: any bytes are tables of patch sites, and code at one.
///
/// Beyond not crashing: a table has as many entries as its bytes hold, and what an instruction is called does not depend on what follows it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPatchSites(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  for address in [0, 0xFFFF_FFFF_8100_0000, UInt64.max] {
    precondition(PatchTable.jumpLabels(bytes, at: address).count == bytes.count / 16, "jump labels are lost")
    precondition(PatchTable.staticCalls(bytes, at: address).count == bytes.count / 8, "static calls are lost")
    for size in [8, 12, 16, 24] { precondition(PatchTable.functionEntries(bytes, size: size).count == bytes.count / size, "records are lost") }
    for length in [1, 2, 5, 6] {
      let content = PatchContent(bytes[...], at: address, length: length, returnThunks: [])
      precondition(content == PatchContent(bytes.prefix(8), at: address, length: length, returnThunks: []), "what follows counts")
    }
  }
  return 0
}
