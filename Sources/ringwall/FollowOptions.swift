internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement
internal import Platforms

/// Going on after the first look.
struct FollowOptions: ParsableArguments {
  @Flag(help: "Go on until Ctrl-C: judge again what a change touched and print each changed verdict as one line.")
  var follow = false

  @Option(
    help: ArgumentHelp("With --follow, seconds after which processes, /proc and /sys are looked at again: 1 to 3600.", valueName: "seconds")
  )
  var interval: Int = 10

  @Option(
    help: ArgumentHelp("With --follow, the libvirt connection whose events count too; this host's own by default.", valueName: "uri"))
  var events: String?

  func validate() throws {
    if !(1...3600).contains(interval) { throw ValidationError("--interval must lie between 1 and 3600 seconds") }
    if events != nil && !follow { throw ValidationError("--events needs --follow") }
  }

  /// Follows until a signal ends it, and throws the exit code of what was found last.
  func run(
    _ request: AuditRun.Request, setup: JudgingSetup, format: ReportFormat, failOn: Severity, toleratingUnknown: Bool,
    servers: LiveServers, progress: SharedProgress
  ) throws {
    let follower = try Follower(
      request, judge: try setup.judge(), claims: setup.claims, sources: try sources(request) + servers.events(),
      pollInterval: .seconds(interval))
    let clock = ContinuousClock()
    let start = clock.now
    var changed = 0
    let style = Console.style
    func tell(_ events: [FollowEvent]) {
      let time = Clock.text(Clock.now())
      for event in events {
        if case .verdict = event { changed += 1 }
        if format == .json {
          Console.print(FollowLine.json(event, time: time, texts: setup.texts))
        } else {
          Console.print(FollowLine.text(event, texts: setup.texts, style: style))
        }
        // A file that people do not look at would hide that everything was read anew.
        if case .rescan = event, !Console.isTerminal(Console.output) {
          Console.say(FollowLine.text(event, texts: setup.texts, style: TerminalStyle(isColoured: false, columns: style.columns)))
        }
      }
    }
    let first = try follower.begin(progress: progress.update)
    progress.clear()
    tell(first)
    Console.say(setup.texts("follow.ready", ["count": "\(follower.assetCount)"]))
    try follower.run(tell)

    let elapsed = (clock.now - start).components
    let exit = follower.exitStatus(failOn: failOn, toleratingUnknown: toleratingUnknown)
    let tally = follower.tally
    let counts = [Verdict.fail, .unknown, .waived, .pass, .notApplicable].filter { $0 != .waived || tally.count($0) > 0 }.map {
      setup.texts("count.\($0.rawValue)", ["count": "\(tally.count($0))"])
    }
    Console.say(
      setup.texts("follow.summary", ["count": "\(changed)", "seconds": "\(elapsed.seconds)"]) + setup.texts["sentence.gap"]
        + counts.joined(separator: setup.texts["list.separator"]) + setup.texts["sentence.end"])
    throw ExitCode(exit.code)
  }

  /// libvirt's events, where they were asked for or this host is followed and its daemon can be reached.
  private func sources(_ request: AuditRun.Request) throws(DataError) -> [any ChangeSource] {
    if let events {
      guard let source = LibvirtEvents(uri: events) else {
        throw DataError("--events \(events): virsh is not installed; install libvirt's client programs")
      }
      return [source]
    }
    guard request.targets.isEmpty, request.root == nil, Tree().exists("/run/libvirt/libvirt-sock") else { return [] }
    return LibvirtEvents(uri: nil).map { [$0] } ?? []
  }
}
