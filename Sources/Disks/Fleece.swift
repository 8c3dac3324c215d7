internal import Platforms
internal import QMP

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The state of a running guest's drive at one moment, while the guest goes on writing (QEMU, docs/interop/live-block-operations, "fleecing").
///
/// QEMU is asked for a node that rests on the drive, for a job that copies into it what the guest is about to overwrite, and to serve that node,
/// read-only, over a local socket. All of it is taken away at the end: by this object, and where this process dies in whichever way by a guard
/// process that was started before anything was asked for.
public final class Fleece {
  /// What will be asked of the guest's QEMU, for people to see before.
  public struct Plan: Sendable, Hashable {
    public let monitor: String
    public let drive: GuestDrive
    /// Where what the guest overwrites is kept meanwhile.
    public let folder: String
    /// Bytes that are free there; 0 where the folder cannot be asked.
    public let free: Int64
  }

  /// Space that is left to others: the reading is given up, and the copy taken away, before it is used.
  static let reserve: Int64 = 256 << 20

  public let plan: Plan
  private let names: FleeceNames
  private let monitor: Monitor
  private var guardian: FleeceGuard?
  private var isActive = false
  private var lastCheck = ContinuousClock.now
  /// When the copy began: what is read is the drive at this moment. Seconds since 1970.
  public private(set) var moment: Int64 = 0

  /// Asks the guest what drives it has, and changes nothing.
  ///
  /// - Parameter folder: where what the guest overwrites meanwhile is kept.
  public init(monitor path: String, drive name: String?, folder: String = "/var/tmp") throws(DiskError) {
    let drives: [GuestDrive]
    do throws(QMPError) {
      monitor = try Monitor(path: path)
      drives = try GuestDrive.all(monitor)
    } catch {
      throw DiskError("\(error)")
    }
    let drive = try GuestDrive.find(name, among: drives, of: path)
    // QEMU has a working directory of its own.
    let folder = Self.absolute(folder)
    plan = Plan(monitor: path, drive: drive, folder: folder, free: Self.free(folder))
    names = FleeceNames(prefix: "ringwall-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))", folder: folder)
  }

  deinit { _ = end() }

  /// Begins the copy, and returns the drive as a disk to be read.
  ///
  /// - Parameter worker: path of this program, which starts itself as guard and reader.
  public func open(worker: String) throws(DiskError) -> OpenDisk {
    guard unsafe access(plan.folder, W_OK | X_OK) == 0 else {
      throw DiskError("cannot make a folder in \(plan.folder): \(SystemText.reason(errno)); name another with --scratch")
    }
    guard LocalConnection.address(names.socket) != nil else {
      throw DiskError("\(plan.folder): the path is too long for a socket in it; name another folder with --scratch")
    }
    guard plan.free >= Self.reserve * 2 else {
      throw DiskError(
        "\(plan.folder): \(plan.free >> 20) MiB are free, and what the guest overwrites needs room; name another folder with --scratch")
    }
    // The guard first: whatever is made after it, it takes away.
    guardian = try FleeceGuard(names, monitor: plan.monitor, worker: worker)
    isActive = true
    do throws(DiskError) {
      try makeFolder()
      try begin()
      return OpenDisk(
        input: try LocalConnection.connect(names.socket), order: .guest(export: names.export), path: plan.drive.name, fleece: self)
    } catch {
      _ = end()
      throw error
    }
  }

  private func makeFolder() throws(DiskError) {
    func failure() -> DiskError {
      DiskError("cannot make a folder in \(plan.folder): \(SystemText.reason(errno)); name another with --scratch")
    }
    guard unsafe mkdir(names.scratch, 0o700) == 0 else { throw failure() }
    do throws(Command.Failure) {
      _ = try Command.output("qemu-img", ["create", "-q", "-f", "qcow2", names.image, "\(plan.drive.size)"], seconds: 30)
    } catch {
      throw DiskError(
        "qemu-img, which makes the file for what the guest overwrites, failed (\(error)): install qemu-utils, or name another folder with --scratch"
      )
    }
    // QEMU writes there as the user that it runs as, whom its monitor's socket belongs to.
    var status = stat()
    guard unsafe stat(plan.monitor, &status) == 0, status.st_uid != geteuid() else { return }
    for path in [names.image, names.scratch] {
      guard unsafe chown(path, status.st_uid, status.st_gid) == 0 else { throw failure() }
    }
  }

  private func begin() throws(DiskError) {
    do throws(QMPError) {
      try monitor.execute(
        "blockdev-add",
        [
          "driver": "qcow2", "node-name": .text(names.node), "file": ["driver": "file", "filename": .text(names.image)],
          "backing": .text(plan.drive.node), "discard": "unmap",
        ])
      try monitor.execute(
        "blockdev-backup",
        [
          "job-id": .text(names.job), "device": .text(plan.drive.reference), "target": .text(names.node), "sync": "none",
          "on-target-error": "report", "auto-dismiss": true,
        ])
      moment = Int64(time(nil))
      try monitor.execute("nbd-server-start", ["addr": ["type": "unix", "data": ["path": .text(names.socket)]], "max-connections": 1])
      try monitor.execute(
        "block-export-add",
        [
          "type": "nbd", "id": .text(names.export), "node-name": .text(names.node), "name": .text(names.export), "writable": false,
        ])
    } catch {
      throw DiskError("the guest's drive \(plan.drive.name) cannot be read while it runs: \(error)")
    }
  }

  /// Whether what is read is still the drive at that moment, at most once a second.
  ///
  /// - Throws: where the job ended, or where the guest overwrote so much that the room for it runs out.
  func check(always: Bool = false) throws(DiskError) {
    let now = ContinuousClock.now
    guard isActive, always || now - lastCheck >= .seconds(1) else { return }
    lastCheck = now
    guard Self.free(plan.folder) >= Self.reserve else {
      _ = end()
      throw DiskError(
        "what the guest overwrote meanwhile fills \(plan.folder), and reading was given up; name a larger folder with --scratch")
    }
    do throws(QMPError) {
      let jobs = try monitor.execute("query-block-jobs").elements
      guard let job = jobs.first(where: { $0["device"]?.text == names.job }), job["io-status"]?.text ?? "ok" == "ok" else {
        throw QMPError.refused(command: "query-block-jobs", class: "GenericError", description: "the job that keeps the moment has ended")
      }
    } catch {
      throw DiskError("what was read is no longer the drive at one moment: \(error)")
    }
  }

  /// Takes all of it away. Harmless where it was done before.
  ///
  /// - Returns: what could not be taken away; nil where nothing is left.
  public func end() -> String? {
    guard isActive else { return nil }
    isActive = false
    let left = names.takeAway(through: monitor)
    if left == nil { names.removeFiles() }
    // The guard tries again where something is left.
    guardian?.end(isDone: left == nil)
    guardian = nil
    return left
  }

  /// The path without links and from the root; as it is where there is none.
  private static func absolute(_ path: String) -> String {
    // SAFETY: realpath allocates what it returns, and nobody else holds it.
    guard let buffer = unsafe realpath(path, nil) else { return path }
    defer { unsafe Glibc.free(buffer) }
    return unsafe String(cString: buffer)
  }

  private static func free(_ folder: String) -> Int64 {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { return 0 }
    return Int64(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }
}
