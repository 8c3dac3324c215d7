import Testing

@testable import Rego

/// Code that no assembler wrote: what is not sound is refused before it runs.
@Suite("Verified code")
struct VerifierTests {
  private static func refusal(_ words: [Int32], registers: Int = 4, parameters: Int = 0, caches: Int = 1) -> String? {
    do throws(RegoError) {
      _ = try Program.of(words, registers: registers, parameters: parameters, caches: caches)
      return nil
    } catch {
      return error.message
    }
  }

  private static func code(_ parts: (Operation, [Int32])...) -> [Int32] {
    parts.flatMap { [Int32($0.0.rawValue)] + $0.1 }
  }

  @Test("sound code is accepted")
  func sound() {
    #expect(Self.refusal(Self.code((.move, [0, -1]), (.returnValue, [0]))) == nil)
    #expect(Self.refusal(Self.code((.returnValue, [0])), parameters: 1) == nil)
    // A loop over input that fills an array.
    let loop = Self.code(
      (.makeArray, [0, 4]), (.input, [1, 21]), (.scanStart, [2, 1, 21]), (.scanNext, [2, 1, 4, 21]), (.append, [0, 4]), (.jump, [10]),
      (.jump, [21]), (.reset, [1]), (.returnValue, [0]))
    #expect(Self.refusal(loop, registers: 5) != nil)
    #expect(
      Self.refusal(
        Self.code(
          (.makeArray, [0, 4]), (.input, [1, 20]), (.scanStart, [2, 1, 20]), (.scanNext, [2, 1, 4, 20]), (.append, [0, 4]), (.jump, [10]),
          (.returnValue, [0])), registers: 5) == nil)
  }

  @Test(
    "what is not there is not named",
    arguments: [
      ([200], "no operation 200"), ([-1], "no operation -1"), ([256], "no operation 256"),
      ([2, 0, -9, 25, 0], "no constant 8"), ([2, 4, -1, 25, 0], "no register 4"), ([2, -1, -1, 25, 0], "no register -1"),
      ([2, 0, 9, 25, 0], "no register 9"), ([2, 0], "not whole"), ([2, 0, -1], "goes on behind its end"),
    ] as [([Int32], String)])
  func names(words: [Int32], reason: String) {
    let text = Self.refusal(words)
    #expect(text?.contains(reason) ?? false, "\(text ?? "accepted")")
    #expect(text?.contains("data.p.q") ?? false)
  }

  @Test("targets are beginnings of instructions, and behind only of loops")
  func targets() {
    #expect(Self.refusal(Self.code((.jump, [3]), (.move, [0, -1]), (.returnValue, [0])))?.contains("no beginning") == true)
    #expect(Self.refusal(Self.code((.jump, [0])))?.contains("no open loop") == true)
    #expect(Self.refusal(Self.code((.jump, [99])))?.contains("outside") == true)
    #expect(Self.refusal(Self.code((.move, [0, -1]), (.jump, [0])))?.contains("no open loop") == true)
  }

  @Test("registers are written before they are read, on every way")
  func unwritten() {
    #expect(Self.refusal(Self.code((.returnValue, [0])))?.contains("before it is written") == true)
    // Input is written only where there is one.
    #expect(Self.refusal(Self.code((.input, [0, 3]), (.returnValue, [0])))?.contains("before it is written") == true)
    let joined = Self.code((.truthy, [-1, 8]), (.move, [0, -1]), (.jump, [11]), (.move, [0, -2]), (.returnValue, [0]))
    #expect(Self.refusal(joined) == nil)
    #expect(Self.refusal([joined[0], joined[1], 11] + joined.dropFirst(3))?.contains("before it is written") == true)
  }

  @Test("only a container that nothing else knows grows")
  func containers() {
    let grow = { (words: [Int32]) in Self.refusal(words + Self.code((.returnValue, [0]))) }
    #expect(grow(Self.code((.makeArray, [0, 0]), (.append, [0, -1]))) == nil)
    #expect(grow(Self.code((.makeSet, [0]), (.append, [0, -1])))?.contains("no array") == true)
    #expect(grow(Self.code((.move, [0, -4]), (.insert, [0, -1, -1])))?.contains("no object") == true)
    #expect(grow(Self.code((.makeObject, [0]), (.add, [0, -1, 1, -2]))) == nil)
    #expect(grow(Self.code((.makeObject, [0]), (.add, [0, -1, 0])))?.contains("no set") == true)
    #expect(grow(Self.code((.makeArray, [0, 0]), (.move, [1, 0]), (.append, [0, -1])))?.contains("no array") == true)
    #expect(grow(Self.code((.makeArray, [0, 1 << 20])))?.contains("no capacity") == true)
    #expect(grow(Self.code((.makeTuple, [0, 1, -1]), (.append, [0, -1])))?.contains("no array") == true)
    #expect(grow(Self.code((.makeObject, [0]), (.insertOnce, [0, -1, 0])))?.contains("no number of operands") == true)
  }

  @Test("what grows is not part of itself")
  func itself() {
    let refusal = { (words: [Int32]) in Self.refusal(words + Self.code((.returnValue, [0]))) }
    #expect(refusal(Self.code((.makeArray, [0, 0]), (.append, [0, 0])))?.contains("no array") == true)
    #expect(refusal(Self.code((.makeObject, [0]), (.insert, [0, -1, 0])))?.contains("no object") == true)
    #expect(refusal(Self.code((.makeSet, [0]), (.add, [0, 0, 0])))?.contains("no set") == true)
    // Nor by way of another.
    let both = Self.code((.makeArray, [0, 0]), (.makeArray, [1, 0]), (.append, [0, 1]), (.append, [1, 0]))
    #expect(refusal(both)?.contains("no array") == true)
  }

  @Test("loops go over what they began with")
  func loops() {
    let end: Int32 = 12
    let next = Self.code((.scanNext, [0, 2, 3, end]), (.jump, [4]), (.reset, [2]), (.returnValue, [2]))
    #expect(
      Self.refusal(
        Self.code((.scanStart, [0, -4, 11])) + Self.code((.scanNext, [0, 2, 3, 11]), (.jump, [4]), (.reset, [2]), (.returnValue, [2])))
        == nil)
    #expect(Self.refusal(Self.code((.move, [0, -4]), (.reset, [1])) + next)?.contains("no loop began") == true)
    // The key's register is the position's.
    let own = Self.code(
      (.scanStart, [0, -4, 11]), (.scanNext, [0, 1, 3, 11]), (.jump, [4]), (.reset, [2]), (.returnValue, [2]))
    #expect(Self.refusal(own)?.contains("no loop began") == true)
    // An array that becomes known in a loop grows before it, and not in it.
    let known = { (inside: [Int32]) in
      let end = Int32(19 + inside.count)
      return Self.code(
        (.makeSet, [0]), (.makeArray, [1, 0]), (.append, [1, -1]), (.scanStart, [2, -4, end]), (.scanNext, [2, 4, 5, end]))
        + inside + Self.code((.jump, [12]), (.returnValue, [0]))
    }
    #expect(Self.refusal(known(Self.code((.add, [0, 1, 0]))), registers: 6) == nil)
    #expect(Self.refusal(known(Self.code((.append, [1, -1]))), registers: 6) == nil)
    #expect(Self.refusal(known(Self.code((.append, [1, -1]), (.add, [0, 1, 0]))), registers: 6)?.contains("no array") == true)
    #expect(Self.refusal(Self.code((.scanStart, [3, -4, 4]), (.reset, [0]), (.returnValue, [0])))?.contains("no register 4") == true)
  }

  @Test("calls have the operands that are taken")
  func calls() {
    let end = Self.code((.reset, [0]), (.returnValue, [0]))
    #expect(Self.refusal(Self.code((.builtin, [0, 1, 0, 2, -1, -2, 8])) + end) == nil)
    #expect(Self.refusal(Self.code((.builtin, [0, 1, 0, 1, -1, 7])) + end)?.contains("1 operands where 2") == true)
    #expect(Self.refusal(Self.code((.builtin, [2, 1, 0, 1, -1, 7])) + end)?.contains("no built-in function 2") == true)
    #expect(Self.refusal(Self.code((.builtin, [0, 1, 0, 300, -1, 6])) + end) != nil)
    #expect(Self.refusal(Self.code((.call, [0, 1, 1, -1, 6])) + end)?.contains("1 operands where 0") == true)
    #expect(Self.refusal(Self.code((.call, [1, 1, 0, 5])) + end)?.contains("no function 1") == true)
    #expect(Self.refusal(Self.code((.compare, [1, 0, -1, -1, 6])) + end)?.contains("not take 2 operands") == true)
    #expect(Self.refusal(Self.code((.compare, [0, 6, -1, -1, 6])) + end)?.contains("no comparison") == true)
    #expect(Self.refusal(Self.code((.document, [1, 1, 0, 5])) + end)?.contains("no document 1") == true)
    #expect(Self.refusal(Self.code((.makeRecord, [0, 0, 1, -1])) + end)?.contains("1 operands where 2") == true)
    #expect(Self.refusal(Self.code((.makeRecord, [0, 1, 1, -1])) + end)?.contains("no key table 1") == true)
    #expect(Self.refusal(Self.code((.select, [-1, 0, 6, 6, 6])) + end) == nil)
    #expect(Self.refusal(Self.code((.select, [-1, 0, 6, 6])) + end) != nil)
    #expect(Self.refusal(Self.code((.reset, [0]), (.assignOnce, [0, -1, 3])) + end)?.contains("no conflict 3") == true)
  }

  @Test("a cache is one instruction's")
  func caches() {
    let end = Self.code((.reset, [0]), (.returnValue, [0]))
    #expect(Self.refusal(Self.code((.field, [0, -4, -1, 0, 6])) + end) == nil)
    #expect(Self.refusal(Self.code((.field, [0, -4, -1, 1, 6])) + end)?.contains("no cache 1") == true)
    #expect(Self.refusal(Self.code((.field, [0, -4, -1, 0, 6])) + end, caches: 0)?.contains("no cache 0") == true)
    #expect(Self.refusal(Self.code((.field, [0, -4, -9, 0, 6])) + end)?.contains("no constant 8") == true)
    #expect(
      Self.refusal(Self.code((.field, [0, -4, -1, 0, 12]), (.field, [0, -4, -2, 0, 12])) + end)?.contains("another instruction's") == true)
    #expect(Self.refusal(Self.code((.keptBuiltin, [0, 1, 0, 2, -1, -2, 9, 0])) + end) == nil)
    #expect(Self.refusal(Self.code((.keptBuiltin, [0, 1, 0, 2, -1, -2, 9, 1])) + end)?.contains("no place 1") == true)
    #expect(Self.refusal(Self.code((.count, [0, 1, 0, 1, -1, 7])) + end)?.contains("not take 1 operands") == true)
    // It is not written where it is false.
    #expect(Self.refusal(Self.code((.fieldFalsy, [0, -4, -1, 0, 6]), (.returnValue, [0])))?.contains("before it is written") == true)
  }

  @Test("scopes are left as often as they are entered")
  func scopes() {
    let end = Self.code((.reset, [0]), (.returnValue, [0]))
    let begin = Self.code((.move, [0, -1]), (.move, [1, -1]))
    #expect(Self.refusal(begin + Self.code((.withPush, [0]), (.withPop, [])) + end) == nil)
    #expect(Self.refusal(Self.code((.withPush, [0]), (.withPop, [])) + end)?.contains("before it is written") == true)
    #expect(Self.refusal(begin + Self.code((.withPush, [1]), (.withPop, [])) + end)?.contains("no change 1") == true)
    #expect(Self.refusal(Self.code((.withPop, [])) + end)?.contains("not entered") == true)
    #expect(Self.refusal(Self.code((.withSuspend, [])) + end)?.contains("not entered") == true)
    #expect(
      Self.refusal(begin + Self.code((.withPush, [0]), (.withSuspend, []), (.withDrop, [2])) + end)?.contains("number of scopes 2") == true)
    // One way enters, the other does not.
    let uneven = begin + Self.code((.truthy, [-1, 11]), (.withPush, [0]))
    #expect(Self.refusal(uneven + end)?.contains("different scopes") == true)
  }

  @Test("a program's own tables are checked")
  func tables() throws {
    let program = try Program.of(Self.code((.reset, [0]), (.returnValue, [0])))
    let change = Program.Change(target: .function(0), value: -2, isReplacement: true)
    #expect(throws: RegoError.self) {
      _ = try Program(
        heap: program.heap, modules: program.heap, constants: program.constants, functions: program.functions,
        documentNodes: program.documentNodes, builtins: program.builtins, changes: [[change]], tables: [], constantCount: 4,
        cacheCount: 0, siteCount: 0, root: 0)
    }
    #expect(throws: RegoError.self) {
      _ = try Program(
        heap: program.heap, modules: program.heap, constants: program.constants, functions: program.functions,
        documentNodes: program.documentNodes, builtins: program.builtins, changes: [], tables: [], constantCount: 4, cacheCount: 0,
        siteCount: 0, root: 1)
    }
  }
}
