/// Reads a time in a layout, as Go's `time.Parse`.
struct TimeParser {
  struct Fault: Error, CustomStringConvertible { let description: String }

  /// An element does not fit what stands there, or its value is out of range.
  private enum Misfit: Error { case bad, range(String) }

  private let layout: TimeLayout
  private let text: [UInt8]
  private var rest: ArraySlice<UInt8>
  private var year = 0
  private var month: Int?
  private var day: Int?
  private var dayOfYear: Int?
  private var hour = 0
  private var minute = 0
  private var second = 0
  private var nanoseconds = 0
  private var isAfternoon: Bool?
  private var offset: Int?

  static func parse(_ text: [UInt8], _ layout: TimeLayout) throws(Fault) -> CivilTime {
    var parser = TimeParser(layout: layout, text: text)
    return try parser.time()
  }

  private init(layout: TimeLayout, text: [UInt8]) {
    self.layout = layout
    self.text = text
    rest = text[...]
  }

  private func fault(_ message: String) -> Fault { Fault(description: "parsing time \(Builtins.quoted(text))\(message)") }

  private func misfit(_ element: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Fault {
    fault(" as \(Builtins.quoted(layout.text)): cannot parse \(Builtins.quoted(Array(value))) as \(Builtins.quoted(Array(element)))")
  }

  private mutating func time() throws(Fault) -> CivilTime {
    for (index, chunk) in layout.chunks.enumerated() {
      let start = rest
      do throws(Misfit) {
        if case .literal(let literal) = chunk.element {
          try skip(literal)
        } else {
          try read(chunk.element, next: index + 1 < layout.chunks.count ? layout.chunks[index + 1].element : nil)
        }
      } catch {
        switch error {
        case .bad:
          var value = start
          if case .literal = chunk.element { value = rest }
          throw misfit(chunk.text, value)
        case .range(let name): throw fault(": \(name) out of range")
        }
      }
    }
    guard rest.isEmpty else { throw fault(": extra text: \(Builtins.quoted(Array(rest)))") }
    if isAfternoon == true, hour < 12 { hour += 12 } else if isAfternoon == false, hour == 12 { hour = 0 }
    try settleDay()
    let clock = hour * 3600 + minute * 60 + second - (offset ?? 0)
    return CivilTime(year: year, month: month ?? 1, day: day ?? 1, secondsOfDay: clock, nanoseconds: nanoseconds, zone: .utc)
  }

  private mutating func settleDay() throws(Fault) {
    if let dayOfYear {
      guard dayOfYear >= 1, dayOfYear <= (CivilTime.isLeap(year) ? 366 : 365) else { throw fault(": day-of-year out of range") }
      var left = dayOfYear
      var found = 1
      while left > CivilTime.daysIn(month: found, year: year) {
        left -= CivilTime.daysIn(month: found, year: year)
        found += 1
      }
      if let month, month != found { throw fault(": day-of-year does not match month") }
      if let day, day != left { throw fault(": day-of-year does not match day") }
      month = found
      day = left
    }
    guard let day else { return }
    guard day >= 1, day <= CivilTime.daysIn(month: month ?? 1, year: year) else { throw fault(": day out of range") }
  }

  // MARK: Elements

  private static func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= 0x30 && $0 <= 0x39 } ?? false }

  /// A run of spaces stands for any run of spaces.
  private mutating func skip(_ literal: ArraySlice<UInt8>) throws(Misfit) {
    var literal = literal
    while let first = literal.first {
      if first == 0x20 {
        if let byte = rest.first, byte != 0x20 { throw .bad }
        literal = literal.drop { $0 == 0x20 }
        rest = rest.drop { $0 == 0x20 }
        continue
      }
      guard rest.first == first else { throw .bad }
      literal = literal.dropFirst()
      rest = rest.dropFirst()
    }
  }

  /// A number of one digit (unless `isFixed`) up to `width` digits.
  private mutating func number(isFixed: Bool, width: Int = 2) throws(Misfit) -> Int {
    let digits = rest.prefix(width).prefix { Self.isDigit($0) }
    guard !digits.isEmpty, !isFixed || digits.count == width else { throw .bad }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private mutating func name(_ names: [String], length: Int? = nil) throws(Misfit) -> Int {
    for (index, name) in names.enumerated() {
      let wanted = name.utf8.prefix(length ?? name.utf8.count)
      if rest.count >= wanted.count,
        zip(rest, wanted).allSatisfy({ $0 == $1 || ($0 | 0x20 == $1 | 0x20 && $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) })
      {
        rest = rest.dropFirst(wanted.count)
        return index
      }
    }
    throw .bad
  }

  private static func within(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws(Misfit) -> Int {
    guard range.contains(value) else { throw .range(name) }
    return value
  }

  private mutating func read(_ element: TimeLayout.Element, next: TimeLayout.Element?) throws(Misfit) {
    switch element {
    case .literal: break
    case .year:
      let value = try number(isFixed: true)
      year = value >= 69 ? value + 1900 : value + 2000
    case .longYear:
      guard rest.count >= 4, Self.isDigit(rest.first) else { throw .bad }
      year = try number(isFixed: true, width: 4)
    case .month: month = try name(CivilTime.monthNames, length: 3) + 1
    case .longMonth: month = try name(CivilTime.monthNames) + 1
    case .numberedMonth, .zeroMonth: month = try Self.within(try number(isFixed: element == .zeroMonth), 1...12, "month")
    case .weekday: _ = try name(CivilTime.weekdayNames, length: 3)
    case .longWeekday: _ = try name(CivilTime.weekdayNames)
    case .day, .underDay, .zeroDay:
      if element == .underDay, rest.first == 0x20 { rest = rest.dropFirst() }
      day = try number(isFixed: element == .zeroDay)
    case .underYearDay, .zeroYearDay:
      for _ in 0..<2 where element == .underYearDay && rest.first == 0x20 { rest = rest.dropFirst() }
      dayOfYear = try number(isFixed: element == .zeroYearDay, width: 3)
    case .hour: hour = try Self.within(try number(isFixed: false), 0...23, "hour")
    case .hour12, .zeroHour12: hour = try Self.within(try number(isFixed: element == .zeroHour12), 0...12, "hour")
    case .minute, .zeroMinute: minute = try Self.within(try number(isFixed: element == .zeroMinute), 0...59, "minute")
    case .second, .zeroSecond:
      second = try Self.within(try number(isFixed: element == .zeroSecond), 0...59, "second")
      // A fraction may follow where the layout has none.
      if case .fraction? = next { return }
      if rest.first == 0x2E || rest.first == 0x2C, Self.isDigit(rest.dropFirst().first) {
        try fraction(rest.dropFirst().prefix { Self.isDigit($0) }.count)
      }
    case .upperPM, .lowerPM:
      let word = String(decoding: rest.prefix(2), as: UTF8.self)
      guard word == (element == .upperPM ? "PM" : "pm") || word == (element == .upperPM ? "AM" : "am") else { throw .bad }
      isAfternoon = word == "PM" || word == "pm"
      rest = rest.dropFirst(2)
    case .offset(let isISO, let hasColon, let hasMinutes, let hasSeconds): try readOffset(isISO, hasColon, hasMinutes, hasSeconds)
    case .zoneName:
      if rest.starts(with: Array("UTC".utf8)) {
        offset = 0
        rest = rest.dropFirst(3)
      } else {
        guard let length = zoneNameLength() else { throw .bad }
        rest = rest.dropFirst(length)
      }
    case .fraction(_, let digits, let isFixed):
      if isFixed {
        guard rest.count >= 1 + digits else { throw .bad }
        try fraction(digits)
      } else if rest.first == 0x2E || rest.first == 0x2C, Self.isDigit(rest.dropFirst().first) {
        try fraction(rest.dropFirst().prefix { Self.isDigit($0) }.count)
      }
    }
  }

  /// Separator and digits; those beyond nanoseconds are dropped.
  private mutating func fraction(_ count: Int) throws(Misfit) {
    guard rest.first == 0x2E || rest.first == 0x2C else { throw .bad }
    let digits = rest.dropFirst().prefix(count)
    guard digits.allSatisfy({ Self.isDigit($0) }) else { throw .bad }
    let kept = digits.prefix(9)
    nanoseconds = kept.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    for _ in kept.count..<9 { nanoseconds *= 10 }
    rest = rest.dropFirst(1 + count)
  }

  private mutating func readOffset(_ isISO: Bool, _ hasColon: Bool, _ hasMinutes: Bool, _ hasSeconds: Bool) throws(Misfit) {
    if isISO, rest.first == 0x5A {
      offset = 0
      rest = rest.dropFirst()
      return
    }
    let sign = rest.first
    let width = 3 + (hasMinutes ? (hasColon ? 3 : 2) : 0) + (hasSeconds ? (hasColon ? 3 : 2) : 0)
    guard rest.count >= width else { throw .bad }
    rest = rest.dropFirst()
    var values = [0, 0, 0]
    for index in 0..<(hasSeconds ? 3 : (hasMinutes ? 2 : 1)) {
      if index > 0, hasColon {
        guard rest.first == 0x3A else { throw .bad }
        rest = rest.dropFirst()
      }
      values[index] = try number(isFixed: true)
    }
    // Offsets of 24 hours or 60 minutes are written sometimes.
    if values[0] > 24 { throw .range("time zone offset hour") }
    if values[1] > 60 { throw .range("time zone offset minute") }
    if values[2] > 60 { throw .range("time zone offset second") }
    guard sign == 0x2B || sign == 0x2D else { throw .bad }
    let seconds = values[0] * 3600 + values[1] * 60 + values[2]
    offset = sign == 0x2D ? -seconds : seconds
  }

  /// An abbreviation; its offset is not known, and taken for zero.
  private func zoneNameLength() -> Int? {
    guard rest.count >= 3 else { return nil }
    let start = String(decoding: rest.prefix(4), as: UTF8.self)
    if start == "ChST" || start == "MeST" { return 4 }
    if start.hasPrefix("GMT") { return 3 + signedOffsetLength(rest.dropFirst(3)) }
    if rest.first == 0x2B || rest.first == 0x2D {
      let length = signedOffsetLength(rest)
      return length > 0 ? length : nil
    }
    switch rest.prefix(6).prefix(while: { $0 >= 0x41 && $0 <= 0x5A }).count {
    case 5: return rest[rest.startIndex + 4] == 0x54 ? 5 : nil
    case 4: return rest[rest.startIndex + 3] == 0x54 || start == "WITA" ? 4 : nil
    case 3: return 3
    default: return nil
    }
  }

  private func signedOffsetLength(_ text: ArraySlice<UInt8>) -> Int {
    guard text.first == 0x2B || text.first == 0x2D else { return 0 }
    let digits = text.dropFirst().prefix { Self.isDigit($0) }
    guard !digits.isEmpty, digits.count <= 2, digits.reduce(0, { $0 * 10 + Int($1 - 0x30) }) <= 23 else { return 0 }
    return 1 + digits.count
  }
}
