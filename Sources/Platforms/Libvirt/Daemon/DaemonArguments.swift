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
    guard let start = ServiceStart(unit, tree: tree) else { return nil }
    arguments = DaemonArguments(start.words)
    sources = start.sources
  }

  /// Where no unit file was given: from the environment files that distributions have used for the daemon.
  init?(daemon: String, tree: Tree) {
    let names = [daemon.uppercased() + "_ARGS", "libvirtd_opts"]
    for folder in Self.environmentFiles {
      for path in [folder + daemon, folder + "libvirt-bin"] where daemon == "libvirtd" || !path.hasSuffix("libvirt-bin") {
        let assignments = ServiceStart.assignments(in: path, tree: tree)
        guard let found = names.compactMap({ assignments[$0] }).first else { continue }
        arguments = DaemonArguments(Words.split(found.value))
        sources = [found.source]
        return
      }
    }
    return nil
  }
}
