internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement
internal import Platforms

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

struct ScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule",
    abstract: "Write a systemd service and timer that audit every so often and keep the results.",
    discussion: """
      The plan, both units in full, is shown first; nothing is written before it was agreed to, and nothing is enabled or started. The \
      service reads what an audit reads and may write its store alone.

        ringwall schedule --print                            the units alone, on standard output
        ringwall schedule                                    this host, daily
        ringwall schedule --calendar 'Mon 03:00' -- --baseline key-50 /srv/exports

      Exit code 0: the units were written, or printed. 2: wrong use, or they could not be written.
      """)

  @Option(help: ArgumentHelp("When, as systemd.time(7) writes calendar events.", valueName: "event"))
  var calendar: String = "daily"

  @Option(help: ArgumentHelp("Name of the units.", valueName: "name"))
  var name: String = "ringwall-audit"

  @Option(help: ArgumentHelp("Folder that the units are written to.", valueName: "dir"), completion: .directory)
  var folder: String = "/etc/systemd/system"

  @Flag(name: .customLong("print"), help: "Print the units and write nothing.")
  var isPrinting = false

  @Flag(help: "Write without asking.")
  var yes = false

  @Argument(parsing: .postTerminator, help: "What follows ringwall audit, behind --.")
  var arguments: [String] = []

  @OptionGroup var data: DataOptions

  func validate() throws {
    guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.-]{0,80}/) != nil, !name.hasSuffix(".service"), !name.hasSuffix(".timer") else {
      throw ValidationError("--name \(name): letters, digits, dots and hyphens, without .service or .timer")
    }
    if folder.isEmpty { throw ValidationError("--folder names no folder") }
    guard !calendar.isEmpty, calendar.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }), calendar.utf8.count <= 200 else {
      throw ValidationError("--calendar: write a calendar event, as in daily or 'Mon 03:00'")
    }
    let event: CalendarEvent
    do throws(CalendarEvent.Fault) { event = try CalendarEvent(calendar) } catch {
      throw ValidationError("--calendar '\(calendar)' is no calendar event: \(error.what); see systemd.time(7)")
    }
    guard event.comes(after: Clock.now()) else {
      throw ValidationError("--calendar '\(calendar)': no such day comes any more, so that nothing would be audited; write one that does")
    }
  }

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let units = try units()
    if isPrinting {
      Console.print("\(ofFile(".service"))\n\(units.service)\n\(ofFile(".timer"))\n\(units.timer)")
      return
    }
    let files = [(path(".service"), units.service), (path(".timer"), units.timer)]
    for (path, _) in files { try Self.refuseForeign(path) }
    for (path, text) in files { Console.say(texts("schedule.plan", ["path": path]) + "\n\n" + text) }
    guard try yes || agreed(texts) else {
      Console.say(texts["schedule.left"])
      return
    }
    for (path, text) in files {
      let output = try ResultOutput(path: path)
      try output.write(Array(text.utf8))
      try output.finish()
      Console.say(texts("output.written", ["path": path, "bytes": "\(output.byteCount)"]))
    }
    Console.say(texts("schedule.next", ["name": name, "service": path(".service"), "timer": path(".timer")]))
  }

  private func path(_ suffix: String) -> String { (folder.hasSuffix("/") ? folder : folder + "/") + name + suffix }

  private func ofFile(_ suffix: String) -> String { "# \(path(suffix))" }

  private func agreed(_ texts: Texts) throws -> Bool {
    guard Console.isTerminal(0) else {
      throw DataError("ringwall schedule: standard input is no terminal that could be asked; agree with --yes, or look with --print")
    }
    Console.say(texts["schedule.ask"])
    return ["y", "yes", "是"].contains((readLine() ?? "").lowercased())
  }

  /// The units for the audit that was asked for, which must be one that works from anywhere.
  private func units() throws -> ScheduleUnits {
    let audit: AuditCommand
    do { audit = try AuditCommand.parse(arguments) } catch {
      throw ValidationError("what follows -- is no audit: \(AuditCommand.message(for: error))")
    }
    if audit.following.follow { throw ValidationError("--follow never ends, which a timer needs; write a service of your own for it") }
    let places = audit.targets.filter { !$0.hasPrefix("pid:") && !$0.contains("://") } + [audit.root, audit.output].compactMap { $0 }
    if let relative = places.first(where: { !$0.hasPrefix("/") && $0 != "-" }) {
      throw ValidationError("\(relative): name it by its full path; the service does not run where you stand")
    }
    if let bad = arguments.first(where: { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }) {
      throw ValidationError("\(bad.printable): a control character, which a unit cannot hold")
    }
    let keeps = audit.history.store ? [] : ["--store"]
    return ScheduleUnits(
      name: name, program: Tree.resolved("/proc/self/exe") ?? "/usr/local/bin/ringwall",
      arguments: ["audit", "--no-progress"] + keeps + arguments, calendar: calendar, isHost: audit.targets.isEmpty && audit.root == nil,
      needsNetwork: audit.targets.contains { $0.contains("://") })
  }

  /// A unit of somebody else is never replaced.
  private static func refuseForeign(_ path: String) throws(DataError) {
    let bytes: [UInt8]
    do throws(DataError) { bytes = try DataFiles.bytes(path, limit: 1 << 20) } catch {
      if error.missing != nil { return }
      throw error
    }
    guard String(decoding: bytes.prefix(200), as: UTF8.self).hasPrefix(ScheduleUnits.mark) else {
      throw DataError("\(path): was not written by ringwall schedule and is left as it is; choose another --name")
    }
  }
}
