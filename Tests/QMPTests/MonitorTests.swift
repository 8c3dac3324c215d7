@testable import QMP
import TestSupport
import Testing

@Suite("QMP over a socket") struct MonitorTests {
  static let negotiated = "{\"return\":{},\"id\":ID}\n"

  @Test("greeting, negotiation, a command and its value") func command() throws {
    let peer = try FakeMonitor(answers: [Self.negotiated, "{\"return\":{\"running\":true,\"status\":\"running\"},\"id\":ID}\r\n"])
    let monitor = try Monitor(path: peer.path)
    #expect(monitor.version == Monitor.Version(major: 7, minor: 2, micro: 22, package: "Test"))
    let status = try monitor.execute("query-status", ["a": 1, "b": ["x", true]])
    #expect(status["running"]?.bool == true && status["status"]?.text == "running")
    #expect(
      peer.lines == #"{"execute":"qmp_capabilities","id":1}"# + "\n"
        + #"{"arguments":{"a":1,"b":["x",true]},"execute":"query-status","id":2}"# + "\n")
  }

  @Test("events before the answer are kept, answers to other ids are skipped") func events() throws {
    let event = #"{"timestamp":{"seconds":1700000000,"microseconds":250000},"event":"STOP"}"# + "\n"
    let peer = try FakeMonitor(answers: [Self.negotiated, event + "{\"return\":7,\"id\":900}\n{\"return\":{},\"id\":ID}\n"])
    let monitor = try Monitor(path: peer.path)
    #expect(try monitor.execute("stop") == [:])
    #expect(monitor.takeEvents() == [Monitor.Event(name: "STOP", data: [:], microseconds: 1_700_000_000_250_000)])
    #expect(monitor.takeEvents().isEmpty)
    #expect(try monitor.event(["RESUME"], within: 20) == nil)
  }

  @Test("a refusal carries class and description") func refusal() throws {
    let peer = try FakeMonitor(answers: [Self.negotiated, #"{"error":{"class":"CommandNotFound","desc":"no such"},"id":ID}"# + "\n"])
    let monitor = try Monitor(path: peer.path)
    #expect(throws: QMPError.refused(command: "x", class: "CommandNotFound", description: "no such")) { try monitor.execute("x") }
  }

  @Test("a late answer does not become the next command's") func late() throws {
    let peer = try FakeMonitor(answers: [Self.negotiated, "", "{\"return\":\"old\",\"id\":2}\n{\"return\":\"new\",\"id\":ID}\n"])
    let monitor = try Monitor(path: peer.path)
    #expect(throws: QMPError.timedOut(command: "a", milliseconds: 30)) { try monitor.execute("a", within: 30) }
    #expect(try monitor.execute("b") == "new")
  }

  @Test(
    "greetings that are none",
    arguments: [
      "", "\n", "hello\n", "{}\n", "[1]\n", "{\"QMP\":{}}\n", "\u{0}\u{0}\n", "{\"QMP\":{\"version\":{\"qemu\":7",
      String(repeating: "[", count: 100_000) + "\n",
    ])
  func greetings(_ text: String) throws {
    let peer = try FakeMonitor(greeting: text, answers: [], staysOpen: false)
    #expect(throws: QMPError.self) { try Monitor(path: peer.path, within: 300) }
  }

  @Test("a greeting that does not come is said to be somebody else's monitor") func busy() throws {
    let peer = try FakeMonitor(greeting: "", answers: [])
    let error = #expect(throws: QMPError.self) { try Monitor(path: peer.path, within: 50) }
    #expect(error == .timedOut(command: "greeting", milliseconds: 50))
    #expect(error?.description.contains("second -qmp socket") == true)
  }

  @Test("a line without an end is left at its bound") func longLine() throws {
    let peer = try FakeMonitor(answers: [Self.negotiated, String(repeating: "a", count: 3 << 20)])
    let monitor = try Monitor(path: peer.path)
    let error = #expect(throws: QMPError.self) { try monitor.execute("query-status") }
    guard case .malformed = error else { throw TestGuest.Failure(description: "\(String(describing: error))") }
  }

  @Test("events without end cost bounded memory and time") func flood() throws {
    let event = #"{"event":"RTC_CHANGE","data":{"offset":1}}"# + "\n"
    let peer = try FakeMonitor(answers: [Self.negotiated, String(repeating: event, count: 6000) + Self.negotiated])
    let monitor = try Monitor(path: peer.path)
    try monitor.execute("query-status", within: 20_000)
    let kept = monitor.takeEvents().count
    #expect(kept <= Monitor.eventLimit && kept + monitor.droppedEvents == 6000)
  }

  @Test("a peer that goes away is an error and no signal") func gone() throws {
    let peer = try FakeMonitor(answers: [Self.negotiated], staysOpen: false)
    let monitor = try Monitor(path: peer.path)
    for _ in 0..<3 { #expect(throws: QMPError.self) { try monitor.execute("stop", within: 500) } }
  }

  @Test("no socket, a plain file, a path longer than an address") func unreachable() {
    for path in ["/nonexistent/qmp", "/etc/passwd", "/tmp/" + String(repeating: "x", count: 300), ""] {
      let error = #expect(throws: QMPError.self) { try Monitor(path: path, within: 100) }
      guard case .unreachable = error else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
    }
  }

  @Test("numbers keep all their bits") func numbers() throws {
    let answer = #"{"return":[18446744073709551615,-9223372036854775808,0.5,true,null,1],"id":ID}"# + "\n"
    let peer = try FakeMonitor(answers: [Self.negotiated, answer])
    let monitor = try Monitor(path: peer.path)
    #expect(try monitor.execute("x") == [.unsigned(.max), .integer(.min), .real(0.5), true, .null, 1])
  }
}

@Suite(
  "QMP of a real QEMU", .enabled(if: TestGuest.obstacle(nil) == nil, "qemu-system-x86_64 is not installed"),
  .guest(GuestRecipe { $0.kernel = nil }))
struct RealMonitorTests {
  @Test("version, status, a refusal, the human monitor and two connections at once") func talk() throws {
    let guest = try TestGuest.shared()
    let first = try Monitor(path: guest.monitor)
    let second = try Monitor(path: guest.secondMonitor)
    #expect(first.version >= Monitor.Version(major: 5, minor: 0, micro: 0, package: ""))
    #expect(try first.execute("query-status")["running"]?.bool == false)
    #expect(try second.human("info status").contains("VM status"))
    let error = #expect(throws: QMPError.self) { try first.execute("no-such-command") }
    #expect(
      error == .refused(command: "no-such-command", class: "CommandNotFound", description: "The command no-such-command has not been found")
    )
    try first.execute("cont")
    #expect(try second.event(["RESUME"], within: 2000) != nil)
    try first.execute("stop")
    let stop = try #require(first.takeEvents().last)
    #expect(stop.name == "STOP" && stop.microseconds > 1_700_000_000_000_000)
  }
}
