/// An entry of an XArray, a radix tree or an IDR, which have been one structure since Linux 4.20 (include/linux/xarray.h).
public struct IndexedEntry: Sendable, Hashable {
  public let index: UInt64
  /// A pointer, or, where its lowest bit is set, a value shifted left by one.
  public let entry: UInt64
}

/// What a walk over an XArray found.
public struct IndexedWalk: Sendable, Hashable {
  /// Ascending by index.
  public let entries: [IndexedEntry]
  /// The first contradiction; nil for a walk that came to the end.
  public let inconsistency: Inconsistency?
}

extension Guest {
  /// Walks a `struct xarray` or `struct radix_tree_root`.
  ///
  /// - Parameters:
  ///   - address: of the structure.
  ///   - structure: how an inconsistency names it.
  public func xarray(_ address: UInt64, structure: String, limit: Int = walkLimit) -> IndexedWalk {
    guard let headOffset = kernel.offset("xarray", "xa_head"), let shiftOffset = kernel.offset("xa_node", "shift"),
      let slots = kernel.types.member("xa_node", "slots"), let array = kernel.types.resolved(slots.type).flatMap(kernel.types.array),
      (16...64).contains(array.count)
    else {
      return IndexedWalk(
        entries: [],
        inconsistency: Inconsistency(structure: structure, address: address, reason: "the kernel's types do not tell of xarray"))
    }
    guard let head = u64(address &+ headOffset) else {
      return IndexedWalk(
        entries: [], inconsistency: Inconsistency(structure: structure, address: address, reason: "the structure is not mapped"))
    }
    var walk = XArrayWalk(
      guest: self, structure: structure, shiftOffset: shiftOffset, slotsOffset: UInt64(slots.offset), slots: UInt64(array.count),
      limit: limit)
    walk.visit(head, index: 0, above: nil)
    return IndexedWalk(entries: walk.entries, inconsistency: walk.fault)
  }

  /// Walks a `struct idr`: pointers by their id, which begins at `idr_base`.
  public func idr(_ address: UInt64, structure: String, limit: Int = walkLimit) -> IndexedWalk {
    guard let tree = kernel.offset("idr", "idr_rt"), let baseOffset = kernel.offset("idr", "idr_base"),
      let base = u32(address &+ baseOffset)
    else {
      return IndexedWalk(
        entries: [],
        inconsistency: Inconsistency(structure: structure, address: address, reason: "the structure is not mapped or not known"))
    }
    let walk = xarray(address &+ tree, structure: structure, limit: limit)
    guard base != 0 else { return walk }
    return IndexedWalk(
      entries: walk.entries.map { IndexedEntry(index: $0.index &+ UInt64(base), entry: $0.entry) }, inconsistency: walk.inconsistency)
  }
}

private struct XArrayWalk {
  let guest: Guest
  let structure: String
  let shiftOffset: UInt64
  let slotsOffset: UInt64
  let slots: UInt64
  let limit: Int
  var entries: [IndexedEntry] = []
  var fault: Inconsistency?
  /// A node belongs to one place of one tree: in one whose nodes share their children, the ways would double with each level.
  private var met: Set<UInt64> = []
  private var isOver = false

  init(guest: Guest, structure: String, shiftOffset: UInt64, slotsOffset: UInt64, slots: UInt64, limit: Int) {
    self.guest = guest
    self.structure = structure
    self.shiftOffset = shiftOffset
    self.slotsOffset = slotsOffset
    self.slots = slots
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

  /// - Parameter above: shift of the node that holds the entry, which a node below must undercut: no tree is deeper than 64 bits of index.
  mutating func visit(_ entry: UInt64, index: UInt64, above: UInt8?) {
    guard entry != 0 else { return }
    // An internal entry (lowest bits 10) is a node where it is a pointer, and else a mark: retry, zero, sibling.
    guard entry & 3 == 2 else {
      guard entries.count < limit else {
        return end(Inconsistency(structure: structure, address: entry, reason: "more than \(limit) entries"))
      }
      entries.append(IndexedEntry(index: index, entry: entry))
      return
    }
    guard entry > 4096 else { return }
    let node = entry - 2
    guard met.insert(node).inserted else { return note(node, "a node is reached twice") }
    guard met.count <= limit else { return end(Inconsistency(structure: structure, address: node, reason: "more than \(limit) nodes")) }
    guard guest.spend(Int(slots), on: structure, at: node) else { return end(guest.exhausted(structure, node)) }
    guard let shift = guest.u8(node &+ shiftOffset) else { return note(node, "a node is not mapped") }
    guard shift < 64, shift < above ?? 64 else { return note(node, "a node is no smaller than the one above it") }
    for slot in 0..<slots where !isOver {
      guard let next = guest.u64(node &+ slotsOffset &+ 8 &* slot) else { return note(node, "a node is not mapped") }
      visit(next, index: index &+ slot << UInt64(shift), above: shift)
    }
  }
}
