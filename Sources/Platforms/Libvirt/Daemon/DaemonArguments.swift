internal import Domain

/// What matters of a libvirt daemon's command line, read as getopt_long(3) reads it.
struct DaemonArguments: Sendable, Hashable {
  /// --listen: sockets of listen_tcp and listen_tls are opened.
  private(set) var listens = false
  /// The file after --config; nil for the daemon's own default.
  private(set) var configuration: String?

  private static let longOptions = ["verbose", "daemon", "listen", "config", "timeout", "pid-file", "version", "help"]
  private static let withValue: Set<String> = ["config", "timeout", "pid-file"]
  private static let shortOptions: [Character: String] = [
    "v": "verbose", "d": "daemon", "l": "listen", "f": "config", "t": "timeout", "p": "pid-file", "V": "version", "h": "help",
  ]

  /// - Parameter arguments: without the program's name.
  init(_ arguments: [String]) {
    var rest = Array(arguments.reversed())
    while let argument = rest.popLast() {
      if argument == "--" { return }
      if argument.hasPrefix("--") {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        // A long option may be shortened as long as it stays unambiguous.
        let matches = Self.longOptions.filter { $0.hasPrefix(parts[0]) }
        guard let option = Self.longOptions.contains(parts[0]) ? parts[0] : matches.count == 1 ? matches[0] : nil else { continue }
        take(option, Self.withValue.contains(option) ? (parts.count > 1 ? parts[1] : rest.popLast()) : nil)
      } else if argument.hasPrefix("-") {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
          guard let option = Self.shortOptions[letter] else { continue }
          if Self.withValue.contains(option) {
            take(option, letters.isEmpty ? rest.popLast() : String(letters))
            break
          }
          take(option, nil)
        }
      }
    }
  }

  private mutating func take(_ option: String, _ value: String?) {
    if option == "listen" { listens = true }
    if option == "config" { configuration = value }
  }
}

/// Words of a shell-like line: quotes, backslashes and blanks, as systemd's ExecStart and environment files use them.
enum Words {
  static func split(_ line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isOpen = false
    var quote: Character?
    var isEscaped = false
    for character in line {
      if isEscaped {
        word.append(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
        isOpen = true
      } else if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        isOpen = true
      } else if character.isWhitespace {
        if isOpen { words.append(word) }
        word = ""
        isOpen = false
      } else {
        word.append(character)
        isOpen = true
      }
    }
    if isOpen { words.append(word) }
    return words
  }
}

/// How a service starts its daemon: the arguments with their variables filled in, and the places they were read at.
struct ServiceCommand: Sendable {
  let arguments: DaemonArguments
  let sources: [FactSource]

  private static let environmentFiles = ["/etc/default/", "/etc/sysconfig/"]

  /// From the unit; nil where it starts nothing.
  init?(_ unit: SystemdUnit, tree: Tree) {
    guard let start = unit.list("Service", "ExecStart").last else { return nil }
    var variables: [String: (value: String, source: FactSource)] = [:]
    for setting in unit.list("Service", "Environment") {
      for assignment in Words.split(setting.value) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { variables[String(parts[0])] = (String(parts[1]), setting.source) }
      }
    }
    // Values from files win over Environment=, whatever the order in the unit (systemd.exec(5)).
    for setting in unit.list("Service", "EnvironmentFile") {
      let path = setting.value.hasPrefix("-") ? String(setting.value.dropFirst()) : setting.value
      for (name, assignment) in Self.assignments(in: path, tree: tree) { variables[name] = assignment }
    }
    var sources = [start.source]
    var words: [String] = []
    for word in Words.split(start.value).dropFirst() {
      guard word.hasPrefix("$") else {
        words.append(word)
        continue
      }
      let isBraced = word.hasPrefix("${") && word.hasSuffix("}")
      let name = isBraced ? String(word.dropFirst(2).dropLast()) : String(word.dropFirst())
      guard let variable = variables[name] else { continue }
      sources.insert(variable.source, at: 0)
      words += isBraced ? [variable.value] : Words.split(variable.value)
    }
    arguments = DaemonArguments(words)
    self.sources = sources
  }

  /// Where no unit file was given: from the environment files that distributions have used for the daemon.
  init?(daemon: String, tree: Tree) {
    let names = [daemon.uppercased() + "_ARGS", "libvirtd_opts"]
    for folder in Self.environmentFiles {
      for path in [folder + daemon, folder + "libvirt-bin"] where daemon == "libvirtd" || !path.hasSuffix("libvirt-bin") {
        let assignments = Self.assignments(in: path, tree: tree)
        guard let found = names.compactMap({ assignments[$0] }).first else { continue }
        arguments = DaemonArguments(Words.split(found.value))
        sources = [found.source]
        return
      }
    }
    return nil
  }

  private static func assignments(in path: String, tree: Tree) -> [String: (value: String, source: FactSource)] {
    guard let bytes = try? tree.bytes(TreeLinks(tree).readable(path), limit: 1 << 20) else { return [:] }
    var result: [String: (value: String, source: FactSource)] = [:]
    for (i, raw) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      var line = UnitText.trimmed(String(decoding: raw, as: UTF8.self))
      if line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("export ") { line = UnitText.trimmed(line.dropFirst(7)) }
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = Words.split(String(line[line.index(after: equals)...])).joined(separator: " ")
      result[UnitText.trimmed(line[..<equals])] = (value, .path(path, line: i + 1, column: 1))
    }
    return result
  }
}
