extension Builtins {
  /// OPA's v1/topdown/time.go.
  static let times: [Builtin] = [
    Builtin("time.now_ns", 0, isNondeterministic: true) { _, context throws(BuiltinError) in .integer(context.now) },
    Builtin("time.parse_ns", 2) { arguments, context throws(BuiltinError) in
      let layout = context.layout(try arguments.text(0)), text = try arguments.text(1)
      if let plain = layout.plain, let value = unsafe text.withText({ unsafe plain.nanoseconds($0) }) { return .integer(value) }
      return try nanoseconds(text.text, layout)
    },
    Builtin("time.parse_rfc3339_ns", 1) { arguments, _ throws(BuiltinError) in
      let text = try arguments.text(0)
      if let value = unsafe text.withText({ unsafe TimeStamp.nanoseconds($0) }) { return .integer(value) }
      return try nanoseconds(text.text, rfc3339)
    },
    Builtin("time.parse_duration_ns", 1) { arguments, _ throws(BuiltinError) in
      let text = try arguments.text(0)
      if let value = unsafe text.withText({ unsafe PlainDuration.nanoseconds($0) }) { return .integer(value) }
      return .integer(try duration(text.text))
    },
    Builtin("time.format", 1) { arguments, context throws(BuiltinError) in
      if let time = arguments.universalTime(0) { return time.text(in: context.heap) }
      let (time, layout) = try arguments.time(0)
      return .string((layout.map { context.layout($0) } ?? rfc3339Nano).format(time), in: context.heap)
    },
    Builtin("time.date", 1) { arguments, context throws(BuiltinError) in
      if let date = arguments.localTime(0, context)?.date { return .array(date.year, date.month, date.day, in: context.heap) }
      let date = try arguments.time(0).time.date
      return .array([.integer(date.year), .integer(date.month), .integer(date.day)], in: context.heap)
    },
    Builtin("time.clock", 1) { arguments, context throws(BuiltinError) in
      if let time = arguments.localTime(0, context) { return .array(time.hour, time.minute, time.second, in: context.heap) }
      let time = try arguments.time(0).time
      return .array([.integer(time.hour), .integer(time.minute), .integer(time.second)], in: context.heap)
    },
    Builtin("time.weekday", 1) { arguments, context throws(BuiltinError) in
      if let time = arguments.localTime(0, context) { return time.weekday }
      return .string(CivilTime.weekdayNames[try arguments.time(0).time.weekday], in: context.heap)
    },
    Builtin("time.add_date", 4) { arguments, _ throws(BuiltinError) in
      if let value = laterDate(arguments) { return .integer(value) }
      let time = try arguments.time(0).time
      let amounts = [try arguments.integer(1), try arguments.integer(2), try arguments.integer(3)]
      // Whatever is further away lies outside of 64 bits of nanoseconds.
      guard amounts.allSatisfy({ $0.magnitude < 1 << 32 }) else { throw outside }
      let date = time.date
      let clock = time.hour * 3600 + time.minute * 60 + time.second
      let result = CivilTime(
        year: date.year + amounts[0], month: date.month + amounts[1], day: date.day + amounts[2], secondsOfDay: clock,
        nanoseconds: time.nanoseconds, zone: time.zone)
      guard let value = result.nanosecondsSince1970 else { throw outside }
      return .integer(value)
    },
    Builtin("time.diff", 2) { arguments, context throws(BuiltinError) in
      if let first = arguments.universalTime(0), let second = arguments.universalTime(1) {
        let isForward = Int64(bitPattern: arguments[0].body) <= Int64(bitPattern: arguments[1].body)
        let parts = isForward ? difference(from: first, to: second) : difference(from: second, to: first)
        return .array(parts.map { .integer($0) }, in: context.heap)
      }
      let first = try arguments.time(0).time, second = try arguments.time(1).time
      return .array(difference(first, second).map { .integer($0) }, in: context.heap)
    },
  ]

  private static let rfc3339 = TimeLayout(Array("RFC3339".utf8))
  private static let rfc3339Nano = TimeLayout(Array("RFC3339Nano".utf8))
  private static let outside = BuiltinError.failed("time outside of valid range")

  static func nanoseconds(_ text: [UInt8], _ layout: TimeLayout) throws(BuiltinError) -> Value {
    do throws(TimeParser.Fault) {
      guard let value = try TimeParser.parse(text, layout).nanosecondsSince1970 else {
        throw TimeParser.Fault(description: "time outside of valid range")
      }
      return .integer(value)
    } catch {
      throw .failed(error.description)
    }
  }

  /// A whole number of nanoseconds, and years, months and days added to its date in UTC; nil for anything else.
  private static func laterDate(_ arguments: Arguments) -> Int64? {
    guard let time = arguments.universalTime(0) else { return nil }
    var amounts = (0, 0, 0)
    for index in 1...3 {
      guard arguments[index].rawTag == Value.Tag.integer.rawValue, let amount = arguments[index].exactInt, amount.magnitude < 1 << 32 else {
        return nil
      }
      switch index {
      case 1: amounts.0 = Int(amount)
      case 2: amounts.1 = Int(amount)
      default: amounts.2 = Int(amount)
      }
    }
    let date = time.date
    let days = CivilTime.daysSince1970(year: date.year + amounts.0, month: date.month + amounts.1, day: date.day + amounts.2)
    let (seconds, isFar) = days.multipliedReportingOverflow(by: 86_400)
    let (whole, isFarther) = (seconds &+ Int64(time.secondsOfDay)).multipliedReportingOverflow(by: 1_000_000_000)
    let (value, isFarthest) = whole.addingReportingOverflow(Int64(time.nanoseconds))
    return isFar || isFarther || isFarthest ? nil : value
  }

