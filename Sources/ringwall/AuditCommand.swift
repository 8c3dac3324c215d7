internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Judge this host, or what is named, and report what fails with its evidence.",
    discussion: """
      A target is a file or a folder (domain XML, qemu.conf, libvirtd.conf, a QEMU command line, facts written by ringwall facts, a \
      saved system tree), pid:N or vsphere://HOST. Nothing named means this host: kernel and modules, libvirt's configuration, every domain and every \
      QEMU process.

        ringwall audit                               this host
        ringwall audit --root /srv/saved/kvm-07      a saved copy of a host
        ringwall audit /etc/libvirt/qemu guest.xml   folders and files
        ringwall audit vsphere://vcenter.example.net --user audit@vsphere.local
        ringwall audit --format json --output audit.json
        ringwall audit --format html --output report.html examples/estate
        ringwall audit --only KVM-001,KVM-023 --lang zh-CN
        ringwall audit --set tenants=trusted --fail-on critical

      The result goes to standard output, progress and the last line to standard error. Exit code 0: all targets were judged, and \
      nothing at or above --fail-on fails or is unknown. 1: something there fails. 2: wrong use, a target was refused, or a control \
      there is unknown (--unknown ok lifts this last one). 2 wins over 1; the report is written in every case.
      """)

  enum UnknownRule: String, ExpressibleByArgument, CaseIterable {
    case refuse
    case ok
  }

  @Argument(help: "Files, folders, pid:N or vsphere://HOST; nothing is this host.", completion: .file())
  var targets: [String] = []

  @Option(help: ArgumentHelp("A saved copy of a system, judged in the place of this host.", valueName: "dir"), completion: .directory)
  var root: String?

  @Option(
    help: ArgumentHelp("Form of the result: \(ReportFormat.names).", valueName: "format"),
    completion: .list(ReportFormat.allCases.map(\.rawValue)),
    transform: ReportFormat.named)
  var format: ReportFormat = .table

  @Option(
    help: ArgumentHelp("Write the result to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file())
  var output: String?

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
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if root?.isEmpty == true { throw ValidationError("--root names no folder; leave it out to look at this host") }
    if output?.isEmpty == true { throw ValidationError("--output names no file; leave it out to write to standard output") }
  }

  func run() throws {
    let setup = try JudgingSetup(data, policy)
    let result = try ResultOutput(path: output)
    let progress = SharedProgress(isWanted: !noProgress)
    let servers = try LiveServers(targets, server, progress)

    // The table shows what needs somebody; only the other forms, and --all, need every pass.
    let request = AuditRun.Request(
      targets: targets, root: root, version: Version.text, now: Clock.now(), keeping: format == .table && !all ? .attention : .everything,
      inventories: servers.inventories, isIncluded: setup.includedIDs)
    let warnings = WarningLines(texts: setup.texts)
    let outcome = AuditRun(
      request, judge: try setup.judge(), baseline: setup.baseline, claims: setup.claims, progress: progress.update, warn: warnings.add
    ).run()
    progress.clear()
    warnings.say()

    let exit = outcome.exitStatus(failOn: failOn, toleratingUnknown: unknown == .ok)
    try format.write(outcome, exit: exit, setup: setup, showsAll: all, to: result)
    try result.finish()
    if let path = result.path { Console.say(setup.texts("output.written", ["path": path, "bytes": "\(result.byteCount)"])) }
    Console.say(SummaryLine.text(outcome, exit: exit, texts: setup.texts))
    throw ExitCode(exit.code)
  }

  @Sendable private static func severity(_ text: String) throws -> Severity {
    guard let severity = Severity(rawValue: text.lowercased()), severity > .info else {
      throw ValidationError("there are low, medium, high and critical")
    }
    return severity
  }
}
