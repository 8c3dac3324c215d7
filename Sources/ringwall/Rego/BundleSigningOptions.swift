internal import ArgumentParser
internal import Judgement
internal import Rego

/// With which key bundles are signed.
struct BundleSigningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Sign with this key: a file with a private key (PEM) or JWK, or the secret of HS256.", valueName: "key"), completion: .file())
  var signingKey: String?

  @Option(
    help: ArgumentHelp("A JSON file whose members the signature holds too, such as scope.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var claimsFile: String?

  /// - Parameter keyID: by what name readers know the key; "" for none.
  /// - Returns: nil where no key was named.
  func signing(algorithm: String, keyID: String = "") throws(DataError) -> BundleSigning? {
    guard let signingKey else { return nil }
    // As in OPA, what is no file is the key itself.
    let key = DataFiles.exists(signingKey) ? try DataFiles.bytes(signingKey) : Array(signingKey.utf8)
    var claims = RegoValue.object([])
    if let claimsFile {
      claims = try RegoSources.document(try DataFiles.bytes(claimsFile), file: claimsFile)
      guard case .object = claims else { throw DataError("\(claimsFile): claims of a signature must be an object") }
    }
    return BundleSigning(key: key, algorithm: algorithm, keyID: keyID, claims: claims)
  }
}

/// `--signing-alg`, which signing and verifying share.
struct SignatureAlgorithmOption: ParsableArguments {
  @Option(help: ArgumentHelp("Algorithm of the signature: RS256, ES256, HS256 and others of RFC 7518.", valueName: "name"))
  var signingAlg = "RS256"

  func validate() throws {
    guard BundleVerification.algorithms.contains(signingAlg) else {
      throw ValidationError("--signing-alg \(signingAlg): one of \(BundleVerification.algorithms.joined(separator: ", "))")
    }
  }
}
