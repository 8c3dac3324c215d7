internal import Rego
internal import SwiftASN1

/// What the extensions of RFC 5280, section 4.2 say, as the fields of Go's x509.Certificate.
struct CertificateExtensions {
  private(set) var keyUsage: Int64 = 0
  private(set) var extendedKeyUsage: [Int64] = []
  private(set) var unknownExtendedKeyUsage: [[UInt]] = []
  private(set) var hasBasicConstraints = false
  private(set) var isAuthority = false
  /// -1 where none is named although basic constraints are there.
  private(set) var longestPath: Int64 = 0
  private(set) var subjectKeyID: [UInt8] = []
  private(set) var authorityKeyID: [UInt8] = []
  private(set) var responders: [String] = []
  private(set) var issuingURLs: [String] = []
  private(set) var dnsNames: [String] = []
  private(set) var emailAddresses: [String] = []
  private(set) var addresses: [[UInt8]] = []
  private(set) var uris: [String] = []
  private(set) var revocationLists: [String] = []
  private(set) var policies: [[UInt]] = []
  private(set) var permittedNames: [String] = []
  private(set) var excludedNames: [String] = []
  private(set) var areConstraintsCritical = false
  private(set) var unhandledCritical: [[UInt]] = []

  init(_ extensions: [CertificateStructure.Extension]) throws(CertificateError) {
    do {
      for item in extensions { try read(item) }
    } catch {
      throw CertificateError("x509: invalid extension")
    }
  }

  private mutating func read(_ item: CertificateStructure.Extension) throws {
    let id = item.id.numbers
    switch id {
    case [2, 5, 29, 14]: subjectKeyID = Array(try ASN1OctetString(derEncoded: item.value).bytes)
    case [2, 5, 29, 15]: try readKeyUsage(item.value)
    case [2, 5, 29, 17]: try readNames(item.value)
    case [2, 5, 29, 19]: try readBasicConstraints(item.value)
    case [2, 5, 29, 30]:
      areConstraintsCritical = item.isCritical
      try readNameConstraints(item.value)
    case [2, 5, 29, 31]: try readRevocationLists(item.value)
    case [2, 5, 29, 32]:
      var entries = try Elements(try DER.parse(item.value))
      while let entry = entries.nextIfAny() {
        var parts = try Elements(entry)
        policies.append(try ASN1ObjectIdentifier(derEncoded: try parts.next()).numbers)
      }
    case [2, 5, 29, 35]:
      var parts = try Elements(try DER.parse(item.value))
      if let first = parts.nextIfAny(), first.identifier == .contextual(0) { authorityKeyID = first.primitiveBytes }
    case [2, 5, 29, 37]: try readExtendedKeyUsage(item.value)
    case [1, 3, 6, 1, 5, 5, 7, 1, 1]: try readAuthorityAccess(item.value)
    default: if item.isCritical { unhandledCritical.append(id) }
    }
  }

  /// The first bit of the text is Go's lowest.
  private mutating func readKeyUsage(_ value: [UInt8]) throws {
    for (index, byte) in try ASN1BitString(derEncoded: value).bytes.prefix(2).enumerated() {
      for bit in 0..<8 where byte & (0x80 >> bit) != 0 && index * 8 + bit < 9 { keyUsage |= 1 << (index * 8 + bit) }
    }
  }

  private mutating func readBasicConstraints(_ value: [UInt8]) throws {
    hasBasicConstraints = true
    longestPath = -1
    var parts = try Elements(try DER.parse(value))
    while let part = parts.nextIfAny() {
      if part.identifier == .boolean { isAuthority = try Bool(derEncoded: part) }
      if part.identifier == .integer { longestPath = try Int64(derEncoded: part) }
    }
  }

  private mutating func readNames(_ value: [UInt8]) throws {
    var names = try Elements(try DER.parse(value))
    while let name = names.nextIfAny() {
      switch name.identifier {
      case .contextual(1): emailAddresses.append(String(decoding: name.primitiveBytes, as: UTF8.self))
      case .contextual(2): dnsNames.append(String(decoding: name.primitiveBytes, as: UTF8.self))
      case .contextual(6): uris.append(String(decoding: name.primitiveBytes, as: UTF8.self))
      case .contextual(7): addresses.append(name.primitiveBytes)
      default: break
      }
    }
  }

  private mutating func readNameConstraints(_ value: [UInt8]) throws {
    var parts = try Elements(try DER.parse(value))
    while let part = parts.nextIfAny() {
      var subtrees = try Elements(part)
      while let subtree = subtrees.nextIfAny() {
        let base = try Elements(subtree).only()
        guard base.identifier == .contextual(2) else { continue }
        let name = String(decoding: base.primitiveBytes, as: UTF8.self)
        if part.identifier == .contextual(0) { permittedNames.append(name) } else { excludedNames.append(name) }
      }
    }
  }

  private mutating func readRevocationLists(_ value: [UInt8]) throws {
    var points = try Elements(try DER.parse(value))
    while let point = points.nextIfAny() {
      // DistributionPoint.distributionPoint.fullName: names in two layers of tags.
      var fields = try Elements(point)
      guard var distribution = try fields.remaining(.contextual(0)), var names = try distribution.remaining(.contextual(0)) else {
        continue
      }
      while let name = names.nextIfAny() {
        guard name.identifier == .contextual(6) else { continue }
        revocationLists.append(String(decoding: name.primitiveBytes, as: UTF8.self))
      }
    }
  }

  private mutating func readExtendedKeyUsage(_ value: [UInt8]) throws {
    var entries = try Elements(try DER.parse(value))
    while let entry = entries.nextIfAny() {
      let id = try ASN1ObjectIdentifier(derEncoded: entry).numbers
      if let known = Self.usages.firstIndex(of: id) { extendedKeyUsage.append(Int64(known)) } else { unknownExtendedKeyUsage.append(id) }
    }
  }

  private mutating func readAuthorityAccess(_ value: [UInt8]) throws {
    var entries = try Elements(try DER.parse(value))
    while let entry = entries.nextIfAny() {
      var parts = try Elements(entry)
      let method = try ASN1ObjectIdentifier(derEncoded: try parts.next()).numbers
      let place = try parts.next()
      guard place.identifier == .contextual(6) else { continue }
      let text = String(decoding: place.primitiveBytes, as: UTF8.self)
      if method == [1, 3, 6, 1, 5, 5, 7, 48, 1] { responders.append(text) }
      if method == [1, 3, 6, 1, 5, 5, 7, 48, 2] { issuingURLs.append(text) }
    }
  }

  /// In the order of Go's x509.ExtKeyUsage.
  static let usages: [[UInt]] = [
    [2, 5, 29, 37, 0], [1, 3, 6, 1, 5, 5, 7, 3, 1], [1, 3, 6, 1, 5, 5, 7, 3, 2], [1, 3, 6, 1, 5, 5, 7, 3, 3], [1, 3, 6, 1, 5, 5, 7, 3, 4],
    [1, 3, 6, 1, 5, 5, 7, 3, 5], [1, 3, 6, 1, 5, 5, 7, 3, 6], [1, 3, 6, 1, 5, 5, 7, 3, 7], [1, 3, 6, 1, 5, 5, 7, 3, 8],
    [1, 3, 6, 1, 5, 5, 7, 3, 9], [1, 3, 6, 1, 4, 1, 311, 10, 3, 3], [2, 16, 840, 1, 113730, 4, 1], [1, 3, 6, 1, 4, 1, 311, 2, 1, 22],
    [1, 3, 6, 1, 4, 1, 311, 61, 1, 1],
  ]
}
