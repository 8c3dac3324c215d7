import Foundation
import Testing

@Suite("The command line in Chinese")
struct LanguageTests {
  private static let chinese = ["LC_ALL": "zh_CN.UTF-8"]
  /// Columns in which no sentence is broken.
  private static let wide = ["LC_ALL": "zh_CN.UTF-8", "COLUMNS": "400"]

  @Test(
    "Help has no English sentence",
    arguments: [
      "", "audit", "facts", "explain", "controls", "frameworks", "checklist", "doctor", "eval", "test", "check", "bench", "deps", "run",
      "exec", "capabilities", "fmt", "parse", "build", "sign", "inspect", "completion", "version", "collect", "collect vsphere", "collect hyperv",
      "waiver", "waiver new", "waiver sign", "waiver verify", "waiver show", "keys", "keys generate", "keys list", "keys revoke",
      "regulations", "citations", "history", "history prune", "schedule", "guest", "guest list",
      "guest state", "guest pause", "guest dirty", "guest scan", "disk", "disk ls", "disk manifest", "disk diff",
      "disk scan",
      "guest modules", "guest mounts", "guest files", "guest sockets", "guest bpf", "guest log", "guest maps", "guest isf", "guest dump",
    ])
  func help(command: String) throws {
    let result = try Program.run(
      command.split(separator: " ").map(String.init) + ["--help"], environment: Self.wide)
    #expect(result.code == 0)
    #expect(result.output.contains("概述：") && result.output.contains("用法：") && result.output.contains("显示帮助。"))
    for line in result.output.split(separator: "\n") where !line.hasPrefix("用法：") {
      #expect(sentence(of: line).firstMatch(of: /[A-Za-z]{2,}( [a-z]{2,}){2}/) == nil, "\(line)")
    }
  }

  /// What a line says: behind the label of an option or the sample of a command, neither of which has another language.
  private func sentence(of line: Substring) -> Substring {
    guard line.first == " " else { return line }
    let text = line.drop { $0 == " " }
    guard let gap = text.firstRange(of: "  ") else { return text.first == "-" || line.hasPrefix("      ") ? text.drop { $0 != " " } : "" }
    return text[gap.upperBound...].drop { $0 == " " }
  }

  @Test(
    "What is explained and listed has no English sentence, but for sources, names and values",
    arguments: [
      ["explain", "WVR-001", "WVR-005", "WVR-010", "WVR-013"], ["explain", "KVM-023", "DKR-005", "LVX-017", "VMX-007"],
      ["frameworks"], ["frameworks", "gdpr", "hipaa", "iso27001", "dora", "nis2", "pci", "mlps", "cisa-bod", "nist80053"],
      ["checklist", "--blank"], ["controls"],
    ])
  func listed(arguments: [String]) throws {
    let result = try Program.run(arguments, environment: Self.wide)
    #expect(result.code == 0)
    var isSource = false
    for line in result.output.split(separator: "\n") {
      if line.first != " " { isSource = line.hasPrefix("依据") || line.hasPrefix("来源") }
      #expect(isSource || line.firstMatch(of: Self.sentence) == nil, "\(line)")
    }
  }

  @Test("Reports say in Chinese what a control finds and what would be safe", arguments: ["csv", "html", "markdown"])
  func reports(form: String) throws {
    let estate = Program.packageRoot.appendingPathComponent("examples/estate").path
    let result = try Program.run(["audit", "--all", "--framework", "gdpr,hipaa", "--format", form, estate], environment: Self.wide)
    for english in ["never unconfined", "no gdb stub", "listens beyond", "first clause starts with", "Principles relating", "point d is"] {
      #expect(!result.output.contains(english), "\(form): \(english)")
    }
  }

  /// Five words in a row, none of them a name or an option.
  private static var sentence: Regex<(Substring, Substring)> { /(?:^|[ （“])[A-Za-z]+( [a-z]{2,}){4}/ }

  @Test("--lang decides wherever it stands, and the environment where it does not")
  func choice() throws {
    #expect(try Program.run(["audit", "--help", "--lang", "zh-CN"]).output.hasPrefix("概述："))
    #expect(try Program.run(["audit", "--lang=zh-CN", "--nonsense"]).error.hasPrefix("错误：未知选项“--nonsense”"))
    #expect(try Program.run(["audit", "--lang", "en", "--nonsense"], environment: Self.chinese).error.hasPrefix("Error: Unknown option"))
  }

  @Test(
    "Errors are in Chinese and keep names, values and exit codes",
    arguments: [
      (["audit", "--baseline", "nope"], "没有基线 nope：可用的有"), (["audit", "--only", "NOPE"], "--only NOPE：没有此检查项"),
      (["audit", "--set", "foo"], "--set foo：不是 key=value 的形式"), (["explain", "NOPE"], "NOPE：没有此检查项"),
      (["audit", "--format", "xml"], "取值“xml”不适用于“--format <format>”：可用的有 table, json, sarif, html"),
      (["audit", "--fail-on", "none"], "可用 low、medium、high 与 critical"), (["audit", "--root"], "“--root <dir>”缺少取值"),
      (["audit", "--output", "/nonexistent/a"], "无法写入 /nonexistent/a：文件夹不存在；请先创建"),
      (["audit", "--data", "/nonexistent"], "--data /nonexistent：没有此文件夹"), (["version", "more"], "多余的参数“more”"),
      (["audit", "--unknown", "maybe"], "请给出以下之一："), (["audit", "--no-progress=1"], "选项“--no-progress”不带取值"),
    ] as [([String], String)])
  func errors(arguments: [String], text: String) throws {
    let result = try Program.run(arguments, environment: Self.wide)
    #expect(result.code == 2)
    #expect(result.error.contains(text), "\(result.error)")
    #expect(!result.error.contains("Error:") && !result.error.contains("Usage:"))
  }

  @Test("A refused target says as much in Chinese as in English")
  func refusals() throws {
    let scratch = try ScratchFolder()
    try Data().write(to: scratch.url.appendingPathComponent("empty.xml"))
    try Data("{\"schema\":\"x\"}".utf8).write(to: scratch.url.appendingPathComponent("facts.json"))
    try Data("{\"Id\": \"4f2a".utf8).write(to: scratch.url.appendingPathComponent("half.json"))
    try Data("{\"schema\":\"ringwall.facts/9\"}".utf8).write(to: scratch.url.appendingPathComponent("later.json"))
    try Data("<domain type='kvm'><a></domain>".utf8).write(to: scratch.url.appendingPathComponent("bad.xml"))
    let texts = [
      "empty.xml": "空文件", "facts.json": "类型未知的 JSON", "half.json": "文本在一个值的中间结束", "later.json": "ringwall.facts/9",
      "bad.xml": "bad.xml:1：XML 格式不正确：",
    ]
    for (name, text) in texts {
      let result = try Program.run(["audit", scratch.url.appendingPathComponent(name).path], environment: Self.wide)
      #expect(result.code == 2)
      #expect((result.output + result.error).contains(text), "\(result.output)\(result.error)")
    }
    let fifo = scratch.url.appendingPathComponent("fifo").path
    // SAFETY: mkfifo(3) reads the path, which Swift keeps alive for the call.
    let made = unsafe mkfifo(fifo, 0o600)
    try #require(made == 0)
    #expect(try Program.run(["audit", fifo], environment: ["COLUMNS": "400"]).output.contains("a pipe or device that gave nothing"))
  }
}
