internal import Synchronization

/// Key tables of frozen objects, one for all small objects of the process with the same texts as keys: what was learnt about one document's
/// forms (see `Machine.lookup`) holds for the next document.
///
/// Tables are kept for ever, so their number and size are bounded; objects beyond that keep tables of their own.
enum SharedTables {
  private static let keyLimit = 64
  private static let textLimit = 64
  private static let tableLimit = 4096

  private struct Pool: @unchecked Sendable {
    let heap = Heap()
    var tables: [UInt64: [KeyTable]] = [:]
    var count = 0
  }
  private static let pool = Mutex(Pool())

  /// The table that stands for a sorted one; nil where that keeps its own.
  static func table(for own: KeyTable) -> KeyTable? {
    let count = own.count
    guard count > 0, count <= keyLimit, own.isSorted else { return nil }
    var hash: UInt64 = 0
    for slot in 0..<count {
      let key = own[slot]
      guard key.isString, key.textCount <= textLimit else { return nil }
      hash = Hashing.words(hash, key.hash)
    }
    let fingerprint = hash
    return pool.withLock { pool in
      for candidate in pool.tables[fingerprint] ?? []
      where candidate.count == count && (0..<count).allSatisfy({ candidate[$0].equals(own[$0]) }) { return candidate }
      guard pool.count < tableLimit else { return nil }
      let made = KeyTable.make(capacity: count, in: pool.heap)
      for slot in 0..<count { _ = made.append(.string(own[slot].text, in: pool.heap), in: pool.heap) }
      made.seal()
      pool.tables[fingerprint, default: []].append(made)
      pool.count += 1
      return made
    }
  }
}
