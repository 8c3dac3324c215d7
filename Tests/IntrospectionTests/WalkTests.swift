import Testing

@testable import Introspection

@Suite("Walks over structures") struct WalkTests {
  /// A guest with a list of `count` entries in the direct map, before `change` was done to it.
  private static func list(_ count: Int, _ change: (SyntheticKernel, [UInt64]) -> Void = { _, _ in }) throws -> (Walk, [UInt64]) {
    let synthetic = SyntheticKernel()
    let entries = (0..<count).map { _ in synthetic.allocate(64) }
    synthetic.link(synthetic.address("list_head"), entries)
    change(synthetic, entries)
    let guest = try synthetic.guest()
    return (guest.list(head: synthetic.address("list_head"), structure: "test", limit: 1000), entries)
  }

  @Test("a list gives its entries in order") func list() throws {
    for count in [0, 1, 2, 100] {
      let (walk, entries) = try Self.list(count)
      #expect(walk.entries == entries && walk.inconsistency == nil)
    }
  }

  @Test("a list that turns back into itself ends") func cycle() throws {
    let (walk, entries) = try Self.list(10) { synthetic, entries in synthetic.put(entries[6], entries[2]) }
    #expect(walk.entries == Array(entries[0...6]))
    #expect(walk.inconsistency?.structure == "test" && walk.inconsistency?.address == entries[2])
  }

  @Test("an entry that points to itself ends the list") func itself() throws {
    let (walk, entries) = try Self.list(3) { synthetic, entries in synthetic.put(entries[1], entries[1]) }
    #expect(walk.entries == Array(entries[0...1]) && walk.inconsistency != nil)
  }

  @Test("a pointer to nowhere ends the list and names the entry") func unmapped() throws {
    for wild in [0, 1, 0xDEAD_0000_0000_0000, UInt64.max, UInt64.max - 7, 0xFFFF_FFFF_FFFF_F000] {
      let (walk, entries) = try Self.list(3) { synthetic, entries in synthetic.put(entries[1], wild) }
      #expect(walk.entries == Array(entries[0...1]) && walk.inconsistency != nil)
    }
  }

  @Test("an entry unlinked in one direction is told") func halfLinked() throws {
    let (walk, entries) = try Self.list(4) { synthetic, entries in synthetic.put(entries[0], entries[2]) }
    #expect(walk.entries == [entries[0], entries[2], entries[3]])
    #expect(walk.inconsistency?.reason == "its prev does not point back to the entry before it")
  }

  @Test("a list longer than the limit is cut") func endless() throws {
    let (walk, entries) = try Self.list(1200)
    #expect(walk.entries == Array(entries[..<1000]) && walk.inconsistency?.reason == "the list has more than 1000 entries")
  }

  @Test("a chain ends at NULL or at an odd pointer, and in no circle") func chain() throws {
    let synthetic = SyntheticKernel()
    let entries = (0..<5).map { _ in synthetic.allocate(64) }
    let head = synthetic.address("chain_head")
    synthetic.put(head, entries[0])
    for index in 0..<4 { synthetic.put(entries[index], entries[index + 1]) }
    #expect(try synthetic.guest().chain(head: head, structure: "test") == Walk(entries: entries, inconsistency: nil))
    synthetic.put(entries[4], 0x23)
    #expect(try synthetic.guest().chain(head: head, offset: 8, structure: "test").entries == entries.map { $0 - 8 })
    synthetic.put(entries[4], entries[1])
    let walk = try synthetic.guest().chain(head: head, structure: "test")
    #expect(walk.entries == entries && walk.inconsistency?.address == entries[1])
    synthetic.put(head, entries[0] | 1)
    #expect(try synthetic.guest().chain(head: head, structure: "test").entries.isEmpty)
    #expect(try synthetic.guest().chain(head: head, isBitLocked: true, structure: "test").entries == entries)
  }

