import Foundation
import TestSupport
import Testing

/// A vCenter or an ESXi host of one test: govmomi's simulator behind TLS (Tests/VSphereTests/Simulator/main.go), ended with its last user.
///
/// Beyond the simulator as it is, its main gives property pages, time servers and a security policy of distributed port groups.
final class Simulator {
  static let user = "audit@vsphere.local"
  static let password = "correct horse <&> battery"

  let port: Int
  let authority: TestAuthority
  private let process: Process
  private let input = Pipe()

  /// - Parameters:
  ///   - expired: the certificate's last day was yesterday.
  ///   - name: whom the certificate is for.
  init(machines: Int = 2, isHost: Bool = false, expired: Bool = false, name: String = "localhost") throws {
    authority = try TestAuthority()
    let scratch = try Scratch()
    let identity = try authority.identity(name, validUntil: expired ? .now - 86_400 : .now + 86_400)
    let certificate = try scratch.file("certificate.pem", identity.certificate)
    let key = try scratch.file("key.pem", identity.key)
    process = Process()
    process.executableURL = try Self.program.get()
    process.arguments = [
      "-certificate", certificate, "-key", key, "-user", Self.user, "-password", Self.password, "-vm", "\(machines)",
    ]
    if isHost { process.arguments?.append("-esx") }
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), byte.first != 0x0A, !byte.isEmpty { line += byte }
    let text = String(decoding: line, as: UTF8.self)
    port = try #require(text.split(separator: ":").last.flatMap { Int($0) }, "the simulator says \(text)")
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  // MARK: - Built once

  /// Why the simulator cannot run here; nil where it can.
  static let obstacle: String? = {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/go") else { return "golang-go is not installed" }
    guard FileManager.default.fileExists(atPath: "/usr/share/gocode/src/github.com/vmware/govmomi/simulator") else {
      return "golang-github-vmware-govmomi-dev is not installed"
    }
    return nil
  }()

  /// The program, built by Debian's Go into .build where its source is newer.
  private static let program = Result { () throws -> URL in
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Simulator")
    let root = source.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.appendingPathComponent(".build/simulator")
    let built = folder.appendingPathComponent("vsphere-simulator")
    let text = source.appendingPathComponent("main.go")
    if let done = try? modified(built), let wanted = try? modified(text), done > wanted { return built }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let fresh = folder.appendingPathComponent("vsphere-simulator.\(ProcessInfo.processInfo.processIdentifier)")
    let go = Process()
    go.executableURL = URL(fileURLWithPath: "/usr/bin/go")
    go.arguments = ["build", "-o", fresh.path, "."]
    go.currentDirectoryURL = source
    go.environment = [
      "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": folder.appendingPathComponent("cache").path, "PATH": "/usr/bin:/bin",
      "HOME": folder.path, "GOFLAGS": "-p=2",
    ]
    let errors = Pipe()
    go.standardError = errors
    try go.run()
    let message = errors.fileHandleForReading.readDataToEndOfFile()
    go.waitUntilExit()
    guard go.terminationStatus == 0 else { throw Unbuilt(reason: String(decoding: message, as: UTF8.self)) }
    // Another run of the tests may do the same at the same time.
    guard unsafe rename(fresh.path, built.path) == 0 else { throw Unbuilt(reason: "\(built.path) cannot be written") }
    return built
  }

  private struct Unbuilt: Error { let reason: String }

  private static func modified(_ file: URL) throws -> Date {
    try #require(try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date)
  }
}

/// A folder that is removed with its last user.
final class Scratch {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("ringwall-vsphere-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  @discardableResult
  func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    let file = url.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    return file.path
  }
}
