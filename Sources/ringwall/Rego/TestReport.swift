internal import Rego

/// Results of tests as OPA writes them.
enum TestReport {
  private static let rule = String(repeating: "-", count: 80)

  static func pretty(_ results: [TestResult], isVerbose: Bool, showsVariables: Bool = false) -> String {
    var lines: [String] = []
    let failures = results.filter { $0.outcome == .failed }
    if isVerbose || showsVariables, !failures.isEmpty {
      lines += ["FAILURES", rule]
      for failure in failures {
        lines += [failure.line, ""]
        lines += TraceLines.lines(failure.trace, showsVariables: showsVariables).map { "  " + $0 }
        lines.append("")
      }
      lines += ["SUMMARY", rule]
    }
    let shown = isVerbose ? results : results.filter { $0.outcome != .passed }
    var file: String?
    for result in shown {
      if result.test.file != file {
        if file != nil { lines.append("") }
        lines.append(result.test.file + ":")
        file = result.test.file
      }
      lines.append(result.line)
      for item in result.cases { append(item, depth: 1, isVerbose, to: &lines) }
      if !result.output.isEmpty {
        lines.append("")
        lines += result.output.split(separator: "\n").map { "  " + $0 }
        lines.append("")
      }
      if case .error(let error) = result.outcome { lines.append("  " + error.description) }
    }
    if !shown.isEmpty { lines.append(rule) }
    return (lines + sums(results)).joined(separator: "\n")
  }

  private static func append(_ item: TestCaseResult, depth: Int, _ isVerbose: Bool, to lines: inout [String]) {
    guard isVerbose || item.isFailed else { return }
    lines.append(String(repeating: "  ", count: depth) + item.line)
    for inner in item.cases { append(inner, depth: depth + 1, isVerbose, to: &lines) }
  }

  /// "PASS: 3/5". Of a test with cases each case counts.
  private static func sums(_ results: [TestResult]) -> [String] {
    var counts: [String: Int] = [:]
    for result in results {
      if result.cases.isEmpty || result.outcome.isError {
        counts[result.outcome.word, default: 0] += 1
      } else {
        for leaf in result.cases.flatMap(\.leaves) { counts[leaf.isFailed ? "FAIL" : "PASS", default: 0] += 1 }
      }
    }
    let total = counts.values.reduce(0, +)
    return ["PASS", "FAIL", "SKIPPED", "ERROR"].compactMap { word in counts[word].map { "\(word): \($0)/\(total)" } }
  }

  static func json(_ results: [TestResult]) -> String {
    OrderedJSON.text(
      .array(
        results.map { result in
          var members: [RegoValue.Member] = [
            .init("location", JSONShape.place(result.test.file, result.test.location)),
            .init("package", .string(result.test.package)), .init("name", .string(result.test.name)),
          ]
          switch result.outcome {
          case .passed: break
          case .failed: members.append(.init("fail", .boolean(true)))
          case .skipped: members.append(.init("skip", .boolean(true)))
          case .error(let error):
            members.append(
              .init(
                "error",
                .object([
                  .init("code", .string(error.code.rawValue)), .init("message", .string(error.message)),
                  .init("location", JSONShape.place(error.file, error.location)),
                ])))
          }
          members.append(.init("duration", .integer(result.duration.wholeNanoseconds)))
          if !result.trace.isEmpty { members.append(.init("trace", .array(result.trace.map(\.json)))) }
          if !result.output.isEmpty { members.append(.init("output", .string(Base64.text(Array(result.output.utf8))))) }
          if !result.cases.isEmpty { members.append(.init("sub_results", cases(result.cases))) }
          return .object(members)
        }))
  }

  private static func cases(_ cases: [TestCaseResult]) -> RegoValue {
    .object(
      cases.map { item in
        var members: [RegoValue.Member] = [.init("name", .string(item.name))]
        if item.isFailed { members.append(.init("fail", .boolean(true))) }
        if !item.cases.isEmpty { members.append(.init("sub_results", self.cases(item.cases))) }
        return .init(item.name, .object(members))
      })
  }
}

/// RFC 4648, section 4: Go writes bytes so.
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(16 - 8 * $1.offset) }
      for place in 0..<4 {
        result.append(place <= group.count ? digits[Int(word >> UInt32(18 - 6 * place) & 63)] : 0x3D)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
