import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Judgement

@Suite("SARIF report")
struct SARIFReportTests {
  private func text(_ outcome: AuditOutcome, _ language: Language = .english, showsAll: Bool = false) throws -> Data {
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    return Data(SARIFReport.bytes(outcome, exit: exit, texts: try Samples.texts(language), showsAll: showsAll))
  }

  private func run(_ outcome: AuditOutcome, _ language: Language = .english, showsAll: Bool = false) throws -> FactValue {
    let document = try YAMLDocument.read(Array(try text(outcome, language, showsAll: showsAll)), file: "report.sarif")
    #expect(document["version"]?.text == "2.1.0")
    return try #require(document["runs"]?.elements?.first)
  }

  @Test("Fails and unknowns are results, passes on demand; an unknown is open and has no level")
  func kinds() throws {
    let outcome = try Samples.full()
    let results = try #require(try run(outcome)["results"]?.elements)
    #expect(results.count == outcome.count(.fail) + outcome.count(.unknown))
    for result in results {
      let verdict = result["properties"]?["verdict"]?.text
      #expect(result["kind"]?.text == (verdict == "fail" ? "fail" : "open"))
      #expect((result["level"]?.text == "none") == (verdict != "fail"))
      #expect(result["partialFingerprints"]?["ringwallFinding/v1"]?.text?.count == 32)
    }
    let all = try #require(try run(outcome, showsAll: true)["results"]?.elements)
    #expect(all.count == outcome.results.count)
    #expect(all.contains { $0["kind"]?.text == "pass" } && all.contains { $0["kind"]?.text == "notApplicable" })
  }

  @Test("A rule stands at the index that its results name, with help")
  func rules() throws {
    let run = try run(try Samples.full(), .chinese)
    let rules = try #require(run["tool"]?["driver"]?["rules"]?.elements)
    for result in run["results"]?.elements ?? [] {
      let index = try #require(result["ruleIndex"]?.integer)
      #expect(rules[Int(index)]["id"] == result["ruleId"])
    }
    for rule in rules {
      #expect(rule["help"]?["text"]?.text?.isEmpty == false)
      #expect(rule["defaultConfiguration"]?["level"] != nil)
    }
    #expect(run["language"]?.text == "zh-CN")
  }

  @Test("A refused target is a notification with its place, and makes the invocation unsuccessful")
  func refusals() throws {
    let invocation = try #require(try run(try Samples.full())["invocations"]?.elements?.first)
    #expect(invocation["executionSuccessful"] == .bool(false))
    #expect(invocation["exitCode"] == .int(2))
    let notification = try #require(invocation["toolExecutionNotifications"]?.elements?.first)
    #expect(notification["level"]?.text == "error" && notification["descriptor"]?["id"]?.text == "refusal/malformed")
    let place = notification["locations"]?.elements?.first?["physicalLocation"]
    #expect(place?["artifactLocation"]?["uri"]?.text == "broken.xml")
    #expect(place?["region"]?["startLine"] == .int(3) && place?["region"]?["startColumn"] == .int(7))
  }

  @Test("Files are relative to the working folder or to the saved tree, and escaped")
  func places() throws {
    let locations = SARIFLocations(roots: ["host:a": "/srv/saved/kvm 07"], folder: "/home/someone/audit")
    func artifact(_ path: String, _ asset: Asset? = nil) -> FactValue? {
      locations.location(of: .path(path, line: 4, column: 2), asset: asset)["physicalLocation"]?["artifactLocation"]
    }
    let saved = Asset(id: "host:a", kind: .host, platform: "linux-kvm", name: "a")
    #expect(artifact("guests/web 01.xml") == ["uri": "guests/web%2001.xml", "uriBaseId": "%SRCROOT%"])
    #expect(artifact("./a:b#c?.xml") == ["uri": "a%3Ab%23c%3F.xml", "uriBaseId": "%SRCROOT%"])
    #expect(artifact("/home/someone/audit/x.xml") == ["uri": "x.xml", "uriBaseId": "%SRCROOT%"])
    #expect(artifact("/etc/libvirt/客户.conf") == ["uri": "file:///etc/libvirt/%E5%AE%A2%E6%88%B7.conf"])
    #expect(artifact("/etc/libvirt/qemu.conf", saved) == ["uri": "etc/libvirt/qemu.conf", "uriBaseId": "TREE1"])
    #expect(locations.bases["TREE1"]?["uri"]?.text == "file:///srv/saved/kvm%2007/")
    let region = locations.location(of: .path("x", line: 4, column: 2), asset: nil)["physicalLocation"]?["region"]
    #expect(region == ["startLine": 4, "startColumn": 2])
  }

  @Test("An argument of a process is no file")
  func logicalPlaces() throws {
    let results = try #require(try run(try Samples.full())["results"]?.elements)
    let location = results.first { $0["ruleId"]?.text == "SMP-007" }?["locations"]?.elements?.first
    #expect(location?["physicalLocation"] == nil)
    #expect(location?["logicalLocations"]?.elements?.first?["name"]?.text == "pid 48213 argv[61]")
  }

