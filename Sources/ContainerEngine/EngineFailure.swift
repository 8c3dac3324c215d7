internal import AsyncHTTPClient
internal import Domain
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What a failed call means to somebody who named a socket.
enum EngineFailure {
  /// - Parameters:
  ///   - hasHead: the answer had begun.
  ///   - refusal: makes a refusal of a code and a sentence.
  static func refusal(_ error: any Error, _ path: String, hasHead: Bool, _ refusal: (String, String) -> Refusal) -> Refusal {
    if error is AnswerTooLong {
      return refusal("too-large", "the answer to \(path) has more than \(EngineClient.answerLimit >> 20) MiB")
    }
    if let code = errorNumber(error) {
      switch code {
      case ENOENT: return refusal("not-found", "no such socket; start the engine, or name its socket, as in docker:///run/docker.sock")
      case EACCES, EPERM: return refusal("permission", "permission denied; run as root or as a member of the socket's group")
      case ECONNREFUSED, ENOTSOCK, EPROTOTYPE:
        return refusal("io", "nobody answers at this socket; start the engine, or name its socket, as in docker:///run/docker.sock")
      default: return refusal("io", "the connection failed (\(code))")
      }
    }
    if error is HTTPParserError { return refusal("unknown-kind", "what answers here is no container engine") }
    switch error as? HTTPClientError {
    case .deadlineExceeded?, .readTimeout?, .connectTimeout?, .writeTimeout?, .getConnectionFromPoolTimeout?:
      return late(path, hasHead: hasHead, refusal)
    case .remoteConnectionClosed?:
      return hasHead
        ? refusal("malformed", "the connection ended before the answer to \(path) was complete")
        : refusal("unknown-kind", "the connection ended without an answer to \(path); what listens here may be no container engine")
    default: return refusal("io", "the call of \(path) failed")
    }
  }

  /// Nothing came in time, or not the whole of it.
  static func late(_ path: String, hasHead: Bool, _ refusal: (String, String) -> Refusal) -> Refusal {
    hasHead ? refusal("io", "the answer to \(path) did not end in time") : refusal("io", "no answer to \(path) in time")
  }

  private static func errorNumber(_ error: any Error) -> CInt? {
    switch error {
    case let error as IOError: error.errnoCode
    case let error as NIOConnectionError: error.connectionErrors.first.flatMap { errorNumber($0.error) }
    // The path has more than the 107 bytes that a socket's may have.
    case is SocketAddressError: ENOENT
    default: nil
    }
  }
}
