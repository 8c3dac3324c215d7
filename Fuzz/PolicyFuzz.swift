import Rego

/// A libFuzzer entry: any bytes are compiled as a module and evaluated, as it is written and as the passes over plans leave it.
///
/// Beyond not crashing and ending in time: both give the same, or one of them has spent its budget; errors say something.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPolicy(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let reading = Parser.Options(experimentalKeywords: true)
  guard let module = try? Parser.module(bytes, file: "fuzz.rego", options: reading) else { return 0 }
  var answers: [Answer] = []
  for isOptimized in [true, false] {
    var options = Policy.Options()
    options.isOptimized = isOptimized
    do throws(RegoErrors) {
      let policy = try Policy([module], data: data, options: options)
      let query = try policy.prepare("x := data")
      do throws(RegoError) {
        answers.append(.solutions(try query.evaluate(input: input, options: EvaluationOptions(steps: 20_000, memory: 16 << 20, now: 1))))
      } catch {
        precondition(!error.message.isEmpty, "an error says nothing")
        answers.append(error.code == .cancel ? .cancelled : .failed)
      }
    } catch {
      precondition(!error.errors.isEmpty && error.errors.allSatisfy { !$0.message.isEmpty }, "an error says nothing")
      answers.append(.refused)
    }
  }
  // A budget is spent at another place, random numbers are others.
  guard !answers.contains(.cancelled), !isRandom(bytes) else { return 0 }
  precondition(answers[0] == answers[1], "the passes over plans change the answer")
  return 0
}

private enum Answer: Equatable {
  case solutions([Solution])
  case failed, cancelled, refused
}

private func isRandom(_ bytes: [UInt8]) -> Bool {
  let text = String(decoding: bytes, as: UTF8.self)
  return ["rand", "uuid", "runtime", "print", "trace"].contains { text.contains($0) }
}

private let data = Document(
  .object([
    .init(.string("users"), .object([.init(.string("ann"), .array([.string("admin")])), .init(.string("bob"), .array([]))])),
    .init(.string("n"), .array([.integer(1), .integer(2), .integer(3)])),
  ]))
private let input = Document(
  .object([
    .init(.string("user"), .string("ann")), .init(.string("x"), .integer(2)),
    .init(.string("list"), .array([.integer(1), .string("a"), .null, .object([.init(.string("k"), .boolean(true))])])),
  ]))
