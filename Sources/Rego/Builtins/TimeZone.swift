#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

internal import Synchronization

/// Offsets of a place over time, from the system's zone files (RFC 9636).
struct TimeZone: Sendable {
  struct Fault: Error, CustomStringConvertible { let description: String }

  /// An offset, and from when until when it holds.
  struct Period {
    var offset: Int
    var abbreviation: String
    var start: Int64
    var end: Int64
  }

  static let folder = "/usr/share/zoneinfo/"
  /// Zones read so far; there are no more than there are files.
  private static let loaded = Mutex<[String: TimeZone]>([:])
  /// Bytes of a zone file, which has a few thousand.
  private static let sizeLimit = 1 << 18

  private var transitions: [Int64] = []
  /// Index of the type that begins with each transition.
  private var kinds: [UInt8] = []
  private var types: [(offset: Int, isSaving: Bool, abbreviation: String)] = []
  /// What holds behind the last transition.
  private var rule: TimeZoneRule?

  static let utc = TimeZone(types: [(0, false, "UTC")])

  private init(types: [(offset: Int, isSaving: Bool, abbreviation: String)]) { self.types = types }

  /// A zone by its name in the time zone database; "" and "UTC" need no file.
  static func named(_ name: String) throws(Fault) -> TimeZone {
    if name.isEmpty || name == "UTC" { return utc }
    if name == "Local" {
      // A machine without the file runs on UTC.
      guard let bytes = read("/etc/localtime"), let zone = TimeZone(bytes) else { return utc }
      return zone
    }
    let parts = name.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
    let isName =
      name.utf8.count <= 255 && !name.utf8.contains(0) && !name.utf8.contains(0x5C)
      && parts.allSatisfy { !$0.isEmpty && !$0.starts(with: "..".utf8) }
    guard isName else { throw Fault(description: "time: invalid location name") }
    if let known = loaded.withLock({ $0[name] }) { return known }
    guard let bytes = read(folder + name) else {
      guard unsafe access(folder, F_OK) == 0 else {
        throw Fault(description: "unknown time zone \(name): \(folder) is missing; install the package tzdata")
      }
      throw Fault(description: "unknown time zone \(name)")
    }
    guard let zone = TimeZone(bytes) else { throw Fault(description: "malformed time zone information in \(folder)\(name)") }
    loaded.withLock { $0[name] = zone }
    return zone
  }

  private static func read(_ path: String) -> [UInt8]? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    var result = [UInt8](repeating: 0, count: sizeLimit)
    var count = 0
    while count < sizeLimit {
      // SAFETY: the buffer has room for what is asked for.
      let got = unsafe result.withUnsafeMutableBytes {
        unsafe Glibc.read(file, $0.baseAddress.unsafelyUnwrapped + count, sizeLimit - count)
      }
      if got < 0 { return nil }
      if got == 0 { break }
      count += got
    }
    result.removeLast(sizeLimit - count)
    return result
  }

  func period(at seconds: Int64) -> Period {
    guard let first = transitions.first, seconds >= first else {
      let type = types.first { !$0.isSaving } ?? types.first ?? (0, false, "UTC")
      if transitions.isEmpty, let rule { return rule.period(at: seconds) }
      return Period(offset: type.offset, abbreviation: type.abbreviation, start: .min, end: transitions.first ?? .max)
    }
    var low = 0, high = transitions.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if transitions[middle] <= seconds { low = middle } else { high = middle }
    }
    if low == transitions.count - 1, let rule { return rule.period(at: seconds) }
    let type = types[Int(kinds[low])]
    return Period(
      offset: type.offset, abbreviation: type.abbreviation, start: transitions[low],
      end: low + 1 < transitions.count ? transitions[low + 1] : .max)
  }
}

// MARK: - Zone files

extension TimeZone {
  /// Nil where the bytes are no zone file.
  init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Array("TZif".utf8)), bytes.count >= 44 else { return nil }
    var start = 0
    var width = 4
    if bytes[4] >= 0x32 {
      // The second block has times of 64 bits.
      guard let skipped = Self.size(bytes, 0, 4) else { return nil }
      start = skipped
      width = 8
    }
    guard let end = Self.size(bytes, start, width), end <= bytes.count else { return nil }
    func count(_ index: Int) -> Int { Int(Self.number(bytes, start + 20 + 4 * index, 4)) }
    let transitionCount = count(3), typeCount = count(4), textCount = count(5)
    guard typeCount > 0, typeCount <= 256 else { return nil }
    var position = start + 44
    for index in 0..<transitionCount { transitions.append(Self.number(bytes, position + index * width, width)) }
    position += transitionCount * width
    kinds = Array(bytes[position..<(position + transitionCount)])
    position += transitionCount
    let texts = position + typeCount * 6
    for index in 0..<typeCount {
      let place = position + index * 6
      let name = texts + Int(bytes[place + 5])
      guard name <= texts + textCount else { return nil }
      let text = bytes[name..<(texts + textCount)].prefix { $0 != 0 }
      types.append((Int(Self.number(bytes, place, 4)), bytes[place + 4] != 0, String(decoding: text, as: UTF8.self)))
    }
    guard kinds.allSatisfy({ Int($0) < typeCount }), zip(transitions, transitions.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
    if width == 8, end < bytes.count, bytes[end] == 0x0A {
      rule = TimeZoneRule(bytes[(end + 1)...].prefix { $0 != 0x0A })
    }
  }

  /// Where the block that begins at `start` ends.
  private static func size(_ bytes: [UInt8], _ start: Int, _ width: Int) -> Int? {
    guard start + 44 <= bytes.count else { return nil }
    let counts = (0..<6).map { Int(number(bytes, start + 20 + 4 * $0, 4)) }
    guard counts.allSatisfy({ $0 >= 0 && $0 <= bytes.count }) else { return nil }
    let (isUT, isStandard, leap, time, type, text) = (counts[0], counts[1], counts[2], counts[3], counts[4], counts[5])
    let end = start + 44 + time * (width + 1) + type * 6 + text + leap * (width + 4) + isStandard + isUT
    return end <= bytes.count ? end : nil
  }

  /// A signed number, highest byte first.
  private static func number(_ bytes: [UInt8], _ start: Int, _ width: Int) -> Int64 {
    var value: Int64 = 0
    for index in 0..<width { value = value << 8 | Int64(bytes[start + index]) }
    return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : value
  }
}

