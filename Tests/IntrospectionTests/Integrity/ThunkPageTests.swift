import Testing

@testable import Introspection

@Suite("Pages of thunks that jump by a register")
struct ThunkPageTests {
  private func page(_ parts: [Int: [UInt8]]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xCC, count: ThunkPage.size)
    for (place, part) in parts { bytes.replaceSubrange(place..<place + part.count, with: part) }
    return bytes
  }

  @Test("each jump is known by its register, with and without what checks its caller") func jumps() {
    let found = ThunkPage.jumps(page([32: [0xFF, 0xE0], 35: [0x41, 0xFF, 0xE3], 96: [0xD6, 0x75, 0xFD, 0xFF, 0xE1], 4093: [0xFF, 0xE7]]))
    #expect(found == [32: 0, 35: 11, 96: 1, 97: 1, 4093: 7])
    #expect(ThunkPage.jumps(page([:])) == [:])
  }

  @Test(
    "a page with anything else is none of them",
    arguments: [
      [100: [0x90]], [100: [0xFF, 0xE0, 0xC3]], [100: [0xFF, 0xD0]], [100: [0xE8, 0, 0, 0, 0]], [100: [0x41]], [4094: [0xFF, 0xE0]],
      [4095: [0xFF]], [100: [0xD6, 0x75, 0xFD]], [100: [0xFF, 0xE0, 0xFF]],
    ] as [[Int: [UInt8]]])
  func others(_ parts: [Int: [UInt8]]) { #expect(ThunkPage.jumps(page(parts)) == nil) }
}
