import Foundation
import TestSupport
import Testing

/// The validator of JSON Schemas, Debian's or PyPI's.
enum Validator {
  static let isInstalled = (try? run("import jsonschema", [])) == ""

  /// What is wrong with JSON lines, each of which must fit the schema; empty where nothing is.
  static func problems(ofLines text: String, schema: String) throws -> String {
    let scratch = try ScratchFolder()
    let script = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      for line in open(sys.argv[2]):
        for e in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(line)): print(line[:200], e.json_path, e.message[:300])
      """
    let path = Program.packageRoot.appendingPathComponent("data/schemas/\(schema).json").path
    return try run(script, [path, try scratch.file("lines.json", text)])
  }

  /// What is wrong with one document; empty where nothing is.
  static func problems(of text: String, schema: String) throws -> String {
    let scratch = try ScratchFolder()
    let script = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1])); document = json.load(open(sys.argv[2]))
      jsonschema.Draft202012Validator.check_schema(schema)
      for e in list(jsonschema.Draft202012Validator(schema).iter_errors(document))[:5]: print(e.json_path, e.message[:300])
      """
    let path = Program.packageRoot.appendingPathComponent("data/schemas/\(schema).json").path
    return try run(script, [path, try scratch.file("document.json", text)])
  }

  /// What the script prints, errors included.
  static func run(_ script: String, _ arguments: [String]) throws -> String {
    try HostProgram.run("/usr/bin/env", ["python3", "-W", "ignore", "-c", script] + arguments).output
  }
}

@Suite("JSON Schemas", .enabled(if: Validator.isInstalled, "python3 with jsonschema is not installed"))
struct SchemaTests {
  private func validate(_ output: String, schema: String) throws {
    #expect(try Validator.problems(of: output, schema: schema) == "")
  }

  @Test("Results of files, of a refused target and of this host fit their schema")
  func audit() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    try validate(try Program.run(["audit", "--format", "json", guest, "/nonexistent.xml"]).output, schema: "audit-1")
    try validate(try Program.run(["audit", "--format", "json", "--lang", "zh-CN"]).output, schema: "audit-1")
    try validate(try Program.run(["audit", "--format", "json", "--framework", "gdpr,pci,attack", guest]).output, schema: "audit-1")
    let before = scratch.path + "/before.json"
    _ = try Program.run(["audit", "--format", "json", "--output", before, guest])
    try validate(try Program.run(["audit", "--format", "json", "--only-new", "--against", before, guest]).output, schema: "audit-1")
  }

  @Test("A scan of a guest's memory fits its schema")
  func guestScan() throws {
    let scratch = try ScratchFolder()
    let memory = try scratch.file("guest.ram", String(repeating: "x", count: 1 << 20) + "diamorphine" + "_secret")
    try validate(try Program.run(["guest", "scan", memory, "--format", "json"]).output, schema: "guest-scan-1")
    try validate(try Program.run(["guest", "scan", memory, "--format", "json", "--context", "8"]).output, schema: "guest-scan-1")
  }

  @Test("Facts of one asset and of several fit their schema")
  func facts() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    try validate(try Program.run(["facts", guest]).output, schema: "facts-1")
    try validate(try Program.run(["facts"]).output, schema: "facts-1")
  }

  @Test("A waiver, trusted keys, and a result with waivers fit their schemas")
  func waivers() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    func path(_ name: String) -> String { scratch.url.appendingPathComponent(name).path }
    var ids: [String] = []
    for i in 0..<3 {
      let made = try Program.run(["keys", "generate", "--owner", "\(i)", "--private", path("\(i)"), "--trusted-keys", path("keys.json")])
      ids.append(made.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    let results = try Program.run(["audit", "--format", "json", guest]).json()["results"] as? [[String: Any]] ?? []
    func first(_ verdict: String) -> String { results.first { $0["verdict"] as? String == verdict }?["id"] as? String ?? "" }
    let written = try Program.run([
      "waiver", "new", "--control", first("fail"), "--compensating", first("pass"), "--days", "5", "--reason", "for the schema",
      "--requester", ids[0], "--approver", ids[1], "--approver", ids[2], "--trusted-keys", path("keys.json"), "--output", path("W.json"),
      guest,
    ])
    #expect(written.code == 0, "\(written.error)")
    try validate(try String(contentsOfFile: path("W.json"), encoding: .utf8), schema: "waiver-1")
    try validate(try String(contentsOfFile: path("keys.json"), encoding: .utf8), schema: "keys-1")
    for i in 0..<3 {
      try validate(
        try Program.run(["audit", "--format", "json", "--waivers", scratch.url.path, "--trusted-keys", path("keys.json"), guest]).output,
        schema: "audit-1")
      #expect(try Program.run(["waiver", "sign", path("W.json"), "--key", path("\(i)")]).code == 0)
    }
    try validate(
      try Program.run(["audit", "--format", "json", "--waivers", path("W.json"), "--trusted-keys", path("keys.json"), guest]).output,
      schema: "audit-1")
  }

  @Test("What changed between two runs fits its schema")
  func changes() throws {
    let scratch = try ScratchFolder()
    var reports: [String] = []
    for text in [Inputs.domain, Inputs.domain.replacingOccurrences(of: "0.0.0.0", with: "127.0.0.1")] {
      let guest = try scratch.file("guest.xml", text)
      reports.append(try scratch.file("\(reports.count).json", try Program.run(["audit", "--format", "json", guest]).output))
    }
    try validate(try Program.run(["audit", "--format", "json", "--compare"] + reports).output, schema: "changes-1")
  }

  @Test("Frameworks and the checklist, judged and blank, fit their schemas")
  func frameworks() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    try validate(try Program.run(["frameworks", "--format", "json"]).output, schema: "frameworks-1")
    try validate(try Program.run(["checklist", "--format", "json", guest]).output, schema: "checklist-1")
    try validate(try Program.run(["checklist", "--format", "json", "--blank"]).output, schema: "checklist-1")
  }

  @Test("Citations, laws, cases and figures fit their schemas")
  func references() throws {
    let scratch = try ScratchFolder()
    let text = try scratch.file("text.md", "As NIST SP 800-9999 says.\n")
    let citations = try Program.run(["citations", "--format", "json", text])
    try validate(citations.output, schema: "citations-1")
    for arguments in [[], ["--cases"], ["--figures"]] {
      let result = try Program.run(["regulations", "--format", "json"] + arguments)
      #expect(result.code == 0, "\(result.error)")
      try validate(result.output, schema: "regulations-1")
    }
  }

  @Test("The list of running guests fits its schema")
  func guestList() throws {
    try validate(try Program.run(["guest", "list", "--format", "json"]).output, schema: "guest-list-1")
  }

  @Test("The catalogue fits its schema")
  func controls() throws {
    try validate(try Program.run(["controls", "--format", "json"]).output, schema: "controls-1")
  }
}
