import Foundation
import TestSupport
import Testing

/// Tools of pipelines, of pinned versions in an environment beside the build.
private enum Tools {
  private static let environment = PythonEnvironment(
    "pipelines", packages: ["check-jsonschema==0.39.0", "pre-commit==4.7.0", "PyYAML==6.0.4"],
    modules: ["check_jsonschema", "pre_commit", "yaml"])
  static var folder: URL { URL(fileURLWithPath: environment.folder) }

  /// Why the tools cannot be had; nil where they are there.
  static let problem: String? = environment.problem ?? HostProgram.missing("git")

  static var python: String { environment.python }

  /// Exit status, and what was printed, errors included.
  static func run(_ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]) throws -> HostProgram.Result {
    try HostProgram.run(
      arguments[0], Array(arguments.dropFirst()), in: directory,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
  }
}

/// A repository with a guest in it, and a PATH on which ringwall is.
private struct Repository {
  let scratch = try! ScratchFolder()
  var path: String { scratch.path + "/work" }

  init() throws {
    try scratch.file("work/guests/build-03.xml", Inputs.domain)
    try FileManager.default.createDirectory(atPath: scratch.path + "/bin", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: scratch.path + "/bin/ringwall", withDestinationPath: Program.path)
    try git("init", "--quiet", "--initial-branch=main")
    try commit("A guest")
  }

  var environment: [String: String] {
    [
      "PATH": scratch.path + "/bin:/usr/local/bin:/usr/bin:/bin", "RINGWALL_DATA": Program.packageRoot.path, "LC_ALL": "C.UTF-8",
      "HOME": scratch.path, "PRE_COMMIT_HOME": scratch.path + "/pre-commit", "GIT_CONFIG_GLOBAL": "/dev/null",
    ]
  }

  func git(_ arguments: String...) throws {
    let who = ["-c", "user.name=Tester", "-c", "user.email=tester@ringwall.example"]
    let (status, output) = try Tools.run(["/usr/bin/env", "git"] + who + arguments, in: path, environment: environment)
    try #require(status == 0, "\(output)")
  }

  func commit(_ message: String) throws {
    try git("add", "--all")
    try git("commit", "--quiet", "--message", message)
  }

  /// Runs a script line by line as a pipeline does: it ends where one fails.
  func run(_ lines: [String], _ more: [String: String] = [:]) throws -> (status: Int32, output: String) {
    try Tools.run(["/bin/bash", "-e", "-c", lines.joined(separator: "\n")], in: path, environment: environment.merging(more) { $1 })
  }

  func write(_ name: String, _ text: String) throws { try scratch.file("work/" + name, text) }
  func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
}

@Suite(
  "Samples for pipelines",
  .enabled(if: Tools.problem == nil, "git, python3 with venv and PyPI are needed for check-jsonschema and pre-commit"))
struct PipelineTests {
  private static let samples = Program.packageRoot.appendingPathComponent("examples/pipelines")
  /// A guest like the one of the tests, of another name, whose monitor everybody reaches.
  private static let worse = Inputs.domain.replacing("build-03", with: "worse-04").replacing("5f0a8e54", with: "6f0a8e54")

