internal import Crypto
internal import Rego

extension StandardFunctions {
  /// OPA's v1/topdown/crypto.go: digests and message authentication codes, as lower-case hexadecimal digits.
  static let digests: [BuiltinFunction] = [
    BuiltinFunction("crypto.md5", arity: 1) { call throws(BuiltinError) in
      hexadecimal(Insecure.MD5.hash(data: try call.text(0)))
    },
    BuiltinFunction("crypto.sha1", arity: 1) { call throws(BuiltinError) in
      hexadecimal(Insecure.SHA1.hash(data: try call.text(0)))
    },
    BuiltinFunction("crypto.sha256", arity: 1) { call throws(BuiltinError) in
      hexadecimal(SHA256.hash(data: try call.text(0)))
    },
    BuiltinFunction("crypto.hmac.md5", arity: 2) { call throws(BuiltinError) in
      hexadecimal(HMAC<Insecure.MD5>.authenticationCode(for: try call.text(0), using: SymmetricKey(data: try call.text(1))))
    },
    BuiltinFunction("crypto.hmac.sha1", arity: 2) { call throws(BuiltinError) in
      hexadecimal(HMAC<Insecure.SHA1>.authenticationCode(for: try call.text(0), using: SymmetricKey(data: try call.text(1))))
    },
    BuiltinFunction("crypto.hmac.sha256", arity: 2) { call throws(BuiltinError) in
      hexadecimal(HMAC<SHA256>.authenticationCode(for: try call.text(0), using: SymmetricKey(data: try call.text(1))))
    },
    BuiltinFunction("crypto.hmac.sha512", arity: 2) { call throws(BuiltinError) in
      hexadecimal(HMAC<SHA512>.authenticationCode(for: try call.text(0), using: SymmetricKey(data: try call.text(1))))
    },
    BuiltinFunction("crypto.hmac.equal", arity: 2) { call throws(BuiltinError) in
      .boolean(ConstantTime.equal(try call.text(0), try call.text(1)))
    },
  ]

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> RegoValue { .string(Hexadecimal.text(bytes)) }
}

/// Comparison of secrets whose time depends on their lengths alone.
enum ConstantTime {
  static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
  }
}

enum Hexadecimal {
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)
}
