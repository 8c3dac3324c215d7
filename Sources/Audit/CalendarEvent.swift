internal import Domain
internal import Platforms

/// When something is started, as systemd.time(7) writes calendar events and systemd 252 reads them: "daily", "Mon..Fri 03:00", "*-*-1/7 0:0 UTC".
///
/// Stricter than systemd in one thing: an event must come again. A unit with one that never does is started by nobody, and nobody is told.
public struct CalendarEvent: Sendable, Hashable {
  /// Why a text is no calendar event: in English, the end of a sentence.
  public struct Fault: Error, Sendable, Hashable {
    public let what: String
  }

  /// From Monday, the first bit; 0 is every day.
  private var weekdays: UInt8 = 0
  private var year = CalendarComponent.any
  private var month = CalendarComponent.any
  private var day = CalendarComponent.any
  /// Whether days are counted from the month's last, which is 1.
  private var countsFromEnd = false
  /// Of one moment: seconds since 1970.
  private var moment: Int64?

  /// - Parameter isZone: whether the system has a time zone of that name; those of its tz database unless given.
  public init(_ text: String, isZone: (String) -> Bool = CalendarEvent.isZone) throws(Fault) {
    let words = try Self.withoutZone(text, isZone)
    guard !words.isEmpty else { throw Fault(what: "it is empty") }
    if let spelled = Self.shorthands[words.lowercased()] {
      self = try CalendarEvent(spelled, isZone: isZone)
      return
    }
    var reader = CalendarReader(words)
    weekdays = try Self.weekdays(&reader)
    if try !date(&reader) { try Self.time(&reader) }
    guard reader.isAtEnd else { throw Fault(what: "what follows the date is no time HOUR:MINUTE or HOUR:MINUTE:SECOND") }
  }

  private static let shorthands: [String: String] = [
    "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00", "monthly": "*-*-01 00:00:00",
    "weekly": "Mon *-*-* 00:00:00", "yearly": "*-01-01 00:00:00", "annually": "*-01-01 00:00:00", "anually": "*-01-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00", "semiannually": "*-01,07-01 00:00:00", "semi-annually": "*-01,07-01 00:00:00",
    "biannually": "*-01,07-01 00:00:00", "bi-annually": "*-01,07-01 00:00:00",
  ]

  // MARK: - Time zones

  private static func withoutZone(_ text: String, _ isZone: (String) -> Bool) throws(Fault) -> String {
    guard let space = text.lastIndex(of: " ") else { return text }
    let (head, zone) = (String(text[..<space]), String(text[text.index(after: space)...]))
    if zone.lowercased() == "utc" { return head }
    // Dates, times and days of the week are no zones; a shorthand has nothing else behind it.
    guard let first = zone.utf8.first, (0x41...0x5A).contains(first & 0xDF) else { return text }
    if shorthands[head.lowercased()] == nil, CalendarReader.names.contains(where: { zone.lowercased().hasPrefix($0.prefix(3)) }) {
      return text
    }
    guard isZone(zone) else { throw Fault(what: "this system knows no time zone \(zone)") }
    return head
  }

