internal import Audit
internal import Judgement
internal import Platforms

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Standard output and standard error of the command line.
enum Console {
  static let output: Int32 = 1
  static let error: Int32 = 2

  /// One text on standard output, ended by a line end. Where it cannot be written the program ends with 2 and says so.
  static func print(_ text: String) { print(Array(text.utf8)) }

  static func print(_ text: [UInt8]) { print(pieces: [text]) }

  /// One text, and a line's end where it has none.
  static func print(pieces: [[UInt8]]) {
    for piece in pieces { put(piece) }
    if pieces.last?.last != 0x0A { put([0x0A]) }
  }

  private static func put(_ text: [UInt8]) {
    let code = put(text, to: output)
    guard code != 0 else { return }
    complain(ResultOutput.failure("standard output", code).message)
    exit(2)
  }

  /// Lines for the user on standard error. What names and files bring along reaches no terminal as a control.
  static func say(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : String($0).printable }
    _ = put(Array((lines.joined(separator: "\n") + "\n").utf8), to: error)
  }

  /// An error on standard error. `isWhole` is true for a text that says by itself that it is one.
  static func complain(_ text: String, isWhole: Bool = false) {
    say(isWhole ? text : "ringwall: " + text)
  }

  /// From now on SIGINT, SIGTERM and SIGHUP end the program with a sentence and 2.
  static func tellInterrupts() {
    let sentence = "ringwall: " + Speech.current.translation("interrupted before the result was complete").printable
    // A line of progress goes first.
    Interrupts.tell(isTerminal(error) ? "\r\u{1B}[K" + sentence : sentence)
  }

  /// - Returns: 0, or the errno of the write that failed.
  static func put(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      // SAFETY: write(2) reads no more than the length given, which is what is left of the array.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done)
      }
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      done += count
    }
    return 0
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Width and colour of what is written to standard output.
  static var style: TerminalStyle {
    let isPlain = Environment.value("NO_COLOR").map { !$0.isEmpty } ?? false
    return TerminalStyle(isColoured: isTerminal(output) && !isPlain && Environment.value("TERM") != "dumb", columns: columns)
  }

  /// `COLUMNS`, else the width of the terminal, else 80; at least 20 and at most 400 cells.
  private static var columns: Int {
    let named = Environment.value("COLUMNS").flatMap { Int($0) }
    return min(max(named ?? terminalColumns ?? 80, 20), 400)
  }

  private static var terminalColumns: Int? {
    for descriptor in [output, error] where isTerminal(descriptor) {
      var size = winsize()
      // SAFETY: TIOCGWINSZ fills one winsize, which is what the pointer leads to.
      let result = unsafe withUnsafeMutablePointer(to: &size) { unsafe ioctl(descriptor, UInt(TIOCGWINSZ), $0) }
      if result == 0, size.ws_col > 0 { return Int(size.ws_col) }
    }
    return nil
  }
}

/// What is being done, on a terminal only and only when it takes more than a second.
final class ProgressLine {
  private let isShown: Bool
  private let columns: Int
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var last: ContinuousClock.Instant?

  init(isWanted: Bool) {
    isShown = isWanted && Console.isTerminal(Console.error)
    columns = Console.style.columns
    start = clock.now
  }

  func update(_ text: String) {
    guard isShown else { return }
    let now = clock.now
    guard now - start > .seconds(1), last.map({ now - $0 > .milliseconds(100) }) ?? true else { return }
    last = now
    _ = Console.put(Array("\r\u{1B}[K\(DisplayWidth.cut(text.printable, to: columns - 1))".utf8), to: Console.error)
  }

  /// Takes the line away, so that nothing of it stays.
  func clear() {
    if last != nil { _ = Console.put(Array("\r\u{1B}[K".utf8), to: Console.error) }
    last = nil
  }
}
