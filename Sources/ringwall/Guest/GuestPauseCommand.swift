internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement
internal import QMP

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

struct GuestPauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Measure how long a guest stands still when it is paused and continued.",
    discussion: """
        ringwall guest pause web01 --samples 500
        ringwall guest pause web01 --method monitor          by stop and cont of its QMP monitor
        ringwall guest pause web01 --format prometheus

      Each sample is a pause as other commands make it: by a signal where memory alone is read, by the monitor where registers are, too. A guard process continues the guest after --lease, also when this \
      program is killed. A guest that somebody else has paused is not touched. Pauses that the guard or somebody else ended are not among those measured. Exit code 2: the guest could not be paused, or a pause \
      did not last until it was ended.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case prometheus
  }

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case monitor
    case signal
  }

  @Argument(help: ArgumentHelp("pid:N, a guest's name or UUID, or the socket of its monitor.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(help: ArgumentHelp("How many times the guest is paused.", valueName: "count"))
  var samples: Int = 100

  @Option(help: ArgumentHelp("How long it is held each time, microseconds.", valueName: "microseconds"))
  var hold: Int = 0

  @Option(help: ArgumentHelp("Time between two pauses, milliseconds.", valueName: "milliseconds"))
  var interval: Int = 20

  @Option(
    help: ArgumentHelp(
      "How it is paused: signal (SIGSTOP for QEMU) or monitor (stop and cont, which flushes its disks first).",
      valueName: "method"))
  var method: Method = .signal

  @Option(help: ArgumentHelp("Time after which the guard continues the guest, milliseconds.", valueName: "milliseconds"))
  var lease: Int = 500

  @Flag(help: "Leave the priority of this program and of QEMU's threads as it is during a pause.")
  var noPriority = false

  @Option(help: ArgumentHelp("Form: table, json or prometheus.", valueName: "format"))
  var format: Form = .table

  @OptionGroup var data: DataOptions

  func validate() throws {
    if !(1...1_000_000).contains(samples) { throw ValidationError("--samples must lie between 1 and 1000000") }
    if !(0...60_000_000).contains(hold) { throw ValidationError("--hold must lie between 0 and 60000000 microseconds") }
    if !(0...60_000).contains(interval) { throw ValidationError("--interval must lie between 0 and 60000 milliseconds") }
    if !(10...60_000).contains(lease) { throw ValidationError("--lease must lie between 10 and 60000 milliseconds") }
  }

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let found = try GuestTarget(guest).process()
    if let monitor = found.monitor {
      let status: JSONValue
      do throws(QMPError) { status = try monitor.execute("query-status") } catch { throw DataError(error.description) }
      // By a signal it could be stopped all the same, and stands meanwhile whatever is measured.
      if status["running"]?.bool == false { throw notRunning(found.process, status["status"]?.text ?? "paused") }
    }
    let window = try window(found)
    for sample in 0..<samples {
      if sample > 0, interval > 0 { _ = usleep(UInt32(interval) * 1000) }
      do { _ = try window.paused { spin() } } catch let error as MachineError { throw DataError(error.description) }
    }
    if window.roundTrips.count == 0, window.interruptions == 0 { throw notRunning(found.process, "stopped by a signal") }
    switch format {
    case .table: Console.print(Self.table(window, texts))
    case .json: Console.print(JSONText.bytes(Self.json(window), indent: 2))
    case .prometheus: Console.print(Self.prometheus(window))
    }
    if window.interruptions > 0 { throw ExitCode(2) }
  }

  private func notRunning(_ process: QEMUProcess, _ state: String) -> DataError {
    DataError(MachineError.notRunning(pid: process.pid, state: state).description)
  }

  private func window(
    _ found: (process: QEMUProcess, monitor: Monitor?, second: String?, failures: [String])
  ) throws(DataError) -> PauseWindow {
    var settings = PauseWindow.Settings()
    settings.lease = lease
    settings.raisesPriority = !noPriority
    do throws(MachineError) {
      let method: PauseWindow.Method = method == .signal ? .signal : .monitor
      if method == .monitor, found.monitor == nil {
        throw MachineError.noMonitor(pid: found.process.pid, reasons: found.failures)
      }
      return try PauseWindow(found.process, monitor: found.monitor, second: found.second, method: method, settings: settings)
    } catch {
      throw DataError(error.description)
    }
  }

  /// Stands for the reading: the processor is used for that time.
  private func spin() {
    guard hold > 0 else { return }
    let end = Deadline.now + UInt64(hold) * 1000
    while Deadline.now < end {}
  }

  // MARK: - Forms

  private static let shares: [(name: String, share: Double)] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)]

  static func milliseconds(_ nanoseconds: UInt64) -> String {
    let microseconds = (nanoseconds + 500) / 1000
    let rest = String(microseconds % 1000)
    return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }

  private static func table(_ window: PauseWindow, _ texts: Texts) -> String {
    func row(_ name: String, _ histogram: PauseHistogram) -> [String] {
      [name, "\(histogram.count)"] + shares.map { milliseconds(histogram.percentile($0.share)) } + [milliseconds(histogram.largest)]
    }
    let head = [texts["guest.pauses"], texts["guest.count"]] + shares.map(\.name) + [texts["guest.largest"]]
    var rows = [row(texts[window.method == .monitor ? "guest.roundTrip" : "guest.signals"], window.roundTrips)]
    if window.method == .monitor { rows.append(row(texts["guest.stamps"], window.stamps)) }
    var text = PlainTable.text(head, rows)
    text += "\n" + texts(window.isPriorityRaised ? "guest.priorityRaised" : "guest.priorityUsual", ["method": window.method.rawValue])
    if window.interruptions > 0 { text += "\n" + texts("guest.interruptions", ["count": "\(window.interruptions)"]) }
    return text
  }

  private static func json(_ window: PauseWindow) -> FactValue {
    func histogram(_ histogram: PauseHistogram) -> FactValue {
      func number(_ value: UInt64) -> FactValue { .int(Int64(clamping: value)) }
      return .object(
        [.init("count", number(histogram.count)), .init("min", number(histogram.smallest))]
          + shares.map { .init($0.name, number(histogram.percentile($0.share))) }
          + [.init("max", number(histogram.largest)), .init("sum", number(histogram.sum))])
    }
    return [
      "schema": "ringwall.guest.pause/1", "pid": .int(Int64(window.process.pid)), "name": .string(window.process.name),
      "uuid": .string(window.process.uuid), "method": .string(window.method.rawValue), "unit": "ns",
      "priorityRaised": .bool(window.isPriorityRaised), "lease": .int(Int64(window.settings.lease)),
      "interruptions": .int(Int64(window.interruptions)), "roundTrip": histogram(window.roundTrips), "stamps": histogram(window.stamps),
    ]
  }

  /// Prometheus's text form, version 0.0.4: a histogram for each bound.
  private static func prometheus(_ window: PauseWindow) -> String {
    let limits: [(label: String, nanoseconds: UInt64)] = [
      ("0.0001", 100_000), ("0.00025", 250_000), ("0.0005", 500_000), ("0.001", 1_000_000), ("0.0025", 2_500_000), ("0.005", 5_000_000),
      ("0.01", 10_000_000), ("0.025", 25_000_000), ("0.05", 50_000_000), ("0.1", 100_000_000), ("0.5", 500_000_000), ("1", 1_000_000_000),
    ]
    func seconds(_ nanoseconds: UInt64) -> String { "\(Double(nanoseconds) / 1e9)" }
    var escaped = ""
    for character in window.process.name {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.append(character)
      }
    }
    var lines = [
      "# HELP ringwall_guest_pause_seconds Time for which a guest stood still: roundtrip is an upper bound, stamps a lower one.",
      "# TYPE ringwall_guest_pause_seconds histogram",
    ]
    for (bound, histogram) in [("roundtrip", window.roundTrips), ("stamps", window.stamps)] where histogram.count > 0 {
      let labels = "pid=\"\(window.process.pid)\",guest=\"\(escaped)\",method=\"\(window.method.rawValue)\",bound=\"\(bound)\""
      for limit in limits {
        lines.append("ringwall_guest_pause_seconds_bucket{\(labels),le=\"\(limit.label)\"} \(histogram.count(upTo: limit.nanoseconds))")
      }
      lines.append("ringwall_guest_pause_seconds_bucket{\(labels),le=\"+Inf\"} \(histogram.count)")
      lines.append("ringwall_guest_pause_seconds_sum{\(labels)} \(seconds(histogram.sum))")
      lines.append("ringwall_guest_pause_seconds_count{\(labels)} \(histogram.count)")
    }
    return lines.joined(separator: "\n")
  }
}
