internal import Domain

/// The facts `conf.*` of one configuration file.
///
/// Every setting that the file's reader knows has a fact: present with the value libvirt uses (the first where it stands more than
/// once), absent where libvirt's default applies. `conf.unknown` lists settings that libvirt does not read, `conf.repeated` those
/// that stand again without effect; both are absent where there are none.
struct ConfigurationFacts {
  private(set) var facts: [String: Fact] = [:]
  /// Settings whose value libvirt refuses; the daemon does not start with them.
  private(set) var refusals: [Refusal] = []

  /// - Parameters:
  ///   - text: the parsed file; nil where the file does not exist, so that every default applies.
  ///   - path: what the facts cite.
  ///   - reader: who reads the file, for messages ("libvirtd", "libvirt's QEMU driver").
  init(_ text: ConfigurationText?, path: String, keys: ConfigurationKeys, reader: String, target: String) {
    for (name, type) in keys.types {
      guard let entry = text?[name] else {
        facts["conf." + name] = .absent(.path(path))
        continue
      }
      let source = FactSource.path(path, line: entry.line, column: entry.column)
      if let value = Self.value(entry.value, type), !Self.isRefused(value, name) {
        facts["conf." + name] = .present(value, source)
      } else {
        facts["conf." + name] = .unreadable("malformed", source)
        refusals.append(
          Refusal(
            target: path, code: "malformed",
            message:
              "\(path):\(entry.line):\(entry.column): \(name) must be \(Self.accounts.contains(name) ? "the name or number of an account" : Self.expectation(type)); \(reader) does not start with this value",
            line: entry.line, column: entry.column))
      }
    }
    refusals.sort { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
    list("conf.unknown", text?.entries.filter { keys.types[$0.name] == nil } ?? [], path) { entry in
      ["name": .string(entry.name), "line": .int(Int64(entry.line)), "resembles": keys.resembling(entry.name).map { .string($0) }]
    }
    list("conf.repeated", text?.ineffective.filter { keys.types[$0.name] != nil } ?? [], path) { entry in
      ["name": .string(entry.name), "line": .int(Int64(entry.line)), "effective": text?[entry.name].map { .int(Int64($0.line)) }]
    }
  }

  /// The facts when the file is there and cannot be read or parsed, or was not given.
  init(all fact: Fact, keys: ConfigurationKeys) {
    for name in keys.types.keys { facts["conf." + name] = fact }
    facts["conf.unknown"] = fact
    facts["conf.repeated"] = fact
  }

  private mutating func list(
    _ name: String, _ entries: [ConfigurationText.Entry], _ path: String,
    _ members: (ConfigurationText.Entry) -> KeyValuePairs<String, FactValue?>
  ) {
    facts[name] =
      entries.isEmpty
      ? .absent(.path(path))
      : .present(
        .array(entries.map { .object(members($0)) }), sources: entries.map { .path(path, line: $0.line, column: $0.column) })
  }

  private static func value(_ value: ConfigurationText.Value, _ type: SettingType) -> FactValue? {
    switch (type, value) {
    case (.string, .string(let text)): .string(text)
    case (.secret, .string(let text)): .object(["set": .bool(true), "empty": .bool(text.isEmpty)])
    case (.flag, .number(let number, isNegative: false)) where number <= 1: .int(number)
    case (.count, .number(let number, isNegative: false)) where number <= Int64(UInt32.max): .int(number)
    case (.integer, .number(let number, _)) where Int32(exactly: number) != nil: .int(number)
    case (.limit, .number(let number, isNegative: false)): .int(number)
    case (.limit, .string("unlimited")): .string("unlimited")
    case (.stringOrList, .string(let text)): .array([.string(text)])
    case (.list, .list(let elements)), (.stringOrList, .list(let elements)): strings(elements)
    default: nil
    }
  }

  /// Settings that are looked up as an account's name, then read as a number with or without "+" (virGetUserID, virGetGroupID).
  private static let accounts: Set<String> = ["user", "group", "swtpm_user", "swtpm_group"]

  /// A text that holds neither a name nor a number stops the driver.
  private static func isRefused(_ value: FactValue, _ name: String) -> Bool {
    accounts.contains(name) && value.text?.drop { $0 == "+" }.isEmpty == true
  }

  private static func strings(_ elements: [ConfigurationText.Value]) -> FactValue? {
    var result: [FactValue] = []
    for element in elements {
      guard case .string(let text) = element else { return nil }
      result.append(.string(text))
    }
    return .array(result)
  }

  private static func expectation(_ type: SettingType) -> String {
    switch type {
    case .string, .secret: "text in quotes"
    case .flag: "0 or 1"
    case .count: "a number from 0"
    case .integer: "a number"
    case .list: "a list of texts in brackets"
    case .stringOrList: "text in quotes or a list of texts in brackets"
    case .limit: "a number of bytes or \"unlimited\""
    }
  }
}

extension ConfigurationError {
  /// As a refusal of the whole file: one line with path, place, what is wrong and what follows.
  func refusal(of path: String) -> Refusal {
    let place = line.map { ":\($0):\(column ?? 1)" } ?? ""
    let consequence =
      code == "malformed" || code == "too-deep" ? "libvirt refuses the whole file" : "nothing in it is judged"
    return Refusal(target: path, code: code, message: "\(path)\(place): \(problem); \(consequence)", line: line, column: column)
  }
}
