import Foundation

/// Programs that read the reports for real: Python packages of pinned versions in an environment beside the build, Debian's oscap and xmllint.
enum ReportReaders {
  private static let folder = Samples.packageRoot.appendingPathComponent(".build-venv/reports")
  private static let packages = ["compliance-trestle==5.2.0", "py-ocsf-models==0.10.0", "mitreattack-python==6.3.1"]

  /// Why the packages cannot be had; nil where they are there.
  static let problem: String? = {
    let script = """
      set -e
      folder=$1; shift
      [ -x "$folder/bin/python" ] && "$folder/bin/python" -c 'import trestle, py_ocsf_models, mitreattack' 2>/dev/null && exit 0
      rm -rf "$folder" && python3 -m venv "$folder"
      "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 "$@"
      """
    do {
      let (status, output) = try run("/bin/sh", ["-c", script, "sh", folder.path] + packages)
      return status == 0 ? nil : output
    } catch { return "\(error)" }
  }()

  static let hasOSCAP = isInstalled("oscap")
  static let hasXMLLint = isInstalled("xmllint")

  private static func isInstalled(_ program: String) -> Bool { (try? run("/usr/bin/env", ["which", program]).status) == 0 }

  /// What the script prints, errors included.
  static func python(_ script: String, _ arguments: [String] = []) throws -> String {
    try run(folder.appendingPathComponent("bin/python").path, ["-W", "ignore", "-c", script] + arguments).output
  }

  /// Exit status, and what was printed, errors included.
  static func run(_ program: String, _ arguments: [String], in directory: URL? = nil) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

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
