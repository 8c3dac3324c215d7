package import QMP

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What a copy of a drive's moment is called in QEMU and on the host, and how all of it is taken away, by whoever knows the names.
package struct FleeceNames: Sendable, Hashable {
  /// Unique among readings.
  package let prefix: String
  package let folder: String

  package init(prefix: String, folder: String) {
    self.prefix = prefix
    self.folder = folder
  }

  /// QEMU's node names have 31 bytes at most.
  var node: String { prefix }
  var job: String { prefix + "-job" }
  var export: String { prefix + "-export" }
  var scratch: String { "\(folder)/\(prefix)" }
  var image: String { scratch + "/overwritten.qcow2" }
  var socket: String { scratch + "/nbd" }

  /// Removes export, server, job and node, in this order. What is not there is no failure.
  ///
  /// - Parameter seconds: for clients to go, and for what QEMU ends in its own time.
  /// - Returns: what is left; nil where nothing is.
  package func takeAway(through monitor: Monitor, within seconds: Int = 20) -> String? {
    /// The commands that begin something fail where it never began, and then there is nothing to end.
    func ask(_ command: String, _ arguments: [String: JSONValue] = [:]) -> QMPError? {
      do throws(QMPError) {
        try monitor.execute(command, arguments, within: 10_000)
        return nil
      } catch {
        return error
      }
    }
    func list(_ command: String) -> [JSONValue] { (try? monitor.execute(command).elements) ?? [] }
    let end = ContinuousClock.now + .seconds(seconds)
    var isServed = list("query-block-exports").contains { $0["id"]?.text == export }
    let hasServed = isServed
    if isServed { _ = ask("block-export-del", ["id": .text(export), "mode": "hard"]) }
    while isServed, ContinuousClock.now < end {
      isServed = list("query-block-exports").contains { $0["id"]?.text == export }
      if isServed { _ = usleep(10_000) }
    }
    // The server is ours where the socket in our folder is, which QEMU removes with it.
    let hasSocket = unsafe access(socket, F_OK) == 0
    var isServing = false
    if hasServed || hasSocket {
      // A client that QEMU still greets must be gone before: see `ServedSocket`. Better a server is left than that the guest stands still.
      isServing = !ServedSocket.isLeft(socket, until: end)
      if !isServing { _ = ask("nbd-server-stop") }
    }
    var isCopying = list("query-block-jobs").contains { $0["device"]?.text == job }
    if isCopying { _ = ask("block-job-cancel", ["device": .text(job), "force": true]) }
    while isCopying, ContinuousClock.now < end {
      isCopying = list("query-block-jobs").contains { $0["device"]?.text == job }
      if isCopying { _ = usleep(10_000) }
    }
    var refusal: QMPError?
    repeat {
      guard list("query-named-block-nodes").contains(where: { $0["node-name"]?.text == node }) else {
        return isServing ? "the NBD server at \(socket) is left in the guest's QEMU: a client is connected to it" : nil
      }
      refusal = ask("blockdev-del", ["node-name": .text(node)])
      if refusal != nil { _ = usleep(50_000) }
    } while ContinuousClock.now < end
    return "the node \(node) is left in the guest's QEMU" + (refusal.map { ": \($0)" } ?? "")
  }

  /// Removes the folder and what lies in it. qemu-img, whose parent was killed, may put a file there once more in between.
  package func removeFiles() {
    for _ in 0..<100 {
      for path in [image, socket] { _ = unsafe unlink(path) }
      if unsafe rmdir(scratch) == 0 || errno == ENOENT { return }
      _ = usleep(20_000)
    }
  }
}

/// A process that takes a copy of a drive's moment away where the one that made it dies.
///
/// It holds the reading end of a pipe and waits for its end: a byte says that all is taken away, the end without one says that nobody did.
package final class FleeceGuard {
  private let process: ChildProcess
  private var lease: Int32

  init(_ names: FleeceNames, monitor: String, worker: String) throws(DiskError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw DiskError("cannot start the guard: \(SystemText.reason(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { _ = close(ends[0]) }
    do throws(DiskError) {
      process = try ChildProcess(
        worker, ["guard", "\(getpid())", monitor, names.prefix, names.folder], descriptors: [ends[0], -1, -1])
    } catch {
      _ = close(ends[1])
      throw error
    }
    lease = ends[1]
  }

  /// Dismisses it, or lets it do its work; waits until it has ended.
  func end(isDone: Bool) {
    guard lease >= 0 else { return }
    if isDone {
      var byte: UInt8 = 1
      _ = unsafe write(lease, &byte, 1)
    }
    _ = close(lease)
    lease = -1
    _ = process.wait(milliseconds: isDone ? 2000 : 40_000)
  }

  /// What the guard process does.
  ///
  /// - Parameter lease: the reading end of the pipe.
  package static func run(_ names: FleeceNames, monitor path: String, lease: Int32) -> Int32 {
    // Signals that end the parent from a terminal must not end its guard.
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { _ = signal(number, SIG_IGN) }
    var byte: UInt8 = 0
    while true {
      let count = unsafe read(lease, &byte, 1)
      if count == 1 { return 0 }
      if count == 0 || errno != EINTR { break }
    }
    let end = ContinuousClock.now + .seconds(600)
    while ContinuousClock.now < end {
      // A monitor serves one client at a time: the dead one's connection may still be there.
      if let monitor = try? Monitor(path: path, within: 5000) {
        if names.takeAway(through: monitor) == nil {
          names.removeFiles()
          return 0
        }
      } else if unsafe access(path, F_OK) != 0 {
        // The guest has ended, and with it all that QEMU held.
        names.removeFiles()
        return 0
      }
      _ = usleep(200_000)
    }
    return 1
  }
}
