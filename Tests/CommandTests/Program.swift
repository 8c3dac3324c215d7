import Foundation
import Testing

/// The built program, run as a user runs it.
enum Program {
  struct Result {
    let code: Int32
    let output: String
    let error: String

    /// The lines on standard error.
    var errorLines: [String] { error.split(separator: "\n").map(String.init) }

    func json() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
  }

  static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Beside the test bundle, where the build puts it.
  static let path: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("ringwall").path
  }()

  /// - Parameters:
  ///   - input: a file that is standard input; nothing else.
  ///   - asNobody: runs it as user and group 65534; needs root.
  static func run(
    _ arguments: [String], in folder: String? = nil, input: String? = nil, environment: [String: String] = [:], asNobody: Bool = false
  ) throws -> Result {
    let process = Process()
    if asNobody {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
      process.arguments = ["--reuid", "65534", "--regid", "65534", "--clear-groups", path] + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
    }
    var variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"]
    variables.merge(environment) { $1 }
    process.environment = variables
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    // Files hold any amount, where a pipe that nobody empties would block the program.
    let scratch = try ScratchFolder()
    let files = ["out", "err"].map { scratch.url.appendingPathComponent($0) }
    for file in files { try Data().write(to: file) }
    let handles = try files.map { try FileHandle(forWritingTo: $0) }
    process.standardInput = try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: $0)) } ?? FileHandle.nullDevice
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    try process.run()
    process.waitUntilExit()
    for handle in handles { try handle.close() }
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return Result(
      code: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus, output: texts[0],
      error: texts[1])
  }

  /// Why the program cannot be run as an ordinary user here; nil where it can.
  static let ordinaryUserObstacle: String? = {
    if geteuid() != 0 { return "running as another user needs root" }
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv") else { return "setpriv is not installed" }
    guard let result = try? run(["--version"], asNobody: true), result.code == 0 else {
      return "another user may not run the built program"
    }
    return nil
  }()
}

/// A folder that is removed with its last user.
final class ScratchFolder {
  let url: URL
  var path: String { url.path }

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("ringwall-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file, with the folders it lies in, and returns its path.
  @discardableResult
  func file(_ name: String, _ bytes: Data) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try bytes.write(to: file)
    return file.path
  }

  @discardableResult
  func file(_ name: String, _ text: String) throws -> String { try file(name, Data(text.utf8)) }
}

enum Inputs {
  /// A small guest with something to find in it.
  static let domain = """
    <domain type='kvm'>
      <name>build-03</name>
      <uuid>5f0a8e54-6d2b-4a57-9d3e-0c1b2a394857</uuid>
      <memory unit='MiB'>1024</memory>
      <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
      <cpu mode='host-passthrough'/>
      <devices>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        <graphics type='vnc' port='5901' autoport='no' listen='0.0.0.0'/>
        <interface type='bridge'><source bridge='br0'/><model type='e1000'/></interface>
      </devices>
    </domain>

    """
}
