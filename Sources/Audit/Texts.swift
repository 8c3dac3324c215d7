public import Domain
public import Judgement

/// Languages of reports and of the command line.
public enum Language: String, Sendable, Hashable, CaseIterable {
  case english = "en"
  case chinese = "zh-CN"

  /// The language of a code as users and locales write it: "zh-CN", "zh_CN.UTF-8", "en"; nil for any other language.
  public init?(code: String) {
    let tag = code.prefix { $0 != "." && $0 != "@" }.lowercased().split { $0 == "-" || $0 == "_" }
    switch tag.first {
    case "en": self = .english
    case "zh" where tag.dropFirst().allSatisfy({ ["cn", "sg", "hans"].contains($0) }): self = .chinese
    default: return nil
    }
  }

  /// The language of a process: the first of LC_ALL, LC_MESSAGES and LANG that is set decides; English when it is neither.
  public init(environment: [String: String]) {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    self = locale.flatMap { Language(code: $0) } ?? .english
  }
}

/// Every text that a person reads, in one language. A key without a text shows as the key; a test holds both languages complete.
public struct Texts: Sendable {
  public let language: Language
  private let interface: [String: String]
  private let controls: [String: ControlText]
  /// Texts of data that stand there in English: descriptions of parameters, titles of clauses.
  private var phrases: [String: String] = [:]
  /// Words that rules put into their sentences in English.
  private let values: Translation
  /// Sentences of the program that stand in it in English: those of refusals and errors.
  private let translation: Translation
  private let templates = MessageTemplates()

  private struct ControlText: Sendable {
    let title: String
    let messages: [String: String]
    /// What the article says, and what this program does about it: of claims alone.
    var says: String?
    var does: String?
    /// The entry as it stands in the file.
    var entry: FactValue?
  }

  public init(_ language: Language, from folder: DataFolder) throws(DataError) {
    self.language = language
    let file = "data/text/\(language.rawValue)/interface.yaml"
    var interface: [String: String] = [:]
    Self.flatten(try YAMLDocument.read(try folder.bytes(file), file: file), prefix: "", into: &interface)
    self.interface = interface
    var controls: [String: ControlText] = [:]
    if language == .english {
      translation = Translation()
      values = Translation()
    } else {
      let command = Self.command(language)
      translation = try Translation(file: command, from: folder)
      let spoken = "data/text/\(language.rawValue)/values.yaml"
      values = try Translation(file: spoken, from: folder)
      let known = "data/text/\(language.rawValue)/phrases.yaml"
      for member in try YAMLDocument.read(try folder.bytes(known), file: known).members ?? [] { phrases[member.key] = member.value.shown }
      for relative in try folder.files(below: "data/text/\(language.rawValue)", suffixes: [".yaml"])
      where ![file, command, known, spoken].contains(relative) {
        for member in try YAMLDocument.read(try folder.bytes(relative), file: relative).members ?? [] {
          let messages = (member.value["messages"]?.members ?? []).map { ($0.key, $0.value.shown) }
          controls[member.key] = ControlText(
            title: member.value["title"]?.text ?? "", messages: Dictionary(messages, uniquingKeysWith: { first, _ in first }),
            says: member.value["says"]?.text, does: member.value["does"]?.text, entry: member.value)
        }
      }
    }
    self.controls = controls
  }

  /// The file with the command line's sentences in a language.
  public static func command(_ language: Language) -> String { "data/text/\(language.rawValue)/command.yaml" }

  /// A sentence of the program's own, which stands in it in English; nil where the language has none for it.
  func sentence(_ english: String) -> String? { language == .english ? english : translation.sentence(english) }

  /// A text of `data/parameters` or `data/frameworks` in the language; as it is where it is a name that has no other.
  public func phrase(_ english: String) -> String { phrases[english] ?? english }

  /// Keys of the interface, sorted.
  public var keys: [String] { interface.keys.sorted() }

  public subscript(key: String) -> String { interface[key] ?? key }

  public func has(_ key: String) -> Bool { interface[key] != nil }

  /// The text under `key` with `{name}` replaced by the argument of that name. Where `count` is 1 and the language has a text
  /// for one ("KEY.one"), that text.
  public func callAsFunction(_ key: String, _ arguments: KeyValuePairs<String, String>) -> String {
    let isOne = arguments.contains { $0.key == "count" && $0.value == "1" }
    let template = isOne ? interface[key + ".one"] ?? self[key] : self[key]
    return templates[template].filled { name in arguments.first { $0.key == name }?.value }
  }

  public func title(_ control: Control) -> String {
    guard let text = controls[control.id]?.title, !text.isEmpty else { return control.title }
    return text
  }

  /// Description, repair and disabling route of a control.
  public func words(of control: Control) -> ControlWords {
    ControlWords(control, controls[control.id]?.entry, isOriginal: language == .english)
  }

