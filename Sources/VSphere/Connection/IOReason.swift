#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Words for an errno of a socket.
enum IOReason {
  static let reset = ECONNRESET

  static func text(_ code: Int32) -> String {
    switch code {
    case ECONNREFUSED: "connection refused"
    case ECONNRESET: "connection reset"
    case EHOSTUNREACH: "no route to the host"
    case ENETUNREACH: "the network cannot be reached"
    case ETIMEDOUT: "no answer in time"
    case EACCES, EPERM: "not permitted"
    default: "error \(code)"
    }
  }
}
