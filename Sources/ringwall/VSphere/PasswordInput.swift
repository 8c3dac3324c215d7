internal import Audit
internal import Judgement

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Where a password comes from: a closed file, the environment, or the terminal without an echo. Never the command line.
enum PasswordInput {
  static let variable = "RINGWALL_PASSWORD"
  /// Ctrl-C. VEOL, the eleventh control character on Linux, is what else ends a line.
  private static let interrupt: UInt8 = 3
  /// Bytes of the longest password.
  private static let limit = 1024

  static func password(ofFile path: String?, user: String, server: String) throws(DataError) -> String {
    if let path { return try password(ofFile: path) }
    if let password = Environment.value(variable), !password.isEmpty { return password }
    guard let password = try ask("Password of \(user) at \(server): ") else {
      throw DataError("\(server): no password; give it in \(variable) or with --password-file FILE, or run on a terminal")
    }
    return password
  }

  /// The first line of a file that only its owner may read.
  private static func password(ofFile path: String) throws(DataError) -> String {
    let descriptor = openReading(path)
    guard descriptor >= 0 else {
      let reason = errno == ENOENT ? "no such file" : errno == EACCES ? "permission denied" : "it cannot be opened"
      throw DataError("--password-file \(path): \(reason)")
    }
    defer { _ = close(descriptor) }
    var status = stat()
    // SAFETY: fstat(2) fills one structure, which is what the pointer leads to.
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw DataError("--password-file \(path): not a regular file")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw DataError("--password-file \(path): others may read it; close it with chmod 600")
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw DataError("--password-file \(path): belongs to another user; make it your own")
    }
    // What <(pass show esxi) names comes when it is ready.
    _ = fcntl(descriptor, F_SETFL, 0)
    let line = try firstLine(of: descriptor, path)
    guard !line.isEmpty else { throw DataError("--password-file \(path): its first line is empty") }
    return line
  }

  private static func firstLine(of descriptor: Int32, _ path: String) throws(DataError) -> String {
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    // SAFETY: read(2) writes no more than the length given, which is that of the array.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    guard count >= 0 else { throw DataError("--password-file \(path): it cannot be read") }
    let line = bytes[0..<count].prefix { $0 != 0x0A && $0 != 0x0D }
    guard line.count <= limit, let text = String(validating: line, as: UTF8.self) else {
      throw DataError("--password-file \(path): its first line is no password of at most \(limit) bytes in UTF-8")
    }
    return text
  }

  /// Asks on the terminal, which shows nothing of what is typed. Nil where there is no terminal.
  private static func ask(_ prompt: String) throws(DataError) -> String? {
    let terminal = openTerminal()
    guard terminal >= 0 else { return nil }
    defer { _ = close(terminal) }
    var before = termios()
    // SAFETY: tcgetattr(3) fills one structure, which is what the pointer leads to.
    guard unsafe tcgetattr(terminal, &before) == 0 else { return nil }
    var silent = before
    // An interrupt would leave the terminal without its echo: it ends the line instead, as a character of it.
    silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
    silent.c_cc.11 = interrupt
    // SAFETY: tcsetattr(3) reads one structure.
    guard unsafe tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { return nil }
    defer { _ = unsafe tcsetattr(terminal, TCSAFLUSH, &before) }
    _ = Console.put(Array(prompt.printable.utf8), to: terminal)
    let line = try firstLine(of: terminal, "/dev/tty")
    _ = Console.put([0x0A], to: terminal)
    guard !line.utf8.contains(interrupt) else { throw DataError("no password was given") }
    return line
  }
}

/// open(2) of a file that exists.
private func openReading(_ path: String) -> Int32 { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }

/// open(2) of the terminal that the program belongs to.
private func openTerminal() -> Int32 { unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) }
