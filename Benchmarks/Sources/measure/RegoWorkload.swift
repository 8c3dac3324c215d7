import Foundation
import Rego

/// Fifty controls over N virtual machines, made by a generator with an oracle of its own: a run counts only if the digest of its findings is
/// the oracle's. A nominal pair is one control decided for one machine, with its finding made where there is one.
struct RegoWorkload {
  /// Nominal pairs in a CPU second of OPA 1.10-dev (Go 1.24) and of swift-opa of July 2026 with the same policies and data, measured on two cores of an AMD
  /// EPYC virtual machine.
  private static let peers = [("OPA", 280_000.0), ("swift-opa", 770_000.0)]
  private static let sizes = [1000, 10_000]
  private static let controls = 50

  private let folder: URL

  /// nil where the generator or Python is missing.
  init?(generator: URL) throws {
    guard FileManager.default.fileExists(atPath: generator.path) else { return nil }
    folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let made = try Child.run("/usr/bin/env", ["python3", generator.path, folder.path] + Self.sizes.map(String.init))
    guard made.status == 0 else { return nil }
  }

  func measure(into results: inout Results) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try Document(json: try bytes("data.json"), name: "data.json")
    for size in Self.sizes {
      let text = try bytes("vms-\(size).json")
      let inventory = try Document(json: text, name: "vms-\(size).json")
      try measureMachines(size, inventory, data, into: &results)
      try measureFleet(size, inventory, data, into: &results)
      if size == Self.sizes.last { try measureJSON(text, into: &results) }
    }
  }

  private func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

  private func query(_ package: String, _ data: Document) throws -> PreparedQuery {
    let module = try Parser.module(try bytes("\(package).rego"), file: "\(package).rego")
    return try Policy([module], data: data).prepare("findings = data.ringwall.\(package).deny")
  }

  /// One evaluation for each machine.
  private func measureMachines(_ size: Int, _ inventory: Document, _ data: Document, into results: inout Results) throws {
    guard case .array(let machines)? = inventory.regoValue["vms"] else { throw WrongAnswer(description: "vms-\(size).json holds no vms") }
    let inputs = machines.map { Document(.object([.init(.string("vm"), $0)])) }
    let texts = inputs.map { $0.json() }
    let query = try query("machine", data)
    let evaluator = Evaluator(query)

    let findings = try inputs.flatMap { try Self.lines(try query.evaluate(input: $0)) }
    try check(findings, size, "machine")

    let expected = findings.count
    func work(_ input: (Int) throws -> Document) throws {
      var count = 0
      for i in inputs.indices { count += try evaluator.count(input: try input(i), variable: "findings") }
      guard count == expected else { throw WrongAnswer(description: "machine \(size): \(count) findings, \(expected) expected") }
    }
    let seconds = try CPUTime.median { try work { inputs[$0] } }
    results.add("rego.machine.\(size)", "nominal pairs/s", Double(size * Self.controls) / seconds, peers: Self.peers)
    let whole = try CPUTime.median { try work { try Document(json: texts[$0]) } }
    results.add("rego.machine.\(size).withJSON", "nominal pairs/s", Double(size * Self.controls) / whole)
  }

  /// One evaluation over all machines.
  private func measureFleet(_ size: Int, _ inventory: Document, _ data: Document, into results: inout Results) throws {
    let query = try query("fleet", data)
    let findings = try Self.lines(try query.evaluate(input: inventory))
    try check(findings, size, "fleet")
    let evaluator = Evaluator(query)
    let seconds = try CPUTime.median {
      guard try evaluator.count(input: inventory, variable: "findings") == findings.count else {
        throw WrongAnswer(description: "fleet \(size): another answer in a later run")
      }
    }
    results.add("rego.fleet.\(size)", "nominal pairs/s", Double(size * Self.controls) / seconds, peers: Self.peers)
  }

  /// Text to values, against the time that reading each byte once takes here.
  private func measureJSON(_ text: [UInt8], into results: inout Results) throws {
    var sum: UInt64 = 0
    let reading = CPUTime.median(runs: 9) { for byte in text { sum = sum &* 31 &+ UInt64(byte) } }
    precondition(sum != 1)
    let parsing = try CPUTime.median(runs: 9) { _ = try Document(json: text) }
    results.add(
      "rego.json.parse", "MB/s", Double(text.count) / 1e6 / parsing, peers: [("one byte at a time", Double(text.count) / 1e6 / reading)])
  }

  /// "vm control" of each finding.
  private static func lines(_ solutions: [Solution]) throws -> [String] {
    guard case .set(let findings)? = solutions.first?["findings"] else { throw WrongAnswer(description: "deny is no set") }
    return try findings.map { finding in
      guard case .string(let vm)? = finding["vm"], case .string(let id)? = finding["id"] else {
        throw WrongAnswer(description: "\(finding)")
      }
      return "\(vm) \(id)"
    }
  }

  /// SHA-256 of the sorted lines against the oracle's.
  private func check(_ lines: [String], _ size: Int, _ name: String) throws {
    let file = folder.appending(path: "findings")
    try lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: "\n").write(
      to: file, atomically: true, encoding: .utf8)
    let digest = String(decoding: try Child.run("/usr/bin/env", ["sha256sum", file.path]).output.prefix(64), as: UTF8.self)
    let expected = String(decoding: try bytes("expected-\(size).json"), as: UTF8.self)
    guard expected.contains("\"\(digest)\"") else { throw WrongAnswer(description: "\(name) \(size): the findings are not the oracle's") }
  }
}

struct WrongAnswer: Error, CustomStringConvertible {
  let description: String
}
