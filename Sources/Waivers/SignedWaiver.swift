public import Judgement

/// A waiver with the signatures that lie beside it: for `W.json` and the key K the file `W.json.K.sig`, 3309 bytes as FIPS 204 has them.
public struct SignedWaiver: Sendable {
  public let file: String
  public let waiver: Waiver
  /// By id of the key; only of keys that the waiver names.
  public let signatures: [String: [UInt8]]

  public init(file: String, waiver: Waiver, signatures: [String: [UInt8]]) {
    self.file = file
    self.waiver = waiver
    self.signatures = signatures
  }

  public static func signaturePath(of file: String, key: String) -> String { "\(file).\(key).sig" }

  /// Errors: a document that cannot be read, a signature file that is there and cannot be read.
  public static func load(_ file: String) throws(DataError) -> SignedWaiver {
    let waiver = try WaiverReader.read(try DataFiles.bytes(file, limit: WaiverReader.limit), file: file)
    var signatures: [String: [UInt8]] = [:]
    for (_, signer) in waiver.signers {
      let path = signaturePath(of: file, key: signer.key)
      guard DataFiles.exists(path) else { continue }
      // A longer file is no signature, and its first bytes prove as much.
      signatures[signer.key] = try DataFiles.bytes(path, limit: 1 << 16)
    }
    return SignedWaiver(file: file, waiver: waiver, signatures: signatures)
  }

  /// Waiver documents at or below a path: the file that is named, or each `*.json` of a folder.
  public static func files(at path: String) throws(DataError) -> [String] { try DataFiles.files(at: path, suffixes: [".json"]) }
}
