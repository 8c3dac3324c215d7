import Foundation

/// What was measured, held against the thresholds, as text and as JSON.
struct Results {
  struct Row: Codable {
    let name: String
    let unit: String
    let value: Double
    /// How many times better than the peer's: of rates the value divided by it, of costs the other way round.
    var ratio: Double?
    var peer: String?
  }

  private struct File: Codable {
    let revision: String
    let machine: String
    let rows: [Row]
  }

  private struct Threshold: Codable {
    var least: Double?
    var most: Double?
  }

  private let revision: String
  private var rows: [Row] = []
  private var skipped: [String] = []
  private var missed: [String] = []

  init(revision: String) { self.revision = revision }

  var isGood: Bool { missed.isEmpty }

  /// - Parameter peers: values of others in the same unit; one row for each.
  mutating func add(_ name: String, _ unit: String, _ value: Double, peers: [(name: String, value: Double)] = []) {
    guard let first = peers.first else {
      rows.append(Row(name: name, unit: unit, value: value))
      return
    }
    rows.append(Row(name: name, unit: unit, value: value, ratio: value / first.value, peer: first.name))
    for peer in peers.dropFirst() { rows.append(Row(name: name, unit: unit, value: value, ratio: value / peer.value, peer: peer.name)) }
  }

  /// Time or memory: the ratio tells how many times less than the peer's.
  mutating func addCost(_ name: String, _ unit: String, _ value: Double, peers: [(name: String, value: Double)]) {
    for peer in peers { rows.append(Row(name: name, unit: unit, value: value, ratio: peer.value / value, peer: peer.name)) }
  }

  mutating func fail(_ reason: String) { missed.append(reason) }

  mutating func skip(_ reason: String) { skipped.append(reason) }

  mutating func judge(by file: URL) {
    guard let data = try? Data(contentsOf: file), let thresholds = try? JSONDecoder().decode([String: Threshold].self, from: data) else {
      missed.append("\(file.lastPathComponent) cannot be read")
      return
    }
    for (name, threshold) in thresholds.sorted(by: { $0.key < $1.key }) {
      guard let row = rows.first(where: { $0.name == name }) else { continue }
      if let least = threshold.least, row.value < least {
        missed.append("\(name): \(Self.shown(row.value)) \(row.unit), at least \(Self.shown(least))")
      }
      if let most = threshold.most, row.value > most {
        missed.append("\(name): \(Self.shown(row.value)) \(row.unit), at most \(Self.shown(most))")
      }
    }
  }

  func print() {
    for row in rows {
      let name = row.name.padding(toLength: 32, withPad: " ", startingAt: 0)
      let ratio = row.ratio.map { "  \(Self.shown($0)) x \(row.peer ?? "")" } ?? ""
      Swift.print("\(name) \(Self.shown(row.value)) \(row.unit)\(ratio)")
    }
    for reason in skipped { Swift.print("skipped: \(reason)") }
    for miss in missed { Swift.print("MISSED: \(miss)") }
  }

  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(File(revision: revision, machine: Self.machine, rows: rows)).write(to: url)
  }

  private static func shown(_ value: Double) -> String {
    value >= 1000 ? String(Int(value.rounded())) : String(format: value >= 10 ? "%.1f" : "%.3f", value)
  }

  /// Processor, number of processors, kernel.
  private static var machine: String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
    let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    return [
      model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor",
      "\(ProcessInfo.processInfo.activeProcessorCount) processors",
      "Linux \(kernel.trimmingCharacters(in: .whitespacesAndNewlines))",
    ].joined(separator: ", ")
  }
}
