import Foundation
import Testing

/// From a key to a waived finding, with the built program.
@Suite("ringwall waiver and ringwall keys")
struct WaiverCommandTests {
  /// A guest with something that fails and something that passes, three keys, and a waiver that nobody has signed.
  private final class Scene {
    let scratch: ScratchFolder
    let guest: String
    let keys: String
    let waiver: String
    var ids: [String] = []
    let failing: String
    let passing: String

    init() throws {
      scratch = try ScratchFolder()
      guest = try scratch.file("guest.xml", Inputs.domain)
      keys = scratch.url.appendingPathComponent("keys.json").path
      waiver = scratch.url.appendingPathComponent("W-1.json").path
      let audit = try Program.run(["audit", "--format", "json", guest]).json()
      let results = try #require(audit["results"] as? [[String: Any]])
      func first(_ verdict: String, _ severities: [String]) throws -> String {
        try #require(
          results.first { $0["verdict"] as? String == verdict && severities.contains($0["severity"] as? String ?? "") }?["id"] as? String)
      }
      // The console listens to everybody.
      let control = "LVX-014"
      try #require(results.contains { $0["id"] as? String == control && $0["verdict"] as? String == "fail" })
      failing = control
      passing = try first("pass", ["low", "medium", "high", "critical"])
      for (owner, role) in [("requester", "request"), ("approver A", "approve"), ("approver B", "approve")] {
        let made = try Program.run([
          "keys", "generate", "--owner", owner, "--role", role, "--private", path("\(ids.count).key"), "--trusted-keys", keys,
        ])
        try #require(made.code == 0, "\(made.error)")
        ids.append(made.output.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      let written = try new()
      try #require(written.code == 0, "\(written.error)")
    }

    func path(_ name: String) -> String { scratch.url.appendingPathComponent(name).path }

    func new(_ extra: [String] = ["--days", "20"], output: String? = nil) throws -> Program.Result {
      try Program.run(
        [
          "waiver", "new", "--control", failing, "--compensating", passing, "--reason", "until the new host stands", "--requester", ids[0],
          "--approver", ids[1], "--approver", ids[2], "--trusted-keys", keys, "--output", output ?? waiver, guest,
        ] + extra)
    }

    func sign(_ people: [Int] = [0, 1, 2]) throws {
      for i in people {
        let signed = try Program.run(["waiver", "sign", waiver, "--key", path("\(i).key")])
        try #require(signed.code == 0, "\(signed.error)")
      }
    }

    func audit(_ extra: [String] = []) throws -> Program.Result {
      try Program.run(["audit", "--format", "json", "--waivers", waiver, "--trusted-keys", keys, guest] + extra)
    }

    /// Ids of findings about waivers.
    func defects() throws -> [String] {
      let results = try audit().json()["results"] as? [[String: Any]] ?? []
      return results.compactMap { $0["id"] as? String }.filter { $0.hasPrefix("WVR-") }
    }
  }

  @Test("A waiver for a target that cannot be read names what is wrong with it")
  func refused() throws {
    let scene = try Scene()
    let broken = try scene.scratch.file("broken.xml", "<domain type='kvm'><name>x</name>")
    let result = try Program.run([
      "waiver", "new", "--control", scene.failing, "--compensating", scene.passing, "--reason", "until the new host stands", "--requester",
      scene.ids[0], "--approver", scene.ids[1], "--approver", scene.ids[2], "--trusted-keys", scene.keys, "-o", scene.path("W-2.json"),
      "--days", "3", broken,
    ])
    #expect(result.code == 2 && result.error.contains("broken.xml:1") && !result.error.contains("nothing to waive"), "\(result.error)")
    #expect(!FileManager.default.fileExists(atPath: scene.path("W-2.json")))
  }

  @Test("A folder is verified to its end, and one without a waiver is no valid one")
  func folder() throws {
    let scene = try Scene()
    try scene.sign()
    let folder = scene.scratch.url.appendingPathComponent("waivers")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let empty = try Program.run(["waiver", "verify", folder.path, "--trusted-keys", scene.keys])
    #expect(empty.code == 2 && empty.output.isEmpty && empty.error.contains("no waiver lies in this folder"), "\(empty.error)")
    for file in try FileManager.default.contentsOfDirectory(atPath: scene.scratch.url.path) where file.hasPrefix("W-1.json") {
      try FileManager.default.copyItem(atPath: scene.path(file), toPath: folder.appendingPathComponent(file).path)
    }
    try Data("{\"schema\": \"ringwall.waiver/1\",".utf8).write(to: folder.appendingPathComponent("A-0.json"))
    let result = try Program.run(["waiver", "verify", folder.path, "--trusted-keys", scene.keys])
    #expect(result.code == 2 && result.output.hasPrefix("W-1 (\(folder.path)/W-1.json)  valid"), "\(result.output)")
    #expect(result.error.contains("A-0.json:1:") && result.error.split(separator: "\n").count == 1, "\(result.error)")
  }

