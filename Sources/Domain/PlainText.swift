/// Texts that need no second look: most that a report holds are printable ASCII, and eight bytes are judged at once.
public enum PlainText {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let high: UInt64 = 0x8080_8080_8080_8080

  /// Whether every byte is one of 0x20 to 0x7E.
  public static func isPrintable(_ text: String) -> Bool {
    isPlain(text) { word in below(word, 0x20) | word | equal(word, 0x7F) }
  }

  /// Whether the text stands in JSON as it is: printable ASCII without a quotation mark or a backslash.
  public static func standsInJSON(_ text: String) -> Bool {
    isPlain(text) { word in below(word, 0x20) | word | equal(word, 0x7F) | equal(word, 0x22) | equal(word, 0x5C) }
  }

  /// - Parameter odd: sets the highest bit of some byte where a byte of the word is none that is plain; the others do not count.
  @inline(__always)
  private static func isPlain(_ text: String, _ odd: (UInt64) -> UInt64) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var at = 0
      while at &+ 8 <= bytes.count {
        // SAFETY: eight bytes from here lie in the text.
        let word = unsafe UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped).loadUnaligned(fromByteOffset: at, as: UInt64.self)
        if odd(word) & high != 0 { return false }
        at &+= 8
      }
      // What is left is filled with letters, which are plain.
      var word: UInt64 = 0x6161_6161_6161_6161
      while at < bytes.count {
        word = word &<< 8 | UInt64(unsafe bytes[at])
        at &+= 1
      }
      return odd(word) & high == 0
    }
  }

  /// The highest bit of each byte below the limit, where none before it is set; exact for the lowest one.
  @inline(__always)
  private static func below(_ word: UInt64, _ limit: UInt64) -> UInt64 { (word &- ones &* limit) & ~word }

  @inline(__always)
  private static func equal(_ word: UInt64, _ byte: UInt64) -> UInt64 {
    let difference = word ^ (ones &* byte)
    return (difference &- ones) & ~difference
  }
}
