internal import Crypto
internal import Rego
internal import RegoBuiltins

/// How the signature of a bundle is verified: `.signatures.json` holds one JSON Web Token with a digest of every file.
public struct BundleVerification: Sendable {
  private let key: [UInt8]
  private let algorithm: String
  private let scope: String

  public static var algorithms: [String] { VerifiedToken.algorithms }

  /// - Parameters:
  ///   - key: the secret of HS256, HS384 and HS512; else a certificate or public key (PEM), or a JWK or JWK Set.
  ///   - algorithm: one of `algorithms`.
  ///   - scope: what the token must name as its scope; "" for none.
  public init(key: [UInt8], algorithm: String, scope: String = "") {
    self.key = key
    self.algorithm = algorithm
    self.scope = scope
  }

  /// Every file stands in the signature with its digest, and every file of the signature is there.
  ///
  /// - Parameter name: the bundle's, for errors.
  func verify(_ entries: [BundleEntry], name: String) throws(DataError) {
    let place = "\(name): /.signatures.json"
    guard let signatures = entries.first(where: { $0.path == BundleEntry.signatures }) else {
      throw DataError("\(name): bundle missing .signatures.json file; a verification key was given, so it must be signed")
    }
    let document = try RegoSources.input(signatures.bytes, file: place).regoValue
    if let plugin = document["plugin"], plugin != .string("") { throw DataError("\(place): signatures of plugins cannot be verified") }
    guard case .array(let tokens)? = document["signatures"], tokens.count == 1, case .string(let text) = tokens[0] else {
      throw DataError("\(place): expected exactly one JWT")
    }
    let payload: RegoValue
    do throws(TokenError) { payload = try VerifiedToken(Array(text.utf8), algorithm: algorithm, key: key).payload } catch {
      throw DataError("\(place): \(error.reason)")
    }
    guard (payload["scope"] ?? .string("")) == .string(scope) else { throw DataError("\(place): scope mismatch") }
    var digests = try Self.digests(payload, place)
    for entry in entries where entry.path != BundleEntry.signatures {
      guard let digest = digests.removeValue(forKey: entry.path.joined(separator: "/")) else {
        throw DataError("\(name): file \(entry.text) not included in bundle signature")
      }
      let found = try Self.digest(of: entry, digest.algorithm, name)
      guard found == digest.text else {
        throw DataError("\(name): \(entry.text): digest mismatch (want: \(digest.text), got: \(found))")
      }
    }
    if let missing = digests.keys.min() { throw DataError("\(name): file \(missing) of the bundle signature is not in the bundle") }
  }

  private static func digests(
    _ payload: RegoValue, _ place: String
  ) throws(DataError) -> [String: (text: String, algorithm: String)] {
    guard case .array(let files)? = payload["files"] else { throw DataError("\(place): the token lists no files") }
    var result: [String: (text: String, algorithm: String)] = [:]
    for file in files {
      guard case .string(let path)? = file["name"], case .string(let hash)? = file["hash"], case .string(let algorithm)? = file["algorithm"]
      else { throw DataError("\(place): a file of the token lacks its name, hash or algorithm") }
      result[path.split(separator: "/").joined(separator: "/")] = (hash.lowercased(), algorithm)
    }
    return result
  }

  /// In hexadecimal digits. JSON and YAML count by their values: members in the order of their names, without spaces.
  static func digest(of entry: BundleEntry, _ algorithm: String, _ name: String) throws(DataError) -> String {
    let isStructured = ["data.json", "data.yaml", ".manifest"].contains(entry.name)
    let bytes = isStructured ? Document(try RegoSources.document(entry.bytes, file: "\(name): \(entry.text)")).json() : entry.bytes
    switch algorithm {
    case "SHA-256": return hexadecimal(SHA256.hash(data: bytes))
    case "SHA-384": return hexadecimal(SHA384.hash(data: bytes))
    case "SHA-512": return hexadecimal(SHA512.hash(data: bytes))
    default:
      throw DataError("\(name): \(entry.text): \(algorithm) is no digest for signatures; sign with SHA-256, SHA-384 or SHA-512")
    }
  }

  private static func hexadecimal(_ digest: some Crypto.Digest) -> String {
    digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