  @Test("A signed waiver turns its finding into a waived one, with days left, and nothing else")
  func waived() throws {
    let scene = try Scene()
    let before = try Program.run(["audit", "--format", "json", scene.guest]).json()
    try scene.sign()
    #expect(try Program.run(["waiver", "verify", scene.waiver, "--trusted-keys", scene.keys]).code == 0)
    let after = try scene.audit().json()
    let results = try #require(after["results"] as? [[String: Any]])
    let waived = results.filter { $0["verdict"] as? String == "waived" }
    #expect(waived.map { $0["id"] as? String } == [scene.failing])
    let waiver = try #require(waived.first?["waiver"] as? [String: Any])
    #expect(waiver["daysLeft"] as? Int == 19 && waiver["requester"] as? String == "requester")
    let (old, new) = (try #require(before["summary"] as? [String: Int]), try #require(after["summary"] as? [String: Int]))
    #expect(new["fail"] == old["fail"].map { $0 - 1 } && new["waived"] == 1 && new["pass"] == old["pass"])
    #expect(before["scores"] as? [String: [String: Int]] == after["scores"] as? [String: [String: Int]])
    let exits = [before, after].map { ($0["exit"] as? [String: Any])?["fail"] as? Int ?? -1 }
    #expect(exits[1] == exits[0] - 1)
    let table = try Program.run(
      ["audit", "--waivers", scene.waiver, "--trusted-keys", scene.keys, "--all", "--lang", "zh-CN", scene.guest],
      environment: ["COLUMNS": "400"])
    #expect(table.output.contains("已豁免") && table.output.contains("剩余 19 天"))
    let sarif = try Program.run(["audit", "--format", "sarif", "--waivers", scene.waiver, "--trusted-keys", scene.keys, scene.guest])
    #expect(sarif.output.contains("\"justification\":\"until the new host stands"))
  }

  @Test("Unsigned, changed, revoked and self-approved waivers waive nothing and are findings")
  func defects() throws {
    let scene = try Scene()
    #expect(try scene.defects() == ["WVR-003", "WVR-003", "WVR-003"])
    try scene.sign()
    #expect(try scene.defects() == [])
    let text = try String(contentsOfFile: scene.waiver, encoding: .utf8)
    try text.replacingOccurrences(of: "until the new host stands", with: "until the old host stands").write(
      toFile: scene.waiver, atomically: true, encoding: .utf8)
    #expect(try scene.defects() == ["WVR-004", "WVR-004", "WVR-004"])
    try text.write(toFile: scene.waiver, atomically: true, encoding: .utf8)
    let revoked = try Program.run(["keys", "revoke", scene.ids[1], "--reason", "left", "--trusted-keys", scene.keys])
    #expect(revoked.code == 0)
    #expect(try scene.defects() == ["WVR-006"])
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: scene.keys)
    let open = try scene.audit()
    #expect(open.code == 2 && open.error.contains("anybody may write to it"))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: scene.keys)
    #expect(try Program.run(["waiver", "verify", scene.waiver, "--trusted-keys", scene.keys]).code == 1)
  }

