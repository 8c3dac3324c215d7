import Rego

/// A libFuzzer entry: bytes choose rules of one document out of a list, which is then asked for with and without the passes over plans.
///
/// Beyond not crashing: both answers agree, no rule's value is changed by another rule, and a second evaluation finds the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPartial(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  var text = "package p\nq[x] := y if { some x, y in input.q }\nr[x].u contains y if { some x, y in input.q }\n"
  for byte in bytes.prefix(12) {
    let key = keys[Int(byte) % keys.count], path = paths[Int(byte >> 2) % paths.count], value = values[Int(byte >> 4) % values.count]
    text += byte & 1 == 0 ? "p\(key)\(path) := \(value) if true\n" : "p\(key)\(path) contains \(value) if true\n"
  }
  let input = Document(.object([.init(.string("q"), .object([.init(.string("a"), .integer(1)), .init(.string("b"), .array([]))]))]))
  var answers: [[Solution]?] = []
  for isOptimized in [true, false] {
    var options = Policy.Options()
    options.isOptimized = isOptimized
    guard let module = try? Parser.module(Array(text.utf8), file: "p.rego"), let policy = try? Policy([module], options: options),
      let query = try? policy.prepare("before := [data.p.q, data.p.r]; p := data.p.p; after := [data.p.q, data.p.r]")
    else { return 0 }
    for _ in 0..<2 {
      let solutions = try? query.evaluate(input: input, options: EvaluationOptions(steps: 10_000))
      for solution in solutions ?? [] { precondition(solution["before"] == solution["after"], "a rule's value was changed") }
      answers.append(solutions)
    }
  }
  precondition(answers.allSatisfy { $0 == answers[0] }, "answers differ")
  return 0
}

private let keys = ["[x]", ".a", "[\"b\"]", "[1]"].map { $0 == "[x]" ? "[input.q.a]" : $0 }
private let paths = ["", ".u", ".u.v", "[\"a\"]", "[input.q.a].w"]
private let values = ["q", "r", "r.a", "{\"u\": 1}", "{1, 2}", "[q]", "1", "{\"u\": {\"v\": q}}", "input.q", "{}"]
