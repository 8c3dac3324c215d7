import Foundation
import Testing

@testable import Introspection

@Suite("Snapshots of memory") struct MemorySnapshotTests {
  /// 40 pages of RAM in a file of memory, of which the odd ones are filled, in two ranges; the last page of the file is cut.
  private final class RAM {
    let path = "/dev/shm/ringwall-test-\(UUID().uuidString)"
    let descriptor: Int32
    let memory: PhysicalMemory
    static let size = 40 * 4096 - 100

    init() throws {
      descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
      guard ftruncate(descriptor, off_t(Self.size)) == 0 else { throw CocoaError(.fileWriteUnknown) }
      for page in stride(from: 1, to: 40, by: 2) {
        let count = min(4096, Self.size - page * 4096)
        _ = unsafe pwrite(descriptor, [UInt8](repeating: UInt8(page), count: count), count, off_t(page * 4096))
      }
      let low = PhysicalRange(start: 0, count: 16 * 4096)!
      let high = PhysicalRange(start: 0x10_0000, count: UInt64(Self.size - 16 * 4096))!
      memory = try PhysicalMemory(segments: [(descriptor, 0, low), (descriptor, 16 * 4096, high)], path: path, isRunning: true)
    }

    deinit {
      close(descriptor)
      unsafe unlink(path)
    }

    func write(_ page: Int, _ byte: UInt8) { _ = unsafe pwrite(descriptor, [byte], 1, off_t(page * 4096)) }
  }

  @Test("what was read stays as it was taken, in all ranges") func frozen() throws {
    let ram = try RAM()
    let snapshot = try MemorySnapshot(of: ram.memory)
    #expect(!snapshot.isWhole && snapshot.pages == 0)
    let last = UInt64(0x10_0000 + 23 * 4096)
    #expect(snapshot.memory.u8(0x1000) == 1 && snapshot.memory.u8(0x10_0000 + 4096) == 17 && snapshot.memory.u8(last) == 39)
    #expect(snapshot.memory.u8(last + 3995) == 39 && snapshot.memory.u8(last + 3996) == nil)
    #expect(snapshot.pages == 3 && !snapshot.isWhole)
    for page in [1, 17, 39] { ram.write(page, 200) }
    // Copied when it was read first.
    #expect(snapshot.memory.u8(0x1000) == 1 && ram.memory.u8(0x1000) == 200)
    snapshot.take()
    for page in [1, 17, 39] { ram.write(page, 201) }
    #expect(snapshot.memory.u8(0x1000) == 200 && snapshot.memory.u8(0x10_0000 + 4096) == 200 && snapshot.memory.u8(last) == 200)
    #expect(snapshot.isWhole && snapshot.taken == 3)
    #expect(snapshot.memory.bytes(0x1000, count: 4096) == [200] + [UInt8](repeating: 1, count: 4095))
  }

  @Test("a page that is needed later, or that the guest fills later, makes it one of two moments") func late() throws {
    let ram = try RAM()
    let snapshot = try MemorySnapshot(of: ram.memory)
    #expect(snapshot.memory.u8(0x1000) == 1 && snapshot.memory.u8(0x2000) == 0)
    snapshot.take()
    #expect(snapshot.isWhole && snapshot.pages == 1)
    #expect(snapshot.memory.u8(0x3000) == 3 && !snapshot.isWhole)
    snapshot.take()
    #expect(snapshot.isWhole && snapshot.memory.u8(0x2000) == 0 && snapshot.isWhole)
    ram.write(2, 7)
    #expect(snapshot.memory.u8(0x2000) == 7 && !snapshot.isWhole)
    snapshot.take()
    #expect(snapshot.isWhole && snapshot.pages == 3)
  }

  @Test("the ranges that hold data are the guest's, and holes stay holes") func holes() throws {
    let ram = try RAM()
    let snapshot = try MemorySnapshot(of: ram.memory)
    #expect(snapshot.memory.populated == ram.memory.populated && snapshot.pages == 0)
    ram.write(4, 9)
    snapshot.memory.refresh()
    #expect(snapshot.memory.populated == ram.memory.populated && snapshot.memory.populated.contains { $0.start <= 0x4000 && $0.end > 0x4000 })
    var before = stat()
    var after = stat()
    #expect(unsafe fstat(ram.descriptor, &before) == 0)
    #expect(snapshot.memory.bytes(0, count: 16 * 4096)?.count == 16 * 4096)
    #expect(unsafe fstat(ram.descriptor, &after) == 0 && after.st_blocks == before.st_blocks)
  }

  @Test("no more pages are copied than the limit, and then it is never whole") func limit() throws {
    let path = "/dev/shm/ringwall-test-\(UUID().uuidString)"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    defer {
      close(descriptor)
      unsafe unlink(path)
    }
    let pages = MemorySnapshot.limit + 8
    let filled = [UInt8](repeating: 1, count: pages * 4096)
    try #require(unsafe write(descriptor, filled, filled.count) == filled.count)
    let range = try #require(PhysicalRange(start: 0, count: UInt64(pages * 4096)))
    let snapshot = try MemorySnapshot(of: PhysicalMemory(segments: [(descriptor, 0, range)], path: path))
    var sum = 0
    for page in 0..<pages { sum += Int(snapshot.memory.u8(UInt64(page * 4096)) ?? 0) }
    #expect(sum == MemorySnapshot.limit && snapshot.pages == MemorySnapshot.limit && snapshot.isFull)
    snapshot.take()
    #expect(!snapshot.isWhole)
  }
}
