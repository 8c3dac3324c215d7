internal import Crypto

/// UUIDs of version 5 (RFC 9562, section 5.5): the same for the same name, so that the same result is the same document.
enum NamedUUID {
  /// The namespace of Ringwall's names, itself the UUID of its schemas' address in RFC 9562's namespace of addresses.
  private static let namespace = bytes(
    of: "https://ringwall.example/schemas/",
    in: [
      0x6B, 0xA7, 0xB8, 0x11, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8,
    ])

  /// In lower-case hexadecimal digits with hyphens. Parts of a name are kept apart.
  static func text(_ parts: String...) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (i, byte) in bytes(of: parts.joined(separator: "\u{0}"), in: namespace).enumerated() {
      if [4, 6, 8, 10].contains(i) { text.append(UInt8(ascii: "-")) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func bytes(of name: String, in namespace: [UInt8]) -> [UInt8] {
    var hash = Insecure.SHA1()
    hash.update(data: namespace)
    hash.update(data: Array(name.utf8))
    var bytes = Array(Array(hash.finalize()).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x50
    bytes[8] = bytes[8] & 0x3F | 0x80
    return bytes
  }
}
