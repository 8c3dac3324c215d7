/// Layouts of fixed places, like "2006-01-02 15:04:05" or RFC 3339's, read in place.
struct PlainLayout {
  private enum Step {
    case byte(UInt8)
    case year, month, day, hour, minute, second
    /// "Z", or sign, hours, colon and minutes.
    case offset
  }
  private var steps: [Step] = []

  /// Nil for a layout with other elements, or without a whole date.
  init?(_ chunks: [TimeLayout.Chunk]) {
    var elements = 0
    for chunk in chunks {
      switch chunk.element {
      case .literal(let text): for byte in text { steps.append(.byte(byte)) }
      case .longYear: (elements, _) = (elements | 1, steps.append(.year))
      case .zeroMonth: (elements, _) = (elements | 2, steps.append(.month))
      case .zeroDay: (elements, _) = (elements | 4, steps.append(.day))
      case .hour: steps.append(.hour)
      case .zeroMinute: steps.append(.minute)
      case .zeroSecond: steps.append(.second)
      case .offset(isISO: true, hasColon: true, hasMinutes: true, hasSeconds: false): steps.append(.offset)
      default: return nil
      }
    }
    if elements != 7 { return nil }
  }

  /// Nanoseconds since 1970; nil for a text that `TimeParser` has to read or refuse.
  func nanoseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    var position = 0
    var year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offset = 0
    // SAFETY: positions are compared with the text's count.
    func digits(_ count: Int) -> Int? {
      guard position + count <= text.count else { return nil }
      var value = 0
      for index in position..<(position + count) {
        let digit = unsafe text[index] &- 0x30
        if digit > 9 { return nil }
        value = value * 10 + Int(digit)
      }
      position += count
      return value
    }
    func take(_ byte: UInt8) -> Bool {
      guard position < text.count, unsafe text[position] == byte else { return false }
      position += 1
      return true
    }
    for step in steps {
      switch step {
      case .byte(let byte): if !take(byte) { return nil }
      case .year:
        guard let value = digits(4) else { return nil }
        year = value
      case .month:
        guard let value = digits(2) else { return nil }
        month = value
      case .day:
        guard let value = digits(2) else { return nil }
        day = value
      case .hour:
        guard let value = digits(2) else { return nil }
        hour = value
      case .minute:
        guard let value = digits(2) else { return nil }
        minute = value
      case .second:
        guard let value = digits(2) else { return nil }
        second = value
      case .offset:
        if take(0x5A) { continue }
        let isWest = take(0x2D)
        guard isWest || take(0x2B), let hours = digits(2), take(0x3A), let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
        offset = (hours * 60 + minutes) * (isWest ? -60 : 60)
      }
    }
    // These years lie well inside of 64 bits of nanoseconds.
    guard position == text.count, year >= 1700, year <= 2250, month >= 1, month <= 12, day >= 1, hour < 24, minute < 60, second < 60,
      day <= CivilTime.daysIn(month: month, year: year)
    else { return nil }
    let days = CivilTime.daysSince1970(year: year, month: month, day: day)
    return (days * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)) * 1_000_000_000
  }
}

/// Spans of time like "1h30m" and "90s", read in place.
enum PlainDuration {
  /// Nanoseconds; nil for anything else than whole numbers of at most six digits with one of the units h, m, s and ms behind each.
  static func nanoseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    var total = 0
    var position = 0
    guard text.count > 0, text.count <= 24 else { return nil }
    // SAFETY: positions stay below the text's count.
    while position < text.count {
      let start = position
      var value = 0
      while position < text.count, position - start <= 6, unsafe text[position] &- 0x30 <= 9 {
        value = unsafe value * 10 + Int(text[position] - 0x30)
        position += 1
      }
      guard position > start, position - start <= 6, position < text.count else { return nil }
      let unit = unsafe text[position]
      position += 1
      switch unit {
      case 0x68: value *= 3_600_000_000_000
      case 0x73: value *= 1_000_000_000
      case 0x6D:
        if position < text.count, unsafe text[position] == 0x73 {
          position += 1
          value *= 1_000_000
        } else {
          value *= 60_000_000_000
        }
      default: return nil
      }
      let (sum, overflows) = total.addingReportingOverflow(value)
      if overflows { return nil }
      total = sum
    }
    return total
  }
}
