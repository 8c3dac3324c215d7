import Foundation
import TestSupport
import Testing

@Suite(
  "ringwall guest check and facts", .serialized, .enabled(if: TestGuest.obstacle(.cloud) == nil, "\(TestGuest.obstacle(.cloud) ?? "")"),
  .guest(GuestRecipe { $0.workload = [.fork, .tmpfs, .network, .people] }))
struct GuestCheckCommandTests {
  @Test("a guest at work gives no alarm, sample after sample") func alarms() throws {
    let guest = try TestGuest.shared()
    let samples = ProcessInfo.processInfo.environment["RINGWALL_TEST_SAMPLES"] ?? "12"
    let result = try Program.run(["guest", "check", "pid:\(guest.process)", "--samples", samples, "--format", "json"])
    #expect(result.code == 0, "\(result.alarms) \(result.error)\n\(result.output.prefix(4000))")
    let report = try result.json()
    #expect((report["findings"] as? [Any])?.isEmpty == true)
    // Its registers were read too.
    let unjudged = try #require(report["unjudged"] as? [[String: Any]])
    #expect(unjudged.allSatisfy { ($0["fact"] as? String)?.hasPrefix("baseline.") == true }, "\(unjudged)")
    #expect(try guest.run("echo alive") == "alive\n")
  }

  @Test("saved facts are judged as the guest is, and a baseline of them shows no change") func facts() throws {
    let guest = try TestGuest.shared()
    let scratch = try ScratchFolder()
    let path = scratch.path + "/facts.json"
    #expect(try Program.run(["guest", "baseline", "pid:\(guest.process)", "-o", path]).code == 0)
    let saved = try Program.run(["guest", "check", "--facts", path])
    #expect(saved.code == 0 && saved.error.contains("No sign of a kernel that was taken over"), "\(saved.output) \(saved.error)")
    let compared = try Program.run(["guest", "check", "pid:\(guest.process)", "--baseline", path, "--lang", "zh-CN"])
    #expect(compared.code == 0 && compared.error.contains("未发现内核被接管的迹象"), "\(compared.output) \(compared.error)")
    let image = try guest.ramImage(named: "check.raw")
    let still = try Program.run(["guest", "check", image])
    #expect(still.code == 0 && still.error.contains("processors is not collected"), "\(still.output) \(still.error)")
    // What QEMU booted, and what boot left in memory.
    func origin(_ target: String) throws -> String? {
      let facts = try Program.run(["guest", "facts", target]).json()["facts"] as? [String: Any]
      return ((facts?["kernelFile"] as? [String: Any])?["value"] as? [String: Any])?["origin"] as? String
    }
    #expect(try origin("pid:\(guest.process)") == "host" && origin(image) == "memory")
  }

  @Test(
    "what every command says of a guest fits its schema",
    .enabled(if: Validator.isInstalled, "python3 with jsonschema is not installed"),
    arguments: [
      (["list"], "list"), (["state"], "state"), (["state", "--no-pause"], "state"), (["ps"], "processes"), (["modules"], "modules"),
      (["mounts"], "mounts"), (["files"], "files"), (["sockets"], "sockets"), (["bpf"], "bpf"), (["log"], "log"), (["maps", "1"], "maps"),
      (["pause", "--samples", "3"], "pause"), (["pause", "--samples", "3", "--method", "monitor"], "pause"),
      (["dirty", "--rounds", "2", "--pages", "1000"], "dirty"), (["check"], "check"), (["facts"], "facts"),
    ] as [([String], String)])
  func schemas(words: [String], kind: String) throws {
    let guest = try TestGuest.shared()
    var arguments = ["guest", words[0]]
    if kind != "list" { arguments.append("pid:\(guest.process)") }
    arguments += words.dropFirst()
    if kind != "facts" { arguments += ["--format", "json"] }
    let result = try Program.run(arguments)
    #expect(result.output.contains("ringwall.guest.\(kind)/1"), "\(result.error)")
    #expect(try Validator.problems(of: result.output, schema: "guest-\(kind)-1") == "", "\(words)")
  }

  @Test("wrong use and other documents are errors") func errors() throws {
    #expect(try Program.run(["guest", "check"]).code == 2)
    #expect(try Program.run(["guest", "check", "a", "--facts", "b"]).code == 2)
    let scratch = try ScratchFolder()
    let file = try scratch.file("facts.json", "{\"schema\": \"ringwall.facts/1\"}")
    let wrong = try Program.run(["guest", "check", "--facts", file])
    #expect(wrong.code == 2 && wrong.error.contains("facts.json: these are no facts of a guest"), "\(wrong.error)")
    #expect(try Program.run(["guest", "facts", "/nonexistent.ram"]).code == 2)
  }
}
