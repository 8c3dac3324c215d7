/// What a walk over one of the guest's structures found.
public struct Walk: Sendable, Hashable {
  /// Addresses of what is linked, in the structure's own order, none twice.
  public let entries: [UInt64]
  /// The first contradiction; nil for a walk that came to the structure's end. Entries before it stand.
  public let inconsistency: Inconsistency?

  public init(entries: [UInt64], inconsistency: Inconsistency?) {
    self.entries = entries
    self.inconsistency = inconsistency
  }
}

extension Guest {
  /// Entries of a walk at most, where a caller says nothing else: more processes, modules or sockets than a guest has.
  public static let walkLimit = 1 << 17

  /// Walks a circular `list_head` (include/linux/list.h).
  ///
  /// An entry whose `prev` does not point back is an inconsistency, and the walk goes on forward; one that was met before, that is not
  /// mapped, or that is beyond the limit ends it.
  ///
  /// - Parameters:
  ///   - head: address of the list's head, which is no entry itself.
  ///   - offset: of the `list_head` in what it links; entries are addresses of the whole.
  ///   - structure: how an inconsistency names it.
  public func list(head: UInt64, offset: UInt64 = 0, structure: String, limit: Int = walkLimit) -> Walk {
    var entries: [UInt64] = []
    var met: Set<UInt64> = []
    var fault: Inconsistency?
    func note(_ address: UInt64, _ reason: String) {
      if fault == nil { fault = Inconsistency(structure: structure, address: address, reason: reason) }
    }
    guard spend(on: structure, at: head) else { return Walk(entries: [], inconsistency: exhausted(structure, head)) }
    var previous = head
    while true {
      guard let entry = u64(previous) else {
        note(previous, "the next entry cannot be read: its address is not mapped")
        break
      }
      if u64(entry &+ 8) != previous { note(entry, "its prev does not point back to the entry before it") }
      if entry == head { break }
      guard met.insert(entry).inserted else {
        note(entry, "the list runs in a circle that does not pass its head")
        break
      }
      guard entries.count < limit else {
        note(entry, "the list has more than \(limit) entries")
        break
      }
      guard spend(on: structure, at: entry) else {
        if fault == nil { fault = exhausted(structure, entry) }
        break
      }
      guard physical(entry) != nil else {
        note(entry, "an entry is not mapped")
        break
      }
      entries.append(entry &- offset)
      previous = entry
    }
    return Walk(entries: entries, inconsistency: fault)
  }

  /// Walks structures of which each points to the next, up to NULL.
  ///
  /// - Parameters:
  ///   - first: nil for none.
  ///   - next: offset of the pointer in each.
  public func sequence(first: UInt64?, next: UInt64, structure: String, limit: Int = walkLimit) -> Walk {
    chain(from: first ?? 0, next: next, structure: structure, limit: limit) { $0 == 0 }
  }

  /// Walks an `hlist_head`, `hlist_nulls_head` or `hlist_bl_head` from its first entry on: it ends with NULL or with an odd pointer.
  ///
  /// - Parameter head: address of the head; of a bit-locked one (hlist_bl) the lowest bit of its first pointer is ignored.
  public func chain(head: UInt64, offset: UInt64 = 0, isBitLocked: Bool = false, structure: String, limit: Int = walkLimit) -> Walk {
    guard spend(on: structure, at: head) else { return Walk(entries: [], inconsistency: exhausted(structure, head)) }
    guard let first = u64(head) else {
      return Walk(
        entries: [], inconsistency: Inconsistency(structure: structure, address: head, reason: "its head is not mapped"))
    }
    let walk = chain(from: isBitLocked ? first & ~1 : first, next: 0, structure: structure, limit: limit) { $0 == 0 || $0 & 1 == 1 }
    return offset == 0 ? walk : Walk(entries: walk.entries.map { $0 &- offset }, inconsistency: walk.inconsistency)
  }

  /// What `sequence` and `chain` share: from one pointer to the next, `next` bytes into each entry, up to one that `isEnd` knows.
  private func chain(from first: UInt64, next: UInt64, structure: String, limit: Int, isEnd: (UInt64) -> Bool) -> Walk {
    var entries: [UInt64] = []
    var met: Set<UInt64> = []
    var entry = first
    func broken(_ reason: String) -> Walk {
      Walk(entries: entries, inconsistency: Inconsistency(structure: structure, address: entry, reason: reason))
    }
    while !isEnd(entry) {
      guard entries.count < limit else { return broken("the chain has more than \(limit) entries") }
      guard met.insert(entry).inserted else { return broken("the chain runs in a circle") }
      guard spend(on: structure, at: entry) else { return Walk(entries: entries, inconsistency: exhausted(structure, entry)) }
      guard let following = u64(entry &+ next) else { return broken("an entry is not mapped") }
      entries.append(entry)
      entry = following
    }
    return Walk(entries: entries, inconsistency: nil)
  }
}
