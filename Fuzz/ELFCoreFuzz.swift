// Compiled with Fuzz/FuzzMemory.swift
import Introspection

/// A libFuzzer entry: any bytes behind the magic number are an ELF core of memory.
///
/// Beyond not crashing: a refusal names a place within the file in one line, segments ascend without overlap, and every byte of them can be
/// read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzELFCore(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
  let given = unsafe copied(start, count)
  let bytes = given.starts(with: magic) ? given : magic + given
  FuzzMemory.shared.fill(bytes)
  do throws(IntrospectionError) {
    let image = try MemoryImage(path: FuzzMemory.shared.path)
    let memory = try image.memory()
    var end: UInt64 = 0
    for segment in memory.segments {
      precondition(segment.range.start >= end, "segments overlap")
      end = segment.range.end
      precondition(memory.u8(segment.range.start) != nil && memory.u8(end - 1) != nil, "a byte that cannot be read")
      precondition(segment.range.count <= UInt64(bytes.count), "a segment larger than the file")
    }
    precondition(memory.u8(end) == nil && memory.end == end)
  } catch {
    precondition(!error.description.contains(where: \.isNewline), "a message of several lines")
    if case .malformed(_, let offset, _) = error { precondition(offset <= UInt64(bytes.count), "a place outside of the file") }
  }
  return 0
}
