/// An address of version 4 or 6; the former is held as ::ffff:a.b.c.d.
struct IPAddress: Equatable {
  var bits: UInt128
  let isV4: Bool

  static let mapped: UInt128 = 0xFFFF << 32

  /// `isV4` follows from the bits: mapped addresses are of version 4, as in Go.
  init(bits: UInt128) {
    self.bits = bits
    isV4 = bits >> 32 == 0xFFFF
  }

  /// Dotted numbers without leading zeros, or the forms of RFC 4291. Zones are not accepted.
  init?(_ text: ArraySlice<UInt8>) {
    guard let value = text.contains(0x3A) ? Self.v6(text) : Self.v4(text).map({ Self.mapped | UInt128($0) }) else { return nil }
    self.init(bits: value)
  }

  private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
    var value: UInt32 = 0, number: UInt32 = 0
    var digits = 0, dots = 0
    var isFirstZero = false
    for byte in text {
      if byte == 0x2E {
        guard digits > 0, dots < 3 else { return nil }
        value = value << 8 | number
        number = 0
        digits = 0
        dots += 1
        continue
      }
      guard byte >= 0x30, byte <= 0x39, digits < 3, digits == 0 || !isFirstZero else { return nil }
      if digits == 0 { isFirstZero = byte == 0x30 }
      number = number * 10 + UInt32(byte - 0x30)
      guard number <= 255 else { return nil }
      digits += 1
    }
    return dots == 3 && digits > 0 ? value << 8 | number : nil
  }

  private static func v6(_ text: ArraySlice<UInt8>) -> UInt128? {
    var groups: [UInt16] = []
    /// Groups before the `::`.
    var gap: Int?
    var rest = text
    if rest.starts(with: [0x3A, 0x3A]) {
      gap = 0
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      guard groups.count < 8 else { return nil }
      let digits = rest.prefix { Builtins.hexadecimal($0) != nil }
      let behind = rest.dropFirst(digits.count)
      if behind.first == 0x2E {
        // The last four bytes as dotted numbers.
        guard groups.count <= 6, let low = v4(rest) else { return nil }
        groups += [UInt16(truncatingIfNeeded: low >> 16), UInt16(truncatingIfNeeded: low)]
        rest = []
        break
      }
      guard (1...4).contains(digits.count) else { return nil }
      groups.append(digits.reduce(0) { $0 << 4 | UInt16(Builtins.hexadecimal($1) ?? 0) })
      rest = behind
      guard let separator = rest.first else { break }
      guard separator == 0x3A, rest.count > 1 else { return nil }
      rest = rest.dropFirst()
      if rest.first == 0x3A {
        guard gap == nil else { return nil }
        gap = groups.count
        rest = rest.dropFirst()
      }
    }
    if let gap {
      guard groups.count < 8 else { return nil }
      groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
    }
    guard groups.count == 8 else { return nil }
    return groups.reduce(0) { $0 << 16 | UInt128($1) }
  }

  /// The four numbers of version 4.
  private var dotted: [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(15)
    for shift in [24, 16, 8, 0] {
      text.append(decimal: Int64(UInt8(truncatingIfNeeded: bits >> UInt128(shift))))
      if shift > 0 { text.append(0x2E) }
    }
    return text
  }

  /// The form of RFC 5952 as a string.
  func value(in heap: Heap) -> Value { isV4 ? .string(dotted, in: heap) : .string(text, in: heap) }

  /// The form of RFC 5952.
  var text: String {
    if isV4 { return String(decoding: dotted, as: UTF8.self) }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
    var longest = 0..<0
    var index = 0
    while index < 8 {
      var end = index
      while end < 8, groups[end] == 0 { end += 1 }
      if end - index > longest.count, end - index > 1 { longest = index..<end }
      index = max(end, index + 1)
    }
    func join(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
    return longest.isEmpty ? join(0..<8) : join(0..<longest.lowerBound) + "::" + join(longest.upperBound..<8)
  }
}

/// Addresses and networks of version 4 in their common form, read in place.
enum PlainNetwork {
  /// First and last address; one address stands for itself. Nil for anything else, which `IPNetwork` and `IPAddress` read or refuse.
  static func range(_ text: Value, isNetwork: Bool) -> (first: UInt32, last: UInt32)? {
    guard text.isString else { return nil }
    return unsafe text.withText { bytes in
      var value: UInt32 = 0, number: UInt32 = 0
      var digits = 0, dots = 0
      var index = 0
      // SAFETY: the index stays below the text's count.
      while index < bytes.count, unsafe bytes[index] != 0x2F {
        let byte = unsafe bytes[index]
        index += 1
        if byte == 0x2E {
          guard digits > 0, dots < 3, number <= 255 else { return nil }
          value = value << 8 | number
          (number, digits, dots) = (0, 0, dots + 1)
          continue
        }
        // No leading zeros.
        guard byte &- 0x30 <= 9, digits < 3, digits == 0 || number > 0 else { return nil }
        number = number * 10 + UInt32(byte - 0x30)
        digits += 1
      }
      guard dots == 3, digits > 0, number <= 255, index < bytes.count || !isNetwork else { return nil }
      value = value << 8 | number
      guard index < bytes.count else { return (value, value) }
      let length = bytes.count - index - 1
      guard length == 1 || length == 2, unsafe bytes[index + 1] &- 0x30 <= 9, unsafe bytes[bytes.count - 1] &- 0x30 <= 9 else { return nil }
      var prefix = unsafe Int(bytes[index + 1] - 0x30)
      if length == 2 {
        if prefix == 0 { return nil }
        prefix = unsafe prefix * 10 + Int(bytes[index + 2] - 0x30)
      }
      guard prefix <= 32 else { return nil }
      let host: UInt32 = prefix == 0 ? .max : (1 << UInt32(32 - prefix)) - 1
      return (value & ~host, value | host)
    }
  }
}

/// A network in the notation of RFC 4632 ("10.0.0.0/8", "fe80::/10").
struct IPNetwork {
  let first: IPAddress
  /// Bits that are the same in all addresses, counted in the notation's version.
  let prefix: Int

  var width: Int { first.isV4 ? 32 : 128 }
  private var hostMask: UInt128 { Self.hostMask(width - prefix) }
  private static func hostMask(_ count: Int) -> UInt128 { count >= 128 ? .max : (1 << UInt128(count)) - 1 }
  var last: IPAddress { IPAddress(bits: first.bits | hostMask) }

  init(first: IPAddress, prefix: Int) {
    self.first = first
    self.prefix = prefix
  }

  /// Host bits are dropped.
  init?(_ text: ArraySlice<UInt8>) {
    guard let slash = text.firstIndex(of: 0x2F), let address = IPAddress(text[..<slash]) else { return nil }
    let digits = text[(slash + 1)...]
    let width = text[..<slash].contains(0x3A) ? 128 : 32
    // As in Go, zeros may stand before the length.
    let length = digits.drop { $0 == 0x30 }
    guard !digits.isEmpty, length.count <= 3, length.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    let prefix = length.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard prefix <= width else { return nil }
    first = IPAddress(bits: address.bits & ~Self.hostMask(width - prefix))
    self.prefix = first.isV4 && width == 128 ? prefix - 96 : prefix
  }

  func contains(_ address: IPAddress) -> Bool {
    address.isV4 == first.isV4 && (address.bits ^ first.bits) & ~hostMask == 0
  }

  var text: String { first.text + "/\(prefix)" }
}
