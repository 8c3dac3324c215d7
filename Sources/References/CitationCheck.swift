/// What is wrong with one citation.
public struct CitationFinding: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Not a form in which its issuer numbers.
    case form
    /// The title beside it is another one's.
    case title
    /// The sentence claims something that the cited text is not about.
    case subject
    /// Revoked or replaced, and the sentence does not say so.
    case revoked
    /// Somebody else issues such ids.
    case issuer
    /// A statement that is known to be wrong.
    case pairing
    /// Not in the table: neither right nor wrong can be said.
    case unknown
  }

  public let kind: Kind
  public let line: Int
  public let column: Int
  /// As the text writes it.
  public let citation: String
  /// Arguments of its message by name: "title", "wanted", "subject", "use", "fact.en", "fact.zh".
  public let arguments: [String: String]
}

/// Holds the citations of a text against the table.
public struct CitationCheck: Sendable {
  private let table: CitationTable
  /// Words that make a sentence a denial, so that it claims nothing of what it cites.
  private static let denials = [
    " not ", " no ", " none ", " never ", " nothing ", "n't ", " wrong", " false", " neither ", " instead", "不", "并非", "没有", "未", "误", "无关",
    "错",
  ]
  private static let revocations = ["revoke", "replace", "supersede", "withdrawn", "former", "撤销", "取代", "废止", "替代", "已被"]

  public init(table: CitationTable) { self.table = table }

  /// In the order of the text.
  public func findings(in text: String) -> [CitationFinding] {
    CitationText.sentences(of: text).flatMap(findings)
  }

  private func findings(_ sentence: CitationText.Sentence) -> [CitationFinding] {
    let plain = Self.string(sentence.scalars[...])
    let folded = " " + plain.lowercased() + " "
    let isDenial = Self.denials.contains(where: folded.contains)
    var found: [CitationFinding] = []
    func report(_ kind: CitationFinding.Kind, _ range: Range<Int>, _ arguments: [String: String] = [:]) {
      let place = sentence.place(of: range.lowerBound)
      found.append(
        CitationFinding(
          kind: kind, line: place.line, column: place.column, citation: Self.string(sentence.scalars[range]), arguments: arguments))
    }
    let mentions = CitationScanner.mentions(in: sentence.scalars)
    for (i, mention) in mentions.enumerated() {
      guard mention.isWellFormed else {
        report(.form, mention.range)
        continue
      }
      if !isDenial, let issuer = foreignIssuer(of: mention, in: folded) { report(.issuer, mention.range, ["issuer": issuer]) }
      guard let entry = table.entry(mention) else {
        report(.unknown, mention.range)
        continue
      }
      if !entry.status.isEmpty, !Self.revocations.contains(where: folded.contains) {
        report(.revoked, mention.range, ["status": entry.status, "use": entry.supersededBy])
      }
      let next = i + 1 < mentions.count ? mentions[i + 1].range.lowerBound : sentence.scalars.count
      if entry.isOfficial, let title = CitedTitle.beside(mention.range, in: sentence.scalars, before: next),
        !CitedTitle.agrees(title, with: entry.title)
      {
        report(.title, mention.range, ["title": title, "wanted": entry.title])
      } else if !isDenial, let subject = subject(of: entry, in: folded, without: entry.title.lowercased()) {
        report(.subject, mention.range, ["subject": subject, "wanted": entry.title])
      }
    }
    if !isDenial { pairings(in: folded, plain, report) }
    return found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// A subject that the entry must not be cited for; a quoted title of another's counts as no claim.
  private func subject(of entry: CitationTable.Entry, in sentence: String, without title: String) -> String? {
    let sentence = sentence.replacing(title, with: " ")
    for subject in entry.mustNot {
      if let word = table.words(of: subject).first(where: { sentence.contains($0.lowercased()) }) { return word }
    }
    return nil
  }

  private static let issuing = [
    " issued", " issues", " published", " publishes", " released", " advisory vmsa-", "'s advisory vmsa-", " vmsa-", "'s vmsa-", "发布",
    " 发布", "颁布", "公告 vmsa-", " 公告 vmsa-", "的 vmsa-", " 的 vmsa-",
  ]
  private static let issuedBy = ["issued by ", "published by ", "released by "]

  /// Who is said to issue an advisory that only VMware and Broadcom issue.
  private func foreignIssuer(of mention: CitationMention, in sentence: String) -> String? {
    guard mention.family == .vmwareAdvisory, !sentence.contains("vmware"), !sentence.contains("broadcom") else { return nil }
    return ["CISA", "NIST", "Microsoft", "ENISA", "MITRE"].first { issuer in
      let name = issuer.lowercased()
      return Self.issuing.contains { sentence.contains(name + $0) } || Self.issuedBy.contains { sentence.contains($0 + name) }
    }
  }

  private func pairings(in folded: String, _ plain: String, _ report: (CitationFinding.Kind, Range<Int>, [String: String]) -> Void) {
    for pairing in table.pairings {
      guard let cited = pairing.cites.first(where: plain.contains),
        pairing.words.allSatisfy({ group in group.contains { folded.contains($0.lowercased()) } }),
        let place = plain.firstRange(of: cited)
      else { continue }
      let offset = plain.unicodeScalars.distance(from: plain.startIndex, to: place.lowerBound)
      report(
        .pairing, offset..<(offset + cited.unicodeScalars.count),
        [
          "fact.en": pairing.fact["en"] ?? "", "fact.zh": pairing.fact["zh"] ?? "",
          // What is cited already, or named by the fact, need not be said again.
          "use": pairing.use.filter { $0 != cited && pairing.fact["en"]?.contains($0) != true }.joined(separator: ", "),
        ])
    }
  }

  static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars)
    return String(result)
  }
}

