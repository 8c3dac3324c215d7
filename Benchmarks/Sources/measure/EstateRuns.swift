import Foundation

/// The program over an estate of 10,000 guests: one audit of all of them, and following them.
struct EstateRuns {
  let program: String

  private static let guests = 10_000
  private static let changes = 400

  func measure(_ families: [String], into results: inout Results) throws {
    guard FileManager.default.isExecutableFile(atPath: program) else {
      results.skip("estate: \(program) is not built")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-estate-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try EstateFiles(count: Self.guests, at: folder)
    if families.contains("estate") {
      try audit(folder, "estate.10000", [], into: &results)
      // Every one of some 400,000 results, with its evidence.
      try audit(folder, "estate.10000.json", ["--format", "json", "--output", "/dev/null"], into: &results)
    }
    if families.contains("follow") { try follow(folder, into: &results) }
  }

  private func audit(_ folder: URL, _ row: String, _ options: [String], into results: inout Results) throws {
    var costs: [(cpu: Double, memory: Int)] = []
    for _ in 0..<3 {
      let cost = try Child.cost(program, ["audit", "--no-progress"] + options + [folder.path])
      guard cost.status == 1 || cost.status == 2 else {
        throw WrongAnswer(description: "audit of \(Self.guests) guests ended with \(cost.status)")
      }
      costs.append((cost.cpuSeconds, cost.memory))
    }
    results.add(row, "CPU s", costs.map(\.cpu).sorted()[1])
    results.add("\(row).memory", "MB", Double(costs.map(\.memory).max() ?? 0) / 1e6)
  }

  /// From the moment before a file is changed to the line that tells its new verdict: half of the files are written in place, half replaced by
  /// a rename. The guests are spread over the whole estate.
  private func follow(_ folder: URL, into results: inout Results) throws {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = ["audit", "--follow", "--format", "json", "--no-progress", "--lang", "en", folder.path]
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    defer {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    var told = LineReader(descriptor: errors.fileHandleForReading.fileDescriptor)
    while let line = told.next(seconds: 120), !line.hasPrefix("Following") {}
    var lines = LineReader(descriptor: output.fileHandleForReading.fileDescriptor)
    var times: [Double] = []
    let clock = ContinuousClock()
    for change in 0..<Self.changes {
      // Domains alone: the first of every 20 guests is one.
      let number = change * 20 % Self.guests
      let file = folder.appending(path: "rack-\(number / 250)/guest-\(number).xml")
      let text = Data(EstateFiles.domain(number, listen: "0.0.0.0").utf8)
      let other = file.appendingPathExtension("new")
      let start = clock.now
      if change % 4 < 2 {
        try text.write(to: file)
      } else {
        try text.write(to: other)
        guard rename(other.path, file.path) == 0 else { throw WrongAnswer(description: "\(file.path) cannot be replaced") }
      }
      var isTold = false
      while !isTold, let line = lines.next(seconds: 10) {
        isTold = line.contains("\"event\":\"verdict\"") && line.contains("\"name\":\"guest-\(number)\"")
      }
      guard isTold else { throw WrongAnswer(description: "the change of \(file.path) was not told within 10 s") }
      let time = (clock.now - start).components
      times.append(Double(time.seconds) * 1000 + Double(time.attoseconds) / 1e15)
      usleep(20_000)
    }
    times.sort()
    results.add("follow.change", "ms at the 99th percentile", times[times.count * 99 / 100])
    results.add("follow.change.median", "ms", times[times.count / 2])
    process.interrupt()
    while lines.next(seconds: 1) != nil {}
    process.waitUntilExit()
    guard process.terminationReason == .exit else { throw WrongAnswer(description: "following did not end cleanly") }
  }
}

/// Lines of a pipe as they come.
struct LineReader {
  let descriptor: Int32
  private var rest: [UInt8] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// nil when none came within the time, or the other end was closed.
  mutating func next(seconds: Int) -> String? {
    while true {
      if let end = rest.firstIndex(of: 0x0A) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeSubrange(...end)
        return line
      }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Int32(seconds * 1000)) > 0 else { return nil }
      var chunk = [UInt8](repeating: 0, count: 16 << 10)
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return nil }
      rest += chunk.prefix(count)
    }
  }
}
