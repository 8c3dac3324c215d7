import Foundation
import Introspection
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

  @Test("a process that was taken out of the list of a running guest is found, for which the guest is paused by a signal and runs on")
  func hidden() throws {
    let booted = try TestGuest.shared()
    let clean = try Program.run(["guest", "check", "pid:\(booted.process)", "--format", "json"]).json()
    // For its registers alone.
    #expect(try methods(clean) == ["monitor"])
    let pid = Int32(try booted.run("sleep 1000 </dev/null >/dev/null 2>&1 & echo $!").dropLast())
    let guest = try Guest(try LiveMachine(pid: booted.process))
    let victim = try #require(try guest.processes().processes.first { $0.pid == pid })
    let links = victim.address &+ (try #require(guest.kernel.offset("task_struct", "tasks")))
    let head = try #require(guest.symbol("init_task")) &+ links &- victim.address
    let next = try #require(guest.pointer(links))
    let previous = try #require(guest.pointer(links &+ 8))
    try Self.write(into: booted, of: guest) { [(previous, next), (next &+ 8, previous)] }
    let result = try Program.run(["guest", "check", "pid:\(booted.process)", "--format", "json"])
    // At the list's end, where the kernel puts a process too.
    try Self.write(into: booted, of: guest) {
      let last = try #require(guest.pointer(head &+ 8))
      return [(links, head), (links &+ 8, last), (last, links), (head &+ 8, links)]
    }
    let report = try result.json()
    let findings = try #require(report["findings"] as? [[String: Any]])
    #expect(findings.map { $0["id"] as? String } == ["GST-060"], "\(result.alarms) \(result.error)")
    #expect(try methods(report) == ["monitor", "signal"])
    #expect(try booted.run("kill \(pid ?? 0); echo alive") == "alive\n")
    #expect(try Program.run(["guest", "check", "pid:\(booted.process)"]).code == 0)
  }

  /// Writes pointers to addresses of the kernel while the guest stands still. Its RAM lies at the start of its file.
  private static func write(into booted: TestGuest, of guest: Guest, _ pointers: () throws -> [(UInt64, UInt64)]) throws {
    let ram = try ram(of: booted.process)
    defer { close(ram) }
    #expect(kill(booted.process, SIGSTOP) == 0)
    defer { #expect(kill(booted.process, SIGCONT) == 0) }
    for (address, value) in try pointers() {
      let place = try #require(guest.physical(address))
      #expect(unsafe withUnsafeBytes(of: value.littleEndian) { unsafe pwrite(ram, $0.baseAddress, 8, off_t(place)) } == 8)
    }
  }

  private static func ram(of process: Int32) throws -> Int32 {
    let folder = "/proc/\(process)/fd"
    let path = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }.first {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: $0))?.hasPrefix("/memfd:") == true
      })
    return unsafe open(path, O_RDWR | O_CLOEXEC)
  }

  private func methods(_ report: [String: Any]) throws -> [String] {
    try #require(report["pauses"] as? [[String: Any]]).compactMap { $0["method"] as? String }
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
    #expect(!still.error.contains("cut short"), "\(still.error)")
    let short = try scratch.file("short.raw", "")
    try HostProgram.output("cp", ["--sparse=always", image, short])
    #expect(unsafe truncate(short, 255 << 20) == 0)
    let cut = try Program.run(["guest", "check", short])
    #expect(cut.error.contains("short.raw: it ends at 255 MiB, and the guest's kernel has memory up to"), "\(cut.error)")
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
