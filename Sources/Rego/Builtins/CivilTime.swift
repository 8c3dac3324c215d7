/// A point in time, its offset from UTC, and the date and clock they give (proleptic Gregorian calendar).
struct CivilTime {
  /// Since 1970, UTC.
  var seconds: Int64
  /// 0 to 999 999 999.
  var nanoseconds: Int
  /// East of UTC, in seconds.
  var offset: Int
  var abbreviation: String
  let zone: TimeZone

  static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]
  static let weekdayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  init(seconds: Int64, nanoseconds: Int, zone: TimeZone) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
    self.zone = zone
    let period = zone.period(at: seconds)
    offset = period.offset
    abbreviation = period.abbreviation
  }

  init(nanosecondsSince1970 value: Int64, zone: TimeZone) {
    let (seconds, rest) = value.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(seconds: rest < 0 ? seconds - 1 : seconds, nanoseconds: Int(rest < 0 ? rest + 1_000_000_000 : rest), zone: zone)
  }

  /// A date and clock of a zone; values out of their ranges are carried over. Where the clock shows a time twice or never, Go's choice.
  init(year: Int, month: Int, day: Int, secondsOfDay: Int, nanoseconds: Int, zone: TimeZone) {
    let local = Self.daysSince1970(year: year, month: month, day: day) * 86_400 + Int64(secondsOfDay)
    var period = zone.period(at: local)
    if period.offset != 0 {
      let universal = local - Int64(period.offset)
      if universal < period.start || universal >= period.end { period = zone.period(at: universal) }
    }
    self.init(seconds: local - Int64(period.offset), nanoseconds: nanoseconds, zone: zone)
  }

  /// Nil outside of 64 bits.
  var nanosecondsSince1970: Int64? {
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow {
      // The last second before the limit below.
      guard seconds < 0 else { return nil }
      let (near, isFar) = (seconds + 1).multipliedReportingOverflow(by: 1_000_000_000)
      let (sum, isBelow) = near.addingReportingOverflow(Int64(nanoseconds) - 1_000_000_000)
      return isFar || isBelow ? nil : sum
    }
    let (sum, isAbove) = whole.addingReportingOverflow(Int64(nanoseconds))
    return isAbove ? nil : sum
  }

  private var local: Int64 { seconds + Int64(offset) }
  private var days: Int64 { local >= 0 ? local / 86_400 : -((86_399 - local) / 86_400) }
  private var secondsOfDay: Int { Int(local - days * 86_400) }

  var hour: Int { secondsOfDay / 3600 }
  var minute: Int { secondsOfDay / 60 % 60 }
  var second: Int { secondsOfDay % 60 }
  /// 0 is Sunday.
  var weekday: Int { Int(((days + 4) % 7 + 7) % 7) }

  var date: (year: Int, month: Int, day: Int) { Self.date(days) }
  /// 1 to 366.
  var dayOfYear: Int { Int(days - Self.daysSince1970(year: date.year, month: 1, day: 1)) + 1 }

  /// Days from 1 January 1970; months and days may lie outside of their ranges.
  static func daysSince1970(year: Int, month: Int, day: Int) -> Int64 {
    var year = year, month = month - 1
    year += month >= 0 ? month / 12 : -((11 - month) / 12)
    month = ((month % 12) + 12) % 12 + 1
    // Counted from March, so that the leap day is the last one.
    let shifted = month > 2 ? year : year - 1
    let era = shifted >= 0 ? shifted / 400 : -((399 - shifted) / 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468) + Int64(day - 1)
  }

  static func date(_ days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(days) + 719_468
    let era = shifted >= 0 ? shifted / 146_097 : -((146_096 - shifted) / 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
  }

  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  static func daysIn(month: Int, year: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : (month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31)
  }
}
