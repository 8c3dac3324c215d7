/// One number of a calendar event: any, or a list of values, ranges and steps.
struct CalendarComponent: Sendable, Hashable {
  struct Part: Sendable, Hashable {
    var start: Int64
    /// Last value of a range; nil where there is none.
    var stop: Int64?
    /// 0 where there is none.
    var step: Int64
  }

  static let any = CalendarComponent(parts: nil)

  /// nil for any value.
  var parts: [Part]?

  /// Years of two digits are those of 1970 to 2069.
  var withCenturies: CalendarComponent {
    func full(_ year: Int64) -> Int64 { year < 70 ? year + 2000 : year < 100 ? year + 1900 : year }
    return CalendarComponent(parts: parts?.map { Part(start: full($0.start), stop: $0.stop.map(full), step: $0.step) })
  }

  /// - Parameters:
  ///   - name: of the number, for the sentence.
  ///   - limits: of seconds in microseconds.
  ///   - isFromEnd: whether days are counted from the month's last one, so that a step leads towards it.
  func check(_ name: String, _ limits: ClosedRange<Int64>, isFromEnd: Bool = false) throws(CalendarEvent.Fault) {
    for part in parts ?? [] {
      let unit = name == "second" ? Int64(1_000_000) : 1
      func outside(_ value: Int64) -> CalendarEvent.Fault {
        let shown = "\(limits.lowerBound / unit) to \(limits.upperBound / unit)"
        return .init(what: "\(value / unit) is no \(name): those are \(shown)\(isFromEnd ? " from the end of a month" : "")")
      }
      for value in [part.start, part.stop].compactMap({ $0 }) where !limits.contains(value) { throw outside(value) }
      if let stop = part.stop {
        guard part.start <= stop else { throw .init(what: "a range of the \(name) ends before it begins") }
        continue
      }
      guard part.step <= (isFromEnd ? part.start - limits.lowerBound : limits.upperBound - part.start) else {
        throw .init(what: "the step of the \(name) leads beyond its last value")
      }
    }
  }

  /// - Parameter last: the last day of the month, where values are counted from it.
  func contains(_ value: Int64, fromEndOf last: Int64? = nil) -> Bool {
    guard let parts else { return true }
    return parts.contains { part in
      var (start, stop) = (part.start, part.stop)
      if let last {
        (start, stop) = (last - part.start + 1, part.stop.map { last - $0 + 1 })
        if let end = stop { (start, stop) = (end, start) }
      }
      if value == start { return true }
      guard part.step > 0, value > start, stop.map({ value <= $0 }) ?? true else { return false }
      return (value - start) % part.step == 0
    }
  }
}

/// Reads a calendar event from left to right.
struct CalendarReader {
  /// From Monday.
  static let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
  /// Values of one list at most, as in systemd.
  private static let most = 240

  private let bytes: [UInt8]
  private var at = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { at == bytes.count }

  func isAt(_ text: String) -> Bool { bytes[at...].starts(with: text.utf8) }

  /// Takes the text, if it stands here.
  mutating func take(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    at += text.utf8.count
    return true
  }

  /// Takes one space or more.
  mutating func takeSpaces() -> Bool {
    guard isAt(" ") else { return false }
    while isAt(" ") { at += 1 }
    return true
  }

  /// The number of a day of the week, its name in any capitals; nil where none stands here.
  mutating func weekday(orThrow fault: CalendarEvent.Fault) throws(CalendarEvent.Fault) -> Int? {
    let rest = String(decoding: bytes[at...], as: UTF8.self).lowercased()
    for (number, name) in Self.names.enumerated() {
      guard let word = [name, String(name.prefix(3))].first(where: rest.hasPrefix) else { continue }
      at += word.utf8.count
      guard isAtEnd || "-., ".utf8.contains(bytes[at]) else { throw fault }
      return number
    }
    return nil
  }

  /// Digits as a number that fits into 31 bits, as systemd's do; those of @ into 64.
  mutating func number() -> UInt64? {
    let digits = bytes[at...].prefix { (0x30...0x39).contains($0) }
    at += digits.count
    return digits.isEmpty ? nil : UInt64(String(decoding: digits, as: UTF8.self))
  }

  /// - Parameter isFraction: numbers may have a fraction, and are read in millionths.
  mutating func component(isFraction: Bool = false) throws(CalendarEvent.Fault) -> CalendarComponent {
    if take("*") { return .any }
    var parts: [CalendarComponent.Part] = []
    repeat {
      guard parts.count < Self.most else { throw .init(what: "more than \(Self.most) values in one list") }
      var part = CalendarComponent.Part(start: try value(isFraction), stop: nil, step: 0)
      if take("..") {
        part.stop = try value(isFraction)
        part.step = isFraction ? 1_000_000 : 1
      }
      if take("/") {
        part.step = try value(isFraction)
        if part.step == 0 { throw .init(what: "a step of 0 leads nowhere") }
      } else if isFraction, let stop = part.stop, stop < part.start + part.step {
        throw .init(what: "a range of seconds is shorter than its step, which is 1 unless it is written")
      }
      parts.append(part)
    } while take(",")
    guard isAtEnd || " -~:".utf8.contains(bytes[at]) else { throw unexpected() }
    return CalendarComponent(parts: parts)
  }

  private mutating func value(_ isFraction: Bool) throws(CalendarEvent.Fault) -> Int64 {
    guard !isAtEnd, (0x30...0x39).contains(bytes[at]) else { throw unexpected() }
    guard let whole = number(), whole <= UInt64(Int32.max) else { throw .init(what: "a number is too large") }
    guard isFraction else { return Int64(whole) }
    var value = Int64(whole) * 1_000_000
    // Two dots are those of a range.
    if isAt("."), !isAt("..") {
      at += 1
      let digits = bytes[at...].prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty else { throw unexpected() }
      at += digits.count
      var unit: Int64 = 100_000
      for digit in digits.prefix(6) {
        value += Int64(digit - 0x30) * unit
        unit /= 10
      }
      if digits.count > 6, digits[digits.startIndex + 6] >= 0x35 { value += 1 }
    }
    return value
  }

  private func unexpected() -> CalendarEvent.Fault {
    isAtEnd
      ? .init(what: "it ends where a number or * is expected")
      : .init(what: "\(String(decoding: bytes[at...].prefix(20), as: UTF8.self)) stands where a number or * is expected")
  }
}
