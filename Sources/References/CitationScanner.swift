/// One id of a standard, an advisory or a CVE in a text.
struct CitationMention: Sendable, Hashable {
  enum Family: Sendable, Hashable {
    case specialPublication
    case processingStandard
    case interagencyReport
    case iso
    case rfc
    case chineseStandard
    case vmwareAdvisory
    case xenAdvisory
    case intelAdvisory
    case amdAdvisory
    case githubAdvisory
    case cve
    case directive
  }

  let family: Family
  /// As the table writes it: "NIST SP 800-125A Rev. 1".
  let id: String
  /// As the text writes it.
  let text: String
  /// Whether its form is one that the issuer uses.
  let isWellFormed: Bool
  /// Scalars of the sentence that it takes.
  let range: Range<Int>
}

/// Finds ids in a sentence, well-formed or not: whatever begins like one and goes on with digits.
struct CitationScanner {
  private let text: [Unicode.Scalar]
  private var at = 0
  private var found: [CitationMention] = []

  static func mentions(in text: [Unicode.Scalar]) -> [CitationMention] {
    var scanner = CitationScanner(text: text)
    while scanner.at < text.count { scanner.step() }
    return scanner.found
  }

  private init(text: [Unicode.Scalar]) { self.text = text }

  private mutating func step() {
    guard at == 0 || !Self.isWord(text[at - 1]) && !Self.isHyphen(text[at - 1]) && text[at - 1] != "/" else {
      at += 1
      return
    }
    for prefix in Self.prefixes where starts(prefix.text, at, ignoringCase: prefix.ignoresCase) {
      let start = at
      at += prefix.text.unicodeScalars.count
      if read(prefix.family, start: start) { return }
      at = start
    }
    at += 1
  }

  private struct Prefix {
    let text: String
    let family: CitationMention.Family
    var ignoresCase = false
  }

  /// The longer one of two that begin alike first.
  private static let prefixes: [Prefix] = [
    Prefix(text: "NIST Special Publication", family: .specialPublication), Prefix(text: "NIST SP", family: .specialPublication),
    Prefix(text: "NIST IR", family: .interagencyReport), Prefix(text: "NISTIR", family: .interagencyReport),
    Prefix(text: "Special Publication", family: .specialPublication), Prefix(text: "SP", family: .specialPublication),
    Prefix(text: "NIST", family: .specialPublication), Prefix(text: "FIPS PUB", family: .processingStandard),
    Prefix(text: "FIPS", family: .processingStandard), Prefix(text: "ISO/IEC", family: .iso), Prefix(text: "ISO", family: .iso),
    Prefix(text: "RFC", family: .rfc), Prefix(text: "GB/T", family: .chineseStandard),
    Prefix(text: "VMSA", family: .vmwareAdvisory, ignoresCase: true), Prefix(text: "XSA", family: .xenAdvisory),
    Prefix(text: "INTEL-SA", family: .intelAdvisory), Prefix(text: "AMD-SB", family: .amdAdvisory),
    Prefix(text: "GHSA", family: .githubAdvisory), Prefix(text: "CVE", family: .cve, ignoresCase: true),
    Prefix(text: "BOD", family: .directive), Prefix(text: "ED", family: .directive),
  ]

  private mutating func read(_ family: CitationMention.Family, start: Int) -> Bool {
    switch family {
    case .specialPublication: return specialPublication(start)
    case .iso: return iso(start)
    case .githubAdvisory: return github(start)
    case .processingStandard:
      return number(start, family, "FIPS ", separator: " -") { Self.matches($0, [2...3]) || Self.matches($0, [2...3, 1...1]) }
    case .interagencyReport:
      return number(start, family, "NIST IR ", separator: " ") {
        Self.matches($0.last?.isLetter == true ? String($0.dropLast()) : $0, [4...4])
      }
    case .rfc: return number(start, family, "RFC ", separator: " ") { Self.matches($0, [1...5]) }
    case .chineseStandard:
      return number(start, family, "GB/T ", separator: " ") { Self.matches($0.replacing(".", with: ""), [4...6, 4...4]) }
    case .vmwareAdvisory:
      return number(start, family, "VMSA-", separator: "- ") { number in
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2 && Self.matches(String(parts[0]), [4...4, 4...4]) && number.hasPrefix("20")
          && (parts.count == 1 || Self.matches(String(parts[1]), [1...2]))
      }
    case .xenAdvisory: return number(start, family, "XSA-", separator: "-") { Self.matches($0, [1...4]) }
    case .intelAdvisory: return number(start, family, "INTEL-SA-", separator: "-") { Self.matches($0, [5...5]) }
    case .amdAdvisory:
      return number(start, family, "AMD-SB-", separator: "-") {
        Self.matches($0.split(separator: ".").first.map(String.init) ?? "", [4...5])
      }
    case .cve:
      return number(start, family, "CVE-", separator: "- ") {
        Self.matches($0, [4...4, 4...7]) && ($0.hasPrefix("20") || $0.hasPrefix("199"))
      }
    case .directive:
      let name = text[start] == "B" ? "BOD " : "ED "
      return number(start, family, name, separator: " ") { Self.matches($0, [2...2, 2...2]) }
    }
  }

