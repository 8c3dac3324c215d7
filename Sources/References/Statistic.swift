/// A share or a sum of money as a text states it.
public struct Statistic: Sendable, Hashable {
  public enum Unit: String, Sendable, Hashable {
    case percent = "%"
    case dollars = "USD"
    case euros = "EUR"
    case yuan = "CNY"
  }

  /// The number in full, without separators and needless zeros: "1.4", "10000000".
  public let number: String
  public let unit: Unit
  /// Where it begins, in bytes.
  public let offset: Int

  public var shown: String { "\(number) \(unit.rawValue)" }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(number)
    hasher.combine(unit)
  }
  public static func == (a: Statistic, b: Statistic) -> Bool { a.number == b.number && a.unit == b.unit }
}

/// Finds statistics in a text in English or Chinese, in one pass.
///
/// A number counts with a percent sign or word behind it, a currency behind it (USD, EUR, CNY, dollars, 元, 美元, 欧元, with M, million,
/// billion, 万, 亿 before it) or a currency sign before it. Of a range ("10 000–50 000 CNY") both ends count.
public struct Statistics {
  private let bytes: [UInt8]
  private var at = 0
  private var found: [Statistic] = []

  public static func all(in text: String) -> [Statistic] {
    var scan = Statistics(bytes: Array(text.utf8))
    scan.run()
    return scan.found
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func run() {
    // Beginnings of ranges that still wait for their unit.
    var open: [(number: Number, offset: Int, scale: Int)] = []
    while at < bytes.count {
      guard Self.isDigit(bytes[at]), at == 0 || !Self.isWordByte(bytes[at - 1]) else {
        at += 1
        continue
      }
      let start = at
      let sign = currency(before: start)
      guard let number = readNumber() else { continue }
      let after = skippingBlanks(from: at)
      let (scale, scaleEnd) = scale(at: after)
      let unitStart = skippingBlanks(from: scaleEnd)
      let unit = sign ?? unit(at: unitStart)
      if let unit {
        for part in open {
          found.append(Statistic(number: part.number.text(scale: part.scale == 0 ? scale : part.scale), unit: unit, offset: part.offset))
        }
        found.append(Statistic(number: number.text(scale: scale), unit: unit, offset: start))
        open = []
        at = max(at, scaleEnd)
        continue
      }
      open = isRange(at: scale == 0 ? at : scaleEnd) && open.count < 4 ? open + [(number, start, scale)] : []
    }
  }

  /// Digits with the point kept apart.
  struct Number {
    let whole: [UInt8]
    let fraction: [UInt8]

    /// The number times ten to the power of `scale`.
    func text(scale: Int) -> String {
      var fraction = fraction
      var whole = whole
      for _ in 0..<scale {
        whole.append(fraction.isEmpty ? 0x30 : fraction.removeFirst())
      }
      while fraction.last == 0x30 { fraction.removeLast() }
      let digits = whole.drop { $0 == 0x30 }
      let text = digits.isEmpty ? "0" : String(decoding: digits, as: UTF8.self)
      return fraction.isEmpty ? text : text + "." + String(decoding: fraction, as: UTF8.self)
    }
  }

  /// Digits, groups of three behind a comma or a blank, and a fraction behind a point, or behind a comma where no group of three follows.
  private mutating func readNumber() -> Number? {
    var whole: [UInt8] = []
    var isGrouped = false
    while at < bytes.count, Self.isDigit(bytes[at]), whole.count < 40 {
      whole.append(bytes[at])
      at += 1
    }
    while whole.count <= 3 || isGrouped, let length = group(at: at), whole.count < 40 {
      isGrouped = true
      whole += bytes[(at + length)..<(at + length + 3)]
      at += length + 3
    }
    var fraction: [UInt8] = []
    if at + 1 < bytes.count, bytes[at] == 0x2E || bytes[at] == 0x2C, Self.isDigit(bytes[at + 1]) {
      at += 1
      while at < bytes.count, Self.isDigit(bytes[at]), fraction.count < 20 {
        fraction.append(bytes[at])
        at += 1
      }
    }
    // Versions, addresses and dates are no numbers.
    if at + 1 < bytes.count, bytes[at] == 0x2E, Self.isDigit(bytes[at + 1]) {
      while at < bytes.count, Self.isDigit(bytes[at]) || bytes[at] == 0x2E { at += 1 }
      return nil
    }
    return Number(whole: whole, fraction: fraction)
  }

  /// Length of a separator of groups here that exactly three digits follow.
  private func group(at index: Int) -> Int? {
    guard index < bytes.count else { return nil }
    let length =
      bytes[index] == 0x20 || bytes[index] == 0x2C
      ? 1 : starts("\u{A0}", index) ? 2 : starts("\u{202F}", index) || starts("\u{2009}", index) ? 3 : 0
    let end = index + length + 3
    guard length > 0, end <= bytes.count, bytes[(index + length)..<end].allSatisfy(Self.isDigit) else { return nil }
    return end == bytes.count || !Self.isDigit(bytes[end]) ? length : nil
  }

  /// Powers of ten, the longer word first.
  private static let scales: [(String, Int)] = [
    ("million", 6), ("billion", 9), ("bn", 9), ("m", 6), ("k", 3), ("千万", 7), ("百万", 6), ("万", 4), ("亿", 8),
  ]

  private func scale(at index: Int) -> (Int, Int) {
    for (word, power) in Self.scales where starts(word, index) {
      let end = index + word.utf8.count
      // "M" is a scale only as a word of its own.
      if Self.isWordByte(word.utf8.last ?? 0), end < bytes.count, Self.isLetter(bytes[end]) { continue }
      return (power, end)
    }
    return (0, index)
  }

  private static let units: [(String, Statistic.Unit)] = [
    ("%", .percent), ("％", .percent), ("percent", .percent), ("per cent", .percent), ("usd", .dollars), ("us dollar", .dollars),
    ("dollar", .dollars), ("美元", .dollars), ("eur", .euros), ("欧元", .euros), ("€", .euros), ("cny", .yuan), ("rmb", .yuan), ("元", .yuan),
    ("人民币", .yuan),
  ]

  private func unit(at index: Int) -> Statistic.Unit? {
    for (word, unit) in Self.units where starts(word, index) {
      // "%d" of a format and "%20" of an address are no shares.
      let end = index + word.utf8.count
      if word == "%", end < bytes.count, Self.isWordByte(bytes[end]) { return nil }
      return unit
    }
    return nil
  }

  private func currency(before index: Int) -> Statistic.Unit? {
    func ends(_ text: String) -> Bool {
      let wanted = Array(text.utf8)
      return index >= wanted.count && Self.folded(bytes[(index - wanted.count)..<index]) == wanted
    }
    if ends("$") || ends("usd ") { return .dollars }
    if ends("€") || ends("eur ") { return .euros }
    return ends("¥") || ends("￥") || ends("cny ") ? .yuan : nil
  }

  private func isRange(at index: Int) -> Bool {
    for mark in ["–", "-", " – ", " to ", "至", "到", "~"] where starts(mark, index) {
      let end = index + mark.utf8.count
      if end < bytes.count, Self.isDigit(bytes[end]) { return true }
    }
    return false
  }

  private func skippingBlanks(from index: Int) -> Int {
    var index = index
    while index < bytes.count {
      if bytes[index] == 0x20 {
        index += 1
      } else if starts("\u{A0}", index) {
        index += 2
      } else if starts("\u{202F}", index) {
        index += 3
      } else {
        break
      }
    }
    return index
  }

  private func starts(_ text: String, _ index: Int) -> Bool {
    let wanted = Array(text.utf8)
    return index + wanted.count <= bytes.count && Self.folded(bytes[index..<(index + wanted.count)]) == wanted
  }

  private static func folded(_ bytes: ArraySlice<UInt8>) -> [UInt8] { bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isWordByte(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == 0x5F || byte == 0x2E || byte == 0x25 }
}
