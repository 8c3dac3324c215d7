// Compiled with Tests/RegoTests/Machine/Corruption.swift
@testable import Rego

/// A libFuzzer entry: bytes change words of a compiled policy's code, which then is refused, or runs to an end.
///
/// Each change takes four bytes: function, two for the position, and how the word behind them changes. Beyond not crashing: what the verifier
/// accepts reads no memory that nothing wrote, and stays within its budget.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBytecode(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  guard bytes.count >= 4 else { return 0 }
  let victim = Victim.next()
  let functions = victim.query.program.functions
  let number = Int(bytes[0]) % functions.count
  var words = functions[number].codeWords
  for change in stride(from: 0, to: min(bytes.count - 3, 32), by: 4) where !words.isEmpty {
    let position = (Int(bytes[change + 1]) << 8 | Int(bytes[change + 2])) % words.count
    let amount = Int32(bytes[change + 3] >> 3)
    switch bytes[change + 3] & 7 {
    case 0: words[position] = amount
    case 1: words[position] = -amount
    case 2: words[position] &+= amount
    case 3: words[position] &-= amount
    case 4: words[position] = words[Int(amount) % words.count]
    case 5: words.swapAt(position, Int(amount) % words.count)
    case 6: words.remove(at: position)
    default: words.insert(amount, at: position)
    }
  }
  do throws(RegoError) {
    let program = try victim.query.program.replacing(number, code: words)
    var machine = Machine(program, options: EvaluationOptions(steps: 2_000, memory: 8 << 20))
    machine.begin(input: victim.input.value, data: victim.query.data.value)
    try machine.solve(victim.query.function)
    for result in machine.results where result.isDefined { _ = Document(RegoValue(result)).json() }
  } catch {
    precondition(!error.message.isEmpty, "an error says nothing")
  }
  return 0
}

/// A policy with every kind of rule. Code that is made for it stays in its memory, so that another one takes its place now and then.
private struct Victim {
  let query: PreparedQuery
  let input: Document
  private var uses = 0
  nonisolated(unsafe) private static var current: Victim?

  static func next() -> Victim {
    if unsafe current == nil || current!.uses > 2_000 { unsafe current = Victim() }
    unsafe current!.uses += 1
    return unsafe current!
  }

  private init() {
    do {
      let policy = try Policy(
        [try Parser.module(Array(Self.module.utf8), file: "m.rego")],
        data: try Document(json: Array(#"{"base": {"tree": {"t": {"u": 1, "v": [2]}, "w": {"u": {"x": null}}}}}"#.utf8)))
      query = try policy.prepare("x := data.p; y := data.p.names; data.p[m]")
      input = try Document(json: Array(Self.input.utf8))
    } catch { fatalError("\(error)") }
  }

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
    all_small if { every m in input.machines { size(m) < 3 } }
    text := $"{input.k} of {count(input.machines)}"
    changed := x if { x := sizes with input.machines as [{"name": "n", "kind": "small"}] with size as 4 }
    replaced := [y | y := double(input.kind) with double as triple]
    double(x) := x * 2
    triple(x) := x * 3
    pairs := [[a, b] | some a in input.excluded; some b in input.excluded; a != b]
    object := {k: v | some k, v in limits}
    at := base[input.path[0]][input.path[1]]
    line := sprintf("%s-%d", [input.k, input.kind])
    hits if regex.match(`^[a-z]+$`, input.k)
    default fallback := {"none": true}
    fallback := input.fallback
    """
  private static let input = #"""
    {"least": 1, "excluded": ["b", "q", "zz"], "kind": 2, "k": "y", "path": ["tree", "t"], "machines": [
    {"name": "a", "kind": "small"}, {"name": "b", "kind": "large", "size": 7}, {"name": "a name that is no short text", "kind": "large", "size": 1.5}]}
    """#
}
