internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

struct FactsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facts",
    abstract: "Print the facts that the policies judge, as JSON.",
    discussion: """
      Schema ringwall.facts/1: what ringwall audit gives to the policies, with the place where each fact was read. One asset is \
      printed as an object, several as an array; --asset picks one.

        ringwall facts guest.xml > facts.json
        ringwall audit facts.json          the same verdicts as of guest.xml
        ringwall facts --asset host:kvm-07 > host.json
        ringwall eval -d policies -d baselines/kvm-host.yaml -i facts.json \\
          data.ringwall.audit.results

      Exit code 0: every target was read. 2: wrong use, or a target was refused; the reasons are on standard error.
      """)

  @Argument(help: "Files, folders, pid:N, docker:///SOCKET or vsphere://HOST; nothing is this host.", completion: .file())
  var targets: [String] = []

  @Option(help: ArgumentHelp("A saved copy of a system, read in the place of this host.", valueName: "dir"), completion: .directory)
  var root: String?

  @Option(help: ArgumentHelp("Print the asset of this id or name only.", valueName: "id"))
  var asset: String?

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write the facts to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "No progress line, even on a terminal.")
  var noProgress = false

  @OptionGroup var server: VSphereOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if root?.isEmpty == true { throw ValidationError("--root names no folder; leave it out to look at this host") }
    if output?.isEmpty == true { throw ValidationError("--output names no file; leave it out to write to standard output") }
  }

  func run() throws {
    Console.tellInterrupts()
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let result = try ResultOutput(path: output, inputs: targets)
    let progress = SharedProgress(isWanted: !noProgress)
    let servers = try LiveServers(targets, server, progress)
    let collected = Collected(at: Clock.text(Clock.now()), by: "ringwall \(Version.text)", uid: CurrentUser.id)
    var report = FactsReport(collected: collected)
    var refusals: [Refusal] = []
    let warnings = WarningLines(texts: texts)
    var passedOver: [String] = []
    var otherIDs: [String] = []

    let resolved = TargetResolver().resolve(targets, root: root)
    for (index, target) in resolved.enumerated() {
      progress.update("\(index + 1)/\(resolved.count) \(target.name)")
      let outcome = FactCollection(inventories: servers.inventories).collect(target)
      if outcome.isPassedOver { passedOver.append(target.name) }
      refusals += outcome.collection.refusals
      for warning in outcome.collection.warnings { warnings.add(warning) }
      for facts in outcome.collection.assets {
        if let asset, facts.asset.id != asset, facts.asset.name != asset {
          if otherIDs.count < 1000 { otherIDs.append(facts.asset.id) }
          continue
        }
        try result.write(report.add(facts))
      }
    }
    progress.clear()
    if let asset, report.count == 0 {
      let hint =
        otherIDs.isEmpty
        ? "nothing was read" : "there are \(otherIDs.prefix(8).joined(separator: ", "))\(otherIDs.count > 8 ? ", ..." : "")"
      throw DataError("--asset \(asset): no asset of that id or name; \(hint)\(Suggestion.text(for: asset, among: otherIDs))")
    }
    try result.write(report.finish())
    try result.finish()
    warnings.say()
    for refusal in refusals { Console.complain(texts.line(refusal)) }
    if let path = result.path { Console.say(texts("output.written", ["path": path, "bytes": "\(result.byteCount)"])) }
    if report.count == 0 && refusals.isEmpty {
      throw DataError("\(targets.joined(separator: ", ")): nothing in it has facts. What can be judged is listed by ringwall audit --help")
    }
    throw ExitCode(refusals.isEmpty ? 0 : 2)
  }
}