  /// Whether the tz database of this system has a zone of that name; where there is no database, whether it could be one.
  public static func isZone(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isWell = parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "-_+".utf8.contains(byte) }
    }
    guard isWell else { return false }
    let folder = "/usr/share/zoneinfo"
    guard Tree().exists(folder) else { return true }
    return (try? Tree().beginning("\(folder)/\(name)", count: 4))?.starts(with: Array("TZif".utf8)) ?? false
  }

  // MARK: - Parts

  /// "Mon", "mon,Wed", "Mon..Fri": the bits of the days, 0 where there are none.
  private static func weekdays(_ reader: inout CalendarReader) throws(Fault) -> UInt8 {
    let fault = Fault(what: "days of the week are Mon to Sun or their whole names, as in Mon,Thu or Mon..Fri")
    var bits: UInt8 = 0
    var from: Int?
    while let number = try reader.weekday(orThrow: fault) {
      if let from {
        guard from <= number else { throw fault }
        for other in from...number { bits |= 1 << other }
      }
      bits |= 1 << number
      if reader.isAtEnd || reader.takeSpaces() { return bits }
      if reader.take(",") {
        from = nil
        // A comma may end the list.
        if reader.isAtEnd || reader.takeSpaces() { return bits }
      } else if from == nil, reader.take("..") || reader.take("-") {
        from = number
      } else {
        throw fault
      }
    }
    guard bits == 0 else { throw fault }
    return 0
  }

  /// - Returns: true where the date is all there may be: a moment.
  private mutating func date(_ reader: inout CalendarReader) throws(Fault) -> Bool {
    if reader.isAtEnd { return false }
    let fault = Fault(what: "a date is MONTH-DAY or YEAR-MONTH-DAY")
    if reader.take("@") {
      guard let seconds = reader.number(), reader.isAtEnd, seconds <= 7_258_118_399 else {
        throw Fault(what: "@ is followed by whole seconds since 1970, of a year up to 2199")
      }
      moment = Int64(seconds)
      return true
    }
    let start = reader
    let first = try reader.component()
    if reader.isAtEnd || reader.isAt(":") {
      // It was a time.
      reader = start
      return false
    }
    countsFromEnd = reader.take("~")
    guard countsFromEnd || reader.take("-") else { throw fault }
    let second = try reader.component()
    if reader.isAtEnd || reader.takeSpaces() {
      (month, day) = (first, second)
    } else {
      guard !countsFromEnd else { throw fault }
      countsFromEnd = reader.take("~")
      guard countsFromEnd || reader.take("-") else { throw fault }
      (year, month, day) = (first.withCenturies, second, try reader.component())
      guard reader.isAtEnd || reader.takeSpaces() else { throw fault }
    }
    try year.check("year", 1970...2199)
    try month.check("month", 1...12)
    // Days beyond the 28th from the end are not in every month, and systemd has none of them.
    try day.check("day", 1...(countsFromEnd ? 28 : 31), isFromEnd: countsFromEnd)
    return false
  }

  private static func time(_ reader: inout CalendarReader) throws(Fault) {
    if reader.isAtEnd { return }
    let fault = Fault(what: "a time is HOUR:MINUTE or HOUR:MINUTE:SECOND")
    let hour = try reader.component()
    guard reader.take(":") else { throw fault }
    let minute = try reader.component()
    try hour.check("hour", 0...23)
    try minute.check("minute", 0...59)
    if reader.isAtEnd { return }
    guard reader.take(":") else { throw fault }
    try reader.component(isFraction: true).check("second", 0...59_999_999)
    guard reader.isAtEnd else { throw fault }
  }

  // MARK: - When

  /// Whether the event comes on a day from the one before a moment on: which day it is depends on the time zone.
  public func comes(after now: Int64) -> Bool {
    if let moment { return moment > now }
    var days = now / 86_400 - 1
    let parts = Instant(seconds: days * 86_400).date.split(separator: "-").compactMap { Int64($0) }
    guard parts.count == 3 else { return false }
    var (year, month, day) = (parts[0], parts[1], parts[2])
    while year <= 2199 {
      if contains(year, month, day, days: days) { return true }
      days += 1
      day += 1
      guard day > Instant.days(in: month, of: year) else { continue }
      day = 1
      month += 1
      guard month > 12 else { continue }
      month = 1
      year += 1
    }
    return false
  }

  private func contains(_ year: Int64, _ month: Int64, _ day: Int64, days: Int64) -> Bool {
    // 1 January 1970 was a Thursday.
    if weekdays != 0, weekdays & 1 << UInt8((days + 3) % 7) == 0 { return false }
    guard self.year.contains(year), self.month.contains(month) else { return false }
    return self.day.contains(day, fromEndOf: countsFromEnd ? Instant.days(in: month, of: year) : nil)
  }
}
