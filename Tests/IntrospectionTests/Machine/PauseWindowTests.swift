import Foundation
import Introspection
import QMP
import TestSupport
import Testing

/// The program that stands beside the test bundle, where the build puts it.
enum BuiltProgram {
  static let path: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("ringwall").path
  }()
}

extension PauseWindow.Settings {
  /// With the program beside the tests as the guard.
  static var built: PauseWindow.Settings {
    var settings = PauseWindow.Settings()
    settings.guardProgram = PauseGuard.Program(path: BuiltProgram.path, arguments: ["guest", "guard"])
    return settings
  }
}

@Suite(
  "Pauses of a running guest", .serialized, .enabled(if: TestGuest.obstacle(nil) == nil, "qemu-system-x86_64 is not installed"),
  .enabled(if: FileManager.default.isExecutableFile(atPath: BuiltProgram.path), "the program ringwall is not built beside the tests")
)
struct PauseWindowTests {
  /// A guest that runs its firmware, with a monitor that watches it.
  final class Subject {
    let guest: TestGuest
    let watcher: Monitor
    let process: QEMUProcess

    init(_ guest: TestGuest) throws {
      self.guest = guest
      watcher = try Monitor(path: guest.thirdMonitor)
      process = try #require(QEMUProcess(pid: guest.process))
      try watcher.execute("cont")
    }

    var state: String { (try? watcher.execute("query-status")["status"]?.text) ?? "unknown" }

    /// Whether the guest comes into a state within the time.
    func becomes(_ wanted: String, seconds: Double) -> Bool {
      let end = ContinuousClock.now + .seconds(seconds)
      while ContinuousClock.now < end {
        if state == wanted { return true }
        Thread.sleep(forTimeInterval: 0.01)
      }
      return false
    }

    func window(_ method: PauseWindow.Method = .monitor, lease: Int = 20_000) throws -> PauseWindow {
      var settings = PauseWindow.Settings.built
      settings.lease = lease
      let monitor = method == .monitor ? try Monitor(path: guest.monitor) : nil
      return try PauseWindow(process, monitor: monitor, second: guest.secondMonitor, method: method, settings: settings)
    }
  }

  static func subject() async throws -> Subject { try Subject(try await TestGuest.boot(GuestRecipe { $0.kernel = nil })) }

  @Test("readings that agree pause nothing; those that do not, do") func optimistic() async throws {
    let subject = try await Self.subject()
    defer { subject.guest.stop() }
    let window = try subject.window()
    let same = try window.read { 7 }
    #expect(same.value == 7 && same.agreement == .agreed(attempts: 1) && window.roundTrips.count == 0)
    var calls = 0
    let late = try window.read {
      calls += 1
      return min(calls, 3)
    }
    #expect(late.value == 3 && late.agreement == .agreed(attempts: 3) && window.roundTrips.count == 0)
    var states: [String] = []
    let different = try window.read {
      states.append(subject.state)
      return states.count
    }
    #expect(different.agreement == .paused && different.value == 5 && states == ["running", "running", "running", "running", "paused"])
    #expect(subject.state == "running" && window.roundTrips.count == 1 && window.stamps.count == 1 && window.interruptions == 0)
  }

  @Test("an error in the middle leaves the guest running", arguments: PauseWindow.Method.allCases)
  func failure(_ method: PauseWindow.Method) async throws {
    let subject = try await Self.subject()
    defer { subject.guest.stop() }
    let window = try subject.window(method)
    #expect(throws: TestGuest.Failure.self) { try window.paused { throw TestGuest.Failure(description: "on purpose") } }
    #expect(subject.becomes("running", seconds: 2))
    #expect(try window.paused { 1 }.agreement == .paused)
  }

  @Test("a pause within a pause is the same one") func nested() async throws {
    let subject = try await Self.subject()
    defer { subject.guest.stop() }
    let window = try subject.window()
    let states = try window.paused { [try window.paused { subject.state }.value, subject.state] }
    #expect(states.value == ["paused", "paused"] && states.agreement == .paused && window.roundTrips.count == 1)
    #expect(subject.state == "running")
  }

