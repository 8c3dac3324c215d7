import Foundation
import Testing

@Suite("Audit of files")
struct AuditCommandTests {
  /// Inputs that must be refused with one line that names the file, and the place where there is one.
  enum Hostile: String, CaseIterable {
    case sparse, truncated, binary, entities, nested, notUTF8 = "not-utf8", empty, folderLink

    func write(to scratch: ScratchFolder) throws -> String {
      let start = "<domain type='kvm'><name>x</name>"
      switch self {
      case .sparse:
        let path = try scratch.file("sparse.xml", start)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 100 << 20)
        try handle.close()
        return path
      case .truncated: return try scratch.file("truncated.xml", String(Inputs.domain.prefix(200)))
      case .binary: return try scratch.file("binary.xml", Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ $0 >> 3) }))
      case .entities:
        var text = "<?xml version='1.0'?>\n<!DOCTYPE domain [\n<!ENTITY a0 'aaaaaaaaaa'>\n"
        for i in 1..<10 { text += "<!ENTITY a\(i) '\(String(repeating: "&a\(i - 1);", count: 10))'>\n" }
        return try scratch.file("entities.xml", text + "]>\n<domain type='kvm'><name>&a9;</name></domain>\n")
      case .nested:
        let open = String(repeating: "<a>", count: 200_000)
        return try scratch.file("nested.xml", start + open + String(repeating: "</a>", count: 200_000) + "</domain>")
      case .notUTF8:
        return try scratch.file(
          "not-utf8.xml", Data(Array("<domain type='kvm'>\n<name>".utf8) + [0xC3, 0x28, 0xFF] + Array("</name></domain>".utf8)))
      case .empty: return try scratch.file("empty.xml", "")
      case .folderLink:
        let path = scratch.url.appendingPathComponent("dangling.xml").path
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nonexistent/guest.xml")
        return path
      }
    }
  }

  @Test("Bad input is refused in one line that names it, the other targets are judged, and the exit code is 2", arguments: Hostile.allCases)
  func hostile(kind: Hostile) throws {
    let scratch = try ScratchFolder()
    let good = try scratch.file("guest.xml", Inputs.domain)
    let bad = try kind.write(to: scratch)
    let result = try Program.run(["audit", "--format", "json", "--unknown", "ok", bad, good])
    #expect(result.code == 2)
    let json = try result.json()
    let targets = try #require(json["targets"] as? [[String: Any]])
    let refused = try #require(targets.first { $0["target"] as? String == bad })
    #expect(refused["status"] as? String == "refused")
    let error = try #require(refused["error"] as? String)
    #expect(error.contains(bad) && !error.contains("\n") && error.count < 400, "\(error)")
    #expect(targets.first { $0["target"] as? String == good }?["status"] as? String == "judged")
    let assets = try #require(json["assets"] as? [[String: Any]])
    #expect(assets.compactMap { $0["name"] as? String } == ["build-03"])
    let table = try Program.run(["audit", bad])
    #expect(table.code == 2)
    #expect(table.output.contains(bad))
  }

  @Test("The result is the same from any directory, and by any name of the file")
  func directories() throws {
    let scratch = try ScratchFolder()
    try scratch.file("a/guest.xml", Inputs.domain)
    func results(_ arguments: [String], in folder: String) throws -> [String] {
      let json = try Program.run(["audit", "--format", "json"] + arguments, in: folder).json()
      return try #require(json["results"] as? [[String: Any]]).map { "\($0["id"] ?? "") \($0["verdict"] ?? "") \($0["fingerprint"] ?? "")" }
    }
    let expected = try results(["a/guest.xml"], in: scratch.path)
    #expect(!expected.isEmpty)
    #expect(try results([scratch.path + "/a/guest.xml"], in: "/") == expected)
    #expect(try results(["guest.xml"], in: scratch.path + "/a") == expected)
    #expect(try results(["../a"], in: scratch.path + "/a") == expected)
  }

  @Test("audit T, audit of its facts, and the policies on those facts give the same verdicts")
  func equality() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let direct = try Program.run(["audit", "--format", "json", guest])
    let facts = try Program.run(["facts", guest])
    #expect(facts.code == 0)
    let document = try scratch.file("facts.json", facts.output)
    let again = try Program.run(["audit", "--format", "json", document])
    #expect(again.code == direct.code)
    func verdicts(_ result: Program.Result) throws -> [String: String] {
      let results = try #require(try result.json()["results"] as? [[String: Any]])
      return Dictionary(
        results.map { ("\($0["id"] ?? "")", "\($0["verdict"] ?? "") \($0["message"] ?? "") \($0["fingerprint"] ?? "")") },
        uniquingKeysWith: { $1 })
    }
    #expect(try verdicts(again) == verdicts(direct))
    #expect(!(try verdicts(direct)).isEmpty)

    let root = Program.packageRoot.path
    let evaluation = try Program.run([
      "eval", "-d", root + "/policies", "-d", root + "/baselines/kvm-host.yaml", "-i", document, "data.ringwall.audit.results",
    ])
    #expect(evaluation.code == 0)
    let result = try #require((try evaluation.json()["result"] as? [[String: Any]])?.first)
    let expression = try #require((result["expressions"] as? [[String: Any]])?.first)
    let evaluated = try #require(expression["value"] as? [String: [String: Any]]).mapValues { $0["verdict"] as? String ?? "" }
    let judged = try verdicts(direct).mapValues { String($0.prefix { $0 != " " }) }.filter { !$0.key.hasPrefix("CLM") }
    #expect(evaluated == judged)
  }

  @Test("Several assets are an array of facts, --asset picks one, and the array is judged like its targets")
  func severalAssets() throws {
    let scratch = try ScratchFolder()
    let a = try scratch.file("a.xml", Inputs.domain)
    let b = try scratch.file("b.xml", Inputs.domain.replacing("build-03", with: "build-04").replacing("394857", with: "394858"))
    let facts = try Program.run(["facts", a, b])
    let array = try #require(try JSONSerialization.jsonObject(with: Data(facts.output.utf8)) as? [[String: Any]])
    #expect(array.count == 2)
    let one = try Program.run(["facts", "--asset", "build-04", a, b]).json()
    #expect((one["asset"] as? [String: Any])?["name"] as? String == "build-04")
    let document = try scratch.file("facts.json", facts.output)
    let counts = try [[a, b], [document]].map {
      try #require(try Program.run(["audit", "--format", "json"] + $0).json()["summary"] as? [String: Int])
    }
    #expect(counts[0] == counts[1])
  }

  @Test("Files of one guest in two places are two assets")
  func oneGuestTwice() throws {
    let scratch = try ScratchFolder()
    let files = [try scratch.file("a.xml", Inputs.domain), try scratch.file("b.xml", Inputs.domain)]
    let document = try Program.run(["audit", "--format", "json"] + files).json()
    let ids = try #require(document["assets"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    #expect(ids.count == 2 && Set(ids).count == 2, "\(ids)")
    let judged = Set(try #require(document["results"] as? [[String: Any]]).compactMap { $0["asset"] as? String })
    #expect(judged == Set(ids))
  }

  @Test("--only, --skip and --set change what is judged; a result written to a file is complete and announced")
  func options() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    func ids(_ options: [String]) throws -> [String] {
      try #require(try Program.run(["audit", "--format", "json", guest] + options).json()["results"] as? [[String: Any]]).compactMap {
        $0["id"] as? String
      }
    }
    let all = try ids([])
    let first = try #require(all.first)
    #expect(try ids(["--only", first.lowercased()]) == [first])
    #expect(try ids(["--skip", first]) == all.filter { $0 != first })

    let output = scratch.path + "/report.json"
    let result = try Program.run(["audit", "--format", "json", "--output", output, guest])
    #expect(result.output.isEmpty)
    #expect(result.error.contains(output))
    let written = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(fileURLWithPath: output))) as? [String: Any]
    #expect(written?["schema"] as? String == "ringwall.audit/1")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["guest.xml", "report.json"])
  }

  @Test("A rule of the user's own is judged beside the shipped ones, or in their place")
  func ownPolicy() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let policy = try scratch.file(
      "own.rego",
      """
      package ringwall.controls.domain.own

      # METADATA
      # title: Guests are named after a department
      # description: A name without a department has no owner.
      # custom:
      #   id: OWN-001
      #   severity: low
      #   family: CNF
      #   facts: []
      #   safe: a name that begins with dept-
      #   messages:
      #     named: "{name} names its department"
      #     unnamed: "{name} names no department"
      own_001 := {"verdict": "fail", "reason": "", "case": "unnamed", "args": {"name": input.asset.name}, "facts": []} if {
        not startswith(input.asset.name, "dept-")
      } else := {"verdict": "pass", "reason": "", "case": "named", "args": {"name": input.asset.name}, "facts": []}

      """)
    let beside = try Program.run(["audit", "--format", "json", "--policy", policy, guest]).json()
    let own = try #require((beside["results"] as? [[String: Any]])?.first { $0["id"] as? String == "OWN-001" })
    #expect(own["message"] as? String == "build-03 names no department")
    let alone = try Program.run(["audit", "--format", "json", "--policy", policy, "--replace-policy", guest])
    #expect(try (alone.json()["results"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == ["OWN-001"])
    #expect(alone.code == 0)
    #expect(try Program.run(["audit", "--policy", policy, "--replace-policy", "--fail-on", "low", guest]).code == 1)
  }

  @Test("Chinese is chosen by option and by locale, and changes words only")
  func chinese() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let option = try Program.run(["audit", "--lang", "zh-CN", guest])
    let locale = try Program.run(["audit", guest], environment: ["LC_ALL": "zh_CN.UTF-8"])
    #expect(option.output.contains("未通过"))
    func steady(_ text: String) -> String { text.replacing(/\d+\.\d s/, with: "") }
    #expect(steady(option.output) == steady(locale.output))
    #expect(option.code == (try Program.run(["audit", guest]).code))
  }

  @Test("The table keeps to the width it is given", arguments: [40, 80, 132])
  func width(columns: Int) throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let result = try Program.run(["audit", "--all", guest], in: scratch.path, environment: ["COLUMNS": "\(columns)"])
    for line in result.output.split(separator: "\n") { #expect(line.count <= columns, "\(line)") }
    #expect(!result.output.contains("\u{1B}"))
  }

  @Test("A folder in which nothing can be judged is refused")
  func nothing() throws {
    let scratch = try ScratchFolder()
    try scratch.file("readme", "nothing here\n")
    let result = try Program.run(["audit", scratch.path])
    #expect(result.code == 2)
    #expect(result.output.contains(scratch.path))
  }
}

