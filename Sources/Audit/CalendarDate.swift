internal import Domain

extension Clock {
  /// Seconds since 1970 of a date ("2026-11-24", midnight UTC) or a time as RFC 3339 writes it ("2026-11-24T16:38:38Z", seconds and their
  /// fraction may be missing, a space may stand for the T); nil for anything else and for days that no month has.
  public static func seconds(_ text: String) -> Int64? {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int) -> Int64? {
      guard rest.count >= digits else { return nil }
      var value: Int64 = 0
      for byte in rest.prefix(digits) {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 0x30)
      }
      rest = rest.dropFirst(digits)
      return value
    }
    func take(_ bytes: String) -> UInt8? {
      guard let first = rest.first, bytes.utf8.contains(first) else { return nil }
      rest = rest.dropFirst()
      return first
    }
    guard let year = number(4), take("-") != nil, let month = number(2), take("-") != nil, let day = number(2),
      (1...12).contains(month), day >= 1, day <= Instant.days(in: month, of: year)
    else { return nil }
    let midnight = Instant.days(year, month, day) * 86_400
    if rest.isEmpty { return midnight }
    guard take("Tt ") != nil, let hour = number(2), hour < 24, take(":") != nil, let minute = number(2), minute < 60 else { return nil }
    var second: Int64 = 0
    if take(":") != nil {
      guard let read = number(2), read <= 60 else { return nil }
      second = read
      if take(".") != nil { while number(1) != nil {} }
    }
    let time = midnight + hour * 3600 + minute * 60 + second
    if rest.isEmpty { return time }
    guard let zone = take("Zz+-") else { return nil }
    if zone == UInt8(ascii: "Z") || zone == UInt8(ascii: "z") { return rest.isEmpty ? time : nil }
    guard let hours = number(2), take(":") != nil, let minutes = number(2), hours < 24, minutes < 60, rest.isEmpty else { return nil }
    let offset = hours * 3600 + minutes * 60
    return zone == UInt8(ascii: "+") ? time - offset : time + offset
  }
}
