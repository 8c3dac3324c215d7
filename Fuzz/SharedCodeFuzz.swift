import Introspection

/// A libFuzzer entry: any bytes are the image of the code that the kernel shares with all processes (vdso).
///
/// Beyond not crashing: its functions ascend, lie apart and lie within it, and there are no more of them than are read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSharedCode(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  for image in [bytes, [0x7F, 0x45, 0x4C, 0x46, 2, 1] + bytes.dropFirst(6)] {
    var end = 0
    let functions = SharedCode.functions(image)
    precondition(functions.count <= 256, "more functions than are read")
    for function in functions {
      precondition(function.lowerBound >= end && !function.isEmpty, "functions lie over one another")
      end = function.upperBound
    }
    precondition(end <= image.count, "a function outside of the image")
  }
  return 0
}