@Suite("Audit of this host")
struct HostAuditTests {
  @Test("This host gives an asset of kind host, results for it, and the report in every case")
  func host() throws {
    let result = try Program.run(["audit", "--format", "json"])
    #expect([0, 1, 2].contains(result.code))
    let json = try result.json()
    #expect((json["assets"] as? [[String: Any]])?.contains { $0["kind"] as? String == "host" } == true)
    #expect((json["targets"] as? [[String: Any]])?.first?["target"] as? String == "this host")
    #expect((json["exit"] as? [String: Any])?["code"] as? Int == Int(result.code))
  }

  @Test(
    "An ordinary user gets a report; what may not be read is unknown and never passes",
    .enabled(if: Program.ordinaryUserObstacle == nil, "the program cannot be run as another user here"))
  func ordinaryUser() throws {
    let before = try Program.run(["audit", "--format", "json"]).json()
    let theirs = try Program.run(["audit", "--format", "json"], in: "/", asNobody: true).json()
    let after = try Program.run(["audit", "--format", "json"]).json()
    func verdicts(_ json: [String: Any]) -> [String: String] {
      let results = (json["results"] as? [[String: Any]]) ?? []
      return Dictionary(results.map { ("\($0["asset"] ?? "") \($0["id"] ?? "")", "\($0["verdict"] ?? "")") }, uniquingKeysWith: { $1 })
    }
    let (first, theirVerdicts, last) = (verdicts(before), verdicts(theirs), verdicts(after))
    #expect(!theirVerdicts.isEmpty)
    // What begins or ends between the audits, as guests do, has not one verdict for root either.
    for (key, verdict) in theirVerdicts {
      if let mine = first[key], mine == last[key], mine != verdict { #expect(verdict == "unknown", "\(key): \(mine) became \(verdict)") }
    }
    let doctor = try Program.run(["doctor"], in: "/", asNobody: true)
    #expect([0, 2].contains(doctor.code))
    #expect(doctor.output.contains("65534"))
  }

  @Test("The doctor says where the policies are and exits with 0 or 2", arguments: ["en", "zh-CN"])
  func doctor(language: String) throws {
    let result = try Program.run(["doctor", "--lang", language])
    #expect([0, 2].contains(result.code))
    #expect(result.output.contains(Program.packageRoot.path))
  }

  @Test("Policies of one kind that cannot be compiled are told where that kind is judged, and nowhere else")
  func brokenPolicies() throws {
    let folder = try ScratchFolder()
    for name in ["policies", "data", "baselines"] {
      try FileManager.default.copyItem(
        atPath: Program.packageRoot.appendingPathComponent(name).path, toPath: folder.path + "/\(name)")
    }
    let rule = folder.path + "/policies/host/memory.rego"
    let text = try String(contentsOfFile: rule, encoding: .utf8)
    try (text + "\nnowhere if unknown == other\n").write(toFile: rule, atomically: true, encoding: .utf8)
    let guest = try folder.file("guest.xml", Inputs.domain)
    let spared = try Program.run(["audit", "--format", "json", "--data", folder.path, guest])
    #expect(!spared.output.contains("policyError") && !spared.output.contains("memory.rego:"))
    let root = Program.packageRoot.appendingPathComponent("examples/estate/kvm-07").path
    let told = try Program.run(["audit", "--format", "json", "--data", folder.path, "--root", root])
    #expect(told.code == 2 && told.output.contains("policies/host/memory.rego:") && told.output.contains("unsafe"), "\(told.error)")
    let results = try #require(told.json()["results"] as? [[String: Any]])
    let ofHost = results.filter { ($0["id"] as? String)?.hasPrefix("KVM-") == true }
    #expect(!ofHost.isEmpty && ofHost.allSatisfy { $0["verdict"] as? String == "unknown" })
  }
}
