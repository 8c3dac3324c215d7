import TestSupport
import Testing

@testable import Rego

/// Code with words changed at random is refused, or runs to an end within its budget.
@Suite("Corrupt code")
struct CorruptionTests {
  private static let module = """
    package p
    import data.base

    limits := {"most": 3, "least": input.least}
    names contains n if { some m in input.machines; n := m.name; not excluded[n] }
    excluded[n] if { some n in input.excluded }
    sizes[m.name] := s if { some m in input.machines; s := size(m) }
    tree[a].b[c] := v if { some a, x in base.tree; some c, v in x }
    groups[k] contains m.name if { some m in input.machines; k := m.kind }
    size(m) := 1 if m.kind == "small"
    size(m) := n if { m.kind == "large"; n := m.size * 2 }
    size(m) := 0 if { not m.kind }
    kind := "a" if input.kind == 1
    else := "b" if input.kind == 2
    else := "c"
    c := 1 if input.k == "x"
    c := 2 if input.k == "y"
    c := 3 if input.k == "z"
    all_small if { every m in input.machines { size(m) < 3 } }
    text := $"{input.k} of {count(input.machines)}"
    changed := x if { x := sizes with input.machines as [{"name": "n", "kind": "small"}] with size as 4 }
    replaced := [y | y := double(input.kind) with double as triple]
    double(x) := x * 2
    triple(x) := x * 3
    pairs := [[a, b] | some a in input.excluded; some b in input.excluded; a != b]
    object := {k: v | some k, v in limits}
    at := base[input.path[0]][input.path[1]]
    whole := data.p.sub
    sub.one := 1
    sub.two := input.kind
    default fallback := {"none": true}
    fallback := input.fallback
    """
  private static let query = """
    x := data.p.names; a := data.p.sizes; b := data.p.tree; c := data.p.groups; d := data.p.kind; e := data.p.c; f := data.p.text;
    g := data.p.changed; h := data.p.replaced; i := data.p.pairs; j := data.p.object; k := data.p.whole; l := data.p.fallback; data.p[m]
    """
  private static let input = #"""
    {"least": 1, "excluded": ["b", "q", "zz"], "kind": 2, "k": "y", "path": ["tree", "t"],
     "machines": [{"name": "a", "kind": "small"}, {"name": "b", "kind": "large", "size": 7}, {"name": "a long name that is no short text", "kind": "large", "size": 1.5}]}
    """#

  private static func prepared(isOptimized: Bool) throws -> PreparedQuery {
    var options = Policy.Options()
    options.isOptimized = isOptimized
    return try Policy(
      [try Parser.module(Array(module.utf8), file: "m.rego")],
      data: try Document(json: Array(#"{"base": {"tree": {"t": {"u": 1, "v": [2]}, "w": {"u": {"x": null}}}}}"#.utf8)), options: options
    ).prepare(query)
  }

  /// Runs a program to its end.
  private static func run(_ program: Program, _ function: Int, _ input: Document, _ data: Document, _ place: String = "") {
    var machine = Machine(program, options: EvaluationOptions(steps: 2_000, memory: 8 << 20))
    machine.begin(input: input.value, data: data.value)
    do throws(RegoError) {
      try machine.solve(function)
      for result in machine.results {
        guard Self.isValue(result) else {
          Issue.record("what was never written is read: \(place)")
          return
        }
        if result.isDefined { _ = Document(RegoValue(result)).json() }
      }
    } catch {
      #expect(!error.message.isEmpty)
    }
  }

  /// False where words of a value are none: memory that nothing wrote, which MALLOC_PERTURB_ and sanitizers make to hold other words.
  private static func isValue(_ value: Value) -> Bool {
    switch value.rawTag {
    case 7: (0..<value.arrayView.count).allSatisfy { isValue(value.arrayView[$0]) }
    case 8: (0..<value.objectView.count).allSatisfy { isValue(value.objectView.key(at: $0)) && isValue(value.objectView.value(at: $0)) }
    case 9: (0..<value.setView.count).allSatisfy { isValue(value.setView[$0]) }
    default: value.rawTag < 7
    }
  }

  @Test("every word of a program, changed", arguments: [true, false])
  func everyWord(isOptimized: Bool) throws {
    let query = try Self.prepared(isOptimized: isOptimized)
    let input = try Document(json: Array(Self.input.utf8))
    #expect(try query.evaluate(input: input).count > 0)
    var refused = 0, accepted = 0
    for (number, function) in query.program.functions.enumerated() {
      let words = function.codeWords
      for position in words.indices {
        var changed = words
        changed[position] &+= [1, -1, 70][position % 3]
        do throws(RegoError) {
          let program = try query.program.replacing(number, code: changed)
          accepted += 1
          Self.run(
            program, query.function, input, query.data,
            "\(number) \(position) \(words.count) \(words[max(0, position - 12)..<min(words.count, position + 8)])")
        } catch {
          #expect(error.code == .internal)
          refused += 1
        }
      }
    }
    // A register, constant or size that is another one is often as sound as the first.
    #expect(refused > accepted / 2)
  }

  @Test("several words at random", arguments: 1...20)
  func random(seed: UInt64) throws {
    var generator = SplitMix(seed)
    let query = try Self.prepared(isOptimized: seed.isMultiple(of: 2))
    let input = try Document(json: Array(Self.input.utf8))
    let functions = query.program.functions
    for _ in 0..<100 {
      let number = Int.random(in: functions.indices, using: &generator)
      var words = functions[number].codeWords
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let position = Int.random(in: words.indices, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: words[position] = Int32.random(in: -8...8, using: &generator)
        case 1: words[position] = words[Int.random(in: words.indices, using: &generator)]
        case 2: words.swapAt(position, Int.random(in: words.indices, using: &generator))
        case 3: words[position] ^= 1 << Int32.random(in: 0..<8, using: &generator)
        default: words.remove(at: position)
        }
        if words.isEmpty { break }
      }
      do throws(RegoError) {
        Self.run(try query.program.replacing(number, code: words), query.function, input, query.data, "\(words)")
      } catch {
        #expect(error.code == .internal)
      }
    }
  }
}
