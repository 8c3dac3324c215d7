import Domain
import Foundation
import TestSupport
import Testing

@testable import VSphere

@Suite("ringwall collect vsphere and ringwall audit vsphere://", .enabled(if: Simulator.obstacle == nil, "\(Simulator.obstacle ?? "")"))
struct ProgramTests {
  /// What the command line needs to trust a simulator.
  private func options(_ simulator: Simulator, _ scratch: Scratch) throws -> [String] {
    ["--user", Simulator.user, "--ca", try scratch.file("authority.pem", simulator.authority.text)]
  }

  private static let password = ["RINGWALL_PASSWORD": Simulator.password]

  @Test("the file that is written is audited, and says the same as the live server")
  func collect() async throws {
    let simulator = try Simulator()
    let scratch = try Scratch()
    let file = scratch.path("inventory.json")
    let options = try options(simulator, scratch)
    let collected = try await Program.run(
      ["collect", "vsphere", "localhost:\(simulator.port)", "-o", file] + options, environment: Self.password)
    #expect(collected.code == 0, "\(collected.error)")
    #expect(collected.output.isEmpty)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains("ringwall.vsphere/1") && !text.contains("battery"))
    #expect(try await simulator.otherSessions() == 0)

    let fromFile = try await Program.run(["audit", file, "--format", "json"])
    let live = try await Program.run(
      ["audit", "vsphere://localhost:\(simulator.port)", "--format", "json"] + options, environment: Self.password)
    let (first, second) = (try fromFile.verdicts(), try live.verdicts())
    #expect(!first.isEmpty && first == second)
    for text in [live.output, live.error, collected.error] { #expect(!text.contains("battery")) }
    #expect(try await simulator.otherSessions() == 0)
  }

  @Test("passwords: a file that others may read is refused, a closed one is read, and none is asked for without a terminal")
  func passwords() async throws {
    let simulator = try Simulator()
    let scratch = try Scratch()
    let options = try options(simulator, scratch)
    let command = ["collect", "vsphere", "localhost:\(simulator.port)"] + options
    let open = try await Program.run(command + ["--password-file", try scratch.file("open", Simulator.password, mode: 0o644)])
    #expect(open.code == 2 && open.error.contains("others may read it"))
    let closed = try await Program.run(command + ["--password-file", try scratch.file("closed", Simulator.password + "\n")])
    #expect(closed.code == 0 && closed.output.contains("ringwall.vsphere/1"))
    let none = try await Program.run(command)
    #expect(none.code == 2 && none.error.contains("no password"))
    let folder = try await Program.run(command + ["--password-file", scratch.url.path])
    #expect(folder.code == 2 && folder.error.contains("not a regular file"))
    let nobody = try await Program.run(["audit", "vsphere://localhost:\(simulator.port)"], environment: Self.password)
    #expect(nobody.code == 2 && nobody.error.contains("--user is missing"))
    let astray = try await Program.run(["audit", "--user", "root", scratch.url.path])
    #expect(astray.code == 2 && astray.error.contains("no target is one"))
  }

  @Test("what goes wrong is one sentence with exit code 2, and leaves no file")
  func failures() async throws {
    let simulator = try Simulator()
    let scratch = try Scratch()
    let options = try options(simulator, scratch)
    let file = scratch.path("inventory.json")
    func collect(_ port: Int, _ options: [String], password: String = Simulator.password) async throws -> Program.Result {
      let result = try await Program.run(
        ["collect", "vsphere", "localhost:\(port)", "-o", file] + options, environment: ["RINGWALL_PASSWORD": password])
      #expect(result.code == 2 && result.output.isEmpty)
      #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
      #expect(!result.error.contains(password))
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).sorted() == ["authority.pem"])
      return result
    }
    #expect(try await collect(simulator.port, options, password: "wrong horse").error.contains("not accepted"))
    #expect(try await collect(simulator.port, ["--user", Simulator.user]).error.contains("no trusted authority"))
    let proxy = try await Proxy(to: simulator.port, after: 20_000, .close)
    #expect(try await collect(proxy.port, options).error.contains("connection ended"))
    await proxy.stop()
    let old = try Simulator(expired: true)
    let expired = try await Program.run(
      ["audit", "vsphere://localhost:\(old.port)", "--user", Simulator.user, "--ca", try scratch.file("old.pem", old.authority.text)],
      environment: Self.password)
    #expect(expired.code == 2 && expired.output.contains("expired on"))
  }

  @Test("an interrupt closes the session, ends with exit code 2 and leaves no file", arguments: [SIGINT, SIGTERM])
  func interrupt(_ signal: Int32) async throws {
    let simulator = try Simulator()
    let scratch = try Scratch()
    let options = try options(simulator, scratch)
    let file = scratch.path("inventory.json")
    let proxy = try await Proxy(to: simulator.port, after: 20_000, .hold)
    let process = try Program.start(
      ["collect", "vsphere", "localhost:\(proxy.port)", "-o", file] + options, environment: Self.password)
    while !proxy.isHolding, process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    #expect(try await simulator.otherSessions() == 1)
    kill(process.processIdentifier, signal)
    try await Task.sleep(for: .milliseconds(100))
    proxy.release()
    let result = try await Program.result(process)
    #expect(result.code == 2 && result.error.contains("interrupted"), "\(result)")
    #expect(!FileManager.default.fileExists(atPath: file))
    #expect(try await simulator.otherSessions() == 0)
    await proxy.stop()
  }
}
