internal import Rego
internal import SwiftASN1

/// A name of RFC 5280, section 4.1.2.4.
struct DistinguishedName {
  struct Attribute {
    let type: [UInt]
    let text: String
  }

  let raw: [UInt8]
  let attributes: [Attribute]

  init(_ node: ASN1Node) throws {
    raw = Array(node.encodedBytes)
    var attributes: [Attribute] = []
    var names = try Elements(node)
    while let set = names.nextIfAny() {
      var entries = try Elements(set)
      while let entry = entries.nextIfAny() {
        var parts = try Elements(entry)
        let type = try ASN1ObjectIdentifier(derEncoded: try parts.next())
        attributes.append(Attribute(type: type.numbers, text: Self.text(try parts.next())))
        guard attributes.count <= 256 else { throw CertificateError("x509: more than 256 parts of a name") }
      }
    }
    self.attributes = attributes
  }

  /// Go's pkix.Name.
  var value: RegoValue {
    func texts(_ number: UInt) -> RegoValue {
      let texts = attributes.filter { $0.type == [2, 5, 4, number] }.map { RegoValue.string($0.text) }
      return texts.isEmpty ? .null : .array(texts)
    }
    func text(_ number: UInt) -> RegoValue { .string(attributes.last { $0.type == [2, 5, 4, number] }?.text ?? "") }
    let names = attributes.map { attribute in
      RegoValue.record([("Type", .identifier(attribute.type)), ("Value", .string(attribute.text))])
    }
    return .record([
      ("CommonName", text(3)), ("Country", texts(6)), ("ExtraNames", .null), ("Locality", texts(7)),
      ("Names", names.isEmpty ? .null : .array(names)), ("Organization", texts(10)), ("OrganizationalUnit", texts(11)),
      ("PostalCode", texts(17)), ("Province", texts(8)), ("SerialNumber", text(5)), ("StreetAddress", texts(9)),
    ])
  }

  /// BMPString has two bytes for a character, the others are UTF-8 or a part of it.
  private static func text(_ node: ASN1Node) -> String {
    let bytes = node.primitiveBytes
    guard node.identifier == .bmpString else { return String(decoding: bytes, as: UTF8.self) }
    let units = stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    return String(decoding: units, as: UTF16.self)
  }
}

extension ASN1ObjectIdentifier {
  /// The arcs: 2, 5, 4, 3.
  var numbers: [UInt] { "\(self)".split(separator: ".").compactMap { UInt($0) } }
}

extension RegoValue {
  /// An object with text keys, in the order of the keys.
  static func record(_ members: [(String, RegoValue)]) -> RegoValue {
    .object(members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }.map { Member(.string($0.0), $0.1) })
  }

  static func identifier(_ numbers: [UInt]) -> RegoValue { .array(numbers.map { .integer(Int64(clamping: $0)) }) }

  static func base64(_ bytes: [UInt8]) -> RegoValue { .string(String(decoding: Base64.encode(bytes, .standard), as: UTF8.self)) }

  /// Null for an empty list, as Go writes a nil slice.
  static func list(_ values: [RegoValue]) -> RegoValue { values.isEmpty ? .null : .array(values) }

  static func texts(_ texts: [String]) -> RegoValue { list(texts.map { .string($0) }) }
}
