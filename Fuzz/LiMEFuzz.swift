// Compiled with Fuzz/FuzzMemory.swift

/// A libFuzzer entry: any bytes behind the magic number are a LiME image.
///
/// Beyond not crashing: what `FuzzMemory.checkImage` says.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLiME(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let magic: [UInt8] = [0x45, 0x4D, 0x69, 0x4C]
  let given = unsafe copied(start, count)
  FuzzMemory.shared.checkImage(given.starts(with: magic) ? given : magic + given)
  return 0
}
