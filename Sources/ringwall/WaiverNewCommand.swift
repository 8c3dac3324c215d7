internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement
internal import Waivers

struct WaiverNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Write a waiver for what fails now, with the facts as they are, for its three people to sign.",
    discussion: """
      Targets are those of ringwall audit. The waiver covers the assets on which the controls fail, or those of --asset; on each, what \
      compensates must pass. Nothing is signed yet. Keys are ids as ringwall keys list shows them.

        ringwall waiver new --control KVM-004 --compensating KVM-001 --days 30 \\
          --reason "nested lab" --requester KEY --approver KEY \\
          --approver KEY --trusted-keys keys.json -o W-1.json /srv/saved/kvm-07
      """)

  @Argument(help: "Files, folders, pid:N, docker:///SOCKET or vsphere://HOST; nothing is this host.", completion: .file())
  var targets: [String] = []

  @Option(help: ArgumentHelp("A saved copy of a system, judged in the place of this host.", valueName: "dir"), completion: .directory)
  var root: String?

  @Option(help: ArgumentHelp("A failing control to waive. May be repeated.", valueName: "id"))
  var control: [String]

  @Option(help: ArgumentHelp("Waive it on this asset only, by the asset's id. May be repeated.", valueName: "id"))
  var asset: [String] = []

  @Option(
    help: ArgumentHelp(
      "A control that must pass meanwhile: CONTROL, or CONTROL@ASSET for one of another asset. May be repeated.", valueName: "id"))
  var compensating: [String]

  @Option(help: ArgumentHelp("Why it is accepted, in at least 10 characters.", valueName: "text"))
  var reason: String

  @Option(help: ArgumentHelp("A ticket or record elsewhere.", valueName: "text"))
  var reference: String?

  @Option(help: ArgumentHelp("Id of the waiver; the name of --output without its ending where left out.", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("Start in UTC; now where left out.", valueName: "time"), transform: WaiverVerifyCommand.instant)
  var start: Instant?

  @Option(help: ArgumentHelp("End in UTC.", valueName: "time"), transform: WaiverVerifyCommand.instant)
  var end: Instant?

  @Option(help: ArgumentHelp("Days from the start to the end, in the place of --end.", valueName: "count"))
  var days: Int?

  @Option(help: ArgumentHelp("Key of who asks for it.", valueName: "key"))
  var requester: String

  @Option(help: ArgumentHelp("Key of who approves it; two.", valueName: "key"))
  var approver: [String]

  @Option(name: [.customShort("o"), .long], help: ArgumentHelp("File for the waiver.", valueName: "file"), completion: .file(extensions: ["json"]))
  var output: String

  @OptionGroup var server: VSphereOptions
  @OptionGroup var trusted: TrustedKeysOption
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if (end == nil) == (days == nil) { throw ValidationError("give either --end TIME or --days COUNT") }
    if let days, !(1...3660).contains(days) { throw ValidationError("--days must lie between 1 and 3660") }
    if approver.count != 2 { throw ValidationError("a waiver needs two approvers: give --approver KEY twice") }
  }

  func run() throws {
    let setup = try JudgingSetup(data, policy)
    let keys = try trusted.keys()
    let people = try keys.signers(requester: requester, approvers: approver, file: trusted.trustedKeys)
    if DataFiles.exists(output), let standing = try? SignedWaiver.load(output), !standing.signatures.isEmpty {
      throw DataError("\(output): is signed already, and a new document would end what was signed; name another file")
    }
    let result = try ResultOutput(path: output)
    let failing = try failing(setup)
    let start = start ?? Instant(seconds: Clock.now())
    let waiver = Waiver(
      id: id ?? name(of: output), reason: reason, reference: reference ?? "", requester: people[0], approvers: Array(people[1...]),
      start: start, end: end ?? Instant(seconds: start.seconds + Int64(days ?? 0) * 86400),
      controls: unique(failing.map(\.control.id)), assets: unique(failing.map(\.asset.id)),
      facts: failing.map { .init(control: $0.control.id, asset: $0.asset.id, sha256: FactDigest.of($0)) },
      compensating: try compensations(setup))
    let bytes = JSONText.bytes(waiver.value, indent: 2) + [0x0A]
    // What is written must be what a reader accepts: it names what is wrong with the arguments.
    _ = try WaiverReader.read(bytes, file: output)
    try refuseLong(waiver, setup)
    try result.write(bytes)
    try result.finish()
    let written = SignedWaiver(file: output, waiver: waiver, signatures: [:])
    Console.print(WaiverSheet.text(written, now: Instant(seconds: Clock.now()), texts: setup.texts, style: Console.style))
    Console.say(setup.texts("waiver.written", ["path": output]))
  }

  /// The failing findings that are to be waived, by control and asset.
  private func failing(_ setup: JudgingSetup) throws(DataError) -> [Finding] {
    let ids = unique(
      try control.map { text throws(DataError) in
        guard let found = setup.policies.controls[text] else { throw unknown("--control", text, text, setup) }
        return found.id
      })
    let servers = try LiveServers(targets, server, SharedProgress(isWanted: false))
    let request = AuditRun.Request(
      targets: targets, root: root, version: Version.text, now: Clock.now(), keeping: .attention, inventories: servers.inventories,
      isIncluded: { ids.contains($0) })
    let judge = try Judge(policies: setup.policies, parameters: setup.parameters) { ids.contains($0.id) }
    let outcome = AuditRun(request, judge: judge, baseline: setup.baseline, claims: setup.claims).run()
    let failing = outcome.results.filter { $0.verdict == .fail && (asset.isEmpty || asset.contains($0.finding.asset.id)) }.map(\.finding)
    for id in ids where !failing.contains(where: { $0.control.id == id }) {
      // It may fail on what could not be read.
      if let refusal = outcome.targets.flatMap(\.refusals).first { throw DataError(setup.texts.line(refusal)) }
      throw DataError("--control \(id): fails on none of these assets, so that there is nothing to waive; see ringwall audit --only \(id)")
    }
    for id in asset where !failing.contains(where: { $0.asset.id == id }) {
      throw DataError("--asset \(id): no control that is to be waived fails there; ids of assets stand in ringwall audit --format json")
    }
    return failing.sorted { ($0.control.id, $0.asset.id) < ($1.control.id, $1.asset.id) }
  }

  private func compensations(_ setup: JudgingSetup) throws(DataError) -> [Waiver.Compensation] {
    var found: [Waiver.Compensation] = []
    for text in compensating {
      let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
      guard let control = setup.policies.controls[parts.first ?? ""] else {
        throw unknown("--compensating", text, parts.first ?? "", setup)
      }
      found.append(.init(control: control.id, asset: parts.count > 1 ? parts[1] : nil))
    }
    return found
  }

  private func unknown(_ option: String, _ text: String, _ id: String, _ setup: JudgingSetup) -> DataError {
    let near = Suggestion.text(for: id, among: setup.policies.controls.all.map(\.id))
    return DataError("\(option) \(text): no such control. All of them: ringwall controls\(near)")
  }

  private func refuseLong(_ waiver: Waiver, _ setup: JudgingSetup) throws(DataError) {
    let days = waiver.start.days(until: waiver.end)
    for id in waiver.controls {
      let longest = setup.waiverRules.longestDays(setup.policies.controls[id]?.severity ?? .critical)
      if days > longest {
        throw DataError("\(id): its severity allows a waiver of \(longest) days, and this one runs \(days); name an earlier end")
      }
    }
  }

  private func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }

  /// The file's name without folder and ending.
  private func name(of path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.hasSuffix(".json") ? String(last.dropLast(5)) : last
  }
}