  @Test("a guest that somebody else has paused is read and stays paused") func operatorsPause() async throws {
    let subject = try await Self.subject()
    defer { subject.guest.stop() }
    try subject.watcher.execute("stop")
    let window = try subject.window(lease: 50)
    let reading = try window.paused {
      Thread.sleep(forTimeInterval: 0.2)
      return subject.state
    }
    #expect(reading.value == "paused" && reading.agreement == .paused)
    #expect(subject.state == "paused" && window.roundTrips.count == 0)
  }

  @Test("a pause that outlasts its lease is ended by the guard, and said to be") func lease() async throws {
    let subject = try await Self.subject()
    defer { subject.guest.stop() }
    let window = try subject.window(lease: 100)
    let reading = try window.paused { subject.becomes("running", seconds: 5) }
    #expect(reading.value && reading.agreement == .interrupted && window.interruptions == 1)
    // How long the guest stood is not known.
    #expect(window.roundTrips.count == 0 && window.stamps.count == 0)
    #expect(subject.state == "running")
    #expect(try window.paused { 1 }.agreement == .paused)
  }

  @Test("no guard, no pause") func noGuard() async throws {
    let subject = try await Self.subject()
    defer { subject.guest.stop() }
    for program in ["/nonexistent", "/bin/true"] {
      var settings = PauseWindow.Settings()
      settings.guardProgram = PauseGuard.Program(path: program, arguments: [])
      let window = try PauseWindow(subject.process, monitor: try Monitor(path: subject.guest.monitor), settings: settings)
      #expect(throws: MachineError.self) { try window.paused { Issue.record("the guest was paused without a guard") } }
    }
    #expect(subject.state == "running")
  }

  /// How the owner of a pause is lost.
  enum Loss: String, CaseIterable, CustomTestStringConvertible {
    /// kill -9, with a second monitor for the guard.
    case killed
    /// kill -9, with the second monitor in somebody else's hands: the guard inherits the owner's connection.
    case killedWithOneMonitor
    /// SIGSTOP: the owner is there and does nothing.
    case frozen
    /// The same with one monitor.
    case frozenWithOneMonitor
    /// kill -9 of an owner that stopped QEMU by a signal.
    case killedAfterSignal
    var testDescription: String { rawValue }
  }

  @Test("whatever becomes of the owner, the guest runs again", arguments: Loss.allCases)
  func owner(_ loss: Loss) async throws {
    let subject = try await Self.subject()
    defer { subject.guest.stop() }
    let isAlone = [.killedWithOneMonitor, .frozenWithOneMonitor].contains(loss)
    let other = isAlone ? try Monitor(path: subject.guest.secondMonitor) : nil
    let isFrozen = [.frozen, .frozenWithOneMonitor].contains(loss)
    let owner = Process()
    owner.executableURL = URL(fileURLWithPath: BuiltProgram.path)
    owner.arguments = [
      "guest", "pause", subject.guest.monitor, "--samples", "1", "--hold", "30000000", "--lease", isFrozen ? "1500" : "25000", "--method",
      loss == .killedAfterSignal ? "signal" : "monitor",
    ]
    owner.standardOutput = FileHandle.nullDevice
    owner.standardError = FileHandle.nullDevice
    try owner.run()
    defer {
      kill(owner.processIdentifier, SIGKILL)
      owner.waitUntilExit()
    }
    if loss == .killedAfterSignal {
      #expect(subject.stops(seconds: 10))
    } else {
      #expect(subject.becomes("paused", seconds: 10))
    }
    kill(owner.processIdentifier, isFrozen ? SIGSTOP : SIGKILL)
    #expect(subject.becomes("running", seconds: 10))
    #expect(subject.realTimeThreads.isEmpty)
    _ = other
  }
}

extension PauseWindowTests.Subject {
  private var threads: [String] { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/task")) ?? [] }

  var isStopped: Bool {
    !threads.isEmpty
      && threads.allSatisfy { thread in
        let text = (try? String(contentsOfFile: "/proc/\(process.pid)/task/\(thread)/stat", encoding: .utf8)) ?? ""
        return text.split(separator: ")").last?.hasPrefix(" T") == true
      }
  }

  func stops(seconds: Double) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isStopped { return true }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return false
  }

  /// Threads of QEMU that were left with a real-time priority.
  var realTimeThreads: [String] { threads.filter { sched_getscheduler(pid_t($0) ?? 0) == SCHED_FIFO } }
}
