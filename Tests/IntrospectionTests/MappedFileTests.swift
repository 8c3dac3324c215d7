import Foundation
import Testing

@testable import Introspection

@Suite("Mapped files") struct MappedFileTests {
  @Test("a file that is cut short while it is mapped ends the reader with a sentence") func cutShort() async throws {
    let result = try await #require(processExitsWith: .exitCode(2), observing: [\.standardErrorContent]) {
      let file = try ScratchFile([UInt8](repeating: 0x41, count: 1 << 20))
      let memory = try MemoryImage(path: file.path).memory()
      precondition(memory.u64(0x8_0000) == 0x4141_4141_4141_4141)
      precondition(unsafe truncate(file.path, 4096) == 0)
      _ = memory.u64(0x8_0000)
    }
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(text.hasSuffix(": cannot be read: it was cut short while it was read; read it once it is whole\n"), "\(text)")
  }

  @Test("a fault that no mapped file explains stays what it was") func otherFault() async throws {
    // A true fault, which comes again after every handler: a signal that is only sent is lost where a backtrace was made of it.
    await #expect(processExitsWith: .signal(SIGBUS)) {
      let watched = try ScratchFile([UInt8](repeating: 0x41, count: 8192))
      let other = try ScratchFile([UInt8](repeating: 0x42, count: 8192))
      let file = try MappedFile(path: watched.path)
      let descriptor = unsafe open(other.path, O_RDONLY)
      let place = try unsafe #require(mmap(nil, 8192, PROT_READ, MAP_SHARED, descriptor, 0))
      precondition(unsafe truncate(other.path, 0) == 0)
      precondition(unsafe place.load(as: UInt8.self) == 0x42 && file.count == 8192)
    }
  }
}
