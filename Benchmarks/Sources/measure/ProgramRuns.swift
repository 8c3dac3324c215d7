import Foundation

/// The program as users run it: its start, one file, and libvirt's own test files.
struct ProgramRuns {
  let program: String
  let root: URL
  let corpus: URL

  func measure(into results: inout Results) throws {
    guard FileManager.default.isExecutableFile(atPath: program) else {
      results.skip("program: \(program) is not built")
      return
    }
    let guest = root.appending(path: "examples/estate/requests/cache-04.xml").path
    for (name, arguments) in [("program.help", ["--help"]), ("program.audit.file", ["audit", "--format", "json", guest])] {
      let (cpu, wall) = try repeated(arguments)
      results.add(name, "CPU ms", cpu * 1000)
      results.add("\(name).wall", "ms", wall * 1000)
    }
    guard FileManager.default.fileExists(atPath: corpus.path) else {
      results.skip("program.audit.corpus: ../shared/corpus/libvirt is not here")
      return
    }
    // The table keeps what needs somebody, as a run over a folder does; every file is read and judged.
    let outcome = try Child.run(program, ["audit", "--no-progress", corpus.path])
    guard outcome.status <= 2 else { throw WrongAnswer(description: "audit of the corpus ended with \(outcome.status)") }
    results.add("program.audit.corpus", "CPU s", outcome.cpuSeconds)
  }

  /// Medians of CPU and wall seconds over 11 runs.
  private func repeated(_ arguments: [String]) throws -> (cpu: Double, wall: Double) {
    var cpu: [Double] = []
    var wall: [Double] = []
    for _ in 0..<11 {
      let outcome = try Child.run(program, arguments)
      guard outcome.status <= 2 else { throw WrongAnswer(description: "\(arguments.joined(separator: " ")) ended with \(outcome.status)") }
      cpu.append(outcome.cpuSeconds)
      wall.append(outcome.wallSeconds)
    }
    return (cpu.sorted()[5], wall.sorted()[5])
  }
}
