extension Builtins {
  /// OPA's v1/topdown/semver.go.
  static let semanticVersions: [Builtin] = [
    Builtin("semver.compare", 2) { arguments, _ throws(BuiltinError) in
      let a = try arguments.text(0), b = try arguments.text(1)
      let order = unsafe a.withText { first in
        unsafe b.withText { second -> (isFirst: Bool, isSecond: Bool, order: Int) in
          guard let x = unsafe SemanticVersion(first) else { return (false, false, 0) }
          guard let y = unsafe SemanticVersion(second) else { return (true, false, 0) }
          return unsafe (true, true, SemanticVersion.compare(x, first, y, second))
        }
      }
      if !order.isFirst { throw .failed("operand 1: string \(quoted(a.text)) is not a valid SemVer") }
      if !order.isSecond { throw .failed("operand 2: string \(quoted(b.text)) is not a valid SemVer") }
      return .integer(order.order)
    },
    Builtin("semver.is_valid", 1) { arguments, _ throws(BuiltinError) in
      unsafe .boolean(arguments[0].isString && arguments[0].withText { unsafe SemanticVersion($0) != nil })
    },
  ]
}

/// A version of semver.org, with or without a leading "v".
struct SemanticVersion {
  typealias Text = UnsafeBufferPointer<UInt8>

  private var major: Int64 = 0
  private var minor: Int64 = 0
  private var patch: Int64 = 0
  /// Where in the text it stands; empty for none.
  private var prerelease = 0..<0

  // SAFETY: of the whole type: indexes are compared with ends inside the text before they are used.
  init?(_ text: Text) {
    var end = text.count
    let start = unsafe end > 0 && text[0] == 0x76 ? 1 : 0
    if let plus = unsafe text[start...].firstIndex(of: 0x2B) {
      guard unsafe plus + 1 == end || Self.isIdentifier(text, plus + 1, end) else { return nil }
      end = plus
    }
    if let dash = unsafe text[start..<end].firstIndex(of: 0x2D) {
      prerelease = (dash + 1)..<end
      guard unsafe prerelease.isEmpty || Self.isIdentifier(text, dash + 1, end) else { return nil }
      end = dash
    }
    var position = start
    guard let a = unsafe Self.number(text, &position, end), unsafe position < end && text[position] == 0x2E else { return nil }
    position += 1
    guard let b = unsafe Self.number(text, &position, end), unsafe position < end && text[position] == 0x2E else { return nil }
    position += 1
    guard let c = unsafe Self.number(text, &position, end), position == end else { return nil }
    (major, minor, patch) = (a, b, c)
  }

  /// Digits of a number of 64 bits.
  private static func number(_ text: Text, _ position: inout Int, _ end: Int) -> Int64? {
    let start = position
    var value: Int64 = 0
    while position < end {
      let digit = unsafe text[position] &- 0x30
      if digit > 9 { break }
      let (scaled, isLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = scaled.addingReportingOverflow(Int64(digit))
      if isLarge || isLarger { return nil }
      value = sum
      position += 1
    }
    return position > start ? value : nil
  }

  /// Dot-separated runs of letters, digits and dashes.
  private static func isIdentifier(_ text: Text, _ start: Int, _ end: Int) -> Bool {
    var length = 0
    for index in start..<end {
      let byte = unsafe text[index]
      if byte == 0x2E {
        if length == 0 { return false }
        length = 0
      } else if byte == 0x2D || (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) {
        length += 1
      } else {
        return false
      }
    }
    return length > 0
  }

  static func compare(_ a: SemanticVersion, _ textA: Text, _ b: SemanticVersion, _ textB: Text) -> Int {
    if a.major != b.major { return a.major < b.major ? -1 : 1 }
    if a.minor != b.minor { return a.minor < b.minor ? -1 : 1 }
    if a.patch != b.patch { return a.patch < b.patch ? -1 : 1 }
    if a.prerelease.isEmpty || b.prerelease.isEmpty {
      return a.prerelease.isEmpty == b.prerelease.isEmpty ? 0 : (a.prerelease.isEmpty ? 1 : -1)
    }
    let first = unsafe Array(textA[a.prerelease]), second = unsafe Array(textB[b.prerelease])
    if first == second { return 0 }
    let x = first.split(separator: 0x2E), y = second.split(separator: 0x2E)
    for (p, q) in zip(x, y) {
      let order = compare(p, q)
      if order != 0 { return order }
    }
    return x.count == y.count ? 0 : (x.count < y.count ? -1 : 1)
  }

  /// Numbers by value and before words, words by bytes.
  private static func compare(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    let isNumberA = a.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }, isNumberB = b.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    if isNumberA != isNumberB { return isNumberA ? -1 : 1 }
    if isNumberA {
      let x = a.drop { $0 == 0x30 }, y = b.drop { $0 == 0x30 }
      if x.count != y.count { return x.count < y.count ? -1 : 1 }
      return x == y ? 0 : (x.lexicographicallyPrecedes(y) ? -1 : 1)
    }
    return a == b ? 0 : (a.lexicographicallyPrecedes(b) ? -1 : 1)
  }
}
