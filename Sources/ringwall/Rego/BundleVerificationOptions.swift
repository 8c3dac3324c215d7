internal import ArgumentParser
internal import Judgement

/// With which key bundles must be signed.
struct BundleVerificationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Bundles must be signed with this key: a file with a certificate, public key (PEM) or JWK, or the secret of HS256.", valueName: "key"),
    completion: .file())
  var verificationKey: String?

  @Option(
    name: .customLong("verification-key-id"),
    help: ArgumentHelp("Name of the key. Bundles are verified with the one key whatever it is.", valueName: "name"))
  var verificationKeyID = "default"

  @OptionGroup var algorithm: SignatureAlgorithmOption

  @Option(help: ArgumentHelp("Scope that the signature must name.", valueName: "text"))
  var scope = ""

  /// nil where no key was named: signatures are then not looked at.
  func verification() throws(DataError) -> BundleVerification? {
    guard let verificationKey else { return nil }
    // As in OPA, what is no file is the key itself.
    let key = DataFiles.exists(verificationKey) ? try DataFiles.bytes(verificationKey) : Array(verificationKey.utf8)
    return BundleVerification(key: key, algorithm: algorithm.signingAlg, scope: scope)
  }
}
