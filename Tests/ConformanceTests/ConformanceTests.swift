import Foundation
import Testing

/// OPA's own cases, where they lie beside the checkout: exactly the listed ones fail, each for want of a built-in function.
@Suite("Conformance")
struct ConformanceTests {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let cases = package.appending(path: "../shared/rego-cases").standardized
  static let hasCases = FileManager.default.fileExists(atPath: cases.appending(path: "v1").path)

  /// The runner, which is built beside the tests.
  private static var runner: URL {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let folder = URL(filePath: own).deletingLastPathComponent()
    for candidate in [folder, package.appending(path: ".build/debug")] {
      let file = candidate.appending(path: "conformance")
      if FileManager.default.isExecutableFile(atPath: file.path) { return file }
    }
    return package.appending(path: ".build/debug/conformance")
  }

  @Test("every public case but the listed ones", .enabled(if: hasCases, "no ../shared/rego-cases beside the checkout"))
  func publicCases() throws {
    try Self.run(["--expect", Self.package.appending(path: "Tests/Conformance/expected-failures.txt").path])
  }

  @Test(
    "following the evaluation finds the solutions of the evaluation",
    .enabled(if: hasCases, "no ../shared/rego-cases beside the checkout"))
  func tracedCases() throws { try Self.run(["--traced"]) }

  private static func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = Self.runner
    process.arguments = [Self.cases.path] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = output.split(separator: "\n")
    let surprises = lines.filter { $0.hasPrefix("unexpected failure") || $0.hasPrefix("listed as failing") || $0.hasPrefix("FAIL") }
    print("OPA's cases: \(lines.last ?? "the runner said nothing")")
    #expect(process.terminationStatus == 0, "\(surprises.prefix(20).joined(separator: "\n"))")
  }
}
