internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement
internal import Waivers

/// The file with the keys whose signatures count.
struct TrustedKeysOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The file with the keys whose signatures count (ringwall.keys/1).", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var trustedKeys: String

  func keys() throws(DataError) -> TrustedKeys { try Self.keys(trustedKeys) }

  /// The keys of a file, which is refused where anybody could have put a key there.
  static func keys(_ path: String) throws(DataError) -> TrustedKeys {
    guard !DataFiles.isOpenToAll(path) else {
      throw DataError("\(path): anybody may write to it, so its keys cannot be trusted; chmod o-w \(path)")
    }
    return try TrustedKeys(try DataFiles.bytes(path), file: path)
  }
}

/// Waivers that an audit takes into account.
struct WaiverOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A waiver, or a folder with waivers (ringwall.waiver/1); needs --trusted-keys. May be repeated.", valueName: "path"),
    completion: .file())
  var waivers: [String] = []

  @Option(
    help: ArgumentHelp("The file with the keys whose signatures count (ringwall.keys/1).", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var trustedKeys: String?

  func validate() throws {
    if !waivers.isEmpty && trustedKeys == nil {
      throw ValidationError("--waivers needs --trusted-keys FILE: without it no signature can count.")
    }
    if waivers.isEmpty && trustedKeys != nil { throw ValidationError("--trusted-keys is of use only with --waivers PATH.") }
  }

  /// The waivers with the keys that judge them; nil where none were named.
  func set(_ setup: JudgingSetup) throws(DataError) -> WaiverSet? {
    guard let trustedKeys else { return nil }
    let keys = try TrustedKeysOption.keys(trustedKeys)
    return try WaiverSet(
      paths: waivers, keys: keys, rules: setup.waiverRules, severities: setup.severities, now: Instant(seconds: Clock.now()))
  }
}

extension JudgingSetup {
  /// Every control of the catalogue with its severity.
  var severities: [String: Severity] {
    Dictionary(policies.controls.all.map { ($0.id, $0.severity) }, uniquingKeysWith: { first, _ in first })
  }
}
