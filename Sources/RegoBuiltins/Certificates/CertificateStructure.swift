internal import SwiftASN1

/// Why a certificate, request or key was refused.
struct CertificateError: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// The parts of an X.509 certificate (RFC 5280, section 4.1) as they lie in its DER.
struct CertificateStructure {
  struct Extension {
    let id: ASN1ObjectIdentifier
    let isCritical: Bool
    let value: [UInt8]
  }

  let raw: [UInt8]
  let rawBody: [UInt8]
  /// 1 to 3.
  let version: Int
  /// Big-endian two's complement.
  let serialNumber: [UInt8]
  /// AlgorithmIdentifier.
  let signatureAlgorithm: ASN1Node
  let signature: [UInt8]
  let issuer: DistinguishedName
  let subject: DistinguishedName
  /// "2018-03-06T00:15:59Z"
  let notBefore: String
  let notAfter: String
  let publicKeyInfo: [UInt8]
  let extensions: [Extension]

  /// Larger ones are refused: real ones have a few KiB.
  static let largest = 1 << 20

  /// - Throws: what is not the structure of a certificate: "malformed certificate".
  init(_ bytes: [UInt8]) throws(CertificateError) {
    guard bytes.count <= Self.largest else { throw CertificateError("x509: certificate larger than \(Self.largest) bytes") }
    do {
      self = try Self(node: try DER.parse(bytes), bytes)
    } catch let error as CertificateError {
      throw error
    } catch {
      throw CertificateError("x509: malformed certificate")
    }
  }

  private init(node: ASN1Node, _ bytes: [UInt8]) throws {
    raw = bytes
    var outer = try Elements(node)
    let body = try outer.next()
    rawBody = Array(body.encodedBytes)
    signatureAlgorithm = try outer.next()
    signature = Array(try ASN1BitString(derEncoded: try outer.next()).bytes)

    var elements = try Elements(body)
    var element = try elements.next()
    if element.identifier == .contextual(0) {
      var versions = try Elements(element)
      version = Int(try Int32(derEncoded: try versions.next())) + 1
      element = try elements.next()
    } else {
      version = 1
    }
    serialNumber = Array(try ArraySlice<UInt8>(derEncoded: element))
    _ = try elements.next()
    issuer = try DistinguishedName(try elements.next())
    var validity = try Elements(try elements.next())
    notBefore = try CertificateTime.text(try validity.next())
    notAfter = try CertificateTime.text(try validity.next())
    subject = try DistinguishedName(try elements.next())
    publicKeyInfo = Array(try elements.next().encodedBytes)
    extensions = try elements.remaining(.contextual(3)).map { try Self.extensions(try $0.only()) } ?? []
  }

  /// `SEQUENCE OF Extension`, as in certificates and requests.
  static func extensions(_ node: ASN1Node) throws -> [Extension] {
    var elements = try Elements(node)
    var result: [Extension] = []
    while let entry = elements.nextIfAny() {
      var parts = try Elements(entry)
      let id = try ASN1ObjectIdentifier(derEncoded: try parts.next())
      var value = try parts.next()
      var isCritical = false
      if value.identifier == .boolean {
        isCritical = try Bool(derEncoded: value)
        value = try parts.next()
      }
      result.append(Extension(id: id, isCritical: isCritical, value: Array(try ASN1OctetString(derEncoded: value).bytes)))
      guard result.count <= 256 else { throw CertificateError("x509: more than 256 extensions") }
    }
    return result
  }
}

/// The parts of a constructed node, one after the other.
struct Elements {
  private var iterator: ASN1NodeCollection.Iterator

  init(_ node: ASN1Node) throws {
    guard case .constructed(let nodes) = node.content else { throw CertificateError("asn1: structure error") }
    iterator = nodes.makeIterator()
  }

  mutating func next() throws -> ASN1Node {
    guard let node = iterator.next() else { throw CertificateError("asn1: structure error") }
    return node
  }

  mutating func nextIfAny() -> ASN1Node? { iterator.next() }

  /// The first of the remaining nodes with that tag, as something to read its parts from.
  mutating func remaining(_ identifier: ASN1Identifier) throws -> Elements? {
    while let node = iterator.next() {
      if node.identifier == identifier { return try Elements(node) }
    }
    return nil
  }

  /// The one part there is.
  func only() throws -> ASN1Node {
    var copy = self
    return try copy.next()
  }
}

extension ASN1Identifier {
  /// A tag whose meaning its place decides.
  static func contextual(_ number: UInt) -> ASN1Identifier { ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific) }
}

extension ASN1Node {
  /// The bytes of a primitive node; empty for others.
  var primitiveBytes: [UInt8] { if case .primitive(let bytes) = content { Array(bytes) } else { [] } }
}

/// Times of RFC 5280, section 4.1.2.5, as RFC 3339 writes them.
enum CertificateTime {
  static func text(_ node: ASN1Node) throws -> String {
    func digits(_ numbers: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int)) -> String {
      func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
      let year = String(repeating: "0", count: max(0, 4 - "\(numbers.year)".utf8.count)) + "\(numbers.year)"
      return
        "\(year)-\(two(numbers.month))-\(two(numbers.day))T\(two(numbers.hour)):\(two(numbers.minute)):\(two(numbers.second))Z"
    }
    if node.identifier == .utcTime {
      let time = try UTCTime(derEncoded: node)
      return digits((time.year, time.month, time.day, time.hours, time.minutes, time.seconds))
    }
    let time = try GeneralizedTime(derEncoded: node)
    return digits((time.year, time.month, time.day, time.hours, time.minutes, time.seconds))
  }
}
