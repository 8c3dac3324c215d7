/// A second of universal time, as documents of ours write it: "2026-11-24T16:38:38Z" (RFC 3339 without fractions and offsets).
public struct Instant: Sendable, Hashable, Comparable {
  /// Seconds since 1970, leap seconds not counted.
  public let seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  /// Exactly the form above: the years 0001 to 9999, a day that its month has, no leap second; nil for any other text.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54, bytes[13] == 0x3A, bytes[16] == 0x3A, bytes[19] == 0x5A
    else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), year >= 1, (1...12).contains(month), day >= 1,
      day <= Self.days(in: month, of: year), hour <= 23, minute <= 59, second <= 59
    else { return nil }
    seconds = Self.days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
  }

  public var text: String {
    let days = Int64((Double(seconds) / 86400).rounded(.down))
    let second = seconds - days * 86400
    // Days since 1970 to a civil date (H. Hinnant's algorithm): eras of 400 years that begin on 1 March.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ n: Int64) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let padding = String(repeating: "0", count: max(0, 4 - "\(year)".utf8.count))
    return "\(padding)\(year)-\(two(month))-\(two(day))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
  }

  /// The day alone: "2026-11-24".
  public var date: String { String(text.prefix(10)) }

  public static func < (a: Instant, b: Instant) -> Bool { a.seconds < b.seconds }

  /// Whole days from here to a later instant, rounded down; 0 where it is not later.
  public func days(until later: Instant) -> Int { later > self ? Int((later.seconds - seconds) / 86400) : 0 }

  /// Days of a month, 1 to 12.
  public static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970 to a civil date, the other way of `text`.
  public static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
