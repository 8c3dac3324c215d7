internal import Rego
internal import SwiftASN1

extension CertificateStructure {
  /// Go's x509.Certificate as encoding/json writes it.
  ///
  /// - Parameter hasLocationTexts: with the `URIStrings` that most of OPA's functions add.
  func value(hasLocationTexts: Bool = true) throws(CertificateError) -> RegoValue {
    let fields = try CertificateExtensions(extensions)
    let key = try PublicKeyInfo(publicKeyInfo)
    return .record(
      identity(key)
        + [
          ("KeyUsage", .integer(fields.keyUsage)), ("Extensions", Self.value(extensions)), ("ExtraExtensions", .null),
          ("UnhandledCriticalExtensions", .list(fields.unhandledCritical.map { .identifier($0) })),
          ("ExtKeyUsage", .list(fields.extendedKeyUsage.map { .integer($0) })),
          ("UnknownExtKeyUsage", .list(fields.unknownExtendedKeyUsage.map { .identifier($0) })),
          ("BasicConstraintsValid", .boolean(fields.hasBasicConstraints)), ("IsCA", .boolean(fields.isAuthority)),
          ("MaxPathLen", .integer(fields.longestPath)),
          ("MaxPathLenZero", .boolean(fields.hasBasicConstraints && fields.longestPath == 0)),
          ("SubjectKeyId", Self.bytes(fields.subjectKeyID)), ("AuthorityKeyId", Self.bytes(fields.authorityKeyID)),
          ("OCSPServer", .texts(fields.responders)), ("IssuingCertificateURL", .texts(fields.issuingURLs)),
          ("CRLDistributionPoints", .texts(fields.revocationLists)),
          ("PolicyIdentifiers", .list(fields.policies.map { .identifier($0) })),
          ("Policies", .texts(fields.policies.map { $0.map(String.init).joined(separator: ".") })),
          ("PolicyMappings", .null), ("InhibitAnyPolicy", .integer(0)), ("InhibitAnyPolicyZero", .boolean(false)),
          ("InhibitPolicyMapping", .integer(0)), ("InhibitPolicyMappingZero", .boolean(false)),
          ("RequireExplicitPolicy", .integer(0)), ("RequireExplicitPolicyZero", .boolean(false)),
        ] + Self.names(fields) + (hasLocationTexts ? [("URIStrings", .texts(fields.uris))] : []) + Self.constraints(fields))
  }

  private func identity(_ key: PublicKeyInfo) -> [(String, RegoValue)] {
    [
      ("Raw", .base64(raw)), ("RawTBSCertificate", .base64(rawBody)), ("RawSubjectPublicKeyInfo", .base64(publicKeyInfo)),
      ("RawSubject", .base64(subject.raw)), ("RawIssuer", .base64(issuer.raw)), ("Signature", .base64(signature)),
      ("SignatureAlgorithm", .integer(SignatureAlgorithmNumber.of(signatureAlgorithm))),
      ("PublicKeyAlgorithm", .integer(key.algorithm.rawValue)), ("PublicKey", key.value), ("Version", .integer(Int64(version))),
      ("SerialNumber", .unsigned(serialNumber)), ("Issuer", issuer.value), ("Subject", subject.value), ("NotBefore", .string(notBefore)),
      ("NotAfter", .string(notAfter)),
    ]
  }

  private static func names(_ fields: CertificateExtensions) -> [(String, RegoValue)] {
    let addresses = fields.addresses.map { RegoValue.string(AddressText.of($0)) }
    return [
      ("DNSNames", .texts(fields.dnsNames)), ("EmailAddresses", .texts(fields.emailAddresses)), ("IPAddresses", .list(addresses)),
      ("URIs", .list(fields.uris.map(LocationText.value))),
    ]
  }

  private static func constraints(_ fields: CertificateExtensions) -> [(String, RegoValue)] {
    [
      ("PermittedDNSDomainsCritical", .boolean(fields.areConstraintsCritical)), ("PermittedDNSDomains", .texts(fields.permittedNames)),
      ("ExcludedDNSDomains", .texts(fields.excludedNames)), ("PermittedIPRanges", .null), ("ExcludedIPRanges", .null),
      ("PermittedEmailAddresses", .null), ("ExcludedEmailAddresses", .null), ("PermittedURIDomains", .null), ("ExcludedURIDomains", .null),
    ]
  }

  /// pkix.Extension.
  static func value(_ extensions: [Extension]) -> RegoValue {
    .list(
      extensions.map { item in
        .record([("Id", .identifier(item.id.numbers)), ("Critical", .boolean(item.isCritical)), ("Value", .base64(item.value))])
      })
  }

  private static func bytes(_ bytes: [UInt8]) -> RegoValue { bytes.isEmpty ? .null : .base64(bytes) }
}

/// An address of 4 or 16 bytes as text.
enum AddressText {
  static func of(_ bytes: [UInt8]) -> String {
    if bytes.count == 4 { return bytes.map { "\($0)" }.joined(separator: ".") }
    guard bytes.count == 16 else { return "" }
    let groups = (0..<8).map { Int(bytes[2 * $0]) << 8 | Int(bytes[2 * $0 + 1]) }
    // The longest run of zeros, of at least two, is written as two colons (RFC 5952).
    var (start, length, run) = (0, 0, 0)
    for (index, group) in groups.enumerated() {
      run = group == 0 ? run + 1 : 0
      if run > length { (start, length) = (index - run + 1, run) }
    }
    let texts = groups.map { String($0, radix: 16) }
    guard length >= 2 else { return texts.joined(separator: ":") }
    return texts[..<start].joined(separator: ":") + "::" + texts[(start + length)...].joined(separator: ":")
  }
}

/// A URI as the fields of Go's url.URL.
enum LocationText {
  static func value(_ text: String) -> RegoValue {
    var rest = Substring(text)
    func cut(_ mark: Character) -> String {
      guard let place = rest.firstIndex(of: mark) else { return "" }
      let tail = String(rest[rest.index(after: place)...])
      rest = rest[..<place]
      return tail
    }
    let fragment = cut("#")
    let query = cut("?")
    var scheme = ""
    if let colon = rest.firstIndex(of: ":") {
      scheme = rest[..<colon].lowercased()
      rest = rest[rest.index(after: colon)...]
    }
    var (host, path, opaque) = ("", "", "")
    if rest.hasPrefix("//") {
      let place = rest.dropFirst(2)
      let slash = place.firstIndex(of: "/") ?? place.endIndex
      (host, path) = (String(place[..<slash]), String(place[slash...]))
    } else if rest.hasPrefix("/") || scheme.isEmpty {
      path = String(rest)
    } else {
      opaque = String(rest)
    }
    return .record([
      ("Scheme", .string(scheme)), ("Opaque", .string(opaque)), ("User", .null), ("Host", .string(host)), ("Path", .string(path)),
      ("RawPath", .string("")), ("OmitHost", .boolean(false)), ("ForceQuery", .boolean(false)), ("RawQuery", .string(query)),
      ("Fragment", .string(fragment)), ("RawFragment", .string("")),
    ])
  }
}
