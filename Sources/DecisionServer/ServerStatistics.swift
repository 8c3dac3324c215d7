internal import Synchronization

/// Requests that were answered, as `/metrics` tells them in Prometheus' text format.
final class ServerStatistics: Sendable {
  private struct Key: Hashable, Comparable {
    let handler: String
    let method: String
    let code: Int

    static func < (a: Key, b: Key) -> Bool { (a.handler, a.method, a.code) < (b.handler, b.method, b.code) }
  }

  private struct Histogram {
    var counts = [Int](repeating: 0, count: bounds.count)
    var count = 0
    var sum = 0.0
  }

  /// Upper bounds in seconds, OPA's.
  private static let bounds = [1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 1e-2, 1e-1, 1]
  private let requests = Mutex<[Key: Histogram]>([:])

  /// - Parameter handler: "v1/data", "health" and so on: one of a few.
  func add(handler: String, method: String, code: Int, seconds: Double) {
    // Methods that nobody knows do not make the table longer.
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(method) ? method.lowercased() : "other"
    requests.withLock { table in
      var histogram = table[Key(handler: handler, method: known, code: code)] ?? Histogram()
      for (index, bound) in Self.bounds.enumerated() where seconds <= bound { histogram.counts[index] += 1 }
      histogram.count += 1
      histogram.sum += seconds
      table[Key(handler: handler, method: known, code: code)] = histogram
    }
  }

  var text: String {
    let name = "http_request_duration_seconds"
    var lines = ["# HELP \(name) A histogram of duration for requests.", "# TYPE \(name) histogram"]
    for (key, histogram) in requests.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
      let labels = "code=\"\(key.code)\",handler=\"\(key.handler)\",method=\"\(key.method)\""
      for (bound, count) in zip(Self.bounds, histogram.counts) { lines.append("\(name)_bucket{\(labels),le=\"\(bound)\"} \(count)") }
      lines.append("\(name)_bucket{\(labels),le=\"+Inf\"} \(histogram.count)")
      lines.append("\(name)_sum{\(labels)} \(histogram.sum)")
      lines.append("\(name)_count{\(labels)} \(histogram.count)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
