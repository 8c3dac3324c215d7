/// Sorting of values in OPA's order.
enum ValueOrder {
  /// What decides most comparisons without a look at the values, and where the value stands.
  private struct Entry {
    var prefix: UInt64
    var slot: UInt32
  }

  /// The slots of `count` values in the order of the values; equal ones keep theirs.
  static func sorted(_ values: Memory.Address, count: Int) -> [UInt32] {
    if count <= 12 { return insertion(values, count) }
    if let rows = Rows(values, count) { return sorted(rows, count) }
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for slot in 0..<count { entries.append(Entry(prefix: 0, slot: UInt32(truncatingIfNeeded: slot))) }
    _ = sort(&entries) { Memory.value(values, at: $0) }
    return entries.map(\.slot)
  }

  /// Sorts entries by the values of their slots. Returns whether the prefixes tell all values apart.
  @inline(__always)
  private static func sort(_ entries: inout [Entry], _ value: (Int) -> Value) -> Bool {
    var seen: UInt16 = 0
    for entry in entries { seen |= 1 << UInt16(value(Int(entry.slot)).rawTag) }
    let kind = kind(seen)
    for index in entries.indices { entries[index].prefix = prefix(value(Int(entries[index].slot)), kind) }
    let isExact = kind == .integers
    merge(&entries) { a, b in
      if a.prefix != b.prefix { return a.prefix > b.prefix }
      return isExact ? false : value(Int(a.slot)).compare(value(Int(b.slot))) > 0
    }
    return isExact
  }

  /// Composites that OPA's order compares part by part: objects with the same keys, or arrays of one length.
  private struct Rows {
    let values: Memory.Address
    let width: Int
    let areObjects: Bool

    init?(_ values: Memory.Address, _ count: Int) {
      let first = Memory.value(values, at: 0)
      areObjects = first.isObject
      guard areObjects || first.isArray else { return nil }
      width = areObjects ? first.objectView.count : first.arrayView.count
      self.values = values
      guard width > 0, !areObjects || first.objectView.table.isSorted else { return nil }
      for slot in 1..<count {
        let value = Memory.value(values, at: slot)
        guard value.rawTag == first.rawTag else { return nil }
        guard areObjects ? value.objectView.table.address == first.objectView.table.address : value.arrayView.count == width
        else { return nil }
      }
    }

    @inline(__always)
    func part(_ index: Int, of slot: Int) -> Value {
      let row = Memory.value(values, at: slot)
      return Memory.value(areObjects ? row.objectView.values : row.arrayView.elements, at: index)
    }
  }

  /// Sorts by the first part, then those that are equal in it by the next one.
  private static func sorted(_ rows: Rows, _ count: Int) -> [UInt32] {
    var order = (0..<count).map { UInt32(truncatingIfNeeded: $0) }
    var open = [(range: 0..<count, part: 0)]
    while let (range, part) = open.popLast() {
      var entries = order[range].map { Entry(prefix: 0, slot: $0) }
      let isExact = sort(&entries) { rows.part(part, of: $0) }
      var start = 0
      for index in entries.indices {
        order[range.lowerBound + index] = entries[index].slot
        let isEnd =
          index + 1 == entries.count || entries[index].prefix != entries[index + 1].prefix
          || !isExact && rows.part(part, of: Int(entries[index].slot)).compare(rows.part(part, of: Int(entries[index + 1].slot))) != 0
        guard isEnd else { continue }
        if index > start, part + 1 < rows.width { open.append((range.lowerBound + start..<range.lowerBound + index + 1, part + 1)) }
        start = index + 1
      }
    }
    return order
  }

  private static func insertion(_ values: Memory.Address, _ count: Int) -> [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(count)
    for slot in 0..<count {
      let value = Memory.value(values, at: slot)
      var position = order.count
      while position > 0, Memory.value(values, at: Int(order[position - 1])).compare(value) > 0 { position -= 1 }
      order.insert(UInt32(truncatingIfNeeded: slot), at: position)
    }
    return order
  }

  private enum Kind {
    case integers, numbers, strings, other
  }

  /// What values are whose tags were seen.
  private static func kind(_ seen: UInt16) -> Kind {
    switch seen {
    case 1 << 3: return .integers
    case 1 << 4, 1 << 3 | 1 << 4: return .numbers
    case 1 << 5, 1 << 6, 1 << 5 | 1 << 6: return .strings
    default: return .other
    }
  }

  /// A smaller prefix stands for a smaller value.
  @inline(__always)
  private static func prefix(_ value: Value, _ kind: Kind) -> UInt64 {
    switch kind {
    case .integers: return value.body ^ 1 << 63
    case .numbers:
      let bits = ((value.asDouble ?? 0) + 0).bitPattern
      return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    case .strings:
      if value.rawTag == 5 { return (value.head >> 16 | value.body << 48).byteSwapped }
      return Memory.loadUnaligned(value.address, TextRecord.headerSize, as: UInt64.self).byteSwapped
    case .other: return UInt64(value.typeRank)
    }
  }

  /// Stable, bottom up; runs that are in order already cost one comparison each.
  private static func merge(_ entries: inout [Entry], _ isAfter: (Entry, Entry) -> Bool) {
    let count = entries.count
    var other = entries
    var width = 1
    while width < count {
      var start = 0
      while start < count {
        let middle = min(start + width, count), end = min(start + 2 * width, count)
        var a = start, b = middle, to = start
        if middle < end, isAfter(entries[middle - 1], entries[middle]) {
          while a < middle, b < end {
            if isAfter(entries[a], entries[b]) {
              other[to] = entries[b]
              b += 1
            } else {
              other[to] = entries[a]
              a += 1
            }
            to += 1
          }
        }
        while a < middle {
          other[to] = entries[a]
          a += 1
          to += 1
        }
        while b < end {
          other[to] = entries[b]
          b += 1
          to += 1
        }
        start = end
      }
      swap(&entries, &other)
      width *= 2
    }
  }
}

extension Value {
  /// The elements of an array or set as an array in order, duplicates kept.
  static func sortedArray(_ values: Memory.Address, count: Int, in heap: Heap) -> Value {
    let result = ArrayView.make(filled: count, in: heap)
    for (to, from) in ValueOrder.sorted(values, count: count).enumerated() {
      Memory.setValue(result.elements, at: to, Memory.value(values, at: Int(from)))
    }
    return result.value
  }
}
