internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RegoBuiltins

/// Why a host was not reached, close to the words of Go's network packages, which policies compare.
enum NetworkReason {
  static func text(_ error: any Error, _ request: OutgoingRequest) -> String {
    switch error {
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first {
        return "dial tcp \(address(of: first.target)): connect: \(system(first.error))"
      }
      return "dial tcp: lookup \(error.host): no such host"
    case let error as IOError:
      if let socket = request.socket { return "dial unix \(socket): connect: \(system(error))" }
      let isOfConnecting = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EACCES].contains(error.errnoCode)
      return isOfConnecting ? "dial tcp \(authority(request)): connect: \(system(error))" : system(error)
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      return "tls: failed to verify certificate: x509: certificate is not valid for the name of the host"
    case let error as NIOSSLError:
      let text = "\(error)"
      guard text.contains("CERTIFICATE_VERIFY_FAILED") else { return "tls: \(text)" }
      return "tls: failed to verify certificate: x509: certificate signed by unknown authority, expired, or for another use"
    case let error as HTTPClientError: return error.shortDescription
    default: return "\(error)"
    }
  }

  /// Host and port of the request's URL.
  private static func authority(_ request: OutgoingRequest) -> String {
    guard let url = URL(string: request.url), let host = url.host else { return request.url }
    return "\(host):\(url.port ?? (url.scheme == "https" ? 443 : 80))"
  }

  private static func address(of address: SocketAddress) -> String {
    guard let host = address.ipAddress, let port = address.port else { return "\(address)" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  private static func system(_ error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    // SAFETY: strerror gives a text that is copied before anybody else asks for one.
    return unsafe String(cString: strerror(error.errnoCode)).lowercased()
  }
}
