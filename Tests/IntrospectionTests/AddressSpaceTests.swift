import Testing

@testable import Introspection

@Suite("Page tables") struct AddressSpaceTests {
  /// 4 MiB of RAM with tables written as `address: value`.
  private static func memory(_ entries: [UInt64: UInt64]) throws -> PhysicalMemory {
    var pages: [UInt64: [UInt8]] = [:]
    for (address, value) in entries {
      let start = Int(address % 4096)
      pages[address / 4096, default: [UInt8](repeating: 0, count: 4096)].replaceSubrange(
        start..<start + 8, with: (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }
    let file = try ScratchFile(pages: pages, count: 4 << 20)
    return try MemoryImage(path: file.path).memory()
  }

  private static let present: UInt64 = 1

  @Test("4 KiB, 2 MiB and 1 GiB pages, with what all levels allow") func sizes() throws {
    let tables: [UInt64: UInt64] = [
      0x1000: 0x2007, 0x2000: 0x3007, 0x2008: 0x8000_0000_4000_0083 | 4, 0x3000: 0x4007, 0x3008: 0x20_0081, 0x4000: 0x8000_0000_0000_9005,
      0x4008: 0xA003,
    ]
    let space = AddressSpace(memory: try Self.memory(tables), root: 0x1018, levels: 4)
    #expect(space.root == 0x1000)
    #expect(space.translate(0x123) == 0x9123)
    #expect(space.mapping(0x123) == .init(virtual: 0, physical: 0x9000, size: 4096, isWritable: false, isUser: true, isExecutable: false))
    #expect(
      space.mapping(0x1FFF) == .init(virtual: 0x1000, physical: 0xA000, size: 4096, isWritable: true, isUser: false, isExecutable: true))
    #expect(space.translate(0x2000) == nil)
    #expect(
      space.mapping(0x20_1234)
        == .init(virtual: 0x20_0000, physical: 0x20_0000, size: 2 << 20, isWritable: false, isUser: false, isExecutable: true))
    #expect(space.translate(0x4000_5678) == 0x4000_5678)
    #expect(space.mapping(0x4000_5678)?.size == 1 << 30)
    var found: [UInt64] = []
    try space.visit(from: 0, through: .max) { found.append($0.virtual) }
    #expect(found == [0, 0x1000, 0x20_0000, 0x4000_0000])
    found = []
    try space.visit(from: 0x1000, through: 0x20_0000) { found.append($0.virtual) }
    #expect(found == [0x1000, 0x20_0000])
  }

  @Test("five levels, the upper half in canonical form") func fiveLevels() throws {
    let tables: [UInt64: UInt64] = [0x1FF8: 0x2003, 0x2FF8: 0x3003, 0x3FF8: 0x4003, 0x4FF8: 0x5003, 0x5FF8: 0x9003]
    let memory = try Self.memory(tables)
    let five = AddressSpace(memory: memory, root: 0x1000, levels: 5)
    #expect(five.translate(.max) == 0x9FFF)
    var found: [UInt64] = []
    try five.visit(from: 0, through: .max) { found.append($0.virtual) }
    #expect(found == [0xFFFF_FFFF_FFFF_F000])
    let four = AddressSpace(memory: memory, root: 0x2000, levels: 4)
    #expect(four.translate(.max) == 0x9FFF)
    #expect(four.translate(0x8000_0000_0000) == nil && !four.isCanonical(0x8000_0000_0000) && five.isCanonical(0x80_0000_0000_0000))
    #expect(!five.isCanonical(0x0100_0000_0000_0000))
  }

  @Test("a table that points to itself ends, and a walk over it is bounded") func itself() throws {
    var tables: [UInt64: UInt64] = [:]
    for index in UInt64(0)..<512 { tables[0x1000 + index * 8] = 0x1003 }
    let space = AddressSpace(memory: try Self.memory(tables), root: 0x1000, levels: 5)
    #expect(space.translate(0x1234) == 0x1234)
    var count = 0
    #expect(throws: AddressSpace.Stop.tables) { try space.visit(from: 0, through: .max, limit: 1000) { _ in count += 1 } }
    #expect(count > 0 && count <= 1000 * 512)
  }

  @Test("tables outside of memory map nothing") func outside() throws {
    let memory = try Self.memory([0x1000: 0x000F_FFFF_FFFF_F003, 0x1008: 0x40_0003])
    for root: UInt64 in [0x1000, 0x40_0000, .max, 0x3F_FFF8] {
      let space = AddressSpace(memory: memory, root: root, levels: 4)
      for address: UInt64 in [0, 0x80_0000_0000, .max, 0x7FFF_FFFF_FFFF] { #expect(space.translate(address) == nil) }
      try space.visit(from: 0, through: .max) { _ in Issue.record("a page") }
    }
  }

  @Test("the encryption bit is no part of an address") func encryption() throws {
    let mask: UInt64 = 1 << 47
    let tables: [UInt64: UInt64] = [0x1000: 0x2003 | mask, 0x2000: 0x3003 | mask, 0x3000: 0x20_0083 | mask]
    let memory = try Self.memory(tables)
    #expect(AddressSpace(memory: memory, root: 0x1000 | mask, levels: 4, encryption: mask).translate(0x10) == 0x20_0010)
    #expect(AddressSpace(memory: memory, root: 0x1000, levels: 4).translate(0x10) == nil)
  }
}
