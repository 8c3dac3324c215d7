import Foundation
import Testing

@Suite("Wrong use and help")
struct UsageTests {
  @Test(
    "Every command has help with examples",
    arguments: [
      "audit", "facts", "explain", "controls", "frameworks", "checklist", "doctor", "eval", "test", "check", "bench", "deps", "run", "exec",
      "capabilities", "fmt",
      "parse", "build", "inspect",
      "completion",
      "version",
    ])
  func help(command: String) throws {
    let result = try Program.run([command, "--help"])
    #expect(result.code == 0)
    #expect(result.output.contains("ringwall \(command)"))
    #expect(result.output.contains("OVERVIEW"))
    #expect(result.error.isEmpty)
  }

  @Test("Without a command the help is shown")
  func bare() throws {
    let result = try Program.run([])
    #expect(result.code == 0)
    #expect(result.output.contains("ringwall audit"))
  }

  @Test("The version is one line")
  func version() throws {
    let result = try Program.run(["--version"])
    #expect(result.code == 0)
    #expect(result.output.wholeMatch(of: /ringwall \d+\.\d+\.\d+\n/) != nil)
  }

  @Test(
    "Wrong use exits with 2, says what was wrong on standard error and writes nothing to standard output",
    arguments: [
      (["nonsense"], "nonsense"), (["audit", "--nonsense"], "--nonsense"), (["audit", "--only-new"], "--against"),
      (["audit", "--format", "nonsense"], "there are table, json"), (["audit", "--lang", "tlh"], "there are en and zh-CN"),
      (["audit", "--fail-on", "info"], "low, medium, high and critical"), (["audit", "--only", "KVM-9999"], "no such control"),
      (["audit", "--skip", "nonsense"], "no such control"), (["audit", "--baseline", "nonsense"], "there are"),
      (["audit", "--baseline", "../data/layers"], "no baseline"), (["audit", "--set", "nonsense"], "key=value"),
      (["audit", "--set", "tenant=x"], "did you mean tenants"), (["audit", "--replace-policy"], "--policy"),
      (["audit", "--policy", "/nonexistent"], "/nonexistent"), (["audit", "--parameters", "/nonexistent"], "/nonexistent"),
      (["audit", "--data", "/"], "policies/main.rego"), (["audit", "--unknown", "maybe"], "maybe"), (["explain"], "id"),
      (["explain", "KVM-9999"], "no such control, and no word"), (["completion", "tcsh"], "tcsh"),
      (["facts", "--asset", "nobody", "/dev/null"], "nobody"),
      (["audit", "--against", "x.json"], "--only-new"), (["audit", "--only-new", "--against", "/nonexistent.json"], "/nonexistent.json"),
      (["audit", "--only-new", "--against", "last", "--history", "/nonexistent/h.db"], "there is no store yet"), (["audit", "--framework", "gdpq"], "did you mean gdpr"),
      (["audit", "--framework", "gdpr", "--format", "junit"], "has no place for clauses"),
      (["frameworks", "nonsense"], "no such framework"),
      (["checklist", "--blank", "/"], "--blank"),
      (["audit", "--output", "/nonexistent/report", "/dev/null"], "the folder does not exist"),
      (["audit", "-o", "/nonexistent/report", "/dev/null"], "the folder does not exist"),
      (["audit", "--output", "/tmp", "/dev/null"], "a folder"),
    ] as [([String], String)])
  func wrong(arguments: [String], expected: String) throws {
    let result = try Program.run(arguments)
    #expect(result.code == 2)
    #expect(result.error.contains(expected), "\(result.error)")
    #expect(result.output.isEmpty)
  }

  @Test("-o is a file in every command, and never the form")
  func output() throws {
    for command in [
      "ps", "list", "state", "dirty", "modules", "mounts", "files", "sockets", "bpf", "log", "maps", "scan", "check", "pause",
    ] {
      let help = try Program.run(["help", "guest", command]).output
      #expect(help.contains("--format") && !help.contains("-o,"), "\(command): \(help)")
      let result = try Program.run(["guest", command, "-o", "json"] + (command == "maps" ? ["1"] : []))
      #expect(result.code == 2 && result.error.contains("-o"), "\(command): \(result.error)")
    }
    for command in [["facts"], ["audit"], ["checklist"], ["guest", "facts"], ["guest", "isf"], ["guest", "dump"], ["disk", "manifest"]] {
      let help = try Program.run(["help"] + command).output
      #expect(help.contains("-o, --output <file>"), "\(command): \(help)")
    }
  }

  @Test("Completion scripts come for three shells", arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) throws {
    let result = try Program.run(["completion", shell])
    #expect(result.code == 0)
    #expect(result.output.contains("ringwall") && result.output.contains("audit"))
  }

