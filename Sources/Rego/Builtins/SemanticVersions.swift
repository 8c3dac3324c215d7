extension Builtins {
  /// OPA's v1/topdown/semver.go.
  static let semanticVersions: [Builtin] = [
    Builtin("semver.compare", 2) { arguments, _ throws(BuiltinError) in
      let a = try arguments.string(0), b = try arguments.string(1)
      guard let first = SemanticVersion(a) else { throw .failed("operand 1: string \(quoted(a)) is not a valid SemVer") }
      guard let second = SemanticVersion(b) else { throw .failed("operand 2: string \(quoted(b)) is not a valid SemVer") }
      return .integer(first.compare(second))
    },
    Builtin("semver.is_valid", 1) { arguments, _ throws(BuiltinError) in
      .boolean(arguments[0].isString && SemanticVersion(arguments[0].text) != nil)
    },
  ]
}

/// A version of semver.org, with or without a leading "v".
struct SemanticVersion {
  private var numbers: [Int64] = []
  private var prerelease: ArraySlice<UInt8> = []

  init?(_ text: [UInt8]) {
    var rest = text.first == 0x76 ? text.dropFirst() : text[...]
    if let plus = rest.firstIndex(of: 0x2B) {
      guard plus + 1 == rest.endIndex || Self.isIdentifier(rest[(plus + 1)...]) else { return nil }
      rest = rest[..<plus]
    }
    if let dash = rest.firstIndex(of: 0x2D) {
      prerelease = rest[(dash + 1)...]
      guard prerelease.isEmpty || Self.isIdentifier(prerelease) else { return nil }
      rest = rest[..<dash]
    }
    let parts = rest.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    for part in parts {
      guard let number = Int64(String(decoding: part, as: UTF8.self)) else { return nil }
      numbers.append(number)
    }
  }

  /// Dot-separated runs of letters, digits and dashes.
  private static func isIdentifier(_ text: ArraySlice<UInt8>) -> Bool {
    text.split(separator: 0x2E, omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.allSatisfy { $0 == 0x2D || ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }
    }
  }

  func compare(_ other: SemanticVersion) -> Int {
    for (x, y) in zip(numbers, other.numbers) where x != y { return x < y ? -1 : 1 }
    if prerelease == other.prerelease { return 0 }
    if prerelease.isEmpty { return 1 }
    if other.prerelease.isEmpty { return -1 }
    let a = prerelease.split(separator: 0x2E), b = other.prerelease.split(separator: 0x2E)
    for (x, y) in zip(a, b) {
      let order = Self.compare(x, y)
      if order != 0 { return order }
    }
    return a.count == b.count ? 0 : (a.count < b.count ? -1 : 1)
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
