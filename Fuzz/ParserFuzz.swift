import Rego

/// A libFuzzer entry: any bytes are read as a module of either edition, as a query and as a term.
///
/// Beyond not crashing: errors are few and lie inside the text, places of what was read do too, and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  for version in [LanguageVersion.v1, .v0] {
    let options = Parser.Options(version: version, experimentalKeywords: true)
    let first = outcome(bytes, options)
    let second = outcome(bytes, options)
    precondition(first == second, "two readings differ: \(first) and \(second)")
    _ = try? Parser.query(bytes, options: options)
    _ = try? Parser.term(bytes, options: options)
  }
  return 0
}

/// Errors of a module, or places of its rules, after checking them.
private func outcome(_ bytes: [UInt8], _ options: Parser.Options) -> [String] {
  func check(_ location: Location) {
    precondition(location.offset >= 0 && location.end >= location.offset && Int(location.end) <= bytes.count, "place outside the text")
  }
  do throws(RegoErrors) {
    let module = try Parser.module(bytes, file: "fuzz.rego", options: options)
    for rule in module.rules {
      check(rule.location)
      check(rule.head.location)
      for expression in rule.body { check(expression.location) }
    }
    for comment in module.comments { check(comment.location) }
    return module.rules.map { "\($0.location.row):\($0.location.column) \($0.body.count) \($0.elses.count)" }
  } catch {
    precondition(!error.errors.isEmpty && error.errors.count <= RegoErrors.limit, "no error, or too many")
    for fault in error.errors { check(fault.location) }
    return error.errors.map(\.description)
  }
}
