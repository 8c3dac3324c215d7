internal import Crypto
internal import Domain
public import Judgement
internal import SwiftASN1

/// Names a key: the first 32 hexadecimal digits of the SHA-256 of its public part as FIPS 204 serializes it.
public enum KeyID {
  static func of(_ publicKey: [UInt8]) -> String { String(Digest.sha256(publicKey).prefix(32)) }

  public static func isWellFormed(_ text: String) -> Bool {
    text.utf8.count == 32 && text.utf8.allSatisfy(WaiverReader.isHexadecimal)
  }
}

/// A public key of ML-DSA-65 (FIPS 204).
public struct VerificationKey: Sendable {
  /// SubjectPublicKeyInfo (RFC 9881) up to the key's 1952 bytes: the algorithm id-ml-dsa-65, no parameters.
  private static let prefix: [UInt8] = [
    0x30, 0x82, 0x07, 0xB2, 0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12, 0x03, 0x82, 0x07, 0xA1, 0x00,
  ]
  private static let length = 1952
  /// A signature's bytes.
  public static let signatureLength = 3309

  private let key: MLDSA65.PublicKey
  public let id: String
  private let bytes: [UInt8]

  /// Errors: anything but one PEM text "PUBLIC KEY" with an ML-DSA-65 key.
  public init(pem: String, of owner: String) throws(DataError) {
    let document: PEMDocument
    do { document = try PEMDocument(pemString: pem) } catch { throw DataError("\(owner): not a public key in PEM") }
    let der = document.derBytes
    guard document.discriminator == "PUBLIC KEY", der.count == Self.prefix.count + Self.length, der.starts(with: Self.prefix) else {
      throw DataError("\(owner): not a public key of ML-DSA-65; make keys with ringwall keys generate")
    }
    let raw = Array(der.dropFirst(Self.prefix.count))
    do { key = try MLDSA65.PublicKey(rawRepresentation: raw) } catch { throw DataError("\(owner): not a public key of ML-DSA-65") }
    bytes = raw
    id = KeyID.of(raw)
  }

  fileprivate init(_ key: MLDSA65.PublicKey) {
    self.key = key
    bytes = Array(key.rawRepresentation)
    id = KeyID.of(bytes)
  }

  public var pem: String { PEMDocument(type: "PUBLIC KEY", derBytes: Self.prefix + bytes).pemString + "\n" }

  /// Whether the signature is this key's over the bytes, for waivers and nothing else.
  public func isValid(_ signature: [UInt8], over bytes: [UInt8]) -> Bool {
    signature.count == Self.signatureLength && key.isValidSignature(signature, for: bytes, context: SigningKey.context)
  }
}

/// A private key of ML-DSA-65. Its text never goes anywhere but into its file.
public struct SigningKey: Sendable {
  /// Keeps a signature of a waiver from being one of anything else (FIPS 204, the context of ML-DSA.Sign).
  static let context = Array(Waiver.schema.utf8)
  /// OneAsymmetricKey (RFC 9881) with the 32 bytes of the seed alone.
  private static let prefix: [UInt8] = [
    0x30, 0x34, 0x02, 0x01, 0x00, 0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12, 0x04, 0x22, 0x80, 0x20,
  ]

  private let key: MLDSA65.PrivateKey

  /// A new key from the system's random numbers.
  public init() throws(DataError) {
    do { key = try MLDSA65.PrivateKey() } catch { throw DataError("no key could be made: \(error)") }
  }

  /// - Parameter file: name used in errors, which never show what the file holds.
  init(pem: [UInt8], file: String) throws(DataError) {
    let document: PEMDocument
    do { document = try PEMDocument(pemString: String(decoding: pem, as: UTF8.self)) } catch {
      throw DataError("\(file): not a private key in PEM; name the file that ringwall keys generate wrote")
    }
    let der = document.derBytes
    guard document.discriminator == "PRIVATE KEY", der.count == Self.prefix.count + 32, der.starts(with: Self.prefix) else {
      throw DataError("\(file): not a private key of ML-DSA-65 with its seed; name the file that ringwall keys generate wrote")
    }
    do { key = try MLDSA65.PrivateKey(seedRepresentation: Array(der.dropFirst(Self.prefix.count)), publicKey: nil) } catch {
      throw DataError("\(file): not a private key of ML-DSA-65")
    }
  }

  public var verificationKey: VerificationKey { VerificationKey(key.publicKey) }

  var pem: [UInt8] {
    Array((PEMDocument(type: "PRIVATE KEY", derBytes: Self.prefix + Array(key.seedRepresentation)).pemString + "\n").utf8)
  }

  /// 3309 bytes.
  public func signature(over bytes: [UInt8]) throws(DataError) -> [UInt8] {
    do { return Array(try key.signature(for: bytes, context: Self.context)) } catch {
      throw DataError("the waiver could not be signed: \(error)")
    }
  }
}
