import Foundation
import Testing

@testable import Rego

@Suite("Syntax tree as JSON")
struct ModuleJSONTests {
  private static func json(_ text: String, _ options: ModuleJSON.Options = .init(indent: nil), version: LanguageVersion = .v1) throws
    -> String
  {
    let source = Array(text.utf8)
    let module = try Parser.module(source, file: "m.rego", options: .init(version: version))
    return String(decoding: ModuleJSON.encode(module, source: source, options: options), as: UTF8.self)
  }

  /// The JSON of the first rule.
  private static func rule(_ text: String, version: LanguageVersion = .v1) throws -> String {
    let all = try json("package p\n" + text, version: version)
    let start = try #require(all.range(of: "\"rules\":["))
    return String(all[start.upperBound...].dropLast(2))
  }

  @Test("a small module")
  func module() throws {
    #expect(
      try Self.json("package a.b\nimport data.x as y\np := 1")
        == #"{"package":{"path":[{"type":"var","value":"data"},{"type":"string","value":"a"},{"type":"string","value":"b"}]},"#
        + #""imports":[{"alias":"y","path":{"type":"ref","value":[{"type":"var","value":"data"},{"type":"string","value":"x"}]}}],"#
        + #""rules":[{"body":[{"index":0,"terms":{"type":"boolean","value":true}}],"head":{"name":"p","value":{"type":"number","value":1},"#
        + #""assign":true,"ref":[{"type":"var","value":"p"}]}}]}"#)
  }

