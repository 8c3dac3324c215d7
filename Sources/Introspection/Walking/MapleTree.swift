/// A range of indices and what a maple tree holds for it; both ends included.
public struct RangedEntry: Sendable, Hashable {
  public let first: UInt64
  public let last: UInt64
  public let entry: UInt64
}

/// What a walk over a maple tree found.
public struct RangedWalk: Sendable, Hashable {
  /// Ascending.
  public let entries: [RangedEntry]
  /// The first contradiction; nil for a walk that came to the end.
  public let inconsistency: Inconsistency?
}

extension Guest {
  /// Walks a `struct maple_tree`, which holds a process's mappings since Linux 6.1 and interrupt descriptors since 6.5
  /// (include/linux/maple_tree.h).
  ///
  /// - Parameter address: of the structure.
  public func mapleTree(_ address: UInt64, structure: String, limit: Int = walkLimit) -> RangedWalk {
    guard let rootOffset = kernel.offset("maple_tree", "ma_root"), let leaf = MapleLayout(kernel.types, "maple_range_64"),
      let inner = MapleLayout(kernel.types, "maple_arange_64")
    else {
      return RangedWalk(
        entries: [],
        inconsistency: Inconsistency(structure: structure, address: address, reason: "the kernel's types do not tell of maple_tree"))
    }
    guard let root = u64(address &+ rootOffset) else {
      return RangedWalk(
        entries: [], inconsistency: Inconsistency(structure: structure, address: address, reason: "the structure is not mapped"))
    }
    var walk = MapleWalk(guest: self, structure: structure, range: leaf, allocation: inner, limit: limit)
    if root & 3 == 2, root > 4096 { walk.visit(root, 0, .max, depth: 0) } else if root != 0 { walk.add(0, 0, root) }
    return RangedWalk(entries: walk.entries, inconsistency: walk.fault)
  }
}

/// Where a node's pivots and slots lie.
private struct MapleLayout {
  let pivots: UInt64
  let pivotCount: UInt64
  let slots: UInt64
  let slotCount: UInt64

  init?(_ types: TypeIndex, _ name: String) {
    guard let pivot = types.member(name, "pivot"), let slot = types.member(name, "slot"),
      let pivotArray = types.resolved(pivot.type).flatMap(types.array),
      let slotArray = types.resolved(slot.type).flatMap(types.array), (1...64).contains(pivotArray.count),
      (1...64).contains(slotArray.count)
    else { return nil }
    pivots = UInt64(pivot.offset)
    pivotCount = UInt64(pivotArray.count)
    slots = UInt64(slot.offset)
    slotCount = UInt64(slotArray.count)
  }
}

private struct MapleWalk {
  let guest: Guest
  let structure: String
  let range: MapleLayout
  let allocation: MapleLayout
  let limit: Int
  var entries: [RangedEntry] = []
  var fault: Inconsistency?
  /// A node belongs to one place of one tree: in one whose nodes share their children, the ways would double with each level.
  private var met: Set<UInt64> = []
  private var isOver = false

  init(guest: Guest, structure: String, range: MapleLayout, allocation: MapleLayout, limit: Int) {
    self.guest = guest
    self.structure = structure
    self.range = range
    self.allocation = allocation
    self.limit = limit
  }

  private mutating func note(_ address: UInt64, _ reason: String) {
    if fault == nil { fault = Inconsistency(structure: structure, address: address, reason: reason) }
  }

  /// Notes a contradiction behind which nothing more is read.
  private mutating func end(_ fault: Inconsistency) {
    if self.fault == nil { self.fault = fault }
    isOver = true
  }

  mutating func add(_ first: UInt64, _ last: UInt64, _ entry: UInt64) {
    // Marks of the tree itself (zero and retry entries) are no content.
    guard entry != 0, entry & 3 != 2 || entry > 4096 else { return }
    guard entries.count < limit else {
      return end(Inconsistency(structure: structure, address: entry, reason: "more than \(limit) entries"))
    }
    entries.append(RangedEntry(first: first, last: last, entry: entry))
  }

  mutating func visit(_ encoded: UInt64, _ first: UInt64, _ last: UInt64, depth: Int) {
    // Nodes lie on 256 bytes; bits 3 to 6 of the pointer say the kind: 1 a leaf of ranges, 2 ranges, 3 ranges with gaps; 0 is not in use. Bit 1 is
    // set in the root's pointer alone (lib/maple_tree.c, `mte_mk_root`, `mt_mk_node`).
    let node = encoded & ~255
    let kind = encoded >> 3 & 15
    guard met.insert(node).inserted else { return note(node, "a node is reached twice") }
    guard depth < 32, met.count <= limit else {
      return end(Inconsistency(structure: structure, address: node, reason: "the tree has no end"))
    }
    guard guest.spend(Int(range.slotCount), on: structure, at: node) else { return end(guest.exhausted(structure, node)) }
    guard (1...3).contains(kind) else { return note(node, "a node of unknown kind \(kind)") }
    let layout = kind == 3 ? allocation : range
    var start = first
    for slot in 0..<layout.slotCount where !isOver {
      var pivot = last
      if slot < layout.pivotCount {
        guard let value = guest.u64(node &+ layout.pivots &+ 8 &* slot) else { return note(node, "a node is not mapped") }
        // Behind the last used pivot stands zero.
        if value != 0 || slot == 0 { pivot = value }
      }
      guard pivot >= start, pivot <= last else { return note(node, "a node reaches beyond the range that it stands for") }
      guard let entry = guest.u64(node &+ layout.slots &+ 8 &* slot) else { return note(node, "a node is not mapped") }
      if kind == 1 { add(start, pivot, entry) } else if entry != 0 { visit(entry, start, pivot, depth: depth + 1) }
      if pivot >= last { return }
      start = pivot + 1
    }
  }
}
