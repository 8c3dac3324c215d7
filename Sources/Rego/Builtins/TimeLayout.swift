/// Layouts of Go's `time` package: how the reference time, Mon Jan 2 15:04:05 MST 2006, would be written.
struct TimeLayout {
  enum Element: Equatable {
    case literal(ArraySlice<UInt8>)
    case longMonth, month, numberedMonth, zeroMonth, longWeekday, weekday
    case day, underDay, zeroDay, underYearDay, zeroYearDay
    case hour, hour12, zeroHour12, minute, zeroMinute, second, zeroSecond
    case longYear, year, upperPM, lowerPM, zoneName
    /// Offset; `isISO`: Z for UTC.
    case offset(isISO: Bool, hasColon: Bool, hasMinutes: Bool, hasSeconds: Bool)
    /// Point or comma and digits; `isFixed`: exactly as many.
    case fraction(separator: UInt8, digits: Int, isFixed: Bool)
  }

  struct Chunk {
    let element: Element
    /// As written in the layout.
    let text: ArraySlice<UInt8>
  }

  let chunks: [Chunk]
  /// Reads texts of a layout whose elements have fixed places.
  let plain: PlainLayout?
  let text: [UInt8]

  /// Names OPA accepts instead of a layout.
  private static let names: [String: String] = [
    "ANSIC": "Mon Jan _2 15:04:05 2006", "UnixDate": "Mon Jan _2 15:04:05 MST 2006", "RubyDate": "Mon Jan 02 15:04:05 -0700 2006",
    "RFC822": "02 Jan 06 15:04 MST", "RFC822Z": "02 Jan 06 15:04 -0700", "RFC850": "Monday, 02-Jan-06 15:04:05 MST",
    "RFC1123": "Mon, 02 Jan 2006 15:04:05 MST", "RFC1123Z": "Mon, 02 Jan 2006 15:04:05 -0700", "RFC3339": "2006-01-02T15:04:05Z07:00",
    "RFC3339Nano": "2006-01-02T15:04:05.999999999Z07:00",
  ]

  init(_ layout: [UInt8]) {
    text = Self.names[String(decoding: layout, as: UTF8.self)].map { Array($0.utf8) } ?? layout
    var chunks: [Chunk] = []
    var position = 0
    var literalStart = 0
    while position < text.count {
      guard let (element, length) = Self.element(text[position...]) else {
        position += 1
        continue
      }
      if position > literalStart {
        chunks.append(Chunk(element: .literal(text[literalStart..<position]), text: text[literalStart..<position]))
      }
      chunks.append(Chunk(element: element, text: text[position..<(position + length)]))
      position += length
      literalStart = position
    }
    if literalStart < text.count { chunks.append(Chunk(element: .literal(text[literalStart...]), text: text[literalStart...])) }
    self.chunks = chunks
    plain = PlainLayout(chunks)
  }

  private static let offsets: [(String, Element)] = [
    ("-070000", .offset(isISO: false, hasColon: false, hasMinutes: true, hasSeconds: true)),
    ("-07:00:00", .offset(isISO: false, hasColon: true, hasMinutes: true, hasSeconds: true)),
    ("-0700", .offset(isISO: false, hasColon: false, hasMinutes: true, hasSeconds: false)),
    ("-07:00", .offset(isISO: false, hasColon: true, hasMinutes: true, hasSeconds: false)),
    ("-07", .offset(isISO: false, hasColon: false, hasMinutes: false, hasSeconds: false)),
    ("Z070000", .offset(isISO: true, hasColon: false, hasMinutes: true, hasSeconds: true)),
    ("Z07:00:00", .offset(isISO: true, hasColon: true, hasMinutes: true, hasSeconds: true)),
    ("Z0700", .offset(isISO: true, hasColon: false, hasMinutes: true, hasSeconds: false)),
    ("Z07:00", .offset(isISO: true, hasColon: true, hasMinutes: true, hasSeconds: false)),
    ("Z07", .offset(isISO: true, hasColon: false, hasMinutes: false, hasSeconds: false)),
  ]

  /// The element a text begins with, and its length. Order matters: longer forms stand before shorter ones.
  private static let fixed: [(String, Element)] =
    offsets + [
      ("January", .longMonth), ("Monday", .longWeekday), ("MST", .zoneName), ("01", .zeroMonth), ("002", .zeroYearDay), ("02", .zeroDay),
      ("03", .zeroHour12), ("04", .zeroMinute), ("05", .zeroSecond), ("06", .year), ("15", .hour), ("1", .numberedMonth),
      ("2006", .longYear),
      ("2", .day), ("__2", .underYearDay), ("_2", .underDay), ("3", .hour12), ("4", .minute), ("5", .second), ("PM", .upperPM),
      ("pm", .lowerPM),
    ]

