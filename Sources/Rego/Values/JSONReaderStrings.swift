/// Strings with escapes or beyond ASCII.
extension JSONReader {
  /// Checks a string from behind its opening quote. Without escapes its bytes are those of the text; else they are put into `scratch`.
  mutating func decode(from start: Int, _ position: inout Int) throws(JSONError) -> (range: Range<Int>, isInScratch: Bool) {
    var end = start
    var copied = start
    var isInScratch = false
    while true {
      end = special(from: end)
      switch text.byte(at: end) {
      case 0x22:
        position = end + 1
        if isInScratch { unsafe scratch.append(contentsOf: text.buffer(from: copied, count: end - copied)) }
        return (start..<end, isInScratch)
      case 0x5C:
        if !isInScratch {
          scratch.removeAll(keepingCapacity: true)
          isInScratch = true
        }
        unsafe scratch.append(contentsOf: text.buffer(from: copied, count: end - copied))
        end = try escape(end)
        copied = end
      case 0x80...: end = try encoded(end)
      default: throw unexpected(end, "in string literal")
      }
    }
  }

  /// Appends what the escape at `start` stands for; returns the position behind it.
  private mutating func escape(_ start: Int) throws(JSONError) -> Int {
    switch text.byte(at: start + 1) {
    case 0x22, 0x5C, 0x2F: scratch.append(text.byte(at: start + 1))
    case 0x62: scratch.append(8)
    case 0x66: scratch.append(12)
    case 0x6E: scratch.append(10)
    case 0x72: scratch.append(13)
    case 0x74: scratch.append(9)
    case 0x75: return try unicode(start)
    default: throw unexpected(start + 1, "in string escape code")
    }
    return start + 2
  }

  private mutating func unicode(_ start: Int) throws(JSONError) -> Int {
    var scalar = try hexadecimal(start + 2)
    var end = start + 6
    if scalar & 0xF800 == 0xD800 {
      var isPair = false
      if scalar < 0xDC00, text.byte(at: end) == 0x5C, text.byte(at: end + 1) == 0x75 {
        let low = try hexadecimal(end + 2)
        if low & 0xFC00 == 0xDC00 {
          scalar = 0x10000 + ((scalar & 0x3FF) << 10) + (low & 0x3FF)
          end += 6
          isPair = true
        }
      }
      if !isPair {
        guard replacesSurrogates else {
          throw JSONError("surrogate without its partner in string escape code", offset: start, in: text, after: given)
        }
        scalar = 0xFFFD
      }
    }
    scratch.append(contentsOf: UTF8Reader.bytes(of: scalar))
    return end
  }

  private func hexadecimal(_ start: Int) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for position in start..<(start + 4) {
      let byte = text.byte(at: position)
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x37
      case 0x61...0x66: digit = byte - 0x57
      default: throw unexpected(position, "in \\u hexadecimal character escape")
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// Checks a code point beyond ASCII; returns the position behind it.
  private func encoded(_ start: Int) throws(JSONError) -> Int {
    let lead = text.byte(at: start), second = text.byte(at: start + 1)
    let count = lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : 4)
    // The second byte's limits exclude forms longer than needed, surrogates and code points beyond U+10FFFF.
    let low: UInt8 = lead == 0xE0 ? 0xA0 : (lead == 0xF0 ? 0x90 : 0x80)
    let high: UInt8 = lead == 0xED ? 0x9F : (lead == 0xF4 ? 0x8F : 0xBF)
    var isValid = lead >= 0xC2 && lead <= 0xF4 && second >= low && second <= high
    if count > 2 { isValid = isValid && text.byte(at: start + 2) & 0xC0 == 0x80 }
    if count > 3 { isValid = isValid && text.byte(at: start + 3) & 0xC0 == 0x80 }
    guard isValid else { throw JSONError("invalid UTF-8 in string literal", offset: start, in: text, after: given) }
    return start + count
  }
}
