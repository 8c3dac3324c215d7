internal import Foundation

/// Python packages of pinned versions, in an environment beside the build that is made once and kept.
public struct PythonEnvironment: Sendable {
  /// Of the environment.
  public let folder: String
  /// Why the packages cannot be had; nil where they are there.
  public let problem: String?

  /// - Parameters:
  ///   - name: of the folder below .build-venv.
  ///   - packages: as pip takes them, each with its version.
  ///   - modules: what they bring; an environment from which these cannot be imported is made anew.
  public init(_ name: String, packages: [String], modules: [String]) {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../.build-venv/\(name)")
      .standardized.path
    self.folder = folder
    let script = """
      set -e
      folder=$1; modules=$2; shift 2
      [ -x "$folder/bin/python" ] && "$folder/bin/python" -c "import $modules" 2>/dev/null && exit 0
      rm -rf "$folder" && python3 -m venv "$folder"
      "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 "$@"
      """
    do {
      let made = try HostProgram.run("sh", ["-c", script, "sh", folder, modules.joined(separator: ", ")] + packages)
      problem = made.status == 0 ? nil : "\(packages[0]) cannot be had: \(made.output.suffix(200))"
    } catch { problem = "\(error)" }
  }

  public var python: String { folder + "/bin/python" }

  /// What the script prints, errors included.
  public func run(_ script: String, _ arguments: [String] = []) throws -> String {
    try HostProgram.run(python, ["-W", "ignore", "-c", script] + arguments).output
  }
}
