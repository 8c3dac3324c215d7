internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement
internal import Waivers

struct WaiverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waiver",
    abstract: "Write, sign, verify and show waivers: failing controls that are accepted for a time.",
    discussion: """
      A waiver names controls, assets, the facts that are accepted, an end, and controls that stand in meanwhile. It counts with three \
      signatures: of its requester and of two approvers, three different people.

        ringwall waiver new --control KVM-004 --compensating KVM-001 --days 30 \\
          --reason "nested lab" --requester KEY --approver KEY \\
          --approver KEY --trusted-keys keys.json -o W-1.json /srv/saved/kvm-07
        ringwall waiver sign W-1.json --key requester.key
        ringwall waiver verify W-1.json --trusted-keys keys.json
        ringwall audit --waivers W-1.json --trusted-keys keys.json /srv/saved/kvm-07
      """,
    subcommands: [WaiverNewCommand.self, WaiverSignCommand.self, WaiverVerifyCommand.self, WaiverShowCommand.self])
}

struct WaiverSignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Sign a waiver as its requester or as one of its approvers.",
    discussion: """
      The signature goes into a file of its own beside the waiver, FILE.KEY.sig. Look at the waiver first:

        ringwall waiver show W-1.json
        ringwall waiver sign W-1.json --key requester.key
      """)

  @Argument(help: "The waiver.", completion: .file(extensions: ["json"]))
  var file: String

  @Option(help: ArgumentHelp("File of the private key.", valueName: "file"), completion: .file())
  var key: String

  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let signed = try SignedWaiver.load(file)
    let signing = try SigningKeyFile.read(key)
    let id = signing.verificationKey.id
    guard let (role, signer) = signed.waiver.signers.first(where: { $0.signer.key == id }) else {
      throw DataError("\(file): names no signer with the key \(id); sign with a key that the waiver names")
    }
    let output = try ResultOutput(path: SignedWaiver.signaturePath(of: file, key: id))
    try output.write(try signing.signature(over: signed.waiver.signedBytes))
    try output.finish()
    Console.say(
      texts(
        "waiver.signedNow",
        ["id": signed.waiver.id, "name": signer.name, "role": texts["keys.\(role.rawValue)"], "file": output.path ?? ""]))
  }
}

struct WaiverShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what a waiver says, for whoever is to sign it.",
    discussion: """
        ringwall waiver show W-1.json
      """)

  @Argument(help: "The waiver.", completion: .file(extensions: ["json"]))
  var file: String

  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    Console.print(WaiverSheet.text(try SignedWaiver.load(file), now: Instant(seconds: Clock.now()), texts: texts, style: Console.style))
  }
}

struct WaiverVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Say whether waivers are signed by people who are trusted for it, and are in their term.",
    discussion: """
      Whether the facts are still those that were accepted, and whether what compensates passes, only an audit can say: ringwall audit \
      --waivers. Exit code 0: every waiver counts now. 1: one does not. 2: one cannot be read.

        ringwall waiver verify W-1.json --trusted-keys keys.json
      """)

  @Argument(help: "Waivers, or folders with waivers.", completion: .file(extensions: ["json"]))
  var files: [String]

  @Option(
    help: ArgumentHelp("Verify for this time in UTC, as in 2026-12-31T23:59:59Z; now where left out.", valueName: "time"),
    transform: Self.instant)
  var at: Instant?

  @OptionGroup var trusted: TrustedKeysOption
  @OptionGroup var data: DataOptions

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let rules = try WaiverRules(from: folder)
    let controls = try Policies.load(from: folder).controls
    let now = at ?? Instant(seconds: Clock.now())
    let check = WaiverCheck(keys: try trusted.keys(), now: now)
    var areValid = true
    var areRead = true
    var lines: [String] = []
    for path in files {
      let found = try SignedWaiver.files(at: path)
      if found.isEmpty { throw DataError("\(path): no waiver lies in this folder; waivers are files whose names end with .json") }
      for file in found {
        let signed: SignedWaiver
        do throws(DataError) {
          signed = try SignedWaiver.load(file)
        } catch {
          // The others are verified all the same.
          Console.complain(Speech.current.translation(error.message))
          areRead = false
          continue
        }
        let tooLong = signed.waiver.controls.compactMap { id in controls[id].flatMap { rules.tooLong(signed.waiver, id, $0.severity) } }
        let defects = check.defects(of: signed) + tooLong
        areValid = areValid && defects.isEmpty
        let state = texts[defects.isEmpty ? "waiver.state.valid" : "waiver.state.invalid"]
        let left = texts.daysLeft(now.days(until: signed.waiver.end))
        let name = found.count + files.count > 2 ? texts.aside(signed.waiver.id, file.printable) : signed.waiver.id
        lines.append("\(name)  \(state)" + (defects.isEmpty ? "  \(signed.waiver.end.text)\(texts["list.items"])\(left)" : ""))
        for finding in defects.compactMap({ rules.finding($0, of: signed) }) {
          lines += DisplayWidth.wrapped("\(finding.control.id) \(texts.message(finding))", to: Console.style.columns - 2).map { "  " + $0 }
        }
      }
    }
    if !lines.isEmpty { Console.print(lines.joined(separator: "\n")) }
    throw ExitCode(areRead ? areValid ? 0 : 1 : 2)
  }

  @Sendable static func instant(_ text: String) throws -> Instant {
    guard let instant = Instant(text) else { throw ValidationError("write a time in UTC as in 2026-12-31T23:59:59Z") }
    return instant
  }
}
