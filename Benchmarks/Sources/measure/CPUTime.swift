import Foundation

/// CPU seconds, user and system: what work costs whatever else the machine does.
enum CPUTime {
  /// Of this process so far.
  static var own: Double { seconds(RUSAGE_SELF.rawValue) }
  /// Of children that have ended.
  static var children: Double { seconds(RUSAGE_CHILDREN.rawValue) }

  /// Median of `runs` measurements, after one that warms up.
  static func median(runs: Int = 5, _ work: () throws -> Void) rethrows -> Double {
    try work()
    var times: [Double] = []
    for _ in 0..<runs {
      let start = own
      try work()
      times.append(own - start)
    }
    return times.sorted()[times.count / 2]
  }

  private static func seconds(_ who: __rusage_who_t) -> Double {
    var usage = rusage()
    getrusage(who, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}

/// Runs a program to its end.
enum Child {
  struct Outcome {
    let status: Int32
    let output: Data
    let cpuSeconds: Double
    let wallSeconds: Double
  }

  static func run(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    let cpu = CPUTime.children
    let clock = ContinuousClock()
    let start = clock.now
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let wall = clock.now - start
    return Outcome(
      status: process.terminationStatus, output: output, cpuSeconds: CPUTime.children - cpu,
      wallSeconds: Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18)
  }
}
