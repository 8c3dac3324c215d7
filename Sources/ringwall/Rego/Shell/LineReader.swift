#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Lines of standard input, one after the other, without the rest of them in between.
struct LineReader {
  /// Bytes of a line at most; what is longer ends the input.
  static let limit = 1 << 20

  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  /// The next line without its end; nil at the end of the input.
  mutating func next() -> String? {
    while true {
      if let end = buffer[position...].firstIndex(of: 0x0A) {
        defer { position = end + 1 }
        return String(decoding: buffer[position..<end], as: UTF8.self)
      }
      if isAtEnd || buffer.count - position > Self.limit {
        guard position < buffer.count, isAtEnd else { return nil }
        defer { position = buffer.count }
        return String(decoding: buffer[position...], as: UTF8.self)
      }
      fill()
    }
  }

  private mutating func fill() {
    buffer.removeFirst(position)
    position = 0
    let bytes = StandardInput.read(16 << 10)
    isAtEnd = bytes.isEmpty
    buffer += bytes
  }
}

enum StandardInput {
  static var isTerminal: Bool { isatty(0) == 1 && isatty(1) == 1 }

  /// What is there, at most `count` bytes; empty at the end.
  static func read(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    while true {
      // SAFETY: read(2) writes no more than the length given, which is the array's.
      let got = unsafe bytes.withUnsafeMutableBytes { unsafe readInput($0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      return got > 0 ? Array(bytes.prefix(got)) : []
    }
  }

  /// Runs `body` with single keys instead of lines; nil where the terminal does not allow it.
  static func withKeys<Result>(_ body: () -> Result) -> Result? {
    var old = termios()
    // SAFETY: both structures are this function's own.
    guard unsafe tcgetattr(0, &old) == 0 else { return nil }
    var raw = old
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
    guard unsafe tcsetattr(0, TCSAFLUSH, &raw) == 0 else { return nil }
    defer { _ = unsafe tcsetattr(0, TCSAFLUSH, &old) }
    return body()
  }
}

/// read(2) of standard input, which a function of the same name hides.
private func readInput(_ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { unsafe read(0, buffer, count) }