  private static func element(_ text: ArraySlice<UInt8>) -> (Element, Int)? {
    guard let first = text.first else { return nil }
    if first == 0x2E || first == 0x2C {
      guard let digit = text.dropFirst().first, digit == 0x30 || digit == 0x39 else { return nil }
      let digits = text.dropFirst().prefix { $0 == digit }.count
      if let next = text.dropFirst(1 + digits).first, next >= 0x30, next <= 0x39 { return nil }
      return (.fraction(separator: first, digits: digits, isFixed: digit == 0x30), 1 + digits)
    }
    // "_2006" is an underscore and a year.
    if text.starts(with: Array("_2006".utf8)) { return nil }
    for (name, element) in fixed where text.starts(with: name.utf8) { return (element, name.utf8.count) }
    for (name, element) in [("Jan", Element.month), ("Mon", .weekday)] where text.starts(with: name.utf8) {
      if let next = text.dropFirst(3).first, next >= 0x61, next <= 0x7A { return nil }
      return (element, 3)
    }
    return nil
  }

  func format(_ time: CivilTime) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + 16)
    let date = time.date
    func number(_ value: Int, _ width: Int, _ fill: UInt8 = 0x30) {
      var scale = 1, digits = 1
      while value.magnitude / UInt(scale) >= 10 {
        scale *= 10
        digits += 1
      }
      if value < 0 { result.append(0x2D) }
      for _ in 0..<max(0, width - digits) { result.append(fill) }
      while scale > 0 {
        result.append(0x30 + UInt8(truncatingIfNeeded: value.magnitude / UInt(scale) % 10))
        scale /= 10
      }
    }
    let hour12 = time.hour % 12 == 0 ? 12 : time.hour % 12
    for chunk in chunks {
      switch chunk.element {
      case .literal(let text): result += text
      case .longMonth: result += CivilTime.monthNames[date.month - 1].utf8
      case .month: result += CivilTime.monthNames[date.month - 1].utf8.prefix(3)
      case .numberedMonth: number(date.month, 0)
      case .zeroMonth: number(date.month, 2)
      case .longWeekday: result += CivilTime.weekdayNames[time.weekday].utf8
      case .weekday: result += CivilTime.weekdayNames[time.weekday].utf8.prefix(3)
      case .day: number(date.day, 0)
      case .underDay: number(date.day, 2, 0x20)
      case .zeroDay: number(date.day, 2)
      case .underYearDay: number(time.dayOfYear, 3, 0x20)
      case .zeroYearDay: number(time.dayOfYear, 3)
      case .hour: number(time.hour, 2)
      case .hour12: number(hour12, 0)
      case .zeroHour12: number(hour12, 2)
      case .minute: number(time.minute, 0)
      case .zeroMinute: number(time.minute, 2)
      case .second: number(time.second, 0)
      case .zeroSecond: number(time.second, 2)
      case .longYear: number(date.year, 4)
      case .year: number(max(date.year, 0) % 100, 2)
      case .upperPM: result += (time.hour >= 12 ? "PM" : "AM").utf8
      case .lowerPM: result += (time.hour >= 12 ? "pm" : "am").utf8
      case .zoneName:
        if let first = time.abbreviation.utf8.first, first != 0x2B, first != 0x2D {
          result += time.abbreviation.utf8
        } else {
          let minutes = time.offset.magnitude / 60
          result.append(time.offset < 0 ? 0x2D : 0x2B)
          number(Int(minutes / 60), 2)
          if minutes % 60 != 0 { number(Int(minutes % 60), 2) }
        }
      case .offset(let isISO, let hasColon, let hasMinutes, let hasSeconds):
        if isISO, time.offset == 0 {
          result.append(0x5A)
          continue
        }
        let seconds = Int(time.offset.magnitude)
        result.append(time.offset < 0 ? 0x2D : 0x2B)
        number(seconds / 3600, 2)
        if hasMinutes {
          if hasColon { result.append(0x3A) }
          number(seconds / 60 % 60, 2)
        }
        if hasSeconds {
          if hasColon { result.append(0x3A) }
          number(seconds % 60, 2)
        }
      case .fraction(let separator, let count, let isFixed):
        var digits = Array(String(time.nanoseconds).utf8)
        digits = Array(([UInt8](repeating: 0x30, count: 9 - digits.count) + digits).prefix(count))
        if isFixed {
          digits += [UInt8](repeating: 0x30, count: count - digits.count)
        } else {
          while digits.last == 0x30 { digits.removeLast() }
        }
        if !digits.isEmpty { result += [separator] + digits }
      }
    }
    return result
  }
}