  /// One separator, then digits with hyphens, dots and letters. Dashes that look like a hyphen stand for one.
  private mutating func number(
    _ start: Int, _ family: CitationMention.Family, _ prefix: String, separator: String, isWellFormed: (String) -> Bool
  ) -> Bool {
    guard at < text.count else { return false }
    let isApart =
      separator.contains(" ") && Self.isBlank(text[at]) || separator.contains("-") && Self.isDash(text[at])
    // "FIPS203" is meant as one all the same; "ED25519" is not.
    guard isApart || (Self.isDigit(text[at]) && Self.joined.contains(prefix)) else { return false }
    if isApart { at += 1 }
    let from = at
    while at < text.count, Self.isWord(text[at]) || Self.isHyphen(text[at]) || text[at] == "." || isDashInside(family, from) { at += 1 }
    while at > from, text[at - 1] == "." || Self.isHyphen(text[at - 1]) { at -= 1 }
    let number = String(String.UnicodeScalarView(text[from..<at].map { Self.isDash($0) ? "-" : $0 }))
    guard number.first?.isASCII == true, number.first?.isNumber == true else { return false }
    // Patterns of ids ("CVE-2025-nnnn") and ranges are none.
    if family != .interagencyReport, number.contains(where: { $0.isLetter && $0 != "x" }), family == .cve || family == .rfc { return false }
    found.append(
      CitationMention(
        family: family, id: prefix + number, text: string(start..<at), isWellFormed: isApart && isWellFormed(number), range: start..<at))
    return true
  }

  /// Prefixes that are read without a blank behind them too; then the form is none of the issuer's.
  private static let joined: Set<String> = ["FIPS ", "GB/T ", "BOD "]

  /// A dash between the first two groups of an id that has two; between whole ids it is a range.
  private func isDashInside(_ family: CitationMention.Family, _ from: Int) -> Bool {
    guard [.cve, .vmwareAdvisory, .chineseStandard, .directive].contains(family), Self.isDash(text[at]) else { return false }
    return at > from && text[from..<at].allSatisfy(Self.isDigit) && at + 1 < text.count && Self.isDigit(text[at + 1])
  }

  /// "SP 800-125A Rev. 1", "NIST SP 800-57 Part 1 Rev. 5", "SP 800-53r5".
  private mutating func specialPublication(_ start: Int) -> Bool {
    guard at < text.count else { return false }
    let isApart = !Self.isDigit(text[at])
    guard !isApart || Self.isBlank(text[at]) || Self.isDash(text[at]) || text[at] == "." else { return false }
    if isApart { at += 1 }
    let from = at
    while at < text.count, Self.isDigit(text[at]) { at += 1 }
    guard ["800", "1800", "500"].contains(string(from..<at)), at < text.count, Self.isDash(text[at]) else { return false }
    at += 1
    let digits = at
    while at < text.count, Self.isDigit(text[at]) { at += 1 }
    let isNumber = isApart && (1...3).contains(at - digits)
    if at < text.count, ("A"..."Z").contains(text[at]), at + 1 == text.count || !Self.isWord(text[at + 1]) { at += 1 }
    var id = "NIST SP " + string(from..<(digits - 1)) + "-" + string(digits..<at)
    for (word, spellings) in [
      ("Part", [" Part "]), ("Rev.", [" Rev. ", " Rev.", " Revision ", " rev. ", "r", " r", ", Rev. ", ", Revision "]),
    ] {
      for spelling in spellings where starts(spelling, at, ignoringCase: false) {
        let end = at + spelling.unicodeScalars.count
        guard end < text.count, Self.isDigit(text[end]), end + 1 == text.count || !Self.isWord(text[end + 1]) else { continue }
        id += " \(word) \(string(end..<(end + 1)))"
        at = end + 1
        break
      }
    }
    found.append(CitationMention(family: .specialPublication, id: id, text: string(start..<at), isWellFormed: isNumber, range: start..<at))
    return true
  }

