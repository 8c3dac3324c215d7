internal import Foundation

/// A real podman with storage of its own, and its Docker-compatible service on a socket of its own. Containers are made and never started.
///
///     @Test(.enabled(if: Podman.obstacle == nil, "podman cannot be used here"))
///     func riskyContainer() throws {
///       let podman = try Podman.start()
///       defer { podman.stop() }
///       try podman.importImage()
///       try podman.run("create", "--name", "probe", "--privileged", Podman.image, "/bin/busybox", "sh")
///     }
public final class Podman {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Name of the image that `importImage` makes.
  public static let image = "localhost/busybox:probe"

  /// Why podman cannot be used on this machine; nil where it can.
  public static let obstacle: String? = {
    if geteuid() != 0 { return "podman's storage of the system needs root" }
    for program in ["podman", "busybox", "tar"] where HostProgram.path(of: program) == nil { return "\(program) is not installed" }
    do {
      let podman = try Podman.start()
      defer { podman.stop() }
      try podman.importImage()
      _ = try podman.run("create", "--name", "probe", image, "/bin/busybox", "true")
      return nil
    } catch {
      return "podman makes no container here: \(error)"
    }
  }()

  /// Folder of everything that this podman keeps.
  public let folder: String
  /// Path of the service's socket.
  public var socket: String { folder + "/podman.sock" }
  private let service: Process
  private var isStopped = false

  /// Starts the service and waits until its socket is there.
  public static func start() throws -> Podman {
    guard let executable = HostProgram.path(of: "podman") else { throw Failure(description: "podman is not installed") }
    // A socket's path may have 107 bytes.
    let folder = "/tmp/ringwall-p-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let service = Process()
    service.executableURL = URL(fileURLWithPath: executable)
    // A test run that is killed leaves a service that ends by itself.
    service.arguments = storage(folder) + ["system", "service", "--time=120", "unix://\(folder)/podman.sock"]
    service.standardInput = FileHandle.nullDevice
    service.standardOutput = FileHandle.nullDevice
    service.standardError = FileHandle.nullDevice
    let podman = Podman(folder: folder, service: service)
    try service.run()
    for _ in 0..<200 {
      if FileManager.default.fileExists(atPath: podman.socket) { return podman }
      if !service.isRunning { break }
      Thread.sleep(forTimeInterval: 0.1)
    }
    podman.stop()
    throw Failure(description: "podman's service did not start within 20 s")
  }

  private init(folder: String, service: Process) {
    self.folder = folder
    self.service = service
  }

  deinit { stop() }

  /// An image with busybox alone, made on this machine from its own program.
  public func importImage() throws {
    let root = folder + "/image"
    try FileManager.default.createDirectory(atPath: root + "/bin", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: HostProgram.path(of: "busybox") ?? "/bin/busybox", toPath: root + "/bin/busybox")
    _ = try HostProgram.output("tar", ["-C", root, "-cf", folder + "/image.tar", "."])
    try run("import", folder + "/image.tar", Self.image)
  }

  /// What podman prints; its error message is thrown.
  @discardableResult
  public func run(_ arguments: [String]) throws -> String { try HostProgram.output("podman", Self.storage(folder) + arguments) }

  @discardableResult
  public func run(_ arguments: String...) throws -> String { try run(arguments) }

  /// Ends the service and removes everything that it kept. May be called twice.
  public func stop() {
    if isStopped { return }
    isStopped = true
    if service.isRunning {
      service.terminate()
      for _ in 0..<100 where service.isRunning { Thread.sleep(forTimeInterval: 0.05) }
      if service.isRunning { kill(service.processIdentifier, SIGKILL) }
      service.waitUntilExit()
    }
    _ = try? HostProgram.output("podman", Self.storage(folder) + ["rm", "-a", "-f"])
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static func storage(_ folder: String) -> [String] {
    [
      "--root", folder + "/storage", "--runroot", folder + "/run", "--tmpdir", folder + "/tmp", "--cgroup-manager=cgroupfs",
      "--storage-driver=vfs", "--events-backend=none",
    ]
  }
}
