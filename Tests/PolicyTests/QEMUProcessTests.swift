import Domain
import Foundation
import Judgement
import Platforms
import Testing

/// Real QEMU processes of this machine, collected and judged while they run.
@Suite(
  "QEMU processes", .enabled(if: QEMUProcess.canRun, "needs root, setpriv, and a qemu-system-x86_64 that an ordinary user may run"),
  .serialized)
struct QEMUProcessTests {
  /// Verdicts other than pass and not applicable. Whether the mount namespace of process 1 can be read differs between machines.
  private func findings(_ process: QEMUProcess) throws -> [String: Finding] {
    let judge = try FixtureJudge()
    let collection = QEMUCollector(tree: Tree()).collect(process: process.pid, target: "pid:\(process.pid)")
    #expect(collection.refusals.isEmpty)
    let asset = try #require(collection.assets.first)
    let all = try Judge(policies: judge.policies, parameters: judge.baseline.parameters)
      .judge(asset, collected: Collected(at: "2026-01-01T00:00:00Z", by: "test", uid: 0))
    #expect(all.count == 14)
    return Dictionary(
      all.filter { $0.verdict != .pass && $0.verdict != .notApplicable && $0.control.id != "QMU-003" }.map { ($0.control.id, $0) },
      uniquingKeysWith: { first, _ in first })
  }

  @Test("a hardened process fails for its accelerator alone")
  func hardened() throws {
    let process = try QEMUProcess(["-chardev", "socket,id=m,path=%/qmp.sock,server=on,wait=off", "-mon", "chardev=m,mode=control"])
    defer { process.stop() }
    let findings = try findings(process)
    #expect(Set(findings.keys) == ["QMU-010"], "\(findings.mapValues { $0.messageCase })")
    #expect(findings["QMU-010"]?.arguments["found"] == ["tcg"])
    #expect(findings["QMU-010"]?.evidence.first?.source == .command("pid \(process.pid) argv[2]"))
  }

  @Test("QMP on the loopback address is found, with the argument that opens it")
  func monitorOnLoopback() throws {
    let port = 20_000 + Int(ProcessInfo.processInfo.processIdentifier) % 20_000
    let process = try QEMUProcess(["-qmp", "tcp:127.0.0.1:\(port),server=on,wait=off"], port: port)
    defer { process.stop() }
    let findings = try findings(process)
    #expect(Set(findings.keys) == ["QMU-007", "QMU-010"], "\(findings.mapValues { $0.messageCase })")
    let finding = try #require(findings["QMU-007"])
    #expect(finding.verdict == .fail && finding.control.severity == .critical)
    #expect(finding.arguments["found"]?.text?.contains("127.0.0.1:\(port)") == true)
    #expect(finding.evidence.first?.source == .command("pid \(process.pid) argv[\(process.lastArgument)]"))
  }

  @Test("every process of the machine is found, each once")
  func machine() throws {
    let first = try QEMUProcess(["-monitor", "none"])
    let second = try QEMUProcess(["-monitor", "none"])
    defer {
      first.stop()
      second.stop()
    }
    let assets = QEMUCollector(tree: Tree()).collect(target: "this host").assets
    for process in [first, second] {
      let found = assets.filter { $0.facts["argv.program"]?.source == [.command("pid \(process.pid) argv[0]")] }
      #expect(found.count == 1 && found.first?.asset.uuid == process.uuid)
    }
  }

  @Test("a process that is no QEMU is refused by its name")
  func otherProcess() {
    let own = ProcessInfo.processInfo.processIdentifier
    let collection = QEMUCollector(tree: Tree()).collect(process: own, target: "pid:\(own)")
    #expect(collection.assets.isEmpty && collection.refusals.first?.code == "unknown-kind")
    #expect(QEMUCollector(tree: Tree()).collect(process: 2_000_000_000, target: "x").refusals.first?.code == "not-found")
  }
}

/// A diskless guest, stopped before its first instruction, run as an ordinary user.
private final class QEMUProcess {
  private static let asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "qemu-system-x86_64"]

  /// Also false where an ordinary user may not even enter the root folder.
  static let canRun: Bool = {
    guard geteuid() == 0, path("qemu-system-x86_64") != nil, let setpriv = path("setpriv") else { return false }
    let trial = Process()
    trial.executableURL = URL(filePath: setpriv)
    trial.arguments = asNobody + ["--version"]
    trial.standardOutput = FileHandle.nullDevice
    trial.standardError = FileHandle.nullDevice
    guard (try? trial.run()) != nil else { return false }
    trial.waitUntilExit()
    return trial.terminationStatus == 0
  }()

  struct Failure: Error {
    let reason: String
  }

  let pid: Int32
  let uuid = UUID().uuidString.lowercased()
  let lastArgument: Int
  private let process = Process()
  private let folder: String
  private let waitsForNothing: Bool

  /// - Parameters:
  ///   - arguments: after those that every guest here has; % stands for a folder of its own.
  ///   - port: waited for; nil waits for a socket file or, with -monitor none, for the program to run.
  init(_ arguments: [String], port: Int? = nil) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-qemu-\(uuid)").path
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try FileManager.default.setAttributes([.ownerAccountID: 65534, .groupOwnerAccountID: 65534], ofItemAtPath: folder)
    let common = [
      "-accel", "tcg", "-name", "guest=ringwall-test", "-uuid", uuid, "-machine", "q35", "-m", "64", "-nodefaults", "-no-user-config",
      "-display",
      "none", "-S", "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ]
    let all = common + arguments.map { $0.replacingOccurrences(of: "%", with: folder) }
    lastArgument = all.count
    waitsForNothing = arguments.contains("none")
    process.executableURL = URL(filePath: Self.path("setpriv") ?? "/usr/bin/setpriv")
    process.arguments = Self.asNobody + all
    process.standardOutput = FileHandle.nullDevice
    let complaints = folder + "/stderr"
    try Data().write(to: URL(filePath: complaints))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: complaints))
    try process.run()
    pid = process.processIdentifier
    // setpriv becomes QEMU in the same process.
    for _ in 0..<1200 {
      if isReady(port) { return }
      guard process.isRunning else { break }
      usleep(100_000)
    }
    let state = process.isRunning ? "still running" : "ended with \(process.terminationStatus)"
    let text = (try? String(contentsOfFile: complaints, encoding: .utf8)) ?? ""
    stop()
    throw Failure(reason: "QEMU did not come up: \(state): \(text)")
  }

  private func isReady(_ port: Int?) -> Bool {
    let command = (try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline"))) ?? Data()
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    guard command.starts(with: Data("qemu-system-x86_64".utf8)), status.contains("Seccomp:\t2") else { return false }
    if let port {
      let ports = (try? String(contentsOfFile: "/proc/\(pid)/net/tcp", encoding: .utf8)) ?? ""
      return ports.contains(":" + String(format: "%04X", port) + " 00000000:0000 0A")
    }
    return waitsForNothing || FileManager.default.fileExists(atPath: folder + "/qmp.sock")
  }

  func stop() {
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static func path(_ program: String) -> String? {
    ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"].map { $0 + program }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
