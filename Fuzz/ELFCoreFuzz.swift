// Compiled with Fuzz/FuzzMemory.swift

/// A libFuzzer entry: any bytes behind the magic number are an ELF core of memory.
///
/// Beyond not crashing: what `FuzzMemory.checkImage` says.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzELFCore(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
  let given = unsafe copied(start, count)
  FuzzMemory.shared.checkImage(given.starts(with: magic) ? given : magic + given)
  return 0
}
