internal import CLinux

/// What SIGINT, SIGTERM and SIGHUP do to a command: a sentence on standard error and exit code 2, as with everything that keeps it from its answer.
public enum Interrupts {
  /// From now on the signals end the program with a sentence. Those that were ignored when it was started stay ignored.
  ///
  /// - Parameter sentence: at most 1024 bytes with its line's end; what is beyond is left out.
  public static func tell(_ sentence: String) {
    let bytes = Array((sentence + "\n").utf8)
    // SAFETY: the bytes are copied before the call returns.
    unsafe bytes.withUnsafeBytes { unsafe tell_interrupt($0.baseAddress, $0.count) }
  }

  /// The signals end the program as they do any other.
  public static func release() { tell_interrupt(nil, 0) }

  /// The unfinished file that goes where a signal ends the program; nil for none. One at a time.
  public static func remove(_ file: String?) { unsafe remove_when_interrupted(file) }
}
