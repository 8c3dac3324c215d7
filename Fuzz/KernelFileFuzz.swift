import Glibc
import Introspection

/// The bytes of a run as a file that lives as long as the process.
nonisolated(unsafe) private let descriptor: CInt = {
  var name = Array("/dev/shm/ringwall-fuzz-XXXXXX".utf8CString)
  // SAFETY: the template ends with a zero byte and is written to in place.
  let file = unsafe name.withUnsafeMutableBufferPointer { unsafe mkstemp($0.baseAddress!) }
  precondition(file >= 0, "no file for the bytes")
  // SAFETY: mkstemp(3) left a text that ends with a zero byte.
  _ = unsafe name.withUnsafeBufferPointer { unsafe unlink($0.baseAddress!) }
  return file
}()

/// A libFuzzer entry: any bytes are a kernel's ELF file.
///
/// Beyond not crashing: it is read, or refused with the place in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzKernelFile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  precondition(ftruncate(descriptor, 0) == 0, "the file cannot be emptied")
  // SAFETY: the array's own bytes.
  let written = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  precondition(written == bytes.count, "the bytes were not written")
  do throws(IntrospectionError) {
    let file = try KernelFile(path: "/proc/self/fd/\(descriptor)")
    precondition((file.buildID ?? "").utf8.count <= 2 * bytes.count, "a build id longer than the file")
  } catch {
    if case .malformed(_, let offset, _) = error { precondition(offset <= max(bytes.count, 64), "a place outside of the file") }
  }
  return 0
}
