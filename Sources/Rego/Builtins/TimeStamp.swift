/// Times of RFC 3339 in their common form, "2006-01-02T15:04:05.999Z" or with an offset, read in place.
enum TimeStamp {
  /// Nanoseconds since 1970; nil for anything else, which `TimeParser` then reads or refuses.
  static func nanoseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    // SAFETY: at least twenty bytes are there, and every index beyond them is compared with the count.
    guard text.count >= 20, unsafe text[4] == 0x2D, unsafe text[7] == 0x2D, unsafe text[10] == 0x54, unsafe text[13] == 0x3A,
      unsafe text[16] == 0x3A
    else { return nil }
    var isNumber = true
    func number(_ start: Int, _ count: Int) -> Int64 {
      var value: Int64 = 0
      for index in start..<(start + count) {
        let digit = unsafe text[index] &- 0x30
        if digit > 9 { isNumber = false }
        value = value &* 10 &+ Int64(digit)
      }
      return value
    }
    let year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2), minute = number(14, 2), second = number(17, 2)
    // These years lie well inside of 64 bits of nanoseconds.
    guard isNumber, year >= 1700, year <= 2250, month >= 1, month <= 12, day >= 1, hour < 24, minute < 60, second < 60,
      day <= CivilTime.daysIn(month: Int(month), year: Int(year))
    else { return nil }
    var position = 19
    var fraction: Int64 = 0
    if unsafe text[position] == 0x2E {
      position += 1
      var digits = 0
      while position < text.count, digits < 9, unsafe text[position] &- 0x30 <= 9 {
        fraction = unsafe fraction * 10 + Int64(text[position] - 0x30)
        digits += 1
        position += 1
      }
      if digits == 0 { return nil }
      for _ in digits..<9 { fraction *= 10 }
    }
    var offset: Int64 = 0
    guard position < text.count else { return nil }
    switch unsafe text[position] {
    case 0x5A: position += 1
    case let sign where sign == 0x2B || sign == 0x2D:
      guard position + 6 == text.count, unsafe text[position + 3] == 0x3A else { return nil }
      let hours = number(position + 1, 2), minutes = number(position + 4, 2)
      guard isNumber, hours < 24, minutes < 60 else { return nil }
      offset = (hours * 60 + minutes) * (sign == 0x2B ? 60 : -60)
      position += 6
    default: return nil
    }
    guard position == text.count else { return nil }
    let days = CivilTime.daysSince1970(year: Int(year), month: Int(month), day: Int(day))
    return (days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1_000_000_000 + fraction
  }
}

extension BuiltinContext {
  /// The layout of a text, read once in an evaluation.
  func layout(_ text: Value) -> TimeLayout {
    if let known = layouts.first(where: { $0.text.equals(text) }) { return known.layout }
    let layout = TimeLayout(text.text)
    if layouts.count < 8 { layouts.append((text, layout)) }
    return layout
  }
}
