/// Why a QEMU monitor could not be asked, or what it refused (QEMU Machine Protocol specification, section 2.4.2 "error").
public enum QMPError: Error, Sendable, Hashable {
  /// The socket cannot be opened; `reason` is the system's own text.
  case unreachable(path: String, reason: String)
  /// What came is not QMP: no greeting, no JSON, a line beyond the bound.
  case malformed(path: String, reason: String)
  /// The monitor answered `command` with an error of this class ("CommandNotFound", "GenericError").
  case refused(command: String, class: String, description: String)
  /// No answer to `command` in time; milliseconds. The command "greeting" is the wait for QEMU's first line: it is not sent while somebody
  /// else holds the socket, since a monitor serves one client at a time.
  case timedOut(command: String, milliseconds: Int)
}

extension QMPError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreachable(let path, let reason): "\(path): the QEMU monitor cannot be reached: \(reason)"
    case .malformed(let path, let reason): "\(path): this is no QEMU monitor that can be understood: \(reason)"
    case .refused(let command, _, let description): "the QEMU monitor refused \(command): \(description)"
    case .timedOut("greeting", let milliseconds):
      "the QEMU monitor sent no greeting within \(milliseconds) ms; another program, such as libvirt, may hold it: add a second -qmp socket"
    case .timedOut(let command, let milliseconds): "the QEMU monitor did not answer \(command) within \(milliseconds) ms"
    }
  }
}