/// A title that stands beside an id.
enum CitedTitle {
  private static let quotes: [Unicode.Scalar: Unicode.Scalar] = ["\"": "\"", "“": "”", "«": "»", "「": "」", "《": "》", "*": "*", "_": "_"]
  private static let small: Set<String> = ["of", "for", "and", "the", "to", "in", "on", "a", "an", "with", "based", "from", "by", "its"]

  /// The quoted text behind the id, or before it where the id stands in brackets; else a run of words with capitals behind a comma,
  /// a colon, a dash or an opening bracket. nil where there is none.
  ///
  /// - Parameter next: where the next id begins; a run of words ends there.
  static func beside(_ range: Range<Int>, in text: [Unicode.Scalar], before next: Int) -> String? {
    var i = range.upperBound
    var isSeparated = false
    while i < text.count, " ,:–—(".unicodeScalars.contains(text[i]) {
      isSeparated = isSeparated || text[i] != " "
      i += 1
    }
    // A straight quote right behind the id ends what the id stands in.
    let isOpen = i > range.upperBound || (i < text.count && !"\"*_".unicodeScalars.contains(text[i]))
    if i < text.count, isOpen, let close = quotes[text[i]] {
      let start = i + 1
      guard let end = text[start...].firstIndex(of: close), end > start else { return nil }
      let quoted = CitationCheck.string(text[start..<end])
      return isTitle(quoted) ? quoted : nil
    }
    if let before = quotedBefore(range.lowerBound, in: text) { return before }
    return isSeparated && i < next ? capitals(in: text[i..<next]) : nil
  }

  private static func quotedBefore(_ start: Int, in text: [Unicode.Scalar]) -> String? {
    guard start >= 3, text[start - 1] == "(" else { return nil }
    var end = start - 2
    while end > 0, text[end] == " " { end -= 1 }
    guard let open = quotes.first(where: { $0.value == text[end] })?.key, end > 1 else { return nil }
    guard let begin = text[..<end].lastIndex(of: open) else { return nil }
    let quoted = CitationCheck.string(text[(begin + 1)..<end])
    return isTitle(quoted) ? quoted : nil
  }

  /// At least three words or, in Chinese, six characters: less is a term and no title.
  private static func isTitle(_ text: String) -> Bool {
    text.split(separator: " ").count >= 3 || (text.unicodeScalars.count >= 6 && text.unicodeScalars.allSatisfy { $0.value > 0x2E80 })
  }

  private static func capitals(in text: ArraySlice<Unicode.Scalar>) -> String? {
    var words: [String] = []
    var count = 0
    for part in CitationCheck.string(text).split(separator: " ") {
      let word = String(part)
      let bare = word.filter { $0.isLetter || $0 == "-" }
      let isCapital = bare.first?.isUppercase == true && bare.first?.isASCII == true && !word.contains(where: \.isNumber)
      guard isCapital || (!words.isEmpty && small.contains(word)) else { break }
      if isCapital { count += 1 }
      words.append(word)
      if let last = word.last, ".,;:)".contains(last) { break }
    }
    while let last = words.last, small.contains(last) { words.removeLast() }
    return count >= 3 ? words.joined(separator: " ") : nil
  }

  /// Whether a text is a title, its beginning of three words or more, or one of its parts. A translation is not compared.
  static func agrees(_ text: String, with title: String) -> Bool {
    if isChinese(text) != isChinese(title) { return true }
    let (text, title) = (normal(text), normal(title))
    if text == title { return true }
    if title.hasPrefix(text) || text.hasPrefix(title) { return text.split(separator: " ").count >= 3 }
    return title.split(separator: ":").contains { normal(String($0)) == text } || title.hasSuffix(text)
  }

  private static func isChinese(_ text: String) -> Bool { text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) } }

  /// Small letters; dashes as colons, so that parts are told apart alike; single blanks; no marks at the end.
  private static func normal(_ text: String) -> String {
    var result = ""
    for character in text.lowercased() {
      switch character {
      case "—", "–": result += ":"
      case "‑": result += "-"
      case "’": result += "'"
      default: result.append(character)
      }
    }
    result = result.replacing(" :", with: ":").replacing(": ", with: ":").split(separator: " ").joined(separator: " ")
    while let last = result.last, ".,;:)".contains(last) { result.removeLast() }
    return result
  }
}