  /// What a script in Python prints of a sample read as YAML.
  private func lines(_ sample: String, _ expression: String) throws -> [String] {
    let script = "import sys, yaml, json; d = yaml.safe_load(open(sys.argv[1])); print(json.dumps(\(expression)))"
    let (status, output) = try Tools.run([Tools.python, "-c", script, Self.samples.appendingPathComponent(sample).path])
    try #require(status == 0, "\(output)")
    return try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String])
  }

  @Test(
    "Valid by the schemas of their products",
    arguments: [("github-actions.yaml", "vendor.github-workflows"), ("gitlab-ci.yaml", "vendor.gitlab-ci")])
  func schemas(sample: String, schema: String) throws {
    let file = Self.samples.appendingPathComponent(sample).path
    let arguments =
      [Tools.python, "-m", "check_jsonschema", "--builtin-schema", schema]
      + (schema.hasSuffix("ci") ? ["--data-transform", "gitlab-ci"] : [])
    let (status, output) = try Tools.run(arguments + [file])
    #expect(status == 0, "\(output)")
  }

  @Test("GitHub: a change without new findings is let through, one with a new guest that fails is not")
  func github() throws {
    let all = try lines("github-actions.yaml", "[s['run'] for s in d['jobs']['ringwall']['steps'] if 'run' in s]")
    #expect(all.count == 4)
    let repository = try Repository()
    let variables = ["RUNNER_TEMP": repository.scratch.path, "GITHUB_STEP_SUMMARY": repository.scratch.path + "/summary.md"]
    #expect(try repository.run([all[0]], variables).status == 0)
    try repository.write("guests/build-03.xml", "\n" + Inputs.domain)
    let same = try repository.run(Array(all[1...]), variables)
    #expect(same.status == 0, "\(same.output)")
    #expect(try String(contentsOfFile: repository.scratch.path + "/summary.md", encoding: .utf8).hasPrefix("# "))
    #expect(try repository.text("ringwall.sarif").contains("\"2.1.0\""))
    try repository.write("guests/worse-04.xml", Self.worse)
    #expect(try repository.run(Array(all[1...]), variables).status == 1)
  }

  @Test("GitLab: the branch is compared with the default branch")
  func gitlab() throws {
    let all = try lines("gitlab-ci.yaml", "d['ringwall']['script']")
    let repository = try Repository()
    try repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    try repository.write("guests/worse-04.xml", Self.worse)
    try repository.commit("Another guest")
    let variables = ["CI_DEFAULT_BRANCH": "main"]
    let result = try repository.run(["export CI_COMMIT_SHA=$(git rev-parse HEAD)"] + all, variables)
    #expect(result.status == 1, "\(result.output)")
    let report = try repository.text("ringwall.xml")
    #expect(report.contains("worse-04") && !report.contains("build-03"))
  }

  @Test("Jenkins: each command of the sample does what the sample expects of it")
  func jenkins() throws {
    let text = try String(contentsOf: Self.samples.appendingPathComponent("Jenkinsfile"), encoding: .utf8)
    let commands = text.matches(of: /sh '([^']*)'/).map { String($0.1) }
    #expect(commands.count == 4 && text.count { $0 == "{" } == text.count { $0 == "}" })
    let repository = try Repository()
    #expect(try repository.run(Array(commands[..<3])).status == 0)
    #expect(try repository.run(["mkdir before", "cp ringwall.json before", commands[3]]).status == 0)
    try repository.write("guests/worse-04.xml", Self.worse)
    #expect(try repository.run([commands[3]]).status == 1)
  }

  @Test("SonarQube: the report lies where the scanner is told to look for it, on files of its sources")
  func sonarqube() throws {
    let repository = try Repository()
    let properties = try String(contentsOf: Self.samples.appendingPathComponent("sonar-project.properties"), encoding: .utf8)
    let report = try #require(properties.firstMatch(of: /sonar\.externalIssuesReportPaths=(\S+)/)?.1)
    let scanner = repository.scratch.path + "/bin/sonar-scanner"
    try "#!/bin/sh\ntest -s \(report)\n".write(toFile: scanner, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scanner)
    let result = try repository.run([Self.samples.appendingPathComponent("sonarqube.sh").path])
    #expect(result.status == 0, "\(result.output)")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(try repository.text(String(report)).utf8)) as? [String: Any])
    let issues = try #require(json["issues"] as? [[String: Any]])
    #expect(!issues.isEmpty)
    for issue in issues {
      let path = try #require((issue["primaryLocation"] as? [String: Any])?["filePath"] as? String)
      #expect(path == "guests/build-03.xml")
    }
  }

  @Test("pre-commit runs the hook on the files of a commit, and a failing guest stops it")
  func preCommit() throws {
    let repository = try Repository()
    let config = try String(contentsOf: Self.samples.appendingPathComponent("pre-commit-config.yaml"), encoding: .utf8)
    try repository.write(".pre-commit-config.yaml", config)
    try repository.write("README.md", "Nothing to judge.\n")
    try repository.git("add", "--all")
    let passed = try Tools.run(
      [Tools.python, "-m", "pre_commit", "run", "--files", "README.md"], in: repository.path, environment: repository.environment)
    #expect(passed.status == 0 && passed.output.contains("Skipped"), "\(passed.output)")
    let stopped = try Tools.run(
      [Tools.python, "-m", "pre_commit", "run", "--all-files"], in: repository.path, environment: repository.environment)
    #expect(stopped.status == 1 && stopped.output.contains("build-03") && stopped.output.contains("Failed"), "\(stopped.output)")
  }
}

