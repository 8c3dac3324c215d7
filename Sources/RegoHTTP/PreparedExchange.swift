internal import AsyncHTTPClient
internal import Foundation
internal import NIOHTTP1
internal import NIOSSL
internal import RegoBuiltins

/// A request in the client's form.
struct PreparedExchange {
  let request: HTTPClient.Request
  /// Names that stand for another host, where the request's certificate has a name of its own; nil for the usual client.
  let names: [String: String]?

  init(_ outgoing: OutgoingRequest, userAgent: String) throws(TransportError) {
    guard var parts = URLComponents(string: outgoing.url), let host = URL(string: outgoing.url)?.host else {
      throw .unusable("\(outgoing.url): no URL")
    }
    var headers = HTTPHeaders(outgoing.headers)
    if !headers.contains(name: "User-Agent") { headers.add(name: "User-Agent", value: userAgent) }
    let authority = parts.port.map { "\(host):\($0)" } ?? host
    var names: [String: String]?
    var target = outgoing.url
    if let socket = outgoing.socket {
      if !headers.contains(name: "Host") { headers.add(name: "Host", value: authority) }
      let uri = (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath) + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
      guard socket.hasPrefix("/"), !socket.utf8.contains(0), let url = URL(httpURLWithSocketPath: socket, uri: uri) else {
        throw .network("dial unix \(socket): the path of a socket begins with /")
      }
      target = url.absoluteString
    } else if parts.scheme == "https", let name = outgoing.security.serverName, name != host {
      // The client checks the certificate for the URL's host and connects where `names` says.
      parts.host = name
      guard let url = parts.url, url.host == name, !name.contains(":") else { throw .unusable("\"\(name)\" is no name of a server") }
      if !headers.contains(name: "Host") { headers.add(name: "Host", value: authority) }
      names = [name: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host]
      target = url.absoluteString
    }
    self.names = names
    let security = parts.scheme == "https" && outgoing.socket == nil ? try ClientSecurity.configuration(outgoing.security) : nil
    do {
      request = try HTTPClient.Request(
        url: target, method: HTTPMethod(rawValue: outgoing.method), headers: headers,
        body: outgoing.body.isEmpty ? nil : .bytes(outgoing.body), tlsConfiguration: security)
    } catch {
      throw .unusable("\(outgoing.url): \(error)")
    }
  }
}

/// Keys and certificates of a request.
enum ClientSecurity {
  /// Bytes of the longest file of certificates.
  private static let limit = 4 << 20

  /// - Throws: `unusable`, naming the source, never a key.
  static func configuration(_ security: TransportSecurity) throws(TransportError) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1, .secp521r1]
    if !security.isVerified { configuration.certificateVerification = .none }
    let roots = try roots(security)
    if security.usesSystemRoots == true {
      configuration.additionalTrustRoots = [.certificates(roots)]
    } else if !roots.isEmpty {
      configuration.trustRoots = .certificates(roots)
    }
    if let identity = security.identities.first {
      let (chain, key) = try pair(identity)
      configuration.certificateChain = chain.map { .certificate($0) }
      configuration.privateKey = .privateKey(key)
    }
    return configuration
  }

  private static func roots(_ security: TransportSecurity) throws(TransportError) -> [NIOSSLCertificate] {
    var roots: [NIOSSLCertificate] = []
    if let text = security.roots { roots += try certificates(Array(text.utf8), "tls_ca_cert") }
    if let file = security.rootsFile { roots += try certificates(try bytes(ofFile: file), file) }
    if let name = security.rootsVariable { roots += try certificates(try bytes(ofVariable: name), name) }
    return roots
  }

  private static func pair(_ identity: TransportSecurity.Identity) throws(TransportError) -> ([NIOSSLCertificate], NIOSSLPrivateKey) {
    switch identity {
    case .texts(let certificate, let key):
      return (try certificates(Array(certificate.utf8), "tls_client_cert"), try privateKey(Array(key.utf8), "tls_client_key"))
    case .files(let certificate, let key):
      return (try certificates(try bytes(ofFile: certificate), certificate), try privateKey(try bytes(ofFile: key), key))
    case .variables(let certificate, let key):
      return (try certificates(try bytes(ofVariable: certificate), certificate), try privateKey(try bytes(ofVariable: key), key))
    }
  }

  private static func certificates(_ bytes: [UInt8], _ source: String) throws(TransportError) -> [NIOSSLCertificate] {
    do {
      let found = try NIOSSLCertificate.fromPEMBytes(bytes)
      if !found.isEmpty { return found }
    } catch {}
    throw .unusable("could not append certificates: \(source) has none in PEM")
  }

  private static func privateKey(_ bytes: [UInt8], _ source: String) throws(TransportError) -> NIOSSLPrivateKey {
    do { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
      throw .unusable("tls: failed to find any PEM data in key input: \(source)")
    }
  }

  private static func bytes(ofVariable name: String) throws(TransportError) -> [UInt8] {
    guard let value = ProcessInfo.processInfo.environment[name] else { throw .unusable("the environment has no variable \(name)") }
    return Array(value.utf8)
  }

  private static func bytes(ofFile path: String) throws(TransportError) -> [UInt8] {
    let attributes = try? FileManager.default.attributesOfItem(atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    guard attributes?[.type] as? FileAttributeType == .typeRegular, (attributes?[.size] as? Int ?? .max) <= limit,
      let data = FileManager.default.contents(atPath: path)
    else { throw .unusable("open \(path): no regular file that can be read, of at most \(limit) bytes") }
    return Array(data)
  }
}
