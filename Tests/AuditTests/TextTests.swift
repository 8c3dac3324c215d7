import Domain
import Foundation
import Judgement
import Testing

@testable import Audit
@testable import References

@Suite("Texts")
struct TextTests {
  @Test("Both languages have every key, with the same names in braces")
  func complete() throws {
    let english = try Samples.texts(.english)
    let chinese = try Samples.texts(.chinese)
    func isSingular(_ key: String) -> Bool { key.hasSuffix(".one") }
    #expect(Set(english.keys.filter { !isSingular($0) }) == Set(chinese.keys.filter { !isSingular($0) }))
    for key in english.keys where !isSingular(key) { #expect(names(english[key]) == names(chinese[key]), "\(key)") }
    for key in english.keys where isSingular(key) {
      #expect(names(english[key]) == names(english[String(key.dropLast(4))]), "\(key)")
    }
  }

  @Test("Every verdict, severity, layer, kind, state and reason has a text")
  func enumerations() throws {
    let reasons = ["missing", "unreadable", "notCollected", "parameterNotSet", "policyError"]
    for language in Language.allCases {
      let texts = try Samples.texts(language)
      for key in Verdict.allCases.flatMap({ ["verdict.\($0.rawValue)", "count.\($0.rawValue)"] }) { #expect(texts.has(key), "\(key)") }
      for key in Severity.allCases.map({ "severity.\($0.rawValue)" }) + Layer.allCases.map({ "layer.\($0.rawValue)" }) {
        #expect(texts.has(key), "\(key)")
      }
      for key in Asset.Kind.allCases.map({ "kind.\($0.rawValue)" }) { #expect(texts.has(key), "\(key)") }
      for key in reasons.flatMap({ ["reason.\($0)", "case.unknown.\($0)"] }) { #expect(texts.has(key), "\(key)") }
      for key in ["present", "absent", "unreadable", "notCollected"].map({ "state.\($0)" }) { #expect(texts.has(key), "\(key)") }
    }
  }

  @Test("Every code that the sources refuse with, or give as the reason of a fact, has a text")
  func codes() throws {
    let texts = try Samples.texts(.chinese)
    var refusals: Set<String> = []
    var reasons: Set<String> = []
    let sources = Samples.packageRoot.appendingPathComponent("Sources")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
    for file in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      refusals.formUnion(text.matches(of: /code: "([a-z0-9-]+)"/).map { String($0.1) })
      reasons.formUnion(text.matches(of: /\.(?:unreadable|notCollected)\("([a-z0-9-]+)"/).map { String($0.1) })
      if file.lastPathComponent == "Tree.swift" { reasons.formUnion(text.matches(of: /case \.\w+: "([a-z-]+)"/).map { String($0.1) }) }
    }
    #expect(refusals.count > 5 && reasons.count > 3)
    for code in refusals { #expect(texts.has("refusal.\(code)"), "refusal.\(code)") }
    for code in reasons { #expect(texts.has("why.\(code)"), "why.\(code)") }
  }

  @Test("Texts of a control are in their language: no Han in METADATA, Han in every Chinese message, a space between the two scripts")
  func languages() throws {
    let folder = try DataFolder(named: nil)
    func hasHan(_ text: String) -> Bool { text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) } }
    for control in try Policies.load(from: folder).controls.all {
      let english = [control.title, control.description, control.remediation] + control.messages.values
      for text in english { #expect(!hasHan(text), "\(control.id): \(text)") }
    }
    for file in try folder.files(below: "data/text/zh-CN", suffixes: [".yaml"]) {
      let document = try YAMLDocument.read(try folder.bytes(file), file: file)
      for control in document.members ?? [] {
        for message in control.value["messages"]?.members ?? [] {
          let text = message.value.text ?? ""
          #expect(hasHan(text) || text.contains("："), "\(file): \(control.key) \(message.key): \(text)")
          #expect(
            !text.contains(/[\u{4E00}-\u{9FFF}][A-Za-z0-9]|[A-Za-z0-9][\u{4E00}-\u{9FFF}]/), "\(file): \(control.key) \(message.key)")
        }
      }
    }
  }

  /// Names that laws and guides have in English alone: techniques, and settings by the words of CIS and DISA.
  private static let named: Set<String> = ["attack", "cis", "stig"]

  @Test("Parameters, clauses and findings about waivers can be read in Chinese, and no phrase is left over")
  func phrases() throws {
    let folder = try DataFolder(named: nil)
    let texts = try Samples.texts(.chinese)
    var said: Set<String> = []
    for file in try folder.files(below: "data/parameters", suffixes: [".yaml"]) {
      for parameter in try YAMLDocument.read(try folder.bytes(file), file: file).elements ?? [] {
        said.insert(parameter["description"]?.text ?? "")
      }
    }
    for framework in try Frameworks(from: folder).all {
      said.formUnion([framework.name, framework.version, framework.source])
      for clause in framework.clauses {
        said.formUnion(clause.weaknesses.values)
        if !clause.status.isEmpty { said.insert(clause.status) }
        if clause.chinese == nil, !Self.named.contains(framework.id) { said.insert(clause.title) }
      }
    }
    let figures = try Figures(from: folder)
    let regulations = try Regulations(from: folder, figures: figures)
    said.formUnion(regulations.rows.flatMap { [$0.source, $0.check] }.filter { !$0.isEmpty })
    said.formUnion(try Cases(from: folder, figures: figures, regulations: regulations).all.map(\.source))
    said.formUnion(try Claims(from: folder).all.map(\.source).filter { $0.hasPrefix("no ") })
    said.formUnion(figures.entries.map(\.source).filter { !$0.hasPrefix("gartner.com") })
    said.formUnion(try CitationTable(from: folder).entries.map(\.status).filter { !$0.isEmpty })
    #expect(said.count > 300)
    for text in said where text != "vSphere 8 v2r3" { #expect(texts.phrase(text) != text, "\(text)") }
    let file = "data/text/zh-CN/phrases.yaml"
    for member in try YAMLDocument.read(try folder.bytes(file), file: file).members ?? [] { #expect(said.contains(member.key), "\(member.key)") }
    let waivers = "data/text/zh-CN/waivers.yaml"
    let translated = try YAMLDocument.read(try folder.bytes(waivers), file: waivers)
    for finding in try YAMLDocument.read(try folder.bytes("data/waivers.yaml"), file: "waivers.yaml")["findings"]?.members ?? [] {
      for part in ["title", "description", "remediation"] { #expect(translated[finding.key]?[part]?.text != nil, "\(finding.key) \(part)") }
    }
  }

  @Test(
    "Words of rules are in the language, and texts of what was judged stay as they are",
    arguments: [
      ("human monitor on tcp 127.0.0.1:5556", "tcp 127.0.0.1:5556 上的人工监视器"),
      ("QMP on tcp :1; gdb stub on tcp :2; human monitor on udp :3", "tcp :1 上的 QMP；tcp :2 上的 gdb 调试桩；udp :3 上的人工监视器"),
      ("gdb stub on the abstract socket @g, which no permission guards", "抽象套接字 @g 上的 gdb 调试桩，没有权限保护它"),
      ("path passthrough writable", "path passthrough 可写"), ("on (default)", "on（默认）"), ("8080 to 80/tcp", "8080 → 80/tcp"),
      ("Mitigation: Clear CPU buffers; SMT vulnerable", "Mitigation: Clear CPU buffers; SMT vulnerable"),
    ])
  func worded(text: String, expected: String) throws {
    #expect(try Samples.texts(.chinese).worded(text) == expected)
    #expect(try Samples.texts(.english).worded(text) == text)
  }

  @Test("Chinese verdicts are those of the glossary, and none is the assessor's word")
  func glossary() throws {
    let texts = try Samples.texts(.chinese)
    #expect(texts["verdict.pass"] == "通过")
    #expect(texts["verdict.fail"] == "未通过")
    for key in texts.keys { #expect(!texts[key].contains("符合"), "\(key)") }
  }

  @Test(
    "The language of a process comes from its locale",
    arguments: [
      (["LANG": "zh_CN.UTF-8"], Language.chinese), (["LANG": "C"], .english), ([:], .english),
      (["LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"], .english),
      (["LANG": "en_US", "LC_MESSAGES": "zh_CN"], .chinese), (["LC_ALL": "", "LANG": "zh_CN"], .chinese),
      (["LANG": "zh_TW.UTF-8"], .english),
      (["LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"], .english),
    ] as [([String: String], Language)])
  func locale(environment: [String: String], expected: Language) {
    #expect(Language(environment: environment) == expected)
  }

  @Test("Values cannot command a terminal")
  func printable() throws {
    #expect("a\u{1B}[2Jb\u{9B}c\u{202E}d\n".printable == "a [2Jb c d ")
    #expect(try Samples.texts().shown(.string("")) == "\"\"")
    #expect(try Samples.texts().shown(.string(String(repeating: "x", count: 500))).count == 160)
  }

  @Test("Lists stand as the language writes them", arguments: [(Language.english, "a, b"), (.chinese, "a、b")])
  func lists(language: Language, expected: String) throws {
    let texts = try Samples.texts(language)
    #expect(texts.shown(.array(["a", "b"])) == expected)
    #expect(texts.shown("a, b") == "a, b")
  }

  @Test("A text that names what its rule does not give is an error with its place", arguments: Language.allCases)
  func unknownPlaceholder(language: Language) throws {
    let control = Samples.control("SMP-001", messages: ["unsafe": "{found} and {nope}", "safe": "{found} of {a b} {"])
    let texts = try Samples.texts(language)
    let wrong = texts.message(Samples.finding(control, .fail, messageCase: "unsafe", arguments: ["found": "x"]))
    #expect(wrong.contains("{nope}") && wrong.contains(control.location.shown) && wrong.contains("SMP-001") && !wrong.contains("x and"))
    #expect(texts.message(Samples.finding(control, .pass, messageCase: "safe", arguments: ["found": "x"])) == "x of {a b} {")
  }

  @Test("Braces around what has no value stay, and arguments are not filled in twice")
  func filling() {
    #expect(Texts.filled("{a} {b} {", { ["a": "{b}", "b": "2"][$0] }) == "{b} 2 {")
    #expect(Texts.filled("{none} {a", { _ in nil }) == "{none} {a")
  }

  private func names(_ text: String) -> Set<String> { Set(text.matches(of: /\{(\w+)\}/).map { String($0.1) }) }
}

@Suite("Display width")
struct DisplayWidthTests {
  @Test("Han and full-width forms take two cells, combining marks none")
  func width() {
    #expect(DisplayWidth.of("abc") == 3)
    #expect(DisplayWidth.of("宿主机") == 6)
    #expect(DisplayWidth.of("（a）") == 5)
    #expect(DisplayWidth.of("e\u{301}") == 1)
    #expect(DisplayWidth.padded("通过", to: 6) == "通过  ")
    #expect(DisplayWidth.cut("宿主机内核", to: 7) == "宿主..")
  }

  @Test("Wrapped lines never exceed the width and lose nothing but spaces")
  func wrapping() {
    let texts = [
      "the kernel merges equal pages of guests that distrust each other", "内核在互不信任的客户机之间合并相同页面，一方可推知另一方的内容",
      "/a/very/long/path/without/any/space/in/it/that/has/to/be/broken/somewhere", "mixed 混合 text 文字 with both 两者",
    ]
    for text in texts {
      for width in 8...90 {
        let lines = DisplayWidth.wrapped(text, to: width)
        #expect(lines.allSatisfy { DisplayWidth.of($0) <= width }, "\(width)")
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
      }
    }
  }
}
