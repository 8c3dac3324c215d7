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
    let kind = kind(values, count)
    let offset = kind == .strings ? commonPrefix(values, count) : 0
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for slot in 0..<count {
      entries.append(Entry(prefix: prefix(Memory.value(values, at: slot), kind, offset), slot: UInt32(truncatingIfNeeded: slot)))
    }
    let isExact = kind == .integers
    merge(&entries) { a, b in
      if a.prefix != b.prefix { return a.prefix > b.prefix }
      return isExact ? false : Memory.value(values, at: Int(a.slot)).compare(Memory.value(values, at: Int(b.slot))) > 0
    }
    return entries.map(\.slot)
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

  /// What all values are.
  private static func kind(_ values: Memory.Address, _ count: Int) -> Kind {
    var seen: UInt16 = 0
    for slot in 0..<count { seen |= 1 << UInt16(Memory.value(values, at: slot).rawTag) }
    switch seen {
    case 1 << 3: return .integers
    case 1 << 4, 1 << 3 | 1 << 4: return .numbers
    case 1 << 5, 1 << 6, 1 << 5 | 1 << 6: return .strings
    default: return .other
    }
  }

  /// Bytes that all of several strings begin with: times and names often differ late.
  private static func commonPrefix(_ values: Memory.Address, _ count: Int) -> Int {
    unsafe Memory.value(values, at: 0).withText { first in
      var length = first.count
      for slot in 1..<count where length > 0 {
        unsafe Memory.value(values, at: slot).withText { other in
          let most = min(length, other.count)
          var index = 0
          // SAFETY: the index is below both counts.
          while index < most, unsafe first[index] == other[index] { index += 1 }
          length = index
        }
      }
      return length
    }
  }

  /// A smaller prefix stands for a smaller value.
  ///
  /// - Parameter offset: bytes that all strings have in common.
  @inline(__always)
  private static func prefix(_ value: Value, _ kind: Kind, _ offset: Int) -> UInt64 {
    switch kind {
    case .integers: return value.body ^ 1 << 63
    case .numbers:
      let bits = ((value.asDouble ?? 0) + 0).bitPattern
      return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    case .strings:
      if value.rawTag == 5 {
        let low = value.head >> 16 | value.body << 48, high = value.body >> 16
        if offset == 0 { return low.byteSwapped }
        return (offset < 8 ? low >> UInt64(8 &* offset) | high << UInt64(64 &- 8 &* offset) : high >> UInt64(8 &* (offset &- 8)))
          .byteSwapped
      }
      if offset &+ 8 <= value.textCount {
        return Memory.loadUnaligned(value.address, TextRecord.headerSize &+ offset, as: UInt64.self).byteSwapped
      }
      var word: UInt64 = 0
      for index in 0..<8 {
        let byte: UInt8 = offset + index < value.textCount ? Memory.load(value.address, TextRecord.headerSize + offset + index) : 0
        word = word << 8 | UInt64(byte)
      }
      return word
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
