internal import SwiftASN1

/// Go's x509.SignatureAlgorithm, by the AlgorithmIdentifier of a certificate (RFC 5280, section 4.1.1.2); 0 is unknown.
enum SignatureAlgorithmNumber {
  static func of(_ identifier: ASN1Node) -> Int64 {
    guard var parts = try? Elements(identifier), let first = parts.nextIfAny(),
      let algorithm = try? ASN1ObjectIdentifier(derEncoded: first)
    else { return 0 }
    let parameters = parts.nextIfAny()
    return switch algorithm.numbers {
    case [1, 2, 840, 113549, 1, 1, 2]: 1
    case [1, 2, 840, 113549, 1, 1, 4]: 2
    case [1, 2, 840, 113549, 1, 1, 5]: 3
    case [1, 2, 840, 113549, 1, 1, 11]: 4
    case [1, 2, 840, 113549, 1, 1, 12]: 5
    case [1, 2, 840, 113549, 1, 1, 13]: 6
    case [1, 2, 840, 10040, 4, 3]: 7
    case [2, 16, 840, 1, 101, 3, 4, 3, 2]: 8
    case [1, 2, 840, 10045, 4, 1]: 9
    case [1, 2, 840, 10045, 4, 3, 2]: 10
    case [1, 2, 840, 10045, 4, 3, 3]: 11
    case [1, 2, 840, 10045, 4, 3, 4]: 12
    case [1, 2, 840, 113549, 1, 1, 10]: parameters.flatMap { try? pss($0) } ?? 0
    // RFC 8410, section 3: without parameters.
    case [1, 3, 101, 112]: parameters == nil ? 16 : 0
    default: 0
    }
  }

  /// RSASSA-PSS-params (RFC 4055, section 3.1). Go knows those where both digests are the same, the salt is as long as they, and the trailer
  /// is the usual one.
  private static func pss(_ parameters: ASN1Node) throws -> Int64 {
    var fields = try Elements(parameters)
    var hash: [UInt] = [], mask: [UInt] = []
    var salt: Int64 = 20, trailer: Int64 = 1
    while let field = fields.nextIfAny() {
      let value = try Elements(field).only()
      switch field.identifier {
      case .contextual(0): hash = try digest(value)
      case .contextual(1):
        var generator = try Elements(value)
        guard try ASN1ObjectIdentifier(derEncoded: try generator.next()).numbers == [1, 2, 840, 113549, 1, 1, 8] else { return 0 }
        mask = try digest(try generator.next())
      case .contextual(2): salt = try Int64(derEncoded: value)
      case .contextual(3): trailer = try Int64(derEncoded: value)
      default: return 0
      }
    }
    guard hash == mask, trailer == 1 else { return 0 }
    return switch (hash, salt) {
    case ([2, 16, 840, 1, 101, 3, 4, 2, 1], 32): 13
    case ([2, 16, 840, 1, 101, 3, 4, 2, 2], 48): 14
    case ([2, 16, 840, 1, 101, 3, 4, 2, 3], 64): 15
    default: 0
    }
  }

  /// A digest's name. Its parameters are absent or null.
  private static func digest(_ identifier: ASN1Node) throws -> [UInt] {
    var parts = try Elements(identifier)
    let name = try ASN1ObjectIdentifier(derEncoded: try parts.next()).numbers
    if let parameters = parts.nextIfAny(), parameters.identifier != .null { throw CertificateError("asn1: structure error") }
    return name
  }
}
