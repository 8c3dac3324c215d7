import Foundation
import TestSupport

/// Programs that read the reports for real: Python packages of pinned versions in an environment beside the build, Debian's oscap and xmllint.
enum ReportReaders {
  private static let environment = PythonEnvironment(
    "reports", packages: ["compliance-trestle==5.2.0", "py-ocsf-models==0.10.0", "mitreattack-python==6.3.1"],
    modules: ["trestle", "py_ocsf_models", "mitreattack"])

  /// Why the packages cannot be had; nil where they are there.
  static var problem: String? { environment.problem }

  static let hasOSCAP = HostProgram.path(of: "oscap") != nil
  static let hasXMLLint = HostProgram.path(of: "xmllint") != nil

  /// What the script prints, errors included.
  static func python(_ script: String, _ arguments: [String] = []) throws -> String { try environment.run(script, arguments) }

  /// Hands the file with the bytes to the body and removes it.
  static func withFile<Result>(_ bytes: [UInt8], _ name: String, _ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringwall-report-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return try body(file.path)
  }
}
