import Foundation

/// Measures what docs/performance.md tells, in CPU seconds, and holds it against the committed thresholds.
///
///     measure --output results.json --ringwall PATH --revision ID [--only PREFIX]
///
/// Exit code 1: a figure misses its threshold, or an answer is wrong. 2: wrong use.
@main
struct Measure {
  static func main() throws {
    var options: [String: String] = [:]
    var arguments = CommandLine.arguments.dropFirst()
    // What a measurement does in a process of its own.
    if let first = arguments.first, let second = arguments.dropFirst().first {
      if first == "--resident" { return try DocumentMemory.report(second) }
      if first == "--cost" { return try Child.report(second, Array(arguments.dropFirst(2))) }
    }
    while let name = arguments.popFirst() {
      guard ["--output", "--ringwall", "--revision", "--only"].contains(name), let value = arguments.popFirst() else {
        FileHandle.standardError.write(Data("measure: --output FILE --ringwall PROGRAM --revision ID [--only PREFIX]\n".utf8))
        exit(2)
      }
      options[name] = value
    }
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL
    let shared = root.appending(path: "../shared").standardizedFileURL
    let only = options["--only"] ?? ""
    var results = Results(revision: options["--revision"] ?? "unknown")

    func wants(_ family: String) -> Bool { only.isEmpty || only.hasPrefix(family) }
    let engine = ["rego", "json", "threads", "incremental", "eval"].filter(wants)
    if !engine.isEmpty {
      if let workload = try RegoWorkload(generator: shared.appending(path: "bench/rego/gen.py"), program: options["--ringwall"]) {
        try workload.measure(engine, into: &results)
      } else {
        results.skip("rego: ../shared/bench/rego or python3 is not here")
      }
    }
    if wants("ordinary") { try OrdinaryPolicies(folder: shared.appending(path: "bench/rego/ordinary")).measure(into: &results) }
    if wants("workload") {
      let workloads = root.appending(path: "Benchmarks/Workloads")
      try OrdinaryWorkloads(policies: workloads.appending(path: "ordinary"), generator: workloads.appending(path: "ordinary.py"))
        .measure(into: &results)
    }
    if wants("activation") { try Activation().measure(into: &results) }
    if wants("rbac") { try Decisions(folder: shared.appending(path: "bench/rego/rbac")).measure(into: &results) }
    if let program = options["--ringwall"], wants("program") {
      try ProgramRuns(program: program, root: root, corpus: shared.appending(path: "corpus/libvirt")).measure(into: &results)
    }
    if let program = options["--ringwall"], wants("disk") { try DiskReads(program: program).measure(into: &results) }
    if let program = options["--ringwall"], wants("guest") {
      try GuestRuns(program: program, scripts: root.appending(path: "Benchmarks/Guests")).measure(into: &results)
    }
    let estate = ["estate", "follow"].filter(wants)
    if let program = options["--ringwall"], !estate.isEmpty { try EstateRuns(program: program).measure(estate, into: &results) }
    if let program = options["--ringwall"], wants("yara") { try RuleRuns(program: program, root: root).measure(into: &results) }

    results.judge(by: root.appending(path: "Benchmarks/thresholds.json"))
    results.print()
    if let output = options["--output"] { try results.write(to: URL(filePath: output)) }
    exit(results.isGood ? 0 : 1)
  }
}
