/// Reads code points out of bytes.
enum UTF8Reader {
  /// Stands for a byte that begins no valid sequence: outside every set, so that nothing matches it.
  static let invalid: UInt32 = 0xFFFF_FFFF

  /// The code point at `position`, which is in bounds, and its width in bytes; (`invalid`, 1) where there is none.
  @inline(__always)
  static func scalar(in text: Span<UInt8>, at position: Int) -> (scalar: UInt32, width: Int) {
    let lead = text[position]
    return lead < 0x80 ? (UInt32(lead), 1) : multibyte(in: text, at: position, lead: lead)
  }

  private static func multibyte(in text: Span<UInt8>, at position: Int, lead: UInt8) -> (scalar: UInt32, width: Int) {
    let width: Int
    var scalar: UInt32
    let least: UInt32
    switch lead {
    case 0xC2...0xDF: (width, scalar, least) = (2, UInt32(lead & 0x1F), 0x80)
    case 0xE0...0xEF: (width, scalar, least) = (3, UInt32(lead & 0x0F), 0x800)
    case 0xF0...0xF4: (width, scalar, least) = (4, UInt32(lead & 0x07), 0x10000)
    default: return (invalid, 1)
    }
    guard position + width <= text.count else { return (invalid, 1) }
    for index in (position + 1)..<(position + width) {
      let byte = text[index]
      guard byte & 0xC0 == 0x80 else { return (invalid, 1) }
      scalar = scalar << 6 | UInt32(byte & 0x3F)
    }
    guard scalar >= least, scalar <= ScalarSet.last, scalar < 0xD800 || scalar > 0xDFFF else { return (invalid, 1) }
    return (scalar, width)
  }

  /// The bytes of a code point, which is no surrogate.
  static func bytes(of scalar: UInt32) -> [UInt8] {
    Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
  }
}

extension UTF8Reader {
  /// The byte at `index` of a code point's encoding, and whether it is the last one.
  static func byte(_ index: Int, of scalar: UInt32) -> (byte: UInt8, isLast: Bool) {
    let width = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    let bits = scalar >> UInt32(6 * (width - 1 - index))
    guard index == 0 else { return (UInt8(truncatingIfNeeded: 0x80 | bits & 0x3F), index == width - 1) }
    let marks: [4 of UInt8] = [0, 0xC0, 0xE0, 0xF0]
    return (marks[width - 1] | UInt8(truncatingIfNeeded: bits), width == 1)
  }
}
