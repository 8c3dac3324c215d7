import Rego
import Testing

/// Plans written by hand: what the statements do, and what is refused.
@Suite("Plans")
struct PlanSoundnessTests {
  /// A statement as OPA writes it.
  private static func statement(_ type: String, _ fields: String) -> String {
    #"{"type":"\#(type)","stmt":{\#(fields)\#(fields.isEmpty ? "" : ",")"file":0,"col":1,"row":1}}"#
  }

  private static func local(_ number: Int) -> String { #"{"type":"local","value":\#(number)}"# }
  private static func string(_ number: Int) -> String { #"{"type":"string_index","value":\#(number)}"# }
  private static func set(_ target: Int, _ value: Int) -> String {
    statement("MakeNumberIntStmt", #""value":\#(value),"target":\#(target)"#)
  }

  /// Hands a local out as the result.
  private static func result(_ number: Int) -> String {
    statement("MakeObjectStmt", #""target":90"#) + ","
      + statement("ObjectInsertStmt", #""key":\#(string(0)),"value":\#(local(number)),"object":90"#) + ","
      + statement("ResultSetAddStmt", #""value":90"#)
  }

  private static func call(_ name: String, _ result: Int) -> String {
    statement("CallStmt", #""func":"\#(name)","args":[\#(local(0)),\#(local(1))],"result":\#(result)"#)
  }

  private static func function(_ name: String, _ block: String) -> String {
    #"{"name":"\#(name)","params":[0,1],"return":2,"path":["g0","\#(name)"],"blocks":[{"stmts":[\#(block)]}]}"#
  }

  private static func plan(_ blocks: [String], functions: [String] = []) -> String {
    let texts = ["result", "x", "y", "1e999999999"].map { #"{"value":"\#($0)"}"# }.joined(separator: ",")
    let body = blocks.map { #"{"stmts":[\#($0)]}"# }.joined(separator: ",")
    return #"{"static":{"strings":[\#(texts)],"files":[{"value":"m.rego"}]},"plans":{"plans":[{"name":"p","blocks":[\#(body)]}]},"#
      + #""funcs":{"funcs":[\#(functions.joined(separator: ","))]}}"#
  }

  /// The result as JSON, "undefined", or the error.
  private static func answer(_ plan: String, input: String? = nil) throws -> String {
    let document = try input.map { try Document(json: Array($0.utf8)) }
    do {
      let query = try PlannedPolicy(plan: Array(plan.utf8)).prepare(entryPoint: "p")
      let solutions = try query.evaluate(input: document, options: EvaluationOptions(steps: 1_000_000))
      guard let value = solutions.first?.values.first else { return "undefined" }
      return String(decoding: Document(value).json(), as: UTF8.self)
    } catch {
      return "\(error)"
    }
  }

  @Test("a statement that is undefined ends its block, and the next block runs")
  func blocks() throws {
    let plan = Self.plan([
      Self.statement("EqualStmt", #""a":\#(Self.string(1)),"b":\#(Self.string(2))"#) + "," + Self.result(0),
      Self.set(2, 7) + "," + Self.result(2),
    ])
    #expect(try Self.answer(plan) == "7")
  }

  @Test("a break leaves a with, and input is what it was")
  func leavesWith() throws {
    let inside =
      Self.statement("DotStmt", #""source":\#(Self.local(0)),"key":\#(Self.string(1)),"target":3"#) + ","
      + Self.statement("BreakStmt", #""index":1"#)
    let with =
      Self.set(2, 5) + "," + Self.statement("WithStmt", #""local":0,"path":[1],"value":\#(Self.local(2)),"block":{"stmts":[\#(inside)]}"#)
    let after = Self.statement("DotStmt", #""source":\#(Self.local(0)),"key":\#(Self.string(1)),"target":4"#)
    let pair =
      Self.statement("MakeArrayStmt", #""target":5,"capacity":2"#) + ","
      + Self.statement("ArrayAppendStmt", #""array":5,"value":\#(Self.local(3))"#)
      + "," + Self.statement("ArrayAppendStmt", #""array":5,"value":\#(Self.local(4))"#)
    #expect(try Self.answer(Self.plan([with, [after, pair, Self.result(5)].joined(separator: ",")]), input: #"{"x":1}"#) == "[5,1]")
  }

  @Test("a local that nothing wrote is undefined, in every evaluation")
  func unwritten() throws {
    let query = try PlannedPolicy(plan: Array(Self.plan([Self.result(5), Self.set(5, 1)]).utf8)).prepare(entryPoint: "p")
    for _ in 0..<3 { #expect(try query.evaluate().isEmpty) }
  }

  @Test("a container is not changed while it is known elsewhere")
  func changes() throws {
    let array = Self.statement("MakeArrayStmt", #""target":2,"capacity":1"#)
    let grow = Self.statement("ArrayAppendStmt", #""array":2,"value":\#(Self.string(1))"#)
    let itself = Self.statement("ArrayAppendStmt", #""array":2,"value":\#(Self.local(2))"#)
    let loop = Self.statement("ScanStmt", #""source":2,"key":3,"value":4,"block":{"stmts":[\#(grow)]}"#)
    let input = Self.statement("ArrayAppendStmt", #""array":0,"value":\#(Self.string(1))"#)
    for statements in [[array, itself], [array, grow, loop], [input], [Self.set(2, 1), grow]] {
      let answer = try Self.answer(Self.plan([statements.joined(separator: ",")]))
      #expect(answer.contains("rego_compile_error") && answer.contains("is changed"), "\(answer)")
    }
  }

  @Test("objects are merged all the way down, the first counts, and what is no object is not merged")
  func merges() throws {
    let dot = { (key: Int, target: Int) in
      Self.statement("DotStmt", #""source":\#(Self.local(0)),"key":\#(Self.string(key)),"target":\#(target)"#)
    }
    let merge = Self.statement("ObjectMergeStmt", #""a":3,"b":4,"target":5"#)
    let plan = Self.plan([[dot(1, 3), dot(2, 4), merge, Self.result(5)].joined(separator: ",")])
    let cases = [
      (#"{"x": {"p": {"q": 1}, "r": 2}, "y": {"p": {"q": 3, "s": 4}, "r": {}, "t": 5}}"#, #"{"p":{"q":1,"s":4},"r":2,"t":5}"#),
      (#"{"x": 1, "y": {"p": 2}}"#, "1"), (#"{"x": {"p": 2}, "y": [1]}"#, #"{"p":2}"#), (#"{"x": {"p": 2}}"#, "undefined"),
      (#"{"x": {"p": [1]}, "y": {"p": {"q": 1}}}"#, #"{"p":[1]}"#),
    ]
    for (input, expected) in cases { #expect(try Self.answer(plan, input: input) == expected) }
    // Into one of the two.
    let same = Self.statement("ObjectMergeStmt", #""a":3,"b":4,"target":4"#)
    let again = Self.plan([[dot(1, 3), dot(2, 4), same, Self.result(4)].joined(separator: ",")])
    #expect(try Self.answer(again, input: cases[0].0) == cases[0].1)
  }

  @Test("circles, wild numbers, unknown functions and breaks out of nowhere are errors")
  func refused() throws {
    let circle = Self.plan(
      [Self.call("a", 2)], functions: [Self.function("a", Self.call("b", 2)), Self.function("b", Self.call("a", 2))])
    #expect(try Self.answer(circle).contains("rego_recursion_error"))
    #expect(try Self.answer(Self.plan([Self.call("nowhere", 2)])).contains("rego_type_error"))
    #expect(try Self.answer(Self.plan([Self.statement("BreakStmt", #""index":1"#)])).contains("leaves 2 blocks"))
    #expect(try Self.answer(Self.plan([Self.set(-1, 1)])).contains("rego_parse_error"))
    #expect(try Self.answer(Self.plan([Self.set(1 << 40, 1)])).contains("rego_parse_error"))
    #expect(try Self.answer(Self.plan([Self.set(2_147_483_000, 3) + "," + Self.result(2_147_483_000)])) == "3")
    #expect(try Self.answer(Self.plan([Self.statement("MakeNumberRefStmt", #""Index":9,"target":2"#)])).contains("no string 9"))
    #expect(try Self.answer(Self.plan([Self.statement("MakeNumberRefStmt", #""Index":1,"target":2"#)])).contains("is no number"))
    #expect(try Self.answer(Self.plan([Self.statement("JumpStmt", "")])).contains("JumpStmt"))
    #expect(try Self.answer("[]").contains("rego_parse_error"))
  }

  @Test("deep blocks are read up to a limit")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      var text = Self.set(2, 1)
      for _ in 1..<depth { text = Self.statement("BlockStmt", #""blocks":[{"stmts":[\#(text)]}]"#) }
      return Self.plan([text, Self.set(3, 4) + "," + Self.result(3)])
    }
    #expect(try Self.answer(nested(900)) == "4")
    #expect(try Self.answer(nested(1_001)).contains("nested more than"))
    #expect(try Self.answer(nested(20_000)).contains("rego_parse_error"))
  }
}
