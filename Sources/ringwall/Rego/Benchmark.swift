internal import Rego

/// Figures of something that was done again and again.
struct Benchmark {
  let count: Int
  let total: Duration
  /// Of single runs, in nanoseconds; of a long benchmark a part of them.
  let samples: Statistics

  /// How long one benchmark goes on.
  private static let span = Duration.seconds(1)
  private static let kept = 200_000

  init(_ body: () throws(RegoError) -> Void) throws(RegoError) {
    try body()
    var samples: [Int64] = []
    var count = 0
    var total = Duration.zero
    while total < Self.span {
      let start = ContinuousClock.now
      try body()
      let duration = ContinuousClock.now - start
      count += 1
      total += duration
      if samples.count < Self.kept { samples.append(duration.wholeNanoseconds) }
    }
    self.count = count
    self.total = total
    self.samples = Statistics(samples)
  }

  var nanosecondsPerRun: Int64 { total.wholeNanoseconds / Int64(max(1, count)) }

  /// As Go's benchmarks print it.
  var line: String { "\(Self.padded("\(count)", 8))\t\(Self.padded("\(nanosecondsPerRun)", 10)) ns/op" }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }

  /// The histogram of the time of evaluation, by OPA's names.
  var histogram: [(name: String, value: RegoValue)] {
    let shares: [(String, Double)] = [
      ("75%", 0.75), ("90%", 0.9), ("95%", 0.95), ("99%", 0.99), ("99.9%", 0.999), ("99.99%", 0.9999),
    ]
    var result: [(String, RegoValue)] = shares.map { ($0.0, JSONShape.double(samples.percentile($0.1))) }
    result += [
      ("count", .integer(Int64(samples.sorted.count))), ("max", .integer(samples.maximum)), ("mean", JSONShape.double(samples.mean)),
      ("median", JSONShape.double(samples.percentile(0.5))), ("min", .integer(samples.minimum)),
      ("stddev", JSONShape.double(samples.deviation)),
    ]
    return result.map { ("histogram_timer_rego_query_eval_ns_\($0.0)", $0.1) }
  }
}
