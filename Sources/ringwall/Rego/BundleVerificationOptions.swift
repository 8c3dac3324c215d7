internal import ArgumentParser
internal import Judgement

/// With which key bundles must be signed.
struct BundleVerificationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Bundles must be signed with this key: a file with a certificate, public key (PEM) or JWK, or the secret of HS256.", valueName: "key"),
    completion: .file())
  var verificationKey: String?

  @Option(help: ArgumentHelp("Algorithm of the signature: RS256, ES256, HS256 and others of RFC 7518.", valueName: "name"))
  var signingAlg = "RS256"

  @Option(help: ArgumentHelp("Scope that the signature must name.", valueName: "text"))
  var scope = ""

  func validate() throws {
    guard BundleVerification.algorithms.contains(signingAlg) else {
      throw ValidationError("--signing-alg \(signingAlg): one of \(BundleVerification.algorithms.joined(separator: ", "))")
    }
  }

  /// nil where no key was named: signatures are then not looked at.
  func verification() throws(DataError) -> BundleVerification? {
    guard let verificationKey else { return nil }
    // As in OPA, what is no file is the key itself.
    let key = DataFiles.exists(verificationKey) ? try DataFiles.bytes(verificationKey) : Array(verificationKey.utf8)
    return BundleVerification(key: key, algorithm: signingAlg, scope: scope)
  }
}
