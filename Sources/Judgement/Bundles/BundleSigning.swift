public import Rego
internal import RegoBuiltins

/// How a bundle is signed: what `BundleVerification` verifies.
public struct BundleSigning: Sendable {
  private let key: [UInt8]
  private let algorithm: String
  private let keyID: String
  private let claims: RegoValue

  /// - Parameters:
  ///   - key: the secret of HS256, HS384 and HS512; else a private key (PEM) or a JWK.
  ///   - algorithm: one of `BundleVerification.algorithms`.
  ///   - keyID: by what name readers know the key; "" for none.
  ///   - claims: an object whose members the token holds besides the files, scope among them.
  public init(key: [UInt8], algorithm: String, keyID: String = "", claims: RegoValue = .object([])) {
    self.key = key
    self.algorithm = algorithm
    self.keyID = keyID
    self.claims = claims
  }

  /// `.signatures.json` for the entries, of which one of that name does not count.
  ///
  /// - Parameter name: the bundle's, for errors.
  public func signatures(of entries: [BundleEntry], name: String) throws(DataError) -> BundleEntry {
    var files: [RegoValue] = []
    for entry in entries where entry.path != BundleEntry.signatures {
      let digest = try BundleVerification.digest(of: entry, "SHA-256", name)
      files.append(
        .object([
          .init(.string("name"), .string(entry.path.joined(separator: "/"))), .init(.string("hash"), .string(digest)),
          .init(.string("algorithm"), .string("SHA-256")),
        ]))
    }
    guard case .object(let more) = claims else { throw DataError("claims of a signature must be an object") }
    var payload: [RegoValue.Member] = [.init(.string("files"), .array(files))]
    if !keyID.isEmpty, more.isEmpty { payload.append(.init(.string("keyid"), .string(keyID))) }
    payload = payload.filter { member in !more.contains { $0.key == member.key } } + more
    do throws(TokenError) {
      let token = try SignedToken(.object(payload), algorithm: algorithm, key: key, keyID: keyID)
      let document = RegoValue.object([.init(.string("signatures"), .array([.string(token.text)]))])
      return BundleEntry(BundleEntry.signatures, Document(document).json() + [0x0A])
    } catch { throw DataError("--signing-key: \(error.reason)") }
  }
}

extension BundleEntry {
  /// Where the signature of a bundle stands in it.
  public static let signatures = [".signatures.json"]
}
