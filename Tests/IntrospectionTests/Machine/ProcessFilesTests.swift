import Foundation
import TestSupport
import Testing

@testable import Introspection

@Suite("Files of a process") struct ProcessFilesTests {
  /// Calls a body with the pid of a `sleep` that a program started in its way.
  private func sleeper(_ program: String, _ arguments: [String], _ body: (Int32) throws -> Void) throws {
    let parent = Process()
    parent.executableURL = URL(fileURLWithPath: try #require(HostProgram.path(of: program)))
    parent.arguments = arguments
    parent.standardInput = FileHandle.nullDevice
    parent.standardOutput = FileHandle.nullDevice
    parent.standardError = FileHandle.nullDevice
    try parent.run()
    defer { parent.terminate() }
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      let own = ProcessFiles.all.first { pid in
        let files = ProcessFiles(pid: pid)
        // Field 4 of stat, behind the name and the state.
        return files.text("stat")?.hasPrefix("\(pid) (sleep) ") == true
          && files.text("stat")?.split(separator: " ").dropFirst(3).first == "\(parent.processIdentifier)"
      }
      if let own {
        defer { kill(own, SIGKILL) }
        return try body(own)
      }
      usleep(10_000)
    }
    Issue.record("\(program) started no sleep")
  }

  /// Whether this machine has terminals to give.
  private static let hasTerminals = (try? HostProgram.output("script", ["-qec", "true", "/dev/null"])) != nil

  @Test(
    "the foreground job of a terminal is told from one that has none",
    .enabled(if: hasTerminals, "script(1) cannot open a terminal here (no devpts)"))
  func foreground() throws {
    // script(1) gives its command a terminal of its own.
    try sleeper("script", ["-qec", "exec sleep 60", "/dev/null"]) { #expect(ProcessFiles(pid: $0).isForeground) }
    try sleeper("setsid", ["--fork", "--wait", "sleep", "60"]) { #expect(!ProcessFiles(pid: $0).isForeground) }
  }

  @Test("a process that is gone has no start, is not alive and in no foreground") func gone() {
    let files = ProcessFiles(pid: 0x3FFF_FFFF)
    #expect(files.startTime == nil && !files.isAlive && !files.isForeground)
    let own = ProcessFiles(pid: getpid())
    #expect(own.isAlive && own.startTime ?? 0 > 0)
  }
}
