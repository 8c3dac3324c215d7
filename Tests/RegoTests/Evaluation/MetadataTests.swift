import Testing

@testable import Rego

@Suite("Policies about policies")
struct MetadataTests {
  private static func value(_ texts: [String], _ query: String) throws -> String {
    let policy = try Policy(texts.enumerated().map { try Parser.module(Array($1.utf8), file: "\($0).rego") })
    let solutions = try policy.prepare("x = \(query)").evaluate(input: nil, options: EvaluationOptions(isStrict: true))
    guard let value = solutions.first?["x"] else { return "undefined" }
    return String(decoding: Document(value).json(), as: UTF8.self)
  }

  @Test("the chain of a rule: its own block, its document's, its package's, those above")
  func chain() throws {
    let inner = """
      # METADATA
      # title: package
      package a.b

      # METADATA
      # scope: document
      # title: document
      # METADATA
      # title: first
      r := rego.metadata.chain() if true
      """
    let outer = "# METADATA\n# scope: subpackages\n# title: above\npackage a"
    #expect(
      try Self.value([inner, outer], "[[c.path, c.annotations.title] | some c in data.a.b.r]")
        == #"[[["a","b","r"],"first"],[["a","b","r"],"document"],[["a","b"],"package"],[["a"],"above"]]"#)
  }

  @Test("the block of a rule, in functions, comprehensions and else branches too")
  func rule() throws {
    let text = """
      package p
      # METADATA
      # title: f
      # custom: {level: 3}
      f(x) := [x, rego.metadata.rule().custom.level, [y | y := rego.metadata.rule().title]]

      # METADATA
      # title: e
      e := 1 if false
      else := rego.metadata.rule() if true

      n := rego.metadata.rule()
      c := count(rego.metadata.chain())
      """
    #expect(try Self.value([text], "data.p.f(1)") == #"[1,3,["f"]]"#)
    #expect(try Self.value([text], "data.p.e") == "{}")
    #expect(try Self.value([text], "data.p.n") == "{}")
    #expect(try Self.value([text], "data.p.c") == "1")
  }

  @Test("outside a rule there is none")
  func query() {
    #expect(throws: RegoError.self) { try Self.value([], "rego.metadata.chain()") }
  }

  @Test("modules are read as values")
  func modules() throws {
    #expect(try Self.value([], #"rego.parse_module("m.rego", "package a.b\np if { x }").rules[0].head.name"#) == #""p""#)
    #expect(throws: RegoError.self) { try Self.value([], #"rego.parse_module("m.rego", "package")"#) }
  }
}
