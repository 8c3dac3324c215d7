extension Collection where Element == UInt8 {
  /// Column, from 1, of what follows this part of a line: code points, as SARIF and editors count them. A byte that belongs to none counts
  /// with the one before it.
  var columnBehind: Int { reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}

/// A line and a column, both from 1; columns count code points.
struct LinePlace: Sendable, Hashable {
  var line: Int
  var column: Int

  /// The place of a byte. Linear in the offset: for a single place, not for every element.
  static func of(offset: Int, in bytes: [UInt8]) -> LinePlace {
    var place = LinePlace(line: 1, column: 1)
    for byte in bytes[0..<offset] {
      if byte == 0x0A {
        place = LinePlace(line: place.line + 1, column: 1)
      } else if byte & 0xC0 != 0x80 {
        place.column += 1
      }
    }
    return place
  }
}

/// Places of offsets that mostly grow: the whole text is walked once.
struct LinePlaces {
  private let bytes: [UInt8]
  private var offset = 0
  private var line = 1
  private var lineStart = 0
  private var column = 1

  init(of bytes: [UInt8]) { self.bytes = bytes }

  mutating func at(_ target: Int) -> LinePlace {
    if target < offset {
      if target < lineStart { return LinePlace.of(offset: target, in: bytes) }
      // Back from where the walk stands: nearer than from the start of a line that may be the whole text.
      return LinePlace(line: line, column: column - (bytes[target..<offset].columnBehind - 1))
    }
    let end = min(target, bytes.count)
    while offset < end {
      if bytes[offset] == 0x0A {
        line += 1
        lineStart = offset + 1
        column = 1
      } else if bytes[offset] & 0xC0 != 0x80 {
        column += 1
      }
      offset += 1
    }
    return LinePlace(line: line, column: column)
  }
}

/// Where a start tag begins, and where the value of each of its attributes does. The tag is known to be well-formed.
struct StartTag {
  private(set) var start = 0
  private var values: [Int] = []

  /// - Parameter end: offset behind the last attribute.
  mutating func scan(_ bytes: [UInt8], before end: Int) {
    values.removeAll(keepingCapacity: true)
    var i = end
    while i > 0, bytes[i - 1] != 0x3C { i -= 1 }
    start = max(0, i - 1)
    while i < end, bytes[i] > 0x20 { i += 1 }
    while i < end {
      // Up to the "=" of the next attribute, its quote, and the quote that ends it. Declarations of namespaces are no attributes.
      while i < end, bytes[i] <= 0x20 { i += 1 }
      let isNamespace =
        bytes[i..<end].starts(with: [0x78, 0x6D, 0x6C, 0x6E, 0x73]) && i + 5 < end && [0x3A, 0x3D, 0x20].contains(bytes[i + 5])
      while i < end, bytes[i] != 0x22, bytes[i] != 0x27 { i += 1 }
      guard i < end else { return }
      let quote = bytes[i]
      if !isNamespace { values.append(i + 1) }
      i += 1
      while i < end, bytes[i] != quote { i += 1 }
      i += 1
    }
  }

  /// Offset of the value of attribute `number`; of the tag where it is not known.
  func value(_ number: Int) -> Int { number < values.count ? values[number] : start }
}

/// Validity of UTF-8, as libxml2 and the Unicode standard see it.
enum UTF8Check {
  /// Offset of the first byte that is not part of valid UTF-8; nil where all is.
  static func firstFault(in bytes: [UInt8]) -> Int? {
    var i = 0
    let count = bytes.count
    while i < count {
      let byte = bytes[i]
      if byte < 0x80 {
        i += 1
        continue
      }
      let (length, low, high): (Int, UInt8, UInt8) =
        switch byte {
        case 0xC2...0xDF: (2, 0x80, 0xBF)
        case 0xE0: (3, 0xA0, 0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80, 0xBF)
        case 0xED: (3, 0x80, 0x9F)
        case 0xF0: (4, 0x90, 0xBF)
        case 0xF1...0xF3: (4, 0x80, 0xBF)
        case 0xF4: (4, 0x80, 0x8F)
        default: (0, 0, 0)
        }
      guard length > 0, i + length <= count, bytes[i + 1] >= low, bytes[i + 1] <= high else { return i }
      for j in 2..<max(2, length) where bytes[i + j] & 0xC0 != 0x80 { return i }
      i += length
    }
    return nil
  }
}