  public func title(_ claim: Claims.Claim) -> String {
    guard let text = controls[claim.id]?.title, !text.isEmpty else { return claim.title }
    return text
  }

  public func title(_ detection: Detection) -> String {
    guard let text = controls[detection.id]?.title, !text.isEmpty else { return detection.title }
    return text
  }

  /// What a detection found, in words.
  public func message(_ hit: DetectionHit) -> String {
    let template = controls[hit.detection.id]?.messages[hit.messageCase] ?? hit.detection.messages[hit.messageCase]
    guard let template else { return self("case.none", ["case": hit.messageCase]) }
    return templates[template].filled { name in hit.arguments[name].map(shown) }
  }

  /// What the article says.
  public func says(_ claim: Claims.Claim) -> String { controls[claim.id]?.says ?? claim.says }

  /// What is true.
  public func real(_ claim: Claims.Claim) -> String { controls[claim.id]?.messages["invented"] ?? claim.real }

  /// What this program does about it.
  public func does(_ claim: Claims.Claim) -> String { controls[claim.id]?.does ?? claim.does }

  /// The finding in words: the control's text of the case with the rule's arguments, or the text of a case that all controls share.
  public func message(_ finding: Finding) -> String {
    switch finding.messageCase {
    case "unknown": return unknown(finding)
    case "parameter": return self("case.parameter", ["parameter": shown(finding.arguments["parameter"])])
    case "policyError":
      guard let error = finding.arguments["error"] else { return self["case.policyUndefined"] }
      return self("case.policyError", ["error": shown(error)])
    default: break
    }
    let text = controls[finding.control.id]?.messages[finding.messageCase] ?? finding.control.messages[finding.messageCase]
    guard let text else { return self("case.none", ["case": finding.messageCase]) }
    let template = templates[text]
    if let name = template.names.first(where: { finding.arguments[$0] == nil }) {
      let control = finding.control
      return self(
        "case.placeholder", ["place": control.location.shown, "control": control.id, "case": finding.messageCase, "name": "{\(name)}"])
    }
    return template.filled { name in finding.arguments[name].map { word($0, of: name) } }
  }

  /// Arguments that stand for words of ours: which states of a guest are meant, what a key may do, and a verdict.
  private static let ownWords: Set<String> = ["set", "role", "verdict"]

  /// An argument that stands for a word of ours in the language; any other as it is.
  private func word(_ value: FactValue, of name: String) -> String {
    if Self.ownWords.contains(name), let text = value.text, let word = interface["\(name).\(text)"] { return word }
    if language == .english { return shown(value) }
    if let text = value.text { return shown(.string(worded(text))) }
    guard let elements = value.elements else { return shown(value) }
    return shown(.array(elements.map { element in element.text.map { .string(worded($0)) } ?? element }))
  }

  /// Words of a rule in the language, also where several stand in one text; any other text as it is.
  func worded(_ text: String) -> String {
    var isKnown = false
    var parts: [String] = []
    var rest = text[...]
    while true {
      let end = rest.firstRange(of: "; ")
      let part = String(rest[..<(end?.lowerBound ?? rest.endIndex)])
      let known = values.sentence(part)
      isKnown = isKnown || known != nil
      parts.append(known ?? part)
      guard let end else { break }
      rest = rest[end.upperBound...]
    }
    return isKnown ? parts.joined(separator: "；") : text
  }

  private func unknown(_ finding: Finding) -> String {
    let name = finding.arguments["fact"]?.text
    let evidence = finding.evidence.first { $0.fact == name } ?? finding.evidence.first
    let place = evidence?.source.map(\.name) ?? name ?? "-"
    return self(
      "case.unknown.\(finding.reason)",
      ["fact": name ?? "-", "place": place, "why": evidence?.why.map { self["why.\($0)"] } ?? self["why.none"]])
  }

  /// A value inside a sentence: at most 160 characters, in one line, "" for the empty text, lists as the language writes them.
  public func shown(_ value: FactValue?) -> String {
    guard let value else { return "-" }
    let text = value.shown(separator: self["list.items"])
    if text.isEmpty { return "\"\"" }
    let line = text.printable
    return line.utf8.count > 160 && line.count > 160 ? line.prefix(158) + ".." : line
  }

  /// Names in braces replaced; braces around anything that has no value stay.
  static func filled(_ template: String, _ value: (String) -> String?) -> String {
    var result = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{") {
      result += rest[..<open]
      let after = rest[rest.index(after: open)...]
      guard let close = after.firstIndex(of: "}"), let text = value(String(after[..<close])) else {
        result += "{"
        rest = after
        continue
      }
      result += text
      rest = after[after.index(after: close)...]
    }
    return result + rest
  }

  private static func flatten(_ value: FactValue, prefix: String, into table: inout [String: String]) {
    guard let members = value.members else {
      table[prefix] = value.shown
      return
    }
    for member in members { flatten(member.value, prefix: prefix.isEmpty ? member.key : prefix + "." + member.key, into: &table) }
  }
}