  /// "ISO/IEC 27001:2022", "ISO/IEC TS 27008:2019", "ISO/IEC 27001:2022/Amd 1:2024"; without its year it is not well formed.
  private mutating func iso(_ start: Int) -> Bool {
    let isApart = skipBlank()
    guard at < text.count, isApart || Self.isDigit(text[at]) else { return false }
    for kind in ["TS ", "TR ", "DIS "] where starts(kind, at, ignoringCase: false) { at += kind.unicodeScalars.count }
    let from = at
    while at < text.count, Self.isDigit(text[at]) { at += 1 }
    guard (4...5).contains(at - from) else { return false }
    if at + 1 < text.count, text[at] == "-", Self.isDigit(text[at + 1]) {
      at += 1
      while at < text.count, Self.isDigit(text[at]) { at += 1 }
    }
    var hasYear = false
    func year() -> Int? {
      guard at + 4 < text.count, text[at] == ":", text[(at + 1)...(at + 4)].allSatisfy(Self.isDigit) else { return nil }
      return at + 5
    }
    if let end = year() {
      hasYear = true
      at = end
      if starts("/Amd ", at, ignoringCase: false) {
        let amendment = at
        at += 5
        while at < text.count, Self.isDigit(text[at]) { at += 1 }
        if let end = year() { at = end } else { at = amendment }
      }
    }
    let written = string(start..<at)
    found.append(
      CitationMention(
        family: .iso, id: written.replacing("\u{A0}", with: " "), text: written, isWellFormed: isApart && hasYear, range: start..<at))
    return true
  }

  private mutating func github(_ start: Int) -> Bool {
    guard at < text.count, text[at] == "-" else { return false }
    let from = at
    while at < text.count, Self.isWord(text[at]) || text[at] == "-" { at += 1 }
    let groups = string(from..<at).split(separator: "-")
    guard groups.count >= 2 else { return false }
    let letters = "23456789cfghjmpqrvwx"
    let isWellFormed = groups.count == 3 && groups.allSatisfy { $0.count == 4 && $0.allSatisfy(letters.contains) }
    found.append(
      CitationMention(
        family: .githubAdvisory, id: string(start..<at), text: string(start..<at), isWellFormed: isWellFormed, range: start..<at))
    return true
  }

  private mutating func skipBlank() -> Bool {
    guard at < text.count, Self.isBlank(text[at]) else { return false }
    at += 1
    return at < text.count
  }

  private func string(_ range: Range<Int>) -> String {
    var result = String.UnicodeScalarView()
    result.append(contentsOf: text[range])
    return String(result)
  }

  private func starts(_ prefix: String, _ index: Int, ignoringCase: Bool) -> Bool {
    var i = index
    for scalar in prefix.unicodeScalars {
      guard i < text.count else { return false }
      guard text[i] == scalar || (scalar == "-" && Self.isHyphen(text[i])) || (ignoringCase && Self.folded(text[i]) == Self.folded(scalar)) else { return false }
      i += 1
    }
    return true
  }

  /// Groups of digits between hyphens, of so many digits each.
  private static func matches(_ number: String, _ lengths: [ClosedRange<Int>]) -> Bool {
    let parts = number.split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == lengths.count
      && zip(parts, lengths).allSatisfy { $1.contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }

  static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
  }
  /// A hyphen, or what is printed like one.
  static func isHyphen(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "-" || (0x2010...0x2012).contains(scalar.value) || [0x2212, 0xFE63, 0xFF0D].contains(scalar.value)
  }
  /// A hyphen or a dash.
  static func isDash(_ scalar: Unicode.Scalar) -> Bool { isHyphen(scalar) || scalar == "–" || scalar == "—" }
  static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\u{A0}" || (0x2002...0x200A).contains(scalar.value) || [0x202F, 0x3000].contains(scalar.value)
  }
  static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
  }
}
