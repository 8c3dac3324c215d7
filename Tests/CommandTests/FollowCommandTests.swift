import Foundation
import Testing

/// The built program following a folder until it is interrupted.
@Suite("Following, as a program", .serialized)
struct FollowCommandTests {
  final class Running {
    let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private var pending: [Int32: [UInt8]] = [:]

    init(_ arguments: [String], asNobody: Bool = false) throws {
      let words = ["audit", "--follow", "--no-progress"] + arguments
      process.executableURL = URL(fileURLWithPath: asNobody ? "/usr/bin/setpriv" : Program.path)
      process.arguments =
        (asNobody ? ["--reuid", "65534", "--regid", "65534", "--clear-groups", Program.path] : []) + words
      process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = output
      process.standardError = errors
      try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    func line() -> String? { line(output.fileHandleForReading.fileDescriptor) }
    func errorLine() -> String? { line(errors.fileHandleForReading.fileDescriptor) }

    /// The next line; nil after 60 seconds without one, or at the end.
    private func line(_ descriptor: Int32) -> String? {
      while true {
        var rest = pending[descriptor] ?? []
        if let end = rest.firstIndex(of: 0x0A) {
          let line = String(decoding: rest[..<end], as: UTF8.self)
          rest.removeSubrange(...end)
          pending[descriptor] = rest
          return line
        }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // SAFETY: one entry, which outlives the call.
        guard unsafe poll(&entry, 1, 60_000) > 0 else { return nil }
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let capacity = chunk.count
        // SAFETY: read(2) writes no more than the length given, which is the array's.
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, capacity) }
        guard count > 0 else { return nil }
        pending[descriptor] = rest + chunk.prefix(count)
      }
    }

    /// Reads until a line holds the text; nil where none does.
    func until(_ text: String) -> String? {
      while let line = line() { if line.contains(text) { return line } }
      return nil
    }

    func end() -> Int32 {
      process.interrupt()
      process.waitUntilExit()
      return process.terminationReason == .exit ? process.terminationStatus : -1
    }
  }

  private static let loopback = Inputs.domain.replacingOccurrences(of: "0.0.0.0", with: "127.0.0.1")

  @Test("A change is told, its repair too, and an interrupt ends with a summary and the audit's exit code")
  func changes() throws {
    let folder = try ScratchFolder()
    try folder.file("guest.xml", Self.loopback)
    let running = try Running([folder.path])
    #expect(running.errorLine()?.hasPrefix("Following 1 asset") == true)
    try folder.file("guest.xml", Inputs.domain)
    let opened = try #require(running.until("pass -> fail"))
    #expect(opened.contains("build-03") && opened.contains(folder.path + "/guest.xml:"))
    try folder.file("guest.xml", Self.loopback)
    #expect(running.until("fail -> pass") != nil)
    let code = running.end()
    let summary = try #require(running.errorLine())
    #expect(summary.contains("verdicts changed") && summary.contains("fail"))
    #expect(code == (try Program.run(["audit", folder.path])).code)
  }

  @Test("Each line is a JSON object, whatever happens to files")
  func json() throws {
    let folder = try ScratchFolder()
    try folder.file("guest.xml", Inputs.domain)
    let running = try Running([folder.path, "--format", "json"])
    #expect(running.errorLine() != nil)
    try folder.file("guest.xml", "<domain")
    try FileManager.default.removeItem(atPath: folder.path + "/guest.xml")
    // The same guest in another folder neither goes nor comes where both are seen at once; another one surely comes.
    try folder.file("new/guest.xml", Inputs.domain)
    try folder.file("new/other.xml", Inputs.domain.replacingOccurrences(of: "build-03", with: "build-04"))
    var appeared: Set<String> = []
    while !appeared.contains("build-04"), let line = running.line() {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let event = try #require(object["event"] as? String)
      if event == "appeared" { appeared.insert(try #require(object["name"] as? String)) }
    }
    #expect(appeared.contains("build-04"))
    _ = running.end()
  }

  @Test("A queue that ran over leads to everything being read anew, and is said")
  func overflow() throws {
    let most = Int((try? String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8))?.dropLast() ?? "") ?? 16_384
    try #require(most <= 200_000)
    let folder = try ScratchFolder()
    try folder.file("guest.xml", Self.loopback)
    for name in ["a", "b"] { try folder.file(name, "x") }
    let running = try Running([folder.path, "--format", "json"])
    #expect(running.errorLine() != nil)
    kill(running.process.processIdentifier, SIGSTOP)
    // Events of one file in a row are one; those of two in turn are not.
    for turn in 0..<(most + 100) {
      // SAFETY: chmod(2) reads the path, which Swift keeps alive for the call.
      _ = unsafe chmod(folder.path + (turn % 2 == 0 ? "/a" : "/b"), turn % 4 < 2 ? 0o600 : 0o644)
    }
    try folder.file("guest.xml", Inputs.domain)
    kill(running.process.processIdentifier, SIGCONT)
    #expect(running.until("\"event\":\"rescan\"")?.contains("overflow") == true)
    #expect(running.until("\"to\":\"fail\"") != nil)
    #expect(running.errorLine()?.contains("read anew") == true)
    #expect(running.end() >= 0)
  }
}
