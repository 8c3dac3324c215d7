/// Why a QEMU monitor could not be asked, or what it refused (QEMU Machine Protocol specification, section 2.4.2 "error").
public enum QMPError: Error, Sendable, Hashable {
  /// The socket cannot be opened; `reason` is the system's own text.
  case unreachable(path: String, reason: String)
  /// What came is not QMP: no greeting, no JSON, a line beyond the bound.
  case malformed(path: String, reason: String)
  /// The monitor answered `command` with an error of this class ("CommandNotFound", "GenericError").
  case refused(command: String, class: String, description: String)
  /// No answer to `command` in time; milliseconds.
  case timedOut(command: String, milliseconds: Int)
}
