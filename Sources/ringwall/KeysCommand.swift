internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement
internal import Waivers

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Make, list and revoke the keys that sign waivers.",
    discussion: """
      Keys are of ML-DSA-65 (FIPS 204). The private one goes into a file that only its owner may read and is never printed or \
      replaced. The trusted-keys file says whose signatures count, and for what; keep it where requesters cannot write.

        ringwall keys generate --owner requester --role request \\
          --private requester.key --trusted-keys keys.json
        ringwall keys list --trusted-keys keys.json
        ringwall keys revoke 0f3c... --reason "laptop lost" --trusted-keys keys.json
      """,
    subcommands: [KeysGenerateCommand.self, KeysListCommand.self, KeysRevokeCommand.self])
}

/// What a key may sign, as the command line names it.
enum SigningRole: String, ExpressibleByArgument, CaseIterable {
  case request
  case approve

  var role: Waiver.Role { self == .request ? .request : .approve }
}

struct KeysGenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Make a key, and enter its public part into the trusted-keys file.",
    discussion: """
        ringwall keys generate --owner requester --role request \\
          --private requester.key --trusted-keys keys.json
      """)

  @Option(help: ArgumentHelp("The person or office that the key belongs to.", valueName: "name"))
  var owner: String

  @Option(help: ArgumentHelp("What it may sign: request or approve. May be repeated; both where left out.", valueName: "role"))
  var role: [SigningRole] = []

  @Option(
    name: .customLong("private"), help: ArgumentHelp("File for the private key, which must not exist.", valueName: "file"),
    completion: .file())
  var privateKey: String

  @OptionGroup var trusted: TrustedKeysOption
  @OptionGroup var data: DataOptions

  func validate() throws {
    if !TrustedKeys.isOwner(owner) { throw ValidationError("--owner must be one line of 1 to 200 characters that are seen") }
  }

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    var keys = DataFiles.exists(trusted.trustedKeys) ? try trusted.keys() : TrustedKeys()
    let output = try ResultOutput(path: trusted.trustedKeys)
    let key = try SigningKey()
    let roles = role.isEmpty ? Set(Waiver.Role.allCases) : Set(role.map(\.role))
    try keys.add(key.verificationKey, owner: owner, roles: roles, at: Instant(seconds: Clock.now()))
    // The private key first: a public one without it would be of no use, and this file is the one that may be in the way.
    try SigningKeyFile.write(key, to: privateKey)
    try output.write(keys.bytes)
    try output.finish()
    Console.print(key.verificationKey.id)
    Console.say(texts("keys.made", ["private": privateKey, "trusted": trusted.trustedKeys]))
  }
}

struct KeysListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the keys of a trusted-keys file.",
    discussion: """
        ringwall keys list --trusted-keys keys.json
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Option(help: ArgumentHelp("Form of the list: table or json.", valueName: "format"))
  var format: Form = .table

  @OptionGroup var trusted: TrustedKeysOption
  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let keys = try trusted.keys()
    switch format {
    case .json: Console.print(keys.bytes)
    case .table:
      let lines = keys.entries.map { entry in
        let roles = Waiver.Role.allCases.filter(entry.roles.contains).map { texts["keys.\($0.rawValue)"] }
        let state =
          entry.revoked.map { texts("keys.revoked", ["at": $0.at.text, "reason": $0.reason]) } ?? texts["keys.trusted"]
        return "\(entry.id)  \(entry.owner.printable)  \(roles.joined(separator: texts["list.items"]))  \(state.printable)"
      }
      Console.print(lines.isEmpty ? texts["keys.empty"] : lines.joined(separator: "\n"))
    }
  }
}

struct KeysRevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke a key: none of its signatures counts any more, whenever it was made.",
    discussion: """
        ringwall keys revoke 0f3c... --reason "laptop lost" --trusted-keys keys.json
      """)

  @Argument(help: "Id of the key, as keys list shows it.")
  var id: String

  @Option(help: ArgumentHelp("Why, in one line.", valueName: "text"))
  var reason: String

  @OptionGroup var trusted: TrustedKeysOption
  @OptionGroup var data: DataOptions

  func validate() throws {
    if !TrustedKeys.isOwner(reason) { throw ValidationError("--reason must be one line of 1 to 200 characters that are seen") }
  }

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    var keys = try trusted.keys()
    do throws(DataError) {
      try keys.revoke(id, at: Instant(seconds: Clock.now()), reason: reason)
    } catch { throw DataError("\(trusted.trustedKeys): \(error.message)") }
    let output = try ResultOutput(path: trusted.trustedKeys)
    try output.write(keys.bytes)
    try output.finish()
    Console.say(texts("keys.revokedNow", ["id": id]))
  }
}
