internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

struct ChecklistCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checklist",
    abstract: "Judge the 50 key indicators and print the state of each, or print them as a form.",
    discussion: """
        ringwall checklist                                      this host
        ringwall checklist --format markdown examples/estate    what is named, as of audit
        ringwall checklist --blank > form.txt                   a form to fill in by hand

      An indicator whose kind of asset is not among the targets is not judged, and is no pass. Exit code as of audit, for every \
      severity: 1 an indicator fails, 2 one is unknown or a target was refused. The blank form gives 0.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case markdown
    case json
  }

  @Argument(help: "Files, folders, pid:N, docker:///SOCKET or vsphere://HOST; nothing is this host.", completion: .file())
  var targets: [String] = []

  @Option(help: ArgumentHelp("A saved copy of a system, judged in the place of this host.", valueName: "dir"), completion: .directory)
  var root: String?

  @Flag(help: "The indicators alone, as a form; nothing is judged.")
  var blank = false

  @Option(help: ArgumentHelp("Form of the list: table, markdown or json.", valueName: "format"))
  var format: Form = .table

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write the result to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "No progress line, even on a terminal.")
  var noProgress = false

  @OptionGroup var server: VSphereOptions
  @OptionGroup var setting: SettingOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if root?.isEmpty == true { throw ValidationError("--root names no folder; leave it out to look at this host") }
    if output?.isEmpty == true { throw ValidationError("--output names no file; leave it out to write to standard output") }
    if blank, !targets.isEmpty || root != nil { throw ValidationError("--blank judges nothing; name no targets with it") }
  }

  func run() throws {
    Console.tellInterrupts()
    let setup = try JudgingSetup(data, setting)
    let controls = setup.policies.controls.all
    let result = try ResultOutput(path: output, inputs: targets)
    let outcome = blank ? nil : try audit(setup)
    let report = ChecklistReport(controls, results: outcome?.results, texts: setup.texts)
    switch format {
    case .table:
      let style = result.path == nil ? Console.style : TerminalStyle(isColoured: false, columns: Console.style.columns)
      try result.write(Array(report.table(style: style).utf8))
    case .markdown: try result.write(Array(report.markdown().utf8))
    case .json: try result.write(report.json())
    }
    try result.finish()
    if let path = result.path { Console.say(setup.texts("output.written", ["path": path, "bytes": "\(result.byteCount)"])) }
    guard let outcome else { return }
    for refusal in outcome.targets.flatMap(\.refusals) { Console.say(setup.texts.line(refusal)) }
    Console.say(setup.texts("checklist.line", ["summary": report.summary]))
    throw ExitCode(outcome.exitCode(failOn: .info, toleratingUnknown: false))
  }

  private func audit(_ setup: JudgingSetup) throws -> AuditOutcome {
    let progress = SharedProgress(isWanted: !noProgress)
    let servers = try LiveServers(targets, server, progress)
    let indicators = Set(setup.policies.controls.all.filter { $0.keyIndicator != nil }.map(\.id))
    let request = AuditRun.Request(
      targets: targets, root: root, version: Version.text, now: Clock.now(), keeping: .everything,
      inventories: servers.inventories, isIncluded: { indicators.contains($0) })
    let judge = try Judge(policies: setup.policies, parameters: setup.parameters) { $0.keyIndicator != nil }
    defer { progress.clear() }
    return AuditRun(request, judge: judge, baseline: setup.baseline, claims: setup.claims, progress: progress.update).run()
  }
}