  @Test("Three people are needed from the beginning, and what is signed is not overwritten")
  func people() throws {
    let scene = try Scene()
    func make(_ people: [String]) throws -> Program.Result {
      try Program.run([
        "waiver", "new", "--control", scene.failing, "--compensating", scene.passing, "--reason", "until the new host stands",
        "--days", "3", "--requester", people[0], "--approver", people[1], "--approver", people[2], "--trusted-keys", scene.keys, "-o",
        scene.path("W-2.json"), scene.guest,
      ])
    }
    func key(_ owner: String, _ file: String) throws -> String {
      let made = try Program.run(["keys", "generate", "--owner", owner, "--private", scene.path(file), "--trusted-keys", scene.keys])
      return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let (requester, approver, other) = (scene.ids[0], scene.ids[1], scene.ids[2])
    let (again, twice) = (try key("Requester", "again.key"), try key(" approver  a", "twice.key"))
    for (people, words) in [
      ([requester, again, other], "one person"), ([requester, approver, approver], "one person"),
      ([requester, approver, twice], "one person"), ([again, approver, requester], "may not approve"), ([approver, other, again], "may not request"),
    ] {
      let result = try make(people)
      #expect(result.code == 2 && result.error.contains(words) && result.error.split(separator: "\n").count == 1, "\(result.error)")
      #expect(!FileManager.default.fileExists(atPath: scene.path("W-2.json")))
    }
    _ = try Program.run(["keys", "revoke", other, "--reason", "left", "--trusted-keys", scene.keys])
    #expect(try make([requester, approver, other]).error.contains("is revoked"))
    try scene.sign()
    let before = try Data(contentsOf: URL(fileURLWithPath: scene.waiver))
    let third = try key("approver C", "third.key")
    let over = try Program.run([
      "waiver", "new", "--control", scene.failing, "--compensating", scene.passing, "--reason", "until the new host stands", "--days", "5",
      "--requester", requester, "--approver", approver, "--approver", third, "--trusted-keys", scene.keys, "-o", scene.waiver, scene.guest,
    ])
    #expect(over.code == 2 && over.error.contains("is signed already"), "\(over.error)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: scene.waiver)) == before)
    let unseen = try Program.run([
      "keys", "generate", "--owner", "approver\u{200B} A", "--private", scene.path("x.key"), "--trusted-keys", scene.keys,
    ])
    #expect(unseen.code == 2 && !FileManager.default.fileExists(atPath: scene.path("x.key")))
  }

  @Test("A term longer than the severity allows is told by verify too, and words of a finding are in the language")
  func term() throws {
    let scene = try Scene()
    let text = try String(contentsOfFile: scene.waiver, encoding: .utf8)
    let end = try #require(text.firstMatch(of: /"end": "([^"]+)"/)?.1)
    try text.replacing("\"end\": \"\(end)\"", with: "\"end\": \"2099-12-31T00:00:00Z\"").write(
      toFile: scene.waiver, atomically: true, encoding: .utf8)
    try scene.sign()
    let verified = try Program.run(["waiver", "verify", scene.waiver, "--trusted-keys", scene.keys])
    #expect(verified.code == 1 && verified.output.contains("WVR-012"), "\(verified)")
    let unsigned = scene.path("U.json")
    try FileManager.default.copyItem(atPath: scene.waiver, toPath: unsigned)
    let chinese = try Program.run(
      ["waiver", "verify", unsigned, "--trusted-keys", scene.keys, "--lang", "zh-CN"], environment: ["COLUMNS": "400"])
    #expect(chinese.output.contains("角色 申请") && chinese.output.contains("角色 批准"), "\(chinese.output)")
    try Data(count: 70_000).write(to: URL(fileURLWithPath: "\(unsigned).\(scene.ids[0]).sig"))
    #expect(try Program.run(["waiver", "verify", unsigned, "--trusted-keys", scene.keys]).error.contains("larger than 64 KiB"))
  }

  @Test("A fact that changes ends the waiver")
  func changedFact() throws {
    let scene = try Scene()
    try scene.sign()
    try Inputs.domain.replacingOccurrences(of: "listen='0.0.0.0'", with: "listen='192.0.2.7'").write(
      toFile: scene.guest, atomically: true, encoding: .utf8)
    let results = try scene.audit().json()["results"] as? [[String: Any]] ?? []
    #expect(results.filter { $0["id"] as? String == scene.failing }.compactMap { $0["verdict"] as? String } == ["fail"])
    #expect(try scene.defects() == ["WVR-010"])
    try Inputs.domain.replacingOccurrences(of: "listen='0.0.0.0'", with: "listen='127.0.0.1'").write(
      toFile: scene.guest, atomically: true, encoding: .utf8)
    #expect(try scene.defects() == ["WVR-013"])
  }

  @Test("Private keys are 0600, never replaced, never printed, and refused when others may read them")
  func privateKeys() throws {
    let scene = try Scene()
    let key = scene.path("0.key")
    let attributes = try FileManager.default.attributesOfItem(atPath: key)
    #expect((attributes[.posixPermissions] as? Int) == 0o600)
    let secret = try String(contentsOfFile: key, encoding: .utf8)
    let again = try Program.run(["keys", "generate", "--owner", "x", "--private", key, "--trusted-keys", scene.keys])
    #expect(again.code == 2 && again.error.contains("never replaced"))
    #expect(try String(contentsOfFile: key, encoding: .utf8) == secret)
    let list = try Program.run(["keys", "list", "--trusted-keys", scene.keys])
    #expect(list.output.split(separator: "\n").count == 3 && !list.output.contains(secret.split(separator: "\n")[1]))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
    let refused = try Program.run(["waiver", "sign", scene.waiver, "--key", key])
    #expect(refused.code == 2 && refused.error.contains("others may read") && !refused.error.contains(secret.split(separator: "\n")[1]))
  }

  @Test("Wrong use is told in one line and leaves nothing behind")
  func wrongUse() throws {
    let scene = try Scene()
    let outputs = [
      try scene.new(["--days", "400"], output: scene.path("long.json")),
      try scene.new(["--days", "0"], output: scene.path("zero.json")),
      try scene.new([], output: scene.path("none.json")),
      try Program.run(["audit", "--waivers", scene.waiver, scene.guest]),
      try Program.run(["waiver", "show", scene.path("nothing.json")]),
      try Program.run(["waiver", "verify", scene.keys, "--trusted-keys", scene.keys]),
      try Program.run(["keys", "revoke", "00", "--reason", "x", "--trusted-keys", scene.keys]),
    ]
    for output in outputs { #expect(output.code == 2 && !output.error.isEmpty, "\(output)") }
    for name in ["long", "zero", "none"] { #expect(!FileManager.default.fileExists(atPath: scene.path("\(name).json"))) }
    try "{\"schema\": \"ringwall.waiver/1\", \"schema\": 1}".write(toFile: scene.path("broken.json"), atomically: true, encoding: .utf8)
    let audit = try Program.run([
      "audit", "--format", "json", "--waivers", scene.path("broken.json"), "--trusted-keys", scene.keys, scene.guest,
    ])
    #expect(audit.code == 2)
    #expect((try audit.json()["targets"] as? [[String: Any]] ?? []).contains { $0["status"] as? String == "refused" })
  }
}

@Suite("ringwall regulations, citations and the article")
struct ReferenceCommandTests {
  @Test("The table, the cases and the figures, in both languages")
  func regulations() throws {
    let all = try Program.run(["regulations"])
    #expect(all.code == 0 && all.output.contains("BOD 26-04") && all.output.contains("Not legal advice"))
    let china = try Program.run(["regulations", "--region", "cn", "--lang", "zh-CN"])
    #expect(china.output.contains("网络安全法") && !china.output.contains("GDPR"))
    #expect(try Program.run(["regulations", "--cases"]).output.contains("MORSECORP"))
    #expect(try Program.run(["regulations", "--figures", "--lang", "zh-CN"]).output.contains("没有来源"))
    let json = try Program.run(["regulations", "--cases", "--format", "json"]).json()
    #expect(json["schema"] as? String == "ringwall.regulations/1" && (json["cases"] as? [Any])?.isEmpty == false)
  }

  @Test("Wrong citations are told with file and line")
  func citations() throws {
    let scratch = try ScratchFolder()
    let wrong = try scratch.file("wrong.md", "Fine here.\n\nCISA issued VMSA-23-033.\n")
    let result = try Program.run(["citations", wrong])
    #expect(result.code == 1 && result.output.hasPrefix("\(wrong):3:13: VMSA-23-033"))
    let right = try scratch.file("right.md", "NIST SP 800-77 Rev. 1 is \"Guide to IPsec VPNs\".\n")
    #expect(try Program.run(["citations", right]).code == 0)
    let unknown = try scratch.file("unknown.md", "CVE-1999-0001\n")
    #expect(try Program.run(["citations", unknown]).code == 2)
    #expect(try Program.run(["citations", "--unknown", "ok", unknown]).code == 0)
    let json = try Program.run(["citations", "--format", "json", "--lang", "zh-CN", wrong]).json()
    #expect(((json["findings"] as? [[String: Any]])?.first?["message"] as? String)?.contains("编号格式") == true)
  }

  @Test("Any term of the article is explained")
  func article() throws {
    let english = try Program.run(["explain", "vmciUse"])
    #expect(english.code == 0 && english.output.contains("CLM-18") && english.output.contains("CVE-2025-22224"))
    #expect(try Program.run(["explain", "SLAT", "--lang", "zh-CN"]).output.contains("不属实"))
    #expect(try Program.run(["explain", "WVR-007"]).code == 0)
  }

  @Test("The estate's own share stands where the article states one")
  func shares() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let json = try Program.run(["audit", "--format", "json", "--only", "LVX-023", guest]).json()
    let claims = try #require(json["claims"] as? [[String: Any]])
    #expect(claims.map { $0["id"] as? String } == ["CLM-10"])
    #expect(claims.first?["judged"] as? Int == 1 && claims.first?["quoted"] as? String == "12 %")
  }
}
