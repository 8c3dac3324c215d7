internal import ArgumentParser
internal import Audit
internal import Domain
internal import History
internal import Judgement
internal import Synchronization

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Judge this host, or what is named, and report what fails with its evidence.",
    discussion: """
      A target is a file or a folder (domain XML, libvirt's configuration, a QEMU command line, .vmx, .ovf and .ova, an inventory of \
      vSphere, JSON of Docker or Hyper-V, a registry export, facts written by ringwall facts, a saved system tree), pid:N, \
      docker:///SOCKET or vsphere://HOST. Nothing named means this host: kernel and modules, libvirt's configuration, every domain and every \
      QEMU process.

        ringwall audit                               this host
        ringwall audit --root /srv/saved/kvm-07      a saved copy of a host
        ringwall audit /etc/libvirt/qemu guest.xml   folders and files
        ringwall audit docker:///run/docker.sock     a container engine that runs
        ringwall audit vsphere://vcenter.example.net --user audit@vsphere.local
        ringwall audit --format json --output audit.json
        ringwall audit --format html --output report.html examples/estate
        ringwall audit --framework gdpr,mlps          evidence by clause
        ringwall audit --only-new --against before.json \\
          --format junit --output new.xml
        ringwall audit --only KVM-001,KVM-023 --lang zh-CN
        ringwall audit --waivers /etc/ringwall/waivers \\
          --trusted-keys /etc/ringwall/keys.json
        ringwall audit --set tenants=trusted --fail-on critical
        ringwall audit --store                       keeps the results
        ringwall audit --since last                  what changed since the last kept run, and why
        ringwall audit --follow /etc/libvirt/qemu    goes on, a line for each changed verdict

      The result goes to standard output, progress and the last line to standard error. Exit code 0: all targets were judged, and \
      nothing at or above --fail-on fails or is unknown. 1: something there fails. 2: wrong use, a target was refused, or a control \
      there is unknown (--unknown ok lifts this last one). 2 wins over 1; the report is written in every case.
      """)

  enum UnknownRule: String, ExpressibleByArgument, CaseIterable {
    case refuse
    case ok
  }

  @Argument(help: "Files, folders, pid:N, docker:///SOCKET or vsphere://HOST; nothing is this host.", completion: .file())
  var targets: [String] = []

  @Option(help: ArgumentHelp("A saved copy of a system, judged in the place of this host.", valueName: "dir"), completion: .directory)
  var root: String?

  @Option(
    help: ArgumentHelp("Form of the result: \(ReportFormat.names).", valueName: "format"),
    completion: .list(ReportFormat.allCases.map(\.rawValue)),
    transform: ReportFormat.named)
  var format: ReportFormat = .table

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write the result to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file())
  var output: String?

  @Option(
    name: .customLong("framework"),
    help: ArgumentHelp(
      "Group the evidence by the clauses of a law or standard (ringwall frameworks). Comma-separated or repeated.", valueName: "id"))
  var frameworks: [String] = []

  @Flag(help: "List only findings that the report of --against does not have; they alone decide the exit code.")
  var onlyNew = false

  @Option(
    help: ArgumentHelp("An earlier report, JSON or SARIF, to compare with; last is the one stored last.", valueName: "file"),
    completion: .file())
  var against: String?

  @Option(
    help: ArgumentHelp("Severity from which results decide the exit code: low, medium, high or critical.", valueName: "severity"),
    completion: .list(["low", "medium", "high", "critical"]), transform: Self.severity)
  var failOn: Severity = .high

  @Option(help: ArgumentHelp("With ok, unknown controls do not make the exit code 2.", valueName: "ok"))
  var unknown: UnknownRule = .refuse

  @Flag(help: "Show every result in the table and in SARIF, passes included.")
  var all = false

  @Flag(help: "No progress line, even on a terminal.")
  var noProgress = false

  @OptionGroup var server: VSphereOptions
  @OptionGroup var history: HistoryOptions
  @OptionGroup var following: FollowOptions
  @OptionGroup var waiver: WaiverOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if root?.isEmpty == true { throw ValidationError("--root names no folder; leave it out to look at this host") }
    if onlyNew && against == nil {
      throw ValidationError("--only-new needs --against FILE: an earlier report, written with --format json or sarif")
    }
    if !onlyNew && against != nil { throw ValidationError("--against is used with --only-new") }
    if !frameworks.isEmpty && !format.showsClauses {
      throw ValidationError("--framework: \(format.rawValue) has no place for clauses; use table, json, html, markdown, csv, oscal or ocsf")
    }
    if history.since != nil || !history.compare.isEmpty, format != .table && format != .json {
      throw ValidationError("--since and --compare write table or json")
    }
    if following.follow {
      if format != .table && format != .json { throw ValidationError("--follow prints table or json") }
      if output != nil { throw ValidationError("--follow writes to standard output; leave out --output") }
      if history.store || history.since != nil || !history.compare.isEmpty {
        throw ValidationError("--follow goes on and on: leave out --store, --since and --compare")
      }
      if !waiver.waivers.isEmpty { throw ValidationError("--follow tells what is measured: leave out --waivers") }
    }
    if output?.isEmpty == true { throw ValidationError("--output names no file; leave it out to write to standard output") }
  }

  func run() throws {
    // What follows takes the signals itself, and ends between two steps.
    if !following.follow { Console.tellInterrupts() }
    let setup = try JudgingSetup(data, policy)
    let chosen = frameworks.isEmpty ? [] : try Frameworks(from: setup.folder).chosen(frameworks, option: "--framework")
    let scope = ResultStore.scope(targets: targets, root: root)
    let earlier = try against.map { name throws(DataError) in
      name == "last" ? try history.lastFindings(scope: scope) : try EarlierFindings(file: name)
    }
    let result = try ResultOutput(path: output, inputs: targets)
    if !history.compare.isEmpty { return try report(try history.comparison(scope: scope), setup, to: result) }
    // What cannot be read or written later is told before the work.
    let reference = try history.since.map { name throws(DataError) in
      let store = try history.existing()
      return (store: store, run: try HistoryOptions.run(name, in: store, scope: scope))
    }
    let store = history.store ? try history.writing() : nil
    let progress = SharedProgress(isWanted: !noProgress)
    let servers = try LiveServers(targets, server, progress, isFollowing: following.follow)

    let request = AuditRun.Request(
      targets: targets, root: root, version: Version.text, now: Clock.now(),
      keeping: keepsEverything ? .everything : .attention, inventories: servers.inventories,
      isIncluded: setup.includedIDs)
    if following.follow {
      return try following.run(
        request, setup: setup, format: format, failOn: failOn, toleratingUnknown: unknown == .ok, servers: servers,
        progress: progress)
    }
    let warnings = WarningLines(texts: setup.texts)
    var outcome = AuditRun(
      request, judge: try setup.judge(), baseline: setup.baseline, claims: setup.claims, waivers: try waiver.set(setup),
      progress: progress.update, warn: warnings.add
    ).run()
    progress.clear()
    warnings.say()

    // What is kept is the whole run, whatever the report leaves out.
    let whole = outcome.exitStatus(failOn: failOn, toleratingUnknown: unknown == .ok)
    let stored = try store?.add(RunRecord.Head(outcome, exit: whole, setup: setup), scope: scope, assets: RunRecord.assets(of: outcome))
    let record =
      reference == nil
      ? nil : RunRecord(head: RunRecord.Head(outcome, exit: whole, setup: setup), assets: Array(RunRecord.assets(of: outcome)))
    var context = ReportContext()
    context.waivers = outcome.waiverNotices
    context.frameworks = FrameworkEvidence.all(chosen, outcome)
    context.earlier = try history.earlierScores(scope: scope)
    if let earlier { (outcome, context.comparison) = outcome.onlyNew(against: earlier) }

    let exit = outcome.exitStatus(failOn: failOn, toleratingUnknown: unknown == .ok)
    Self.last.withLock { $0 = outcome }
    if let record, let reference {
      var comparison = RunComparison(from: try reference.store.record(reference.run), to: record)
      comparison.stillOpen = try reference.store.dated(comparison.stillOpen, from: reference.run)
      try write(comparison, setup, to: result)
    } else {
      try format.write(outcome, exit: exit, setup: setup, context: context, showsAll: all, to: result)
    }
    try result.finish()
    if result.path != nil { sayRefusals(of: outcome, setup.texts) }
    if let path = result.path { Console.say(setup.texts("output.written", ["path": path, "bytes": "\(result.byteCount)"])) }
    if let comparison = context.comparison { Console.say(setup.texts(comparison)) }
    if let stored, let store { Console.say(setup.texts("history.stored", ["id": "\(stored)", "path": store.path])) }
    if let warning = BaselineAge(setup.baseline, now: request.now).sentence(setup.baseline, texts: setup.texts) { Console.say(warning) }
    Console.say(SummaryLine.text(outcome, exit: exit, texts: setup.texts))
    throw ExitCode(exit.code)
  }

  /// What the report was written of, held until the process ends: an estate's hundreds of thousands of results need not be freed one by one.
  private static let last = Mutex<AuditOutcome?>(nil)

  /// What was refused is said where the report goes to a file: whoever starts the run sees why its exit code is 2.
  private func sayRefusals(of outcome: AuditOutcome, _ texts: Texts) {
    let refusals = outcome.targets.flatMap(\.refusals)
    for refusal in refusals.prefix(Self.saidRefusals) { Console.say(texts.line(refusal)) }
    if refusals.count > Self.saidRefusals { Console.say("+\(refusals.count - Self.saidRefusals)") }
  }

  private static let saidRefusals = 10

  /// The table shows what needs somebody; only the other forms, clauses, --all and what is kept need every pass.
  private var keepsEverything: Bool {
    format != .table || all || !frameworks.isEmpty || history.store || history.since != nil
  }

  /// Writes a comparison alone; 1 where something that counts was opened.
  private func report(_ comparison: RunComparison, _ setup: JudgingSetup, to result: ResultOutput) throws {
    try write(comparison, setup, to: result)
    try result.finish()
    throw ExitCode(comparison.opened.contains { $0.severity >= failOn } ? 1 : 0)
  }

  private func write(_ comparison: RunComparison, _ setup: JudgingSetup, to result: ResultOutput) throws(DataError) {
    if format == .json { return try result.write(ComparisonReport.json(comparison)) }
    let style = result.path == nil ? Console.style : TerminalStyle(isColoured: false, columns: Console.style.columns)
    let text = ComparisonReport.text(comparison, texts: setup.texts, style: style, showsAll: all) { setup.policies.controls[$0] }
    try result.write(Array(text.utf8))
  }

  @Sendable private static func severity(_ text: String) throws -> Severity {
    guard let severity = Severity(rawValue: text.lowercased()), severity > .info else {
      throw ValidationError("there are low, medium, high and critical")
    }
    return severity
  }
}
