internal import Foundation

/// Programs of the machine that tests run and wait for.
public enum HostProgram {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The exit status, and what was printed, errors included.
  public typealias Result = (status: Int32, output: String)

  /// Where Debian keeps a program; nil where it is not installed.
  public static func path(of name: String) -> String? {
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// What is not installed, as the reason of a skip; nil where all is there.
  public static func missing(_ names: String...) -> String? { names.first { path(of: $0) == nil }.map { "\($0) is not installed" } }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - program: a path, or the name of one that Debian installs.
  ///   - environment: in place of the tests' own where it is given.
  public static func run(
    _ program: String, _ arguments: [String], in folder: String? = nil, environment: [String: String]? = nil
  ) throws -> Result {
    let pipe = Pipe()
    let process = try start(program, arguments, in: folder, environment: environment, output: pipe, errors: pipe)
    let printed = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: printed, as: UTF8.self))
  }

  /// What a program prints beside its errors, which are thrown where it ends with another status than 0.
  @discardableResult
  public static func output(
    _ program: String, _ arguments: [String], in folder: String? = nil, environment: [String: String]? = nil
  ) throws -> String {
    let kept = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("ringwall-errors-\(UUID().uuidString)")
    try Data().write(to: kept)
    defer { try? FileManager.default.removeItem(at: kept) }
    let pipe = Pipe()
    // Errors go to a file: of two pipes the second may fill up while the first is read.
    let process = try start(
      program, arguments, in: folder, environment: environment, output: pipe, errors: try FileHandle(forWritingTo: kept))
    let printed = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let message = String(decoding: try Data(contentsOf: kept), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(process.terminationStatus): \(message.suffix(500))")
    }
    return String(decoding: printed, as: UTF8.self)
  }

  private static func start(
    _ program: String, _ arguments: [String], in folder: String?, environment: [String: String]?, output: Any, errors: Any
  ) throws -> Process {
    guard let executable = program.contains("/") ? program : path(of: program) else {
      throw Failure(description: "\(program) is not installed")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    if let environment { process.environment = environment }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return process
  }
}
