internal import ArgumentParser
internal import Judgement

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign a bundle, as opa sign does.",
    discussion: """
        ringwall sign --bundle --signing-key private.pem policies
        ringwall sign --bundle --signing-alg HS256 --signing-key secret \\
          -o signed bundle.tar.gz

      Writes .signatures.json, which names every file of the bundle with its digest; put it at the bundle's root. eval, test, run and others \
      verify it with --verification-key.
      Exit codes: 0; 1 where a path or the key cannot be used, and after wrong use.
      """)

  @Argument(help: "Bundles: archives (.tar.gz) or folders.", completion: .file())
  var paths: [String] = []

  @Flag(name: [.short, .long], help: "The paths are bundles, which has to be said.")
  var bundle = false

  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp("The folder to write .signatures.json to.", valueName: "folder"), completion: .directory)
  var outputFilePath = "."

  @OptionGroup var algorithm: SignatureAlgorithmOption

  @OptionGroup var signing: BundleSigningOptions

  func validate() throws {
    guard !paths.isEmpty else { throw ValidationError("specify at least one path containing policy and/or data files") }
    guard signing.signingKey != nil else {
      throw ValidationError("specify the secret (HMAC) or path of the PEM file containing the private key (RSA and ECDSA)")
    }
    guard bundle else { throw ValidationError("enable bundle mode (ie. --bundle) to sign bundle files or directories") }
  }

  func run() throws {
    do throws(DataError) {
      var entries: [BundleEntry] = []
      for path in paths { entries += try Bundle.entries(at: path) }
      guard let signing = try signing.signing(algorithm: algorithm.signingAlg) else { return }
      let signatures = try signing.signatures(of: entries, name: paths.joined(separator: ", "))
      let folder = outputFilePath.isEmpty ? "." : outputFilePath
      let output = try ResultOutput(path: folder.hasSuffix("/") ? folder + signatures.name : "\(folder)/\(signatures.name)")
      try output.write(signatures.bytes)
      try output.finish()
    } catch {
      Console.complain("error: \(error.message)", isWhole: true)
      throw ExitCode(1)
    }
  }
}
