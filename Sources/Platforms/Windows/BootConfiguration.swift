internal import Domain

/// The boot configuration as `bcdedit /enum all` prints it, in any language.
///
/// Names of elements (hypervisorlaunchtype) are the same in every language; headings, the name of the identifier and some values
/// are not. An entry is a heading, a line of hyphens, and lines of a name and a value.
struct BootConfiguration: Sendable {
  struct Element: Sendable {
    /// In lower case.
    let name: String
    /// One for each line; lists go on in further lines.
    var values: [String]
    let line: Int
  }

  struct Entry: Sendable {
    /// "{current}", "{bootmgr}", "{0cb3b571-...}", in lower case.
    let identifier: String
    var elements: [Element] = []
    let line: Int
    /// Whether something that is no part of it follows: of the last one more might have stood in a listing that was cut off.
    var isClosed = false

    func last(_ name: String) -> Element? { elements.last { $0.name == name } }
  }

  private(set) var entries: [Entry] = []
  /// False for a text of which the end may be missing.
  private let isWhole: Bool

  /// SecConfig.efi and LSAPPLConfig.efi are started once under this identifier (learn.microsoft.com, Configure Credential Guard).
  static let optOut = "{0cb3b571-2f2e-4343-a879-d86a476d7215}"
  private static let bootManager = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
  /// Tools and settings that a listing has behind all loaders, by name and as `/v` prints them.
  private static let behindLoaders: Set<String> = [
    "{memdiag}", "{globalsettings}", "{bootloadersettings}", "{hypervisorsettings}", "{resumeloadersettings}",
    "{b2721d73-1db4-4c62-bf78-c548a880142d}", "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}", "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}",
    "{7ff607e0-4395-11db-b0de-0800200c9a66}", "{1afa9c49-16ab-4a5c-901b-212802da9460}",
  ]

  /// True for text that bcdedit printed: a line of hyphens alone, and behind it an identifier in braces.
  static func isListing(_ lines: [WindowsText.Line]) -> Bool {
    for (index, line) in lines.enumerated() where isRule(line.text) {
      guard index + 1 < lines.count, let (_, value) = pair(lines[index + 1].text) else { continue }
      if isIdentifier(value) { return true }
    }
    return false
  }

  /// - Parameter isWhole: false where the lines are those of a file that may have been cut off.
  init(_ lines: [WindowsText.Line], isWhole: Bool) {
    self.isWhole = isWhole
    var index = 0
    while index < lines.count {
      defer { index += 1 }
      let line = lines[index]
      if Self.isRule(line.text), index + 1 < lines.count, let (_, value) = Self.pair(lines[index + 1].text), Self.isIdentifier(value) {
        index += 1
        if let last = entries.indices.last { entries[last].isClosed = true }
        entries.append(Entry(identifier: value.lowercased(), line: lines[index].number))
      } else if entries.isEmpty {
        continue
      } else if line.text.withoutOuterBlanks.isEmpty {
        entries[entries.count - 1].isClosed = true
      } else if let (name, value) = Self.pair(line.text) {
        entries[entries.count - 1].elements.append(Element(name: name.lowercased(), values: [value], line: line.number))
      } else if line.text.hasPrefix(" "), let last = entries[entries.count - 1].elements.indices.last {
        entries[entries.count - 1].elements[last].values.append(line.text.withoutOuterBlanks)
      }
    }
  }

  /// The loader of the system that runs or, in a listing with GUIDs for all (`/v`), the one that the boot manager starts.
  var current: Entry? {
    if let entry = entries.first(where: { $0.identifier == "{current}" }) { return entry }
    let manager = entries.first { $0.identifier == "{bootmgr}" || $0.identifier == Self.bootManager }
    if let name = manager?.last("default")?.values.first?.lowercased(), let entry = entries.first(where: { $0.identifier == name }) {
      return entry
    }
    let loaders = entries.filter { entry in
      let path = entry.last("path")?.values.first?.lowercased() ?? ""
      return path.hasSuffix("winload.efi") || path.hasSuffix("winload.exe")
    }
    return loaders.count == 1 ? loaders[0] : nil
  }

  /// An element of the current loader, or of what it inherits from. `isComplete` is false where something inherited is not in the listing.
  func element(_ name: String) -> (element: Element?, isComplete: Bool) {
    guard let current else { return (nil, false) }
    var isComplete = true
    var waiting = [current]
    var seen: Set<String> = []
    while let entry = waiting.first {
      waiting.removeFirst()
      guard seen.insert(entry.identifier).inserted else { continue }
      if let found = entry.last(name) { return (found, true) }
      if !entry.isClosed, !isWhole { isComplete = false }
      for parent in entry.last("inherit")?.values ?? [] {
        let identifier = parent.lowercased()
        if let found = entries.first(where: { $0.identifier == identifier }) {
          waiting.append(found)
        } else {
          isComplete = false
        }
      }
    }
    return (nil, isComplete)
  }

  func fact(_ name: String, path: String) -> Fact {
    guard current != nil else { return .notCollected("not-given", .path(path)) }
    let (element, isComplete) = element(name)
    if let element {
      return .present(.string(Self.normal(element.values.joined(separator: " "), of: name)), .path(path, line: element.line))
    }
    return isComplete ? .absent(.path(path, line: current?.line)) : .notCollected("not-given", .property("bcdedit /enum all"))
  }

  /// Load options of the entry under which the opt-out tools are started; absent where no such entry stands.
  func optOutFact(path: String) -> Fact {
    guard let entry = entries.first(where: { $0.identifier == Self.optOut }) else {
      let isListed = isWhole || entries.contains { Self.behindLoaders.contains($0.identifier) }
      return isListed ? .absent(.path(path)) : .notCollected("not-given", .property("bcdedit /enum all"))
    }
    let options = entry.last("loadoptions")?.values.joined(separator: " ") ?? ""
    return .present(.string(options), .path(path, line: entry.line))
  }

  /// Line of a name at its start, blanks, and a value.
  private static func pair(_ line: String) -> (String, String)? {
    guard let first = line.first, first != " ", first != "\t" else { return nil }
    guard let gap = line.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return nil }
    let value = line[gap...].withoutOuterBlanks
    guard !value.isEmpty else { return nil }
    return (String(line[..<gap]), value)
  }

  private static func isRule(_ line: String) -> Bool {
    let text = line.withoutOuterBlanks
    return text.utf8.count >= 3 && text.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
  }

  private static func isIdentifier(_ value: String) -> Bool { value.hasPrefix("{") && value.hasSuffix("}") && value.utf8.count > 2 }

  /// Switches as "Yes" and "No" in whichever language bcdedit spoke, launch types as "Auto" and "Off"; any other value as it stands.
  private static func normal(_ value: String, of name: String) -> String {
    let lower = value.lowercased()
    if name.hasSuffix("launchtype") { return yes.contains(lower) ? "On" : no.contains(lower) ? "Off" : lower == "自动" ? "Auto" : value }
    guard switches.contains(name) else { return value }
    return yes.contains(lower) ? "Yes" : no.contains(lower) ? "No" : value
  }

  private static let switches: Set<String> = ["testsigning", "nointegritychecks", "debug", "bootdebug", "hypervisordebug"]
  private static let yes: Set<String> = [
    "yes", "on", "true", "是", "开", "打开", "启用", "ja", "oui", "sí", "si", "sì", "sim", "да", "はい", "예", "tak", "ano", "evet",
  ]
  private static let no: Set<String> = [
    "no", "off", "false", "否", "关", "关闭", "禁用", "nein", "non", "não", "нет", "いいえ", "아니요", "nie", "ne", "hayır",
  ]
}