/// The rule at the end of a zone file, in the form of POSIX's TZ ("CET-1CEST,M3.5.0,M10.5.0/3").
struct TimeZoneRule: Sendable {
  private struct Day {
    enum Form { case julian(Int), zeroBased(Int), weekday(month: Int, week: Int, day: Int) }
    var form: Form
    /// Seconds after local midnight.
    var time: Int

    func seconds(_ year: Int) -> Int64 {
      let days: Int64
      switch form {
      case .julian(let day):
        days = CivilTime.daysSince1970(year: year, month: 1, day: day) + (CivilTime.isLeap(year) && day >= 60 ? 1 : 0)
      case .zeroBased(let day): days = CivilTime.daysSince1970(year: year, month: 1, day: day + 1)
      case .weekday(let month, let week, let weekday):
        let first = CivilTime.daysSince1970(year: year, month: month, day: 1)
        let firstWeekday = Int(((first + 4) % 7 + 7) % 7)
        var day = (weekday - firstWeekday + 7) % 7 + 7 * (week - 1)
        if day >= CivilTime.daysIn(month: month, year: year) { day -= 7 }
        days = first + Int64(day)
      }
      return days * 86_400 + Int64(time)
    }
  }

  private var standard: (offset: Int, abbreviation: String)
  private var saving: (offset: Int, abbreviation: String, start: Day, end: Day)?

  /// Nil where the text is no such rule.
  init?(_ text: ArraySlice<UInt8>) {
    var rest = text
    guard let name = Self.name(&rest), let offset = Self.time(&rest) else { return nil }
    standard = (-offset, name)
    if rest.isEmpty { return }
    guard let savingName = Self.name(&rest) else { return nil }
    var savingOffset = standard.offset + 3600
    if rest.first != 0x2C {
      guard let offset = Self.time(&rest) else { return nil }
      savingOffset = -offset
    }
    guard let start = Self.day(&rest), let end = Self.day(&rest), rest.isEmpty else { return nil }
    saving = (savingOffset, savingName, start, end)
  }

  func period(at seconds: Int64) -> TimeZone.Period {
    guard let saving else { return TimeZone.Period(offset: standard.offset, abbreviation: standard.abbreviation, start: .min, end: .max) }
    let local = seconds + Int64(standard.offset)
    let year = CivilTime.date(local / 86_400 - (local % 86_400 < 0 ? 1 : 0)).year
    // The last change until then, and the first one after it.
    var last = (time: Int64.min, isSaving: false)
    var next = Int64.max
    for year in (year - 1)...(year + 1) {
      for isSaving in [true, false] {
        let time =
          isSaving ? saving.start.seconds(year) - Int64(standard.offset) : saving.end.seconds(year) - Int64(saving.offset)
        if time > seconds { next = min(next, time) } else if time >= last.time { last = (time, isSaving) }
      }
    }
    return TimeZone.Period(
      offset: last.isSaving ? saving.offset : standard.offset, abbreviation: last.isSaving ? saving.abbreviation : standard.abbreviation,
      start: last.time, end: next)
  }

  private static func name(_ rest: inout ArraySlice<UInt8>) -> String? {
    let isQuoted = rest.first == 0x3C
    if isQuoted { rest = rest.dropFirst() }
    let name = isQuoted ? rest.prefix { $0 != 0x3E } : rest.prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
    rest = rest.dropFirst(name.count + (isQuoted ? 1 : 0))
    return name.count >= 3 ? String(decoding: name, as: UTF8.self) : nil
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard !digits.isEmpty, digits.count <= 4 else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  private static func time(_ rest: inout ArraySlice<UInt8>) -> Int? {
    let isNegative = rest.first == 0x2D
    if isNegative || rest.first == 0x2B { rest = rest.dropFirst() }
    guard let hours = number(&rest) else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] where rest.first == 0x3A {
      rest = rest.dropFirst()
      guard let value = number(&rest) else { return nil }
      seconds += value * unit
    }
    return isNegative ? -seconds : seconds
  }

  private static func day(_ rest: inout ArraySlice<UInt8>) -> Day? {
    guard rest.first == 0x2C else { return nil }
    rest = rest.dropFirst()
    var form: Day.Form?
    if rest.first == 0x4A {
      rest = rest.dropFirst()
      form = number(&rest).map { .julian($0) }
    } else if rest.first == 0x4D {
      rest = rest.dropFirst()
      guard let month = number(&rest), rest.popFirst() == 0x2E, let week = number(&rest), rest.popFirst() == 0x2E, let day = number(&rest),
        (1...12).contains(month), (1...5).contains(week), (0...6).contains(day)
      else { return nil }
      form = .weekday(month: month, week: week, day: day)
    } else {
      form = number(&rest).map { .zeroBased($0) }
    }
    guard let form else { return nil }
    var time = 7200
    if rest.first == 0x2F {
      rest = rest.dropFirst()
      guard let value = self.time(&rest) else { return nil }
      time = value
    }
    return Day(form: form, time: time)
  }
}
