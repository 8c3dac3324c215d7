import Foundation
import Testing

@Suite("Rego commands")
struct RegoCommandTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try folder.file(
      "p.rego",
      """
      package p

      default allow := false

      allow if {
        some role in data.roles[input.user]
        role == "admin"
      }

      slow if {
        some i in numbers.range(1, 100000)
        some j in numbers.range(1, 100000)
        i * j == -1
      }

      """)
    try folder.file("data.json", #"{"roles": {"ann": ["admin"], "bob": []}}"#)
    try folder.file("in.json", #"{"user": "bob"}"#)
    try folder.file(
      "p_test.rego",
      """
      package p_test

      import data.p

      test_admin if p.allow with input as {"user": "ann"}

      test_case[note] if {
        some note, item in {"ann": true, "bob": true}
        print("asking", note)
        p.allow == item with input as {"user": note}
      }

      todo_test_later if false

      """)
  }

  private func run(_ arguments: String...) throws -> Program.Result { try Program.run(arguments, in: folder.path) }

  @Test("a failure is explained by the expressions that led to it")
  func explains() throws {
    let result = try run("eval", "-d", "p.rego", "-d", "data.json", "-i", "in.json", "--explain", "fails", "-f", "pretty", "data.p.allow")
    #expect(result.code == 0)
    #expect(result.output.contains("| Enter data.p.allow"))
    #expect(result.output.contains("| | Fail role = data.roles[__local"))
    #expect(result.output.hasSuffix("false\n"))
  }

  @Test("notes are shown with what led to them")
  func notes() throws {
    try folder.file("n.rego", "package n\n\np if { trace(\"here\"); input.user == \"bob\" }\n")
    let result = try run("eval", "-d", "n.rego", "-i", "in.json", "--explain", "notes", "-f", "pretty", "data.n.p")
    #expect(result.output.contains("Note \"here\""))
    #expect(result.output.contains("Enter data.n.p"))
  }

  @Test("coverage counts rows, and a profile what was evaluated")
  func follows() throws {
    let arguments = ["eval", "-d", "p.rego", "-d", "data.json", "-i", "in.json", "--coverage", "--profile", "data.p.allow"]
    let document = try Program.run(arguments, in: folder.path).json()
    let coverage = try #require(document["coverage"] as? [String: Any])
    #expect(coverage["covered_lines"] as? Int == 2)
    #expect(coverage["not_covered_lines"] as? Int == 4)
    let rows = try #require(document["profile"] as? [[String: Any]])
    #expect(rows.contains { ($0["location"] as? [String: Any])?["row"] as? Int == 6 && $0["num_eval"] as? Int == 2 })
  }

  @Test("an evaluation that takes too long ends with an error that names the rule")
  func timeout() throws {
    let result = try run("eval", "-d", "p.rego", "--timeout", "200ms", "data.p.slow")
    #expect(result.code == 2)
    #expect(result.output.contains("eval_cancel_error") && result.output.contains("p.slow"))
  }

  @Test("capabilities decide which built-in functions there are")
  func capabilities() throws {
    let all = try run("capabilities", "--current")
    #expect(all.code == 0 && all.output.contains("\"numbers.range\""))
    try folder.file("all.json", all.output)
    #expect(try run("check", "--capabilities", "all.json", "p.rego").code == 0)
    try folder.file("few.json", #"{"builtins": [{"name": "eq"}, {"name": "assign"}, {"name": "equal"}]}"#)
    let refused = try run("check", "--capabilities", "few.json", "p.rego")
    #expect(refused.code == 1)
    #expect(refused.error.contains("undefined function numbers.range"))
    #expect(try run("check", "--capabilities", "in.json", "p.rego").error.contains("builtins"))
  }

  @Test("names to pass over, and errors that are counted")
  func ignores() throws {
    try folder.file("bad/broken.rego", "package b\n\np if { x }\nq if { y }\nr if { z }\n")
    #expect(try run("check", ".").code == 1)
    #expect(try run("check", "--ignore", "bad", ".").code == 0)
    let few = try run("check", "--max-errors", "2", "bad")
    #expect(few.errorLines.count == 4, "\(few.error)")
  }

  @Test("tests name their cases, keep what they print and tell skipped ones")
  func tests() throws {
    let result = try run("test", ".", "-v")
    #expect(result.code == 2)
    for text in ["  ann: PASS", "  bob: FAIL", "  asking ann", "data.p_test.todo_test_later: SKIPPED", "PASS: 2/4", "FAIL: 1/4"] {
      #expect(result.output.contains(text), "\(text) is not in \(result.output)")
    }
    #expect(result.output.hasPrefix("FAILURES\n"))
    #expect(try run("test", ".", "--run", "admin").code == 0)
    #expect(try run("test", ".", "--run", "later").code == 2)
    #expect(try run("test", ".", "--run", "later", "-z").code == 0)
  }

  @Test("coverage of tests has a threshold")
  func threshold() throws {
    let covered = try run("test", ".", "--run", "admin", "--coverage")
    #expect(covered.code == 0)
    #expect(try covered.json()["coverage"] is Double)
    let refused = try run("test", ".", "--run", "admin", "--threshold", "99", "-v")
    #expect(refused.code == 2)
    #expect(refused.error.contains("instead of 99.00") && refused.error.contains("p.rego:3"))
  }

  @Test("a benchmark counts runs and their time")
  func bench() throws {
    let result = try run("bench", "-d", "p.rego", "-d", "data.json", "-i", "in.json", "--format", "json", "data.p.allow")
    let document = try result.json()
    #expect(try #require(document["N"] as? Int) > 0)
    #expect(try run("bench", "data.nothing").code == 1)
  }

  @Test("decisions about files are one document")
  func exec() throws {
    let result = try run("exec", "--decision", "p/allow", "-d", "p.rego", "-d", "data.json", "in.json")
    let first = try #require((try result.json()["result"] as? [[String: Any]])?.first)
    #expect(first["path"] as? String == "in.json" && first["result"] as? Bool == false)
    let undefined = try run("exec", "--decision", "p/none", "--fail", "-d", "p.rego", "in.json")
    #expect(undefined.code == 1 && undefined.output.contains("opa_undefined_error"))
  }

  @Test("values may be joined to short options, and options of scripts are taken")
  func spelling() throws {
    #expect(try run("eval", "-fraw", "-dp.rego", "-d=data.json", "-iin.json", "data.p.allow").output == "false\n")
    #expect(try run("eval", "-O1", "-e", "p/allow", "--optimize-store-for-read-speed", "-f", "raw", "1").output == "1\n")
    #expect(try run("check", "--v0-v1", "p.rego").code == 1)
    #expect(try run("exec", "-f", "json", "--decision", "p/allow", "-d", "p.rego", "-d", "data.json", "in.json").code == 0)
  }

  @Test("what cannot be evaluated is said in OPA's words in JSON")
  func words() throws {
    let missing = try run("eval", "-d", "none.rego", "1")
    #expect(missing.code == 2)
    #expect(missing.output.contains("\"stat none.rego: no such file or directory\""))
    let empty = try run("eval", "")
    #expect(empty.code == 2)
    #expect(empty.output.contains("\"cannot evaluate empty query\""))
  }

  @Test("metrics name what there was to do")
  func metrics() throws {
    func names(_ arguments: [String]) throws -> [String] {
      let output = try Program.run(["eval", "--metrics"] + arguments, in: folder.path).output
      let json = try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
      return try #require(json["metrics"] as? [String: Any]).keys.sorted().map { String($0.dropFirst("timer_rego_".count).dropLast(3)) }
    }
    #expect(try names(["1"]) == ["query_compile", "query_eval", "query_parse"])
    #expect(
      try names(["-d", "p.rego", "data.p.allow"]) == [
        "external_resolve", "load_files", "module_compile", "module_parse", "query_compile", "query_eval", "query_parse",
      ])
  }

  @Test("data of several files are one document, and contradictions are refused")
  func merging() throws {
    try folder.file("a/x.json", #"{"k": {"one": 1}}"#)
    try folder.file("b/y.yaml", "k:\n  two: [1, 2]\n")
    #expect(try run("eval", "-f", "raw", "-d", "a/x.json", "-d", "b/y.yaml", "data").output == "{\"k\":{\"one\":1,\"two\":[1,2]}}\n")
    #expect(try run("eval", "-f", "raw", "-d", "z:a/x.json", "-d", "a", "data").output == "{\"k\":{\"one\":1},\"z\":{\"k\":{\"one\":1}}}\n")
    try folder.file("c.json", #"{"k": {"one": 2}}"#)
    let clash = try run("eval", "-d", "a/x.json", "-d", "c.json", "data")
    #expect(clash.code == 2)
    #expect(clash.output.contains("c.json: data.k.one is already set by another data file"))
  }

  @Test("wrong use of OPA's commands exits with OPA's 1")
  func wrongUse() throws {
    for arguments in [["eval"], ["eval", "--nope"], ["eval", "1", "-f", "source"], ["test"], ["eval", "--fail", "--fail-defined", "1"]] {
      let result = try Program.run(arguments)
      #expect(result.code == 1 && result.output.isEmpty && !result.error.isEmpty, "\(arguments)")
    }
    // Exit codes that scripts know from OPA.
    let both = try Program.run(["eval", "--show-builtin-errors", "--strict-builtin-errors", "1"])
    #expect(both.code == 2 && both.output.isEmpty && both.error.contains("--strict-builtin-errors"))
    try folder.file("p.rego", Data("package p\nallow := true\n".utf8))
    let unmeasured = try Program.run(["test", "--format", "gobench", "p.rego"], in: folder.path)
    #expect(unmeasured.code == 0 && unmeasured.output.isEmpty && unmeasured.error.contains("--bench"))
    #expect(try Program.run(["test", "--parallel", "0", "p.rego"], in: folder.path).code == 0)
    #expect(try Program.run(["test", "--fail-on-empty", "p.rego"], in: folder.path).code == 1)
  }
}
