import Rego

/// A libFuzzer entry: any bytes are read as a plan, and what is sound is run.
///
/// Beyond not crashing: a plan ends within its budget, and two runs of one entry point agree.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPlan(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  do throws(RegoErrors) {
    let policy = try PlannedPolicy(plan: bytes)
    // Every evaluation with the same instant, so that they may differ in nothing.
    let options = EvaluationOptions(steps: 10_000, memory: 16 << 20, now: 0)
    for entryPoint in policy.entryPoints.prefix(4) {
      let query = try policy.prepare(entryPoint: entryPoint)
      precondition(answer(query, options) == answer(query, options), "two evaluations differ")
    }
  } catch {
    precondition(!error.errors.isEmpty && error.errors.allSatisfy { !$0.message.isEmpty }, "an error says nothing")
  }
  return 0
}

private func answer(_ query: PreparedQuery, _ options: EvaluationOptions) -> [Solution]? {
  do throws(RegoError) { return try query.evaluate(options: options) } catch { return nil }
}
