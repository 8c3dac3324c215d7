/// A date and a clock in whole numbers: all that most functions need of a time whose offset is known.
struct LocalTime {
  /// Since 1 January 1970.
  let days: Int64
  let secondsOfDay: Int
  /// 0 to 999 999 999.
  let nanoseconds: Int

  /// - Parameter offset: east of UTC, in seconds.
  init(nanoseconds value: Int64, offset: Int = 0) {
    let (whole, part) = Self.floored(value, 1_000_000_000)
    let (days, seconds) = Self.floored(whole &+ Int64(offset), 86_400)
    self.days = days
    secondsOfDay = Int(seconds)
    nanoseconds = Int(part)
  }

  @inline(__always)
  fileprivate static func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, rest: Int64) {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient &- 1, rest &+ divisor) : (quotient, rest)
  }

  var hour: Int { secondsOfDay / 3600 }
  var minute: Int { secondsOfDay / 60 % 60 }
  var second: Int { secondsOfDay % 60 }
  var date: (year: Int, month: Int, day: Int) { CivilTime.date(days) }

  /// "Sunday" to "Saturday".
  var weekday: Value { Self.weekdays[Int(((days + 4) % 7 + 7) % 7)] }
  private static let weekdays = [
    Value.short("Sunday"), .short("Monday"), .short("Tuesday"), .short("Wednesday"), .short("Thursday"), .short("Friday"),
    .short("Saturday"),
  ]

  /// In the form of RFC 3339 in UTC, with as many places of the second as there are.
  func text(in heap: Heap) -> Value {
    var text = TextBuilder(in: heap, capacity: 40)
    let (year, month, day) = date
    Self.write(year, 4, to: &text)
    text.append(0x2D)
    Self.write(month, 2, to: &text)
    text.append(0x2D)
    Self.write(day, 2, to: &text)
    text.append(0x54)
    Self.write(hour, 2, to: &text)
    text.append(0x3A)
    Self.write(minute, 2, to: &text)
    text.append(0x3A)
    Self.write(second, 2, to: &text)
    if nanoseconds > 0 {
      text.append(0x2E)
      var left = nanoseconds, scale = 100_000_000
      while left > 0 {
        text.append(0x30 + UInt8(truncatingIfNeeded: left / scale))
        left %= scale
        scale /= 10
      }
    }
    text.append(0x5A)
    return text.finish()
  }

  /// Two or four digits.
  private static func write(_ value: Int, _ width: Int, to text: inout TextBuilder) {
    var scale = width == 4 ? 1000 : 10
    while scale > 0 {
      text.append(0x30 + UInt8(truncatingIfNeeded: value / scale % 10))
      scale /= 10
    }
  }
}

/// The offset that holds in a zone for a while.
struct RecentPeriod {
  let zone: [UInt8]
  let offset: Int
  let start: Int64
  let end: Int64
}

extension Arguments {
  /// The time of an operand that is a whole number, or one with a zone; nil for anything else, which `time(_:)` reads or refuses.
  func localTime(_ index: Int, _ context: BuiltinContext) -> LocalTime? {
    let value = self[index]
    if value.rawTag == Value.Tag.integer.rawValue { return LocalTime(nanoseconds: Int64(bitPattern: value.body)) }
    guard value.isArray, value.arrayView.count == 2 else { return nil }
    let number = value.arrayView[0], zone = value.arrayView[1]
    guard number.rawTag == Value.Tag.integer.rawValue, zone.isString else { return nil }
    let nanoseconds = Int64(bitPattern: number.body)
    let seconds = LocalTime.floored(nanoseconds, 1_000_000_000).quotient
    if let recent = context.recentPeriod, recent.zone.count == zone.textCount, seconds >= recent.start, seconds < recent.end,
      unsafe zone.withText({ name in
        unsafe recent.zone.withUnsafeBufferPointer { unsafe TextSearch.equal($0, name, count: name.count) }
      })
    {
      return LocalTime(nanoseconds: nanoseconds, offset: recent.offset)
    }
    guard let place = try? TimeZone.named(zone.string) else { return nil }
    let period = place.period(at: seconds)
    context.recentPeriod = RecentPeriod(zone: zone.text, offset: period.offset, start: period.start, end: period.end)
    return LocalTime(nanoseconds: nanoseconds, offset: period.offset)
  }

  /// The time of an operand that is a whole number; nil for anything else.
  func universalTime(_ index: Int) -> LocalTime? {
    let value = self[index]
    return value.rawTag == Value.Tag.integer.rawValue ? LocalTime(nanoseconds: Int64(bitPattern: value.body)) : nil
  }
}

extension Value {
  /// An array of integers.
  static func array(_ first: Int, _ second: Int, _ third: Int, in heap: Heap) -> Value {
    let array = ArrayView.make(filled: 3, in: heap)
    Memory.setValue(array.elements, at: 0, .integer(first))
    Memory.setValue(array.elements, at: 1, .integer(second))
    Memory.setValue(array.elements, at: 2, .integer(third))
    return array.value
  }
}
