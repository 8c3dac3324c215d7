internal import Foundation
internal import Rego

extension OutgoingRequest {
  /// Sets a header in place of one of the same name.
  mutating func set(_ name: String, _ value: String) {
    remove(name)
    headers.append((name, value))
  }

  mutating func remove(_ name: String) { headers.removeAll { $0.name.lowercased() == name.lowercased() } }

  /// The request that a redirect asks for, as Go's client makes it; nil where the response is none.
  ///
  /// - Parameter first: the policy's own request.
  /// - Throws: where the redirect leads to a host that is not allowed, or nowhere.
  func redirected(by response: IncomingResponse, first: OutgoingRequest, _ network: NetworkAccess) throws(SendingError) -> OutgoingRequest?
  {
    var next = self
    switch response.status {
    case 301, 302, 303:
      if method != "HEAD" { next.method = "GET" }
      next.body = []
      for name in ["Content-Type", "Content-Length", "Content-Encoding", "Content-Language"] { next.remove(name) }
    case 307, 308: break
    default: return nil
    }
    let location = response.header("location")
    if location.isEmpty { return nil }
    guard let base = URL(string: url), let target = URL(string: location, relativeTo: base)?.absoluteURL else {
      throw .network(next.method, url, "failed to parse Location header \"\(location)\"")
    }
    guard let scheme = target.scheme?.lowercased(), scheme == "http" || scheme == "https" else {
      throw .network(next.method, target.absoluteString, "unsupported protocol scheme \"\(target.scheme ?? "")\"")
    }
    let address = try RequestAddress(target.absoluteString)
    guard network.allows(address.host) else { throw .network(next.method, address.url, "unallowed host: \(address.host)") }
    next.url = address.url
    guard let origin = URL(string: first.url), let new = URL(string: address.url) else { return nil }
    if (base.scheme, base.host, base.port) != (new.scheme, new.host, new.port) {
      next.remove("Host")
    }
    // What authorizes at one host is not told to another.
    if !Self.isSame(new.host ?? "", orBelow: origin.host ?? "") || (origin.scheme == "https" && new.scheme != "https") {
      for name in ["Authorization", "Www-Authenticate", "Cookie", "Cookie2"] { next.remove(name) }
    }
    if !(base.scheme == "https" && new.scheme == "http") { next.set("Referer", url) }
    return next
  }

  private static func isSame(_ host: String, orBelow origin: String) -> Bool { host == origin || host.hasSuffix("." + origin) }
}