  @Test("What procfs shows of a running process is no file, a saved copy of it is")
  func processPlaces() {
    let locations = SARIFLocations(roots: ["host:a": "/srv/saved"], folder: "/home")
    func location(_ path: String, _ id: String) -> FactValue {
      locations.location(of: .path(path, line: 1), asset: Asset(id: id, kind: .host, platform: "linux-kvm", name: "a"))
    }
    let live = location("/proc/48213/attr/current", "host:b")
    #expect(live["physicalLocation"] == nil)
    #expect(live["logicalLocations"]?.elements?.first?["name"]?.text == "/proc/48213/attr/current")
    #expect(location("/proc/48213/attr/current", "host:a")["physicalLocation"]?["artifactLocation"]?["uriBaseId"]?.text == "TREE1")
    #expect(location("/proc/sys/kernel/kptr_restrict", "host:b")["physicalLocation"] != nil)
  }

  @Test("A result without a place lies in the file that its asset was read from; every place beyond the first is related")
  func assetFile() throws {
    let guest = Samples.asset("web-01", kind: .domain)
    let control = Samples.control("LVX-001", messages: ["unsafe": "x"])
    let outcome = try Samples.outcome([
      Samples.finding(
        control, .fail, asset: guest, evidence: ["/srv/a.xml", "/srv/b.xml", "/srv/a.xml", "/srv/c.xml"].map { Samples.evidence($0) }),
      Samples.finding(
        Samples.control("LVX-002"), .unknown, asset: guest, reason: "parameterNotSet", messageCase: "parameter",
        arguments: ["parameter": "p"]),
    ])
    let results = try #require(try run(outcome)["results"]?.elements)
    func uri(_ location: FactValue?) -> String? { location?["physicalLocation"]?["artifactLocation"]?["uri"]?.text }
    let unknown = results.first { $0["ruleId"]?.text == "LVX-002" }?["locations"]?.elements?.first
    #expect(uri(unknown) == "file:///srv/a.xml" && unknown?["physicalLocation"]?["region"] == nil)
    let related = results.first { $0["ruleId"]?.text == "LVX-001" }?["relatedLocations"]?.elements?.map { uri($0) }
    #expect(related == ["file:///srv/b.xml", "file:///srv/c.xml"])
  }

  @Test("No name becomes a link or a control character")
  func hostileNames() throws {
    let asset = Samples.asset("[click](http://203.0.113.1)\u{1B}[2J\u{202E}", kind: .domain)
    let control = Samples.control("LVX-001", messages: ["unsafe": "{found}"])
    let outcome = try Samples.outcome([
      Samples.finding(control, .fail, asset: asset, arguments: ["found": "[a](b)"], evidence: [Samples.evidence("/a")])
    ])
    let message = try #require(try run(outcome)["results"]?.elements?.first?["message"]?["text"]?.text)
    #expect(!message.contains("](") && !message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
  }
}

/// The real readers: models generated from the OASIS schema, which refuse every property that it does not know, and sarif-tools.
@Suite(
  "SARIF readers", .enabled(if: SARIFReaders.problem == nil, "python3 with venv and PyPI are needed for sarif-tools and pydantic-sarif"))
struct SARIFReaderTests {
  @Test("Valid by the schema, and loaded and counted by sarif-tools", arguments: Language.allCases, [false, true])
  func read(language: Language, showsAll: Bool) throws {
    let outcome = try Samples.full()
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringwall-sarif-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("report.sarif")
    try Data(SARIFReport.bytes(outcome, exit: exit, texts: try Samples.texts(language), showsAll: showsAll)).write(to: file)
    let script = """
      import sys, collections
      from pydantic_sarif import model
      from sarif import loader
      text = open(sys.argv[1], encoding="utf-8").read()
      model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(text)
      files = loader.load_sarif_files(sys.argv[1])
      print(collections.Counter(r["level"] for f in files for r in f.get_results())["error"], len(list(files)))
      """
    let failing = outcome.results.count { $0.verdict == .fail && $0.control.severity >= .high }
    #expect(try SARIFReaders.python(script, [file.path]) == "\(failing) 1\n")
  }

  @Test("The models refuse what is not SARIF") func refusal() throws {
    let script = """
      from pydantic_sarif import model
      try:
        model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json('{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "nonsense": 1}}}]}')
      except Exception: print("refused")
      """
    #expect(try SARIFReaders.python(script, []) == "refused\n")
  }
}

enum SARIFReaders {
  private static let environment = PythonEnvironment(
    "sarif", packages: ["sarif-tools==3.0.5", "pydantic-sarif==0.1.1"], modules: ["sarif", "pydantic_sarif"])

  /// Why the readers cannot be had; nil where they are there.
  static var problem: String? { environment.problem }

  static func python(_ script: String, _ arguments: [String]) throws -> String { try environment.run(script, arguments) }
}
