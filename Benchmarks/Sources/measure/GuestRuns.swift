import Foundation

/// A running guest seen from outside, by the scripts of Benchmarks/Guests: its processes against Volatility 3, and how long it stands.
struct GuestRuns {
  let program: String
  let scripts: URL

  private struct Listing: Decodable {
    let processes: Int
    let ringwall: [Double]
    let volatility: [Double]
  }

  private struct Pause: Decodable {
    struct Times: Decodable {
      let count: Int
      let p50: Double
      let p99: Double
    }

    let `case`: String
    let method: String
    let roundTrip: Times
  }

  private struct Check: Decodable {
    struct Times: Decodable {
      let wall: [Double]
      let cpu: [Double]
    }

    let running: Times
    let saved: Times
    /// Milliseconds of the longest pause of each run, by method.
    let pauses: [String: [Double]]
  }

  func measure(into results: inout Results) throws {
    for tool in ["/usr/bin/qemu-system-x86_64", "/bin/busybox", "/usr/bin/python3", program]
    where !FileManager.default.isExecutableFile(atPath: tool) {
      results.skip("guest: \(tool) is not there")
      return
    }
    for line in try lines("processes", 20, &results) {
      let listing = try JSONDecoder().decode(Listing.self, from: line)
      let own = Self.median(listing.ringwall)
      results.addCost("guest.processes", "s", own, peers: [("volatility3", Self.median(listing.volatility))])
      results.add("guest.processes.ratio", "x", Self.median(listing.volatility) / own)
    }
    for line in try lines("pause", 500, &results) {
      let pause = try JSONDecoder().decode(Pause.self, from: line)
      guard pause.roundTrip.count == 500 else { throw WrongAnswer(description: "\(pause.roundTrip.count) pauses, not 500") }
      results.add("guest.pause.\(pause.case).\(pause.method).median", "ms", pause.roundTrip.p50 / 1e6)
      results.add("guest.pause.\(pause.case).\(pause.method).p99", "ms", pause.roundTrip.p99 / 1e6)
    }
    try check(&results)
  }

  /// A whole check for signs of a takeover, live and on the saved RAM.
  private func check(_ results: inout Results) throws {
    for line in try lines("check", 5, &results) {
      let check = try JSONDecoder().decode(Check.self, from: line)
      for (name, times) in [("running", check.running), ("saved", check.saved)] {
        results.add("guest.check.\(name)", "s", Self.median(times.wall))
        results.add("guest.check.\(name).cpu", "s", Self.median(times.cpu))
      }
      for (method, longest) in check.pauses.sorted(by: { $0.key < $1.key }) {
        results.add("guest.check.pause.\(method)", "ms", Self.median(longest))
      }
    }
  }

  /// Status of a script that lacks what it needs (a kernel, Volatility).
  private static let isMissing: Int32 = 77

  /// What a script prints; nothing without what it needs. Any other end than a good one is a miss: rows that differ are no reason to skip.
  private func lines(_ script: String, _ count: Int, _ results: inout Results) throws -> [Data] {
    let outcome = try Child.run(scripts.appending(path: script).path, [program, "\(count)"])
    guard outcome.status == 0 else {
      let reason = "guest: \(script) ended with \(outcome.status); run Benchmarks/Guests/\(script) to see why"
      if outcome.status == Self.isMissing { results.skip(reason) } else { results.fail(reason) }
      return []
    }
    return outcome.output.split(separator: 0x0A).map { Data($0) }
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