  @Test(
    "heads",
    arguments: [
      ("p if true", #""head":{"name":"p","value":{"type":"boolean","value":true},"ref":[{"type":"var","value":"p"}]}"#),
      ("p contains 1", #""head":{"name":"p","key":{"type":"number","value":1},"ref":[{"type":"var","value":"p"}]}"#),
      (
        "p[x] := y if { x = 1; y = 2 }",
        #""head":{"name":"p","key":{"type":"var","value":"x"},"value":{"type":"var","value":"y"},"assign":true,"#
          + #""ref":[{"type":"var","value":"p"},{"type":"var","value":"x"}]}"#
      ),
      (
        "p.q.r := 1 if true",
        #""head":{"value":{"type":"number","value":1},"assign":true,"ref":[{"type":"var","value":"p"},{"type":"string","value":"q"},{"type":"string","value":"r"}]}"#
      ),
      (
        "f(x) := x if true",
        #""head":{"name":"f","args":[{"type":"var","value":"x"}],"value":{"type":"var","value":"x"},"assign":true,"ref":[{"type":"var","value":"f"}]}"#
      ),
      ("default p := false", #""default":true,"head":{"name":"p","value":{"type":"boolean","value":false},"assign":true"#),
      (
        "p := 1 if { false } else := 2 if { true }",
        #""else":{"body":[{"index":0,"terms":{"type":"boolean","value":true}}],"head":{"name":"p","value":{"type":"number","value":2},"assign":true"#
      ),
    ])
  func heads(_ text: String, _ wanted: String) throws {
    let found = try Self.rule(text)
    #expect(found.contains(wanted), "\(found)")
  }

  @Test(
    "bodies and terms",
    arguments: [
      (
        "not x with input.a as 1",
        #"{"index":0,"negated":true,"terms":{"type":"var","value":"x"},"with":[{"target":{"type":"ref","value":[{"type":"var","value":"input"},{"type":"string","value":"a"}]},"value":{"type":"number","value":1}}]}"#
      ),
      ("some x, y", #""terms":{"symbols":[{"type":"var","value":"x"},{"type":"var","value":"y"}]}"#),
      (
        "some x in [1]",
        #""terms":{"symbols":[{"type":"call","value":[{"type":"ref","value":[{"type":"var","value":"internal"},{"type":"string","value":"member_2"}]},{"type":"var","value":"x"}"#
      ),
      (
        "every x in [1] { x }",
        #""terms":{"body":[{"index":0,"terms":{"type":"var","value":"x"}}],"domain":{"type":"array","value":[{"type":"number","value":1}]},"key":null,"value":{"type":"var","value":"x"}}"#
      ),
      ("x := {3, 1, 1}", #"{"type":"set","value":[{"type":"number","value":1},{"type":"number","value":3}]}"#),
      (
        "x := {\"b\": 1, \"a\": null}",
        #"{"type":"object","value":[[{"type":"string","value":"a"},{"type":"null","value":{}}],[{"type":"string","value":"b"},{"type":"number","value":1}]]}"#
      ),
      (
        "x := [y | y = 1]",
        #"{"type":"arraycomprehension","value":{"term":{"type":"var","value":"y"},"body":[{"index":0,"terms":[{"type":"ref","value":[{"type":"var","value":"eq"}]}"#
      ),
      (
        "x := {y: 1 | y = 1}",
        #"{"type":"objectcomprehension","value":{"key":{"type":"var","value":"y"},"value":{"type":"number","value":1},"body":"#
      ),
      ("count(\"<\")", #""terms":[{"type":"ref","value":[{"type":"var","value":"count"}]},{"type":"string","value":"\u003c"}]"#),
      ("x := [] ", #"{"type":"array","value":[]}"#), ("x := 1e3", #"{"type":"number","value":1e3}"#),
    ])
  func bodies(_ text: String, _ wanted: String) throws {
    let found = try Self.rule("r if { \(text) }")
    #expect(found.contains(wanted), "\(found)")
  }

  @Test("places and comments")
  func places() throws {
    let text = try Self.json("package a # c\np := 1\n", .init(hasLocations: true, indent: nil))
    #expect(text.contains(#"{"Text":"IGM=","Location":{"file":"m.rego","row":1,"col":11,"text":"IyBj"}}"#), "\(text)")
    #expect(text.contains(#"{"location":{"file":"m.rego","row":2,"col":6,"text":"MQ=="},"type":"number","value":1}"#), "\(text)")
    #expect(!(try Self.json("package a # c", .init(hasComments: false, indent: nil)).contains("comments")))
  }

  @Test("annotations")
  func annotations() throws {
    let text = try Self.json(
      """
      package a
      # METADATA
      # scope: document
      # authors: [A B <a@b>]
      # schemas: [{input.x: schema.y}]
      p := 1 if false

      # METADATA
      # title: T
      p := 2 if true
      """)
    #expect(
      text.contains(
        #""annotations":[{"authors":[{"email":"a@b","name":"A B"}],"schemas":[{"path":[{"type":"var","value":"input"},{"type":"string","value":"x"}],"schema":[{"type":"var","value":"schema"},{"type":"string","value":"y"}]}],"scope":"document"},{"scope":"rule","title":"T"}]"#
      ), "\(text)")
    #expect(text.components(separatedBy: #""scope":"document""#).count == 4)
  }

  @Test("indentation is Go's")
  func indentation() throws {
    let text = try Self.json("package a\np := [[], {}] if { true }", .init())
    #expect(text.contains("\n  \"package\": {\n    \"path\": [\n      {\n"))
    #expect(text.contains("\"value\": []"))
  }

  @Test("deep texts")
  func deep() throws {
    let text = "package a\np := " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(try Self.json(text).count > 900)
  }

  @Test("OPA's own output", .enabled(if: SharedRuns.exists, "no recorded runs beside the package"))
  func oracle() throws {
    let (source, wanted) = try SharedRuns.parse()
    let bytes = Array(source.utf8)
    let module = try Parser.module(bytes, file: "ugly.rego")
    #expect(String(decoding: ModuleJSON.encode(module, source: bytes), as: UTF8.self) + "\n" == wanted)
  }
}

/// The run of `opa parse` among the recorded ones.
enum SharedRuns {
  private static let path = "../shared/oracle/opa/cli.json"
  static var exists: Bool { FileManager.default.fileExists(atPath: path) }

  private struct File: Decodable {
    struct Run: Decodable {
      var command: String
      var stdout: String
    }
    var files: [String: String]
    var runs: [Run]
  }

  static func parse() throws -> (source: String, output: String) {
    let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    let run = try #require(file.runs.first { $0.command.hasPrefix("opa parse") })
    let source = try #require(file.files["ugly.rego"])
    return (source, run.stdout)
  }
}

@Suite("Syntax trees of the public modules", .enabled(if: SharedModules.exist, "no recorded modules beside the package"))
struct ModuleJSONCorpusTests {
  @Test("every one is JSON, with places and without")
  func corpus() throws {
    var count = 0
    for (text, version) in try SharedModules.all() {
      let source = Array(text.utf8)
      guard let module = try? Parser.module(source, file: "m.rego", options: .init(version: version, experimentalKeywords: true)) else {
        continue
      }
      count += 1
      for options in [ModuleJSON.Options(), .init(hasLocations: true, indent: nil)] {
        let json = ModuleJSON.encode(module, source: source, options: options)
        _ = try JSONReader.read(json, in: Heap())
      }
    }
    #expect(count > 1000)
  }
}

/// The modules that OPA's output was recorded of.
enum SharedModules {
  private static let path = "../shared/oracle/opa/modules.jsonl"
  static var exist: Bool { FileManager.default.fileExists(atPath: path) }

  static func all() throws -> [(text: String, version: LanguageVersion)] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { line in
      guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { return nil }
      guard let text = object["module"] as? String ?? object["source"] as? String ?? object["text"] as? String else { return nil }
      return (text, (object["version"] as? String).flatMap(LanguageVersion.init(rawValue:)) ?? .v1)
    }
  }
}
