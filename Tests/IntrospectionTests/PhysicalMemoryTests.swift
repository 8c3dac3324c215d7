import Foundation
import Testing

@testable import Introspection

@Suite("Physical memory") struct PhysicalMemoryTests {
  private static func range(_ start: UInt64, _ count: UInt64) throws -> PhysicalRange {
    try #require(PhysicalRange(start: start, count: count))
  }

  private static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 / 4096 + $0) | 1 } }

  @Test("segments are read at their addresses, and nothing outside of them") func segments() throws {
    let content = Self.bytes(16384)
    let file = try ScratchFile(content)
    let descriptor = unsafe open(file.path, O_RDONLY)
    let memory = try PhysicalMemory(
      segments: [(descriptor, 4096, try Self.range(0x10_0000, 8192)), (descriptor, 100, try Self.range(0x1000, 50))], path: "test")
    close(descriptor)
    #expect(memory.segments.map(\.range.start) == [0x1000, 0x10_0000] && memory.end == 0x10_2000 && memory.count == 8242)
    #expect(memory.u8(0x1000) == content[100] && memory.u8(0x1031) == content[149] && memory.u8(0x1032) == nil && memory.u8(0xFFF) == nil)
    #expect(memory.u64(0x10_1FF8) == Array(content[12280..<12288]).integer(at: 0, size: 8))
    #expect(memory.u64(0x10_1FF9) == nil && memory.u64(.max) == nil && memory.u64(.max - 7) == nil)
    // Across a page of the file.
    #expect(memory.u32(0x10_0FFE) == UInt32(Array(content[8190..<8194]).integer(at: 0, size: 4)))
    #expect(memory.bytes(0x10_0000, count: 8192) == Array(content[4096..<12288]))
    #expect(memory.bytes(0x10_0000, count: 8193) == nil && memory.bytes(0x10_0000, count: -1) == nil && memory.bytes(0, count: 0) == nil)
    #expect(memory.store(0x10_0010, count: 100)?.array(0..<100) == Array(content[4112..<4212]))
    #expect(memory.holds(0x1000, count: 50) && !memory.holds(0x1000, count: 51) && !memory.holds(0x1000, count: .max))
  }

  @Test("overlaps, no range and a range beyond the end of its file are refused") func refused() throws {
    let file = try ScratchFile([UInt8](repeating: 1, count: 8192))
    let descriptor = unsafe open(file.path, O_RDONLY)
    defer { close(descriptor) }
    func reason(_ sources: [PhysicalMemory.Source]) -> String {
      do {
        _ = try PhysicalMemory(segments: sources, path: "ram")
        return ""
      } catch { return error.description }
    }
    #expect(reason([]) == "ram: at byte 0: it holds no range of memory")
    #expect(
      reason([(descriptor, 0, try Self.range(0, 8192)), (descriptor, 0, try Self.range(8191, 1))]).contains("overlap at physical 0x1fff"))
    #expect(reason([(descriptor, 4096, try Self.range(0, 4097))]).contains("at byte 4096: a range of 4097 bytes"))
    #expect(reason([(descriptor, .max, try Self.range(0, 1))]).contains("beyond the end"))
    #expect(reason([(-1, 0, try Self.range(0, 1))]).hasPrefix("ram: cannot be read: "))
  }

  @Test("holes read as zeros and stay holes") func holes() throws {
    var content = [UInt8](repeating: 0, count: 64 * 4096)
    for page in [0, 5, 6, 40] { content[page * 4096 + 7] = UInt8(page + 1) }
    let file = try ScratchFile(content)
    func blocks() throws -> Int {
      var status = stat()
      #expect(unsafe stat(file.path, &status) == 0)
      return Int(status.st_blocks)
    }
    let before = try blocks()
    let memory = try MachineLayout(size: UInt64(content.count), limit: .max).memory(file.path)
    #expect(memory.bytes(0, count: content.count) == content)
    #expect(memory.populated.reduce(0) { $0 + $1.count } < content.count)
    #expect(memory.isPopulated(5 * 4096) && memory.u64(20 * 4096) == 0)
    for range in memory.populated { #expect(unsafe memory.withUnsafeBytes(of: range) { $0.count } == Int(range.count)) }
    let whole = try Self.range(0, UInt64(content.count))
    #expect(unsafe memory.withUnsafeBytes(of: whole) { $0.count } == nil)
    #expect(try blocks() == before)
  }

  @Test("a page that a running guest fills later is read") func filled() throws {
    let path = "/dev/shm/ringwall-test-\(UUID().uuidString)"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    try #require(descriptor >= 0)
    defer {
      close(descriptor)
      unsafe unlink(path)
    }
    #expect(ftruncate(descriptor, 1 << 20) == 0)
    let memory = try PhysicalMemory(segments: [(descriptor, 0, try Self.range(0, 1 << 20))], path: path)
    #expect(memory.populated.isEmpty && memory.u8(0x5000) == 0 && !memory.isPopulated(0x5000))
    #expect(unsafe pwrite(descriptor, [7], 1, 0x5000) == 1)
    #expect(memory.u8(0x5000) == 7)
    #expect(memory.populated == [try Self.range(0x5000, 4096)])
    #expect(unsafe pwrite(descriptor, [8], 1, 0x9000) == 1)
    #expect(memory.populated.count == 1)
    memory.refresh()
    #expect(memory.populated.count == 2)
    var status = stat()
    #expect(unsafe fstat(descriptor, &status) == 0 && status.st_blocks == 16)
  }

  @Test("RAM around the hole for PCI") func layouts() {
    func known(_ gibibytes: Double) -> [(UInt64, UInt64)] {
      MachineLayout.candidates(size: UInt64(gibibytes * 1024) << 20).map { ($0.low >> 20, $0.high >> 20) }
    }
    #expect(known(1).map(\.0) == [1024])
    #expect(known(3.5).first! == (2048, 1536) && known(3.5).contains { $0 == (3072, 512) } && known(3.5).contains { $0 == (3584, 0) })
    #expect(known(4).first! == (2048, 2048) && known(4).contains { $0 == (3072, 1024) })
    #expect(known(8).first! == (2048, 6144) && known(8).contains { $0 == (3072, 5120) })
    let ranges = MachineLayout(size: 4 << 30, limit: 2 << 30).ranges
    #expect(ranges.map(\.fileOffset) == [0, 2 << 30] && ranges.map(\.range.start) == [0, 4 << 30])
  }
}

extension MachineLayout {
  fileprivate func memory(_ path: String) throws -> PhysicalMemory {
    let file = try MappedFile(path: path)
    return try PhysicalMemory(segments: ranges.map { .init(range: $0.range, file: file, fileOffset: $0.fileOffset) }, path: path)
  }
}