@Suite("Only new findings")
struct OnlyNewTests {
  @Test("A line that moved is no new finding; a setting that got worse is one", arguments: ["json", "sarif"])
  func moved(format: String) throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let before = scratch.path + "/before.\(format)"
    _ = try Program.run(["audit", "--format", format, "--output", before, guest])
    let moved = Inputs.domain.replacing("<name>", with: "\n<!-- moved -->\n\n<name>")
    #expect(moved != Inputs.domain)
    try scratch.file("guest.xml", moved)
    let arguments = ["audit", "--format", "json", "--only-new", "--against", before, guest]
    let same = try Program.run(arguments)
    let json = try same.json()
    #expect((json["results"] as? [Any])?.isEmpty == true)
    let comparison = try #require(json["comparison"] as? [String: Any])
    #expect(comparison["new"] as? Int == 0 && comparison["gone"] as? Int == 0 && comparison["known"] as? Int ?? 0 > 0)
    #expect(same.code == 0 && same.error.contains("0 new"))
    let worse = moved.replacing(
      "</devices>",
      with: "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev></devices>")
    #expect(worse != moved)
    try scratch.file("guest.xml", worse)
    let results = try #require(try Program.run(arguments).json()["results"] as? [[String: Any]])
    #expect(results.contains { $0["id"] as? String == "LVX-007" } && results.allSatisfy { $0["verdict"] as? String != "pass" })
  }
}

@Suite("Frameworks and the checklist")
struct FrameworkCommandTests {
  @Test("frameworks lists every one with its version, and the clauses of one")
  func frameworks() throws {
    let table = try Program.run(["frameworks"])
    #expect(table.code == 0 && table.output.contains("gdpr") && table.output.contains("GB/T 22239-2019"))
    let json = try #require(try Program.run(["frameworks", "--format", "json"]).json()["frameworks"] as? [[String: Any]])
    #expect(json.count == 16)
    #expect(try Program.run(["frameworks", "mlps", "--lang", "zh-CN"]).output.contains("镜像和快照保护"))
  }

  @Test(
    "audit --framework groups by clause, in each form that has a place for them",
    arguments: ["table", "json", "html", "markdown", "csv", "oscal", "ocsf"])
  func audit(format: String) throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let result = try Program.run(["audit", "--framework", "gdpr, mlps", "--framework", "GDPR", "--format", format, guest])
    #expect(result.output.contains("32(1)(b)") && result.output.contains("8.2.4.3a"))
  }

  @Test("The checklist has fifty numbers, as a form and with states")
  func checklist() throws {
    let scratch = try ScratchFolder()
    let guest = try scratch.file("guest.xml", Inputs.domain)
    let blank = try Program.run(["checklist", "--blank"])
    #expect(blank.code == 0 && blank.output.components(separatedBy: "[ ]").count == 51)
    let judged = try Program.run(["checklist", "--format", "json", guest])
    let indicators = try #require(try judged.json()["indicators"] as? [[String: Any]])
    #expect(indicators.compactMap { $0["number"] as? Int } == Array(1...50))
    #expect(indicators.contains { $0["state"] as? String == "fail" } && indicators.contains { $0["state"] as? String == "notJudged" })
    #expect(judged.code == 1 || judged.code == 2)
    #expect(try Program.run(["checklist", "--format", "markdown", "--lang", "zh-CN", guest]).output.hasPrefix("# 关键指标"))
  }
}
