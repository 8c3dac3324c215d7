internal import Domain

/// The argument vector of one QEMU, with the place of every argument.
struct CommandLine: Sendable, Hashable {
  struct Argument: Sendable, Hashable {
    let text: String
    let source: FactSource
    /// False when a part of it is a shell expansion that nothing settles.
    let isResolved: Bool
  }

  /// The program, as called; nil for options without one.
  let program: Argument?
  /// Everything after the program.
  let arguments: [Argument]
  /// What the vector as a whole is cited by: the first place of it.
  let source: FactSource

  // MARK: - From a file

  /// Every QEMU command in a shell text, or the arguments of the whole text when it starts with an option.
  static func all(in bytes: [UInt8], path: String) throws(ShellText.Failure) -> [CommandLine] {
    if let vector = vector(ofNulSeparated: bytes, path: path) { return [vector] }
    let commands = try ShellText.commands(in: bytes)
    let found = commands.compactMap { commandLine($0, path: path) }
    if found.isEmpty, let first = commands.first, let word = first.first, isOption(word.text) {
      return [CommandLine(program: nil, arguments: first.map { argument($0, path) }, source: place(word, path))]
    }
    return found
  }

  private static func commandLine(_ command: ShellText.Command, path: String) -> CommandLine? {
    guard let program = programIndex(command.map(\.text)) else { return nil }
    return CommandLine(
      program: argument(command[program], path), arguments: command[(program + 1)...].map { argument($0, path) },
      source: place(command[program], path))
  }

  private static func argument(_ word: ShellText.Word, _ path: String) -> Argument {
    Argument(text: word.text, source: place(word, path), isResolved: word.isResolved)
  }

  private static func place(_ word: ShellText.Word, _ path: String) -> FactSource {
    .path(path, line: word.line, column: word.column)
  }

  /// A saved copy of /proc/PID/cmdline; nil for anything else.
  private static func vector(ofNulSeparated bytes: [UInt8], path: String) -> CommandLine? {
    guard bytes.contains(0) else { return nil }
    let words = split(bytes)
    guard isProgram(words.first ?? "") || isGuest(words) else { return nil }
    var column = 1
    var arguments: [Argument] = []
    for word in words {
      arguments.append(Argument(text: word, source: .path(path, line: 1, column: column), isResolved: true))
      column += word.unicodeScalars.count + 1
    }
    return CommandLine(program: arguments[0], arguments: Array(arguments.dropFirst()), source: arguments[0].source)
  }

  // MARK: - From a process

  /// The vector of a process; nil when it has none (a kernel thread, a process that has ended).
  init?(process: Int32, cmdline: [UInt8]) {
    let words = Self.split(cmdline)
    guard !words.isEmpty else { return nil }
    let arguments = words.enumerated().map { index, word in
      Argument(text: word, source: .command("pid \(process) argv[\(index)]"), isResolved: true)
    }
    program = arguments[0]
    self.arguments = Array(arguments.dropFirst())
    source = arguments[0].source
  }

  private init(program: Argument?, arguments: [Argument], source: FactSource) {
    self.program = program
    self.arguments = arguments
    self.source = source
  }

  /// The texts between NULs; the last NUL ends, it does not separate. Bytes that are no UTF-8 are replaced.
  static func split(_ cmdline: [UInt8]) -> [String] {
    guard !cmdline.isEmpty else { return [] }
    var parts = cmdline.split(separator: 0, omittingEmptySubsequences: false)
    if parts.last?.isEmpty == true { parts.removeLast() }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: - Recognising QEMU

  /// Commands that run the command in their arguments.
  private static let wrappers: Set<String> = [
    "exec", "env", "sudo", "doas", "command", "nice", "ionice", "taskset", "numactl", "setsid", "nohup", "chrt", "timeout", "stdbuf",
    "unshare", "nsenter", "systemd-run", "prlimit", "setpriv", "runuser", "strace", "ltrace", "gdb", "valgrind", "perf", "firejail",
    "bwrap",
    "cgexec", "softlimit", "capsh", "time", "builtin",
  ]

  /// Position of the QEMU program among the words of a command, behind assignments and wrappers.
  static func programIndex(_ words: [String]) -> Int? {
    guard let first = words.firstIndex(where: { ShellText.assignment($0) == nil }) else { return nil }
    // A unit file's ExecStart= looks like an assignment.
    if first > 0, let (name, value) = ShellText.assignment(words[0]), name == "ExecStart", isProgram(String(value)) { return 0 }
    if isProgram(words[first]) || isGuest(Array(words[first...])) { return first }
    guard wrappers.contains(baseName(words[first])) else { return nil }
    return words[first...].firstIndex { isProgram($0) }
  }

  /// True for the name of a system emulator: qemu-system-ARCH, qemu-kvm, kvm, with any suffix that a packager adds.
  static func isProgram(_ path: String) -> Bool {
    let name = baseName(path)
    if name.hasPrefix("qemu-system-") { return name.utf8.count > 12 }
    return ["qemu-kvm", "kvm", "qemu", "kvm-spice", "qemu-kvm-spice"].contains(name)
      || (name.hasPrefix(".qemu-system-") && name.hasSuffix("-wrapped"))
  }

  /// True for the vector of a QEMU under another name: it names a guest and a machine the way nothing else does.
  static func isGuest(_ words: [String]) -> Bool {
    guard let name = words.firstIndex(of: "-name"), name + 1 < words.count, name > 0, !isOption(words[0]) else { return false }
    guard words[name + 1].hasPrefix("guest=") || words.contains("-uuid") else { return false }
    return ["-machine", "-M", "-accel", "-enable-kvm", "-blockdev", "-netdev"].contains { words.contains($0) }
  }

  /// True for a shell or another interpreter that runs scripts.
  static func isInterpreter(_ path: String) -> Bool {
    let name = baseName(path)
    return ["sh", "bash", "dash", "busybox", "ash", "zsh", "ksh"].contains(name) || name.hasPrefix("python") || name.hasPrefix("perl")
  }

  static func isOption(_ text: String) -> Bool { text.utf8.first == UInt8(ascii: "-") && text.utf8.count > 1 }

  static func baseName(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }
}
