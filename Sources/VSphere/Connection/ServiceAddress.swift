/// Where a vSphere server answers. TLS always; the port is 443 unless one is named.
public struct ServiceAddress: Sendable, Hashable {
  public static let scheme = "vsphere://"

  /// A name or an address, without brackets.
  public let host: String
  /// In 1...65535.
  public let port: Int

  /// - Parameter text: `HOST`, `HOST:PORT`, `[IPV6]:PORT`, each with or without `vsphere://`.
  public init(_ text: String) throws(ServiceFailure) {
    var rest = text[...]
    if rest.lowercased().hasPrefix(Self.scheme) { rest = rest.dropFirst(Self.scheme.count) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    if rest.contains("@") { throw ServiceFailure(.usage, "the address of a vSphere server holds no user; name the user with --user") }
    let name: Substring
    let port: Substring?
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { throw Self.failure(text) }
      name = rest[rest.index(after: rest.startIndex)..<end]
      let behind = rest[rest.index(after: end)...]
      guard behind.isEmpty || behind.hasPrefix(":") else { throw Self.failure(text) }
      port = behind.isEmpty ? nil : behind.dropFirst()
      guard name.contains(":"), name.utf8.allSatisfy(Self.isOfIPv6) else { throw Self.failure(text) }
    } else {
      let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2 else { throw Self.failure(text) }
      name = parts[0]
      port = parts.count == 2 ? parts[1] : nil
      guard !name.isEmpty, !name.hasPrefix("-"), name.utf8.allSatisfy(Self.isOfName) else { throw Self.failure(text) }
    }
    guard name.utf8.count <= 253 else { throw Self.failure(text) }
    if let port {
      guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port), (1...65_535).contains(number) else {
        throw Self.failure(text)
      }
      self.port = number
    } else {
      self.port = 443
    }
    host = String(name)
  }

  /// `host:port`, with brackets where the host is an IPv6 address.
  public var text: String { "\(bracketed):\(port)" }

  var url: String { "https://\(text)" }

  /// An address stands for no name that a certificate could be asked for.
  var isIPAddress: Bool {
    host.contains(":") || host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { UInt8($0) != nil }
  }

  private var bracketed: String { host.contains(":") ? "[\(host)]" : host }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  private static func isOfIPv6(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x3A, 0x41...0x46, 0x61...0x66, 0x2E: true
    default: false
    }
  }

  private static func failure(_ text: String) -> ServiceFailure {
    ServiceFailure(.usage, "\(text.prefix(120)): no address of a vSphere server; write vsphere://HOST or vsphere://HOST:PORT")
  }
}
