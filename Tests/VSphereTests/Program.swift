import Foundation
import Testing

/// The built program, run as a user runs it, while the test goes on answering it.
enum Program {
  struct Result {
    let code: Int32
    let output: String
    let error: String

    /// Verdict of each control on each asset, as a report in JSON says.
    func verdicts() throws -> [String: String] {
      let report = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(error)")
      var verdicts: [String: String] = [:]
      for result in report["results"] as? [[String: Any]] ?? [] {
        guard let control = result["id"] as? String, let asset = result["asset"] as? String else { continue }
        verdicts["\(control) \(asset)"] = result["verdict"] as? String ?? "?"
      }
      return verdicts
    }
  }

  /// Beside the test bundle, where the build puts it.
  private static let url: URL = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("ringwall")
  }()

  static func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    return process
  }

  static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
    try await result(try start(arguments, environment: environment))
  }

  /// What a started program says, when it has ended.
  static func result(_ process: Process) async throws -> Result {
    async let output = text(process.standardOutput)
    async let error = text(process.standardError)
    let (first, second) = await (output, error)
    await withCheckedContinuation { done in
      DispatchQueue.global().async {
        process.waitUntilExit()
        done.resume()
      }
    }
    return Result(
      code: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus, output: first, error: second)
  }

  private static func text(_ pipe: Any?) async -> String {
    guard let handle = (pipe as? Pipe)?.fileHandleForReading else { return "" }
    return await withCheckedContinuation { done in
      DispatchQueue.global().async { done.resume(returning: String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)) }
    }
  }
}
