/// Why bytes are no JSON text, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason in the words of Go's `encoding/json`, which OPA passes on ("invalid character '}' looking for beginning of value").
  public let reason: String
  /// Bytes before the place; the number of all bytes where the text ends too early.
  public let offset: Int
  /// Counts from 1.
  public let line: Int
  /// Code points from the start of the line, counting from 1.
  public let column: Int

  /// The reason where a text ends too early.
  static let endOfText = "unexpected end of JSON input"

  /// - Parameter known: a place at or before the offset; the text before it is not looked at.
  init(_ reason: String, offset: Int, in text: JSONText, after known: TextPlace) {
    var place = known
    place.advance(to: min(offset, text.count), in: text)
    self.reason = reason
    self.offset = place.offset
    line = place.line
    column = place.column
  }

  public var description: String { "line \(line), column \(column): \(reason)" }
}

/// A place in a text, as people count.
struct TextPlace {
  private(set) var offset = 0
  private(set) var line = 1
  /// Code points from the start of the line, counting from 1.
  private(set) var column = 1

  /// Goes on to an offset that is not before this one's, eight bytes at a time and more where a line is long.
  mutating func advance(to end: Int, in text: JSONText) {
    let ones: UInt64 = 0x0101_0101_0101_0101, high: UInt64 = 0x8080_8080_8080_8080
    while end &- offset >= 8 {
      // Most of a text is ASCII between two ends of lines.
      while end &- offset >= 32 {
        let (a, b) = (text.word(at: offset), text.word(at: offset &+ 8))
        let (c, d) = (text.word(at: offset &+ 16), text.word(at: offset &+ 24))
        // A byte below 0x0B in ASCII, a newline or not, has a borrow in its highest bit; so may one above it.
        let low = (a &- ones &* 0x0B) | (b &- ones &* 0x0B) | (c &- ones &* 0x0B) | (d &- ones &* 0x0B)
        guard (a | b | c | d | low) & high == 0 else { break }
        offset &+= 32
        column &+= 32
      }
      guard end &- offset >= 8 else { break }
      let word = text.word(at: offset), other = word ^ (ones &* 0x0A)
      // The highest bit of each byte that is a newline: exact, no byte borrows from another.
      let newlines = ~((other & ~high &+ ~high) | other | ~high)
      let continued = word & ~(word &<< 1) & high
      // The text's first byte is the lowest; what stands behind the last newline counts for the column.
      let behind = newlines.leadingZeroBitCount & ~7
      if newlines != 0 {
        line &+= Self.bytes(newlines)
        column = 1
      }
      let counted = behind == 64 ? continued : continued & ~(UInt64.max &>> UInt64(behind))
      column &+= behind / 8 &- Self.bytes(counted)
      offset &+= 8
    }
    while offset < end { step(text.byte(at: offset)) }
  }

  /// Bytes whose highest bit is set, of a word that has no other bit: the product's highest byte is their sum.
  private static func bytes(_ high: UInt64) -> Int { Int(((high &>> 7) &* 0x0101_0101_0101_0101) &>> 56) }

  private mutating func step(_ byte: UInt8) {
    offset &+= 1
    if byte == 0x0A {
      line &+= 1
      column = 1
    } else if byte & 0xC0 != 0x80 {
      column &+= 1
    }
  }
}

/// The bytes of a text, read by position; beyond the end stand zero bytes.
struct JSONText {
  private let start: Memory.Address
  let count: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    start = UInt(bitPattern: bytes.baseAddress)
    count = bytes.count
  }

  @inline(__always)
  var address: Memory.Address { start }

  @inline(__always)
  func byte(at position: Int) -> UInt8 { position < count ? Memory.load(start, position) : 0 }

  /// Eight bytes, the first one lowest.
  @inline(__always)
  func word(at position: Int) -> UInt64 {
    position &+ 8 <= count ? UInt64(littleEndian: Memory.loadUnaligned(start, position)) : tail(position)
  }

  @inline(never)
  private func tail(_ position: Int) -> UInt64 {
    var result: UInt64 = 0
    for index in 0..<max(0, count - position) { result |= UInt64(byte(at: position + index)) << UInt64(8 * index) }
    return result
  }

  /// Whether `count` bytes at `position` are those at `address`.
  @inline(__always)
  func hasBytes(of address: Memory.Address, count length: Int, at position: Int) -> Bool {
    position &+ length <= count && Memory.equalBytes(start &+ UInt(position), address, length)
  }

  func buffer(from position: Int, count length: Int) -> UnsafeBufferPointer<UInt8> {
    precondition(position >= 0 && length >= 0 && position + length <= count)
    return unsafe length == 0 ? UnsafeBufferPointer(start: nil, count: 0) : Memory.buffer(start &+ UInt(position), count: length)
  }
}
