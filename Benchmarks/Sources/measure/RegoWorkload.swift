import Foundation
import Rego
import Synchronization

/// Fifty controls over N virtual machines, made by a generator with an oracle of its own: a run counts only if the digest of its findings is
/// the oracle's. A nominal pair is one control decided for one machine, with its finding made where there is one.
struct RegoWorkload {
  /// Nominal pairs in a CPU second of OPA 1.10-dev (Go 1.24) and of swift-opa of July 2026 with the same policies and data, measured on two cores of an AMD
  /// EPYC virtual machine.
  private static let peers = [("OPA", 280_000.0), ("swift-opa", 770_000.0)]
  private static let sizes = [1000, 10_000]
  private static let controls = 50

  private let folder: URL
  private let program: String?

  /// nil where the generator or Python is missing.
  init?(generator: URL, program: String?) throws {
    self.program = program
    guard FileManager.default.fileExists(atPath: generator.path) else { return nil }
    folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let made = try Child.run("/usr/bin/env", ["python3", generator.path, folder.path] + Self.sizes.map(String.init))
    guard made.status == 0 else { return nil }
  }

  /// - Parameter families: rego, json, threads, incremental, eval.
  func measure(_ families: [String], into results: inout Results) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try Document(json: try bytes("data.json"), name: "data.json")
    for size in Self.sizes {
      let text = try bytes("vms-\(size).json")
      let inventory = try Document(json: text, name: "vms-\(size).json")
      if families.contains("rego") {
        try measureMachines(size, inventory, data, into: &results)
        try measureFleet(size, inventory, data, into: &results)
      }
      guard size == Self.sizes.last else { continue }
      if families.contains("rego") { try measureJSON(text, into: &results) }
      if families.contains("incremental") {
        try LiveEdits(module: try bytes("fleet.rego"), inventory: inventory, data: data).measure(into: &results)
      }
      if families.contains("threads") { try measureThreads(inventory, data, into: &results) }
    }
    let largest = folder.appending(path: "vms-\(Self.sizes.last ?? 0).json")
    if families.contains("json") {
      try DocumentMemory(program: CommandLine.arguments[0]).measure(fleet: largest, in: folder, into: &results)
    }
    if families.contains("eval") { try measureProgram(largest, into: &results) }
  }

  /// The whole program: starts, reads policy, data and inventory, evaluates and prints the findings.
  private func measureProgram(_ inventory: URL, into results: inout Results) throws {
    guard let program, FileManager.default.isExecutableFile(atPath: program) else {
      results.skip("eval.fleet: --ringwall names no program")
      return
    }
    let arguments = [
      "eval", "-d", folder.appending(path: "fleet.rego").path, "-d", folder.appending(path: "data.json").path, "-i", inventory.path,
      "data.ringwall.fleet.deny",
    ]
    let runs = try (0..<7).map { _ in try Child.cost(program, arguments) }
    guard runs.allSatisfy({ $0.status == 0 }) else { throw WrongAnswer(description: "eval of the fleet ended with \(runs[0].status)") }
    results.addCost("eval.fleet", "CPU s", runs.map(\.cpuSeconds).sorted()[3], peers: [("OPA", 3.8)])
    results.addCost("eval.fleet.memory", "MB", Double(runs.map(\.memory).sorted()[3]) / 1e6, peers: [("OPA", 332)])
  }

  /// All machines by one worker, and half of them by each of two: neighbours in memory belong to one worker.
  private func measureThreads(_ inventory: Document, _ data: Document, into results: inout Results) throws {
    let inputs = inventory.elements(at: "vms").map { $0.wrapped(as: "vm") }
    let query = try query("machine", data)
    func wall(_ workers: Int) -> (wall: Double, cpu: Double, findings: Int) {
      let counts = Mutex(0)
      let clock = ContinuousClock()
      let start = clock.now, cpu = CPUTime.own
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        let evaluator = Evaluator(query)
        var count = 0
        for _ in 0..<4 {
          for i in worker * inputs.count / workers..<(worker + 1) * inputs.count / workers {
            count += (try? evaluator.count(input: inputs[i], variable: "findings")) ?? 0
          }
        }
        counts.withLock { $0 += count }
      }
      let time = (clock.now - start).components
      return (Double(time.seconds) + Double(time.attoseconds) / 1e18, CPUTime.own - cpu, counts.withLock { $0 })
    }
    var one: [(Double, Double)] = []
    var two: [(Double, Double)] = []
    for _ in 0..<6 {
      let a = wall(1), b = wall(2)
      guard a.findings == b.findings, a.findings > 0 else {
        throw WrongAnswer(description: "threads: \(a.findings) and \(b.findings) findings")
      }
      one.append((a.wall, a.cpu))
      two.append((b.wall, b.cpu))
    }
    func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
    // The best of each, so that other work on the machine counts least.
    results.add("threads.two", "x one, wall", one.map(\.0).min()! / two.map(\.0).min()!)
    results.add("threads.two.cpu", "x CPU of one", median(two.map(\.1)) / median(one.map(\.1)))
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