  @Test("The catalogue is listed as a table and as JSON, and each of its controls can be explained in both languages")
  func catalogue() throws {
    let json = try Program.run(["controls", "--format", "json"]).json()
    #expect(json["schema"] as? String == "ringwall.controls/1")
    let controls = try #require(json["controls"] as? [[String: Any]])
    let ids = controls.compactMap { $0["id"] as? String }
    #expect(ids.count == controls.count && ids == ids.sorted())
    let table = try Program.run(["controls"])
    #expect(table.code == 0)
    for id in ids { #expect(table.output.contains(id)) }
    guard !ids.isEmpty else { return }
    for language in ["en", "zh-CN"] {
      let result = try Program.run(["explain", "--lang", language] + ids)
      #expect(result.code == 0)
      for id in ids { #expect(result.output.contains("\(id)  ")) }
    }
  }

  @Test(
    "A baseline of a platform judges every control of it, and no other",
    arguments: [
      ("kvm", ["linux-kvm", "libvirt", "libvirt-domain", "qemu"]), ("hyperv-2022", ["hyper-v", "windows-vbs"]), ("vbs", ["windows-vbs"]),
      ("containers", ["docker", "gvisor"]),
    ])
  func baselines(name: String, platforms: [String]) throws {
    func controls(_ options: [String]) throws -> [[String: Any]] {
      try #require(try Program.run(["controls", "--format", "json"] + options).json()["controls"] as? [[String: Any]])
    }
    let all = try controls([]).filter { platforms.contains($0["platform"] as? String ?? "") }.compactMap { $0["id"] as? String }
    let some = try controls(["--baseline", name]).compactMap { $0["id"] as? String }
    #expect(!all.isEmpty && some == all)
  }

  @Test("The key indicators are a part of all controls")
  func baseline() throws {
    let all = try #require(try Program.run(["controls", "--format", "json"]).json()["controls"] as? [[String: Any]])
    let some = try #require(
      try Program.run(["controls", "--format", "json", "--baseline", "key-50"]).json()["controls"] as? [[String: Any]])
    #expect(some.count <= all.count)
    #expect(some.allSatisfy { $0["key50"] != nil })
  }
}

@Suite("The data folder")
struct DataFolderTests {
  private func copy() throws -> ScratchFolder {
    let scratch = try ScratchFolder()
    for name in ["policies", "baselines", "data"] {
      try FileManager.default.copyItem(at: Program.packageRoot.appendingPathComponent(name), to: scratch.url.appendingPathComponent(name))
    }
    return scratch
  }

  @Test("A copy elsewhere gives the same catalogue, named by option or by environment")
  func elsewhere() throws {
    let scratch = try copy()
    let here = try Program.run(["version"]).output.split(separator: "\n")
    for result in [
      try Program.run(["version", "--data", scratch.path]), try Program.run(["version"], environment: ["RINGWALL_DATA": scratch.path]),
    ] {
      #expect(result.code == 0)
      #expect(result.output.split(separator: "\n").prefix(3) == here.prefix(3))
      #expect(result.output.contains(scratch.path))
    }
  }

  @Test(
    "One that anybody may write to is refused, wherever in it",
    arguments: ["", "/policies", "/policies/main.rego", "/policies/lib", "/data/text/en"])
  func writable(place: String) throws {
    let scratch = try copy()
    let path = scratch.path + place
    let mode = try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    try FileManager.default.setAttributes([.posixPermissions: mode | 0o002], ofItemAtPath: path)
    let result = try Program.run(["controls", "--data", scratch.path])
    #expect(result.code == 2)
    #expect(result.error.contains("anybody may write"))
    #expect(result.output.isEmpty)
  }

  @Test("One below a folder that anybody may write to is refused")
  func writableParent() throws {
    let scratch = try ScratchFolder()
    let inner = scratch.url.appendingPathComponent("share")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    for name in ["policies", "baselines", "data"] {
      try FileManager.default.copyItem(at: Program.packageRoot.appendingPathComponent(name), to: inner.appendingPathComponent(name))
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: scratch.path)
    let result = try Program.run(["controls", "--data", inner.path])
    #expect(result.code == 2)
    #expect(result.error.contains("anybody may write"))
  }

  @Test("A file that differs from the manifest is refused by name")
  func manifest() throws {
    let scratch = try copy()
    let name = "policies/main.rego"
    try scratch.file("MANIFEST.sha256", "\(String(repeating: "0", count: 64))  \(name)\n")
    let result = try Program.run(["controls", "--data", scratch.path])
    #expect(result.code == 2)
    #expect(result.error.contains("MANIFEST.sha256"))
  }

  @Test("The working directory is never looked at")
  func workingDirectory() throws {
    let scratch = try ScratchFolder()
    try scratch.file("policies/main.rego", "package ringwall.audit\nresults := {\"EVIL\": 1}\n")
    let there = try Program.run(["version"], in: scratch.path)
    #expect(there.output == (try Program.run(["version"]).output))
  }

  @Test("A broken policy of the user's own is one clear error that names file and line")
  func brokenPolicy() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.file("own.rego", "package ringwall.controls.host.own\n\nx := {\n")
    let result = try Program.run(["audit", "--policy", path, "/dev/null"])
    #expect(result.code == 2)
    #expect(result.error.contains("\(path):"))
  }
}
