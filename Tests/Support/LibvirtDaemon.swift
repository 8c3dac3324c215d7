internal import Foundation

/// A real libvirtd in a mount namespace of its own: the machine's /etc/libvirt, /run/libvirt and /var/lib/libvirt stay as they are.
///
/// Everything the daemon reads and writes lies below `root` in the places where a saved system tree has it
/// (`etc/libvirt/qemu/NAME.xml`, `run/libvirt/qemu/NAME.xml`), so `Tree(root: daemon.root)` sees the files and `Tree()` the processes.
/// Guests are diskless TCG machines that stay paused at their first instruction.
///
///     @Test(.enabled(if: LibvirtDaemon.obstacle == nil, "libvirtd cannot be started here"))
///     func runningStateDiffers() throws {
///       let daemon = try LibvirtDaemon.start()
///       defer { daemon.stop() }
///       try daemon.define(xml)
///       try daemon.startDomain("probe")
///     }
public final class LibvirtDaemon {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Why no libvirtd can be started on this machine; nil where one can.
  public static let obstacle: String? = {
    if geteuid() != 0 { return "libvirtd of the system instance and mount namespaces need root" }
    for program in ["libvirtd", "virsh", "unshare", "mount", "qemu-system-x86_64"] where HostProgram.path(of: program) == nil {
      return "\(program) is not installed"
    }
    do {
      _ = try HostProgram.output("unshare", ["-m", "--propagation", "private", "true"])
      return nil
    } catch {
      return "a mount namespace cannot be made here: \(error)"
    }
  }()

  /// Top of the daemon's tree, without a trailing slash.
  public let root: String
  /// Process id of libvirtd.
  public var processIdentifier: Int32 { process.processIdentifier }
  /// The connection that reaches this daemon and no other.
  public var uri: String { "qemu+unix:///system?socket=\(root)/run/libvirt/libvirt-sock" }
  private let process: Process
  private var isStopped = false

  /// Lets a daemon run without polkit, system bus or control groups.
  public static let plainConfiguration = """
    auth_unix_rw = "none"
    auth_unix_ro = "none"
    unix_sock_rw_perms = "0700"
    host_uuid = "8f3d1c52-6d0a-4c0e-9f5e-3c1c6a7f0a11"
    log_outputs = "3:file:/var/log/libvirt/libvirtd.log"

    """

  /// Lets guests start where there is no control group, no security module and no virtlogd.
  public static let plainDriverConfiguration = """
    cgroup_controllers = [ ]
    security_driver = "none"
    user = "root"
    group = "root"
    remember_owner = 0
    namespaces = [ ]
    stdio_handler = "file"

    """

  /// Starts a daemon and waits until it answers.
  ///
  /// - Parameters:
  ///   - configuration: text of libvirtd.conf.
  ///   - driverConfiguration: text of qemu.conf.
  ///   - file: where `configuration` is put below `root`.
  ///   - arguments: further arguments of libvirtd, such as "--listen".
  public static func start(
    configuration: String = plainConfiguration, driverConfiguration: String = plainDriverConfiguration,
    file: String = "/etc/libvirt/libvirtd.conf", arguments: [String] = []
  ) throws -> LibvirtDaemon {
    let root = NSTemporaryDirectory().trimmingSuffix("/") + "/ringwall-libvirtd-\(UUID().uuidString.prefix(8))"
    let folders = ["etc/libvirt", "run/libvirt", "var/lib/libvirt", "var/log/libvirt", "var/cache/libvirt"]
    for folder in folders {
      try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    try configuration.write(toFile: root + file, atomically: false, encoding: .utf8)
    try driverConfiguration.write(toFile: root + "/etc/libvirt/qemu.conf", atomically: false, encoding: .utf8)
    let mounts = folders.map { "mkdir -p /\($0) && mount --bind '\(root)/\($0)' /\($0)" }.joined(separator: " && ")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: HostProgram.path(of: "unshare") ?? "/usr/bin/unshare")
    process.arguments =
      ["-m", "--propagation", "private", "sh", "-c", mounts + " && exec libvirtd \"$@\"", "libvirtd"] + [
        "-f", root + file, "-p", "\(root)/libvirtd.pid",
        // A test run that is killed leaves a daemon that ends by itself once it has neither clients nor guests.
        "--timeout", "120",
      ] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let daemon = LibvirtDaemon(root: root, process: process)
    for _ in 0..<200 {
      if !process.isRunning { break }
      if (try? daemon.virsh("version")) != nil { return daemon }
      Thread.sleep(forTimeInterval: 0.1)
    }
    let log = (try? String(contentsOfFile: root + "/var/log/libvirt/libvirtd.log", encoding: .utf8)) ?? ""
    daemon.stop()
    throw Failure(description: "libvirtd did not answer within 20 s: \(log.suffix(600))")
  }

  private init(root: String, process: Process) {
    self.root = root
    self.process = process
  }

  deinit { stop() }

  /// Makes a domain persistent: its file is `root`/etc/libvirt/qemu/NAME.xml.
  public func define(_ xml: String) throws { _ = try withFile(xml) { try virsh("define", $0) } }

  /// Starts a defined domain, paused; its live state is `root`/run/libvirt/qemu/NAME.xml.
  public func startDomain(_ name: String) throws { _ = try virsh("start", "--paused", name) }

  /// Starts a domain that has no file, paused.
  public func create(_ xml: String) throws { _ = try withFile(xml) { try virsh("create", "--paused", $0) } }

  /// Changes a running domain only: its file keeps what it says.
  public func attachLive(_ device: String, to name: String) throws {
    _ = try withFile(device) { try virsh("attach-device", name, $0, "--live") }
  }

  /// Process id of a running domain's QEMU, as libvirt wrote it.
  public func guestProcess(_ name: String) -> Int32? {
    guard let text = try? String(contentsOfFile: root + "/run/libvirt/qemu/\(name).pid", encoding: .utf8) else { return nil }
    return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// What virsh prints; its error message is thrown.
  @discardableResult
  public func virsh(_ arguments: String...) throws -> String { try HostProgram.output("virsh", ["-q", "-c", uri] + arguments) }

  /// Ends every guest and the daemon, and removes `root`. May be called twice.
  public func stop() {
    if isStopped { return }
    isStopped = true
    if process.isRunning {
      for name in ((try? virsh("list", "--name")) ?? "").split(separator: "\n") { _ = try? virsh("destroy", String(name)) }
      process.terminate()
      for _ in 0..<100 where process.isRunning { Thread.sleep(forTimeInterval: 0.05) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: root)
  }

  private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let path = "\(root)/document-\(UUID().uuidString).xml"
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