  @Test("an XArray gives its entries by index, over two levels") func xarray() throws {
    let synthetic = SyntheticKernel()
    let root = synthetic.address("xarray_root")
    let (top, low, high) = (synthetic.allocate(536), synthetic.allocate(536), synthetic.allocate(536))
    synthetic.put(root + 8, top | 2)
    synthetic.put(top, [6])
    synthetic.put(top + 24, low | 2)
    synthetic.put(top + 24 + 63 * 8, high | 2)
    synthetic.put(low + 24, 0x1000)
    synthetic.put(low + 24 + 5 * 8, 0x23)
    // Zero and retry entries are no content.
    synthetic.put(low + 24 + 6 * 8, 1030)
    synthetic.put(high + 24 + 63 * 8, 0x2000)
    var walk = try synthetic.guest().xarray(root, structure: "test")
    #expect(walk.entries.map(\.index) == [0, 5, 4095] && walk.entries.map(\.entry) == [0x1000, 0x23, 0x2000] && walk.inconsistency == nil)
    // A node below itself.
    synthetic.put(low + 24 + 7 * 8, top | 2)
    walk = try synthetic.guest().xarray(root, structure: "test")
    #expect(walk.entries.count == 3 && walk.inconsistency?.address == top)
    synthetic.put(top, [255])
    #expect(try synthetic.guest().xarray(root, structure: "test").inconsistency != nil)
    synthetic.put(root + 8, 0x5000)
    #expect(try synthetic.guest().xarray(root, structure: "test").entries == [IndexedEntry(index: 0, entry: 0x5000)])
    synthetic.put(root + 8, 0xDEAD_0000_0000_0002)
    #expect(try synthetic.guest().xarray(root, structure: "test").inconsistency?.reason == "a node is not mapped")
  }

  @Test("a red-black tree is walked in order, and a node with another parent is told") func tree() throws {
    let synthetic = SyntheticKernel()
    let root = synthetic.address("tree_root")
    let nodes = (0..<7).map { _ in synthetic.allocate(64) }
    // In order 0 to 6; 3 on top, 1 and 5 below, the others below these.
    func put(_ node: Int, _ parent: Int?, _ left: Int?, _ right: Int?) {
      synthetic.put(nodes[node], (parent.map { nodes[$0] } ?? 0) | 1)
      synthetic.put(nodes[node] + 8, right.map { nodes[$0] } ?? 0)
      synthetic.put(nodes[node] + 16, left.map { nodes[$0] } ?? 0)
    }
    synthetic.put(root, nodes[3])
    put(3, nil, 1, 5)
    put(1, 3, 0, 2)
    put(5, 3, 4, 6)
    for (leaf, parent) in [(0, 1), (2, 1), (4, 5), (6, 5)] { put(leaf, parent, nil, nil) }
    #expect(try synthetic.guest().tree(root: root, structure: "test") == Walk(entries: nodes, inconsistency: nil))
    #expect(try synthetic.guest().tree(root: root, structure: "test", limit: 3).inconsistency != nil)
    put(2, 5, nil, nil)
    #expect(try synthetic.guest().tree(root: root, structure: "test").inconsistency?.address == nodes[2])
    put(2, 1, 2, nil)
    let walk = try synthetic.guest().tree(root: root, structure: "test")
    #expect(walk.inconsistency != nil && walk.entries.count < 7)
  }

  @Test("a maple tree gives its ranges, and nodes that reach beyond theirs are told") func maple() throws {
    let synthetic = SyntheticKernel()
    let root = synthetic.address("maple_root")
    let (top, low, high) = (
      synthetic.allocate(256, alignment: 256), synthetic.allocate(256, alignment: 256), synthetic.allocate(256, alignment: 256)
    )
    // Kind 3 with gaps over two leaves (kind 1).
    synthetic.put(root + 8, top | 3 << 3 | 2 | 4)
    synthetic.put(top + 8, 0xFFFF)
    synthetic.put(top + 16, UInt64.max)
    synthetic.put(top + 80, low | 1 << 3 | 4)
    synthetic.put(top + 88, high | 1 << 3 | 4)
    synthetic.put(low + 8, 0xFFF)
    synthetic.put(low + 16, 0x1FFF)
    synthetic.put(low + 24, 0xFFFF)
    synthetic.put(low + 128 + 8, 0xABC0)
    synthetic.put(high + 8, 0x2_0000)
    synthetic.put(high + 16, UInt64.max)
    synthetic.put(high + 128, 0xDEF0)
    let walk = try synthetic.guest().mapleTree(root, structure: "test")
    #expect(walk.inconsistency == nil)
    #expect(
      walk.entries == [
        RangedEntry(first: 0x1000, last: 0x1FFF, entry: 0xABC0), RangedEntry(first: 0x1_0000, last: 0x2_0000, entry: 0xDEF0),
      ])
    synthetic.put(high + 8, 0xFF)
    #expect(try synthetic.guest().mapleTree(root, structure: "test").inconsistency?.address == high)
    synthetic.put(top + 88, top | 3 << 3 | 4)
    #expect(try synthetic.guest().mapleTree(root, structure: "test").inconsistency != nil)
    synthetic.put(root + 8, 0x7000)
    #expect(try synthetic.guest().mapleTree(root, structure: "test").entries == [RangedEntry(first: 0, last: 0, entry: 0x7000)])
  }
}
