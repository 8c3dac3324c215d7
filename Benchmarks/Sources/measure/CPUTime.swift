import Foundation

/// CPU seconds, user and system: what work costs whatever else the machine does.
enum CPUTime {
  /// Of this process so far.
  static var own: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
  /// Of children that have ended.
  static var children: Double { seconds(RUSAGE_CHILDREN.rawValue) }

  /// Bytes of the largest child that has ended.
  static var largestChild: Int {
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }

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

  /// Seconds of one call: the median of eleven rounds of as many calls as take a fiftieth of a second.
  static func perCall(_ work: () throws -> Void) rethrows -> Double {
    let start = own
    var calls = 0
    repeat {
      try work()
      calls += 1
    } while own - start < 0.1
    let round = max(1, calls / 5)
    return try median(runs: 11) { for _ in 0..<round { try work() } } / Double(round)
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

  /// Runs a program with nothing kept of what it prints, and tells its status, CPU microseconds and kibibytes in memory at most.
  ///
  /// Linux counts the pages of whoever starts a program to the program, so a small process of its own starts it (`report`).
  static func cost(_ program: String, _ arguments: [String]) throws -> (status: Int, cpuSeconds: Double, memory: Int) {
    let outcome = try run(CommandLine.arguments[0], ["--cost", program] + arguments)
    let numbers = String(decoding: outcome.output, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard numbers.count == 3 else { throw WrongAnswer(description: "\(program): no measurement") }
    return (numbers[0], Double(numbers[1]) / 1e6, numbers[2] * 1024)
  }

  static func report(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    print(process.terminationStatus, Int(CPUTime.children * 1e6), CPUTime.largestChild / 1024)
  }
}
