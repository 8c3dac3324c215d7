/// What KASLR moves, by the lists that the kernel's build adds to the file that it compresses (CONFIG_X86_NEED_RELOCS): addresses of 32 and of 64 bits, and
/// distances to a processor's own area, which does not move.
///
/// Source: arch/x86/boot/compressed/misc.c (handle_relocations), arch/x86/tools/relocs.c (emit_relocs).
package struct Relocations: Sendable {
  private let moved: [UInt64]
  private let inverse: [UInt64]
  private let long: [UInt64]

  /// Most bytes of all lists.
  private static let limit: UInt64 = 16 << 20
  /// Entries of 32 bits that a kernel has at least.
  private static let usual = 1024

  /// - Parameters:
  ///   - file: the unpacked file, with the lists behind it.
  ///   - text: address of .text, near which all entries lie.
  /// - Returns: nil for a file without them.
  package init?(_ file: PhysicalMemory, text: UInt64) {
    let count = min(file.end, Self.limit) & ~3
    guard let bytes = file.bytes(file.end - count, count: Int(count)) else { return nil }
    let lowest = text & ~0x3FFF_FFFF
    var place = bytes.count
    /// The entries up to a zero before them; nil where one is no address of the image.
    func list() -> [UInt64]? {
      var found: [UInt64] = []
      while place >= 4 {
        place -= 4
        let word = UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16 | UInt32(bytes[place + 3]) << 24
        if word == 0 { return found.sorted() }
        let address = UInt64(bitPattern: Int64(Int32(bitPattern: word)))
        guard address &- lowest < 1 << 30 else { return nil }
        found.append(address)
      }
      return nil
    }
    guard let moved = list(), moved.count >= Self.usual, let second = list() else { return nil }
    self.moved = moved
    // Up to 6.14 there are three lists, which a file that ends with two does not look like: its section names stand before them.
    if let third = list(), !third.isEmpty {
      (inverse, long) = (second, third)
    } else {
      (inverse, long) = ([], second)
    }
  }

  /// Bytes of the file as they are when it has been moved.
  package func applied(to bytes: [UInt8], at start: UInt64, by slide: UInt64) -> [UInt8] {
    var bytes = bytes
    func add(_ places: [UInt64], _ size: Int, _ amount: UInt64) {
      var index = places.partition(start)
      while index < places.count, places[index] - start < UInt64(bytes.count) {
        let place = Int(places[index] - start)
        index += 1
        guard place + size <= bytes.count else { continue }
        let value = PatchTable.word(bytes, place, size) &+ amount
        for offset in 0..<size { bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt64(offset * 8)) }
      }
    }
    add(moved, 4, slide)
    add(inverse, 4, 0 &- slide)
    add(long, 8, slide)
    return bytes
  }
}

extension [UInt64] {
  /// Index of the first element that is not below a value, in an array in ascending order.
  fileprivate func partition(_ value: UInt64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
