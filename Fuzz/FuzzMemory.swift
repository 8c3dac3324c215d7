import Glibc
import Introspection

/// The bytes of an entry as a file, which is what memory and its images are read from.
final class FuzzMemory {
  /// One that lives as long as the process, so that no run opens a file.
  nonisolated(unsafe) static let shared = FuzzMemory()

  private let descriptor: CInt
  var path: String { "/proc/self/fd/\(descriptor)" }

  private init() {
    var name = Array("/dev/shm/ringwall-fuzz-XXXXXX".utf8CString)
    // SAFETY: the template ends with a zero byte and is written to in place.
    descriptor = unsafe name.withUnsafeMutableBufferPointer { unsafe mkstemp($0.baseAddress!) }
    precondition(descriptor >= 0, "no file for the bytes")
    // SAFETY: mkstemp(3) left a text that ends with a zero byte.
    _ = unsafe name.withUnsafeBufferPointer { unsafe unlink($0.baseAddress!) }
  }

  func fill(_ bytes: [UInt8]) {
    precondition(ftruncate(descriptor, 0) == 0)
    // SAFETY: the array's own bytes.
    let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    precondition(count == bytes.count, "the bytes were not written")
  }

  /// Writes over a part of what it was filled with.
  func overwrite(_ place: UInt64, _ bytes: [UInt8]) {
    // SAFETY: the array's own bytes.
    let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(place)) }
    precondition(count == bytes.count, "the bytes were not written")
  }

  /// The bytes as memory from address 0 on.
  func memory(_ bytes: [UInt8]) -> PhysicalMemory? {
    fill(bytes)
    guard let range = PhysicalRange(start: 0, count: UInt64(bytes.count)) else { return nil }
    return try? PhysicalMemory(segments: [(descriptor, 0, range)], path: "fuzz")
  }

  /// The bytes as an image of memory: a refusal names a place within the file in one line, segments ascend without overlap, and every byte of
  /// them can be read.
  func checkImage(_ bytes: [UInt8]) {
    fill(bytes)
    do throws(IntrospectionError) {
      let image = try MemoryImage(path: path)
      let memory = try image.memory()
      precondition(image.processors.count <= 4096, "more processors than a machine has")
      precondition(zip(image.processors, image.processors.dropFirst()).allSatisfy { $0.index < $1.index }, "a processor's number twice")
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
  }
}

/// SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
func copied(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
}