  /// Years, months, days, hours, minutes and seconds between two times, seen from the first one's zone.
  private static func difference(_ a: CivilTime, _ b: CivilTime) -> [Int] {
    var first = a, second = CivilTime(seconds: b.seconds, nanoseconds: b.nanoseconds, zone: a.zone)
    if (second.seconds, second.nanoseconds) < (first.seconds, first.nanoseconds) { swap(&first, &second) }
    return difference(first.date, (first.hour, first.minute, first.second), second.date, (second.hour, second.minute, second.second))
  }

  private static func difference(from first: LocalTime, to second: LocalTime) -> [Int] {
    difference(first.date, (first.hour, first.minute, first.second), second.date, (second.hour, second.minute, second.second))
  }

  private static func difference(
    _ first: (year: Int, month: Int, day: Int), _ firstClock: (Int, Int, Int), _ second: (year: Int, month: Int, day: Int),
    _ secondClock: (Int, Int, Int)
  ) -> [Int] {
    var parts = [
      second.year - first.year, second.month - first.month, second.day - first.day, secondClock.0 - firstClock.0,
      secondClock.1 - firstClock.1, secondClock.2 - firstClock.2,
    ]
    let sizes = [0, 12, CivilTime.daysIn(month: first.month, year: first.year), 24, 60, 60]
    for index in stride(from: 5, to: 0, by: -1) where parts[index] < 0 {
      parts[index] += sizes[index]
      parts[index - 1] -= 1
    }
    return parts
  }

  private static let durationUnits: [(name: String, nanoseconds: UInt64)] = [
    ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1), ("µs", 1000),
    ("μs", 1000), ("d", 86_400_000_000_000), ("w", 604_800_000_000_000), ("y", 31_536_000_000_000_000),
  ]

  /// As Go's `time.ParseDuration`, and with days, weeks and years of 365 days: "1h2m3.5s", "2w".
  static func duration(_ text: [UInt8]) throws(BuiltinError) -> Int {
    let invalid = BuiltinError.failed("time: invalid duration \(quoted(text))")
    var rest = text[...]
    let isNegative = rest.first == 0x2D
    if isNegative || rest.first == 0x2B { rest = rest.dropFirst() }
    if rest == [0x30] { return 0 }
    if rest.isEmpty { throw invalid }
    let limit: UInt64 = 1 << 63
    var total: UInt64 = 0
    while !rest.isEmpty {
      let whole = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
      rest = rest.dropFirst(whole.count)
      var fraction: ArraySlice<UInt8> = []
      let hasPoint = rest.first == 0x2E
      if hasPoint {
        fraction = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
        rest = rest.dropFirst(1 + fraction.count)
      }
      guard !whole.isEmpty || !fraction.isEmpty else { throw invalid }
      let name = rest.prefix { $0 != 0x2E && !($0 >= 0x30 && $0 <= 0x39) }
      rest = rest.dropFirst(name.count)
      if name.isEmpty { throw .failed("time: missing unit in duration \(quoted(text))") }
      guard let unit = durationUnits.first(where: { $0.name.utf8.elementsEqual(name) })?.nanoseconds else {
        throw .failed("time: unknown unit \(quoted(Array(name))) in duration \(quoted(text))")
      }
      guard whole.count <= 19, let value = whole.isEmpty ? 0 : UInt64(String(decoding: whole, as: UTF8.self)), value <= limit / unit else {
        throw invalid
      }
      let (sum, overflow) = total.addingReportingOverflow(value * unit)
      guard !overflow, sum <= limit else { throw invalid }
      total = sum
      var scale = 1.0, digits: UInt64 = 0
      for digit in fraction.prefix(18) {
        digits = digits * 10 + UInt64(digit - 0x30)
        scale *= 10
      }
      // Below one unit, so that the sum stays far from the end of 64 bits.
      total += UInt64(Double(digits) * (Double(unit) / scale))
      if total > limit { throw invalid }
    }
    if isNegative { return Int(truncatingIfNeeded: 0 &- total) }
    guard total < limit else { throw invalid }
    return Int(total)
  }
}

extension Arguments {
  /// Nanoseconds, or an array of nanoseconds, zone and layout.
  fileprivate func time(_ index: Int) throws(BuiltinError) -> (time: CivilTime, layout: Value?) {
    let value = self[index]
    let wrong = BuiltinError.type("operand 1 must be either number (ns) or [number (ns), string (tz)] but got \(value.typeName)")
    var number = value
    var zone = TimeZone.utc
    var layout: Value?
    if value.isArray {
      let parts = value.elements
      guard let first = parts.first else { throw wrong }
      for (position, part) in parts.prefix(3).enumerated() where position == 0 ? !part.isNumber : !part.isString {
        throw .type("operand 1 must be \(position == 0 ? "number" : "string") but got \(part.typeName)")
      }
      number = first
      if parts.count > 1 {
        do throws(TimeZone.Fault) { zone = try TimeZone.named(parts[1].string) } catch { throw .failed(error.description) }
      }
      if parts.count > 2, parts[2].textCount > 0 { layout = parts[2] }
    } else if !value.isNumber {
      throw wrong
    }
    guard let nanoseconds = number.exactInt else { throw .failed("timestamp too big") }
    return (CivilTime(nanosecondsSince1970: nanoseconds, zone: zone), layout)
  }
}
