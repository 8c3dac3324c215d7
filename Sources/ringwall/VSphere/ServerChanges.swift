internal import Dispatch
internal import Platforms
internal import Synchronization
internal import VSphere

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The changes of one vSphere server as they happen: whoever follows reads its inventory again after each.
///
/// A session of its own waits on the server (WaitForUpdatesEx) and is closed by `stop`.
final class ServerChanges: ChangeSource {
  let descriptor: Int32
  private let mailbox: Mailbox
  private let task: Task<Void, Never>
  private let done = DispatchSemaphore(value: 0)

  /// What an inventory is made of, as far as the server tells of it.
  private static let watched: [ObjectChanges.Watched] = [
    .init("HostSystem", ["name", "config", "runtime.inMaintenanceMode"]),
    .init("VirtualMachine", ["name", "config", "runtime.powerState"]),
  ]
  /// Seconds that closing the session may take.
  private static let closing = 10

  /// nil where the system gives no pipe.
  ///
  /// - Parameter target: the server as the user named it.
  init?(target: String, _ access: VSphereAccess) {
    guard let mailbox = Mailbox() else { return nil }
    self.mailbox = mailbox
    descriptor = mailbox.descriptor
    let (address, trust, credentials, done) = (access.address, access.trust, access.credentials, done)
    task = Task.detached {
      do throws(ServiceFailure) {
        try await ServiceSession.with(address, trust: trust, credentials: credentials, userAgent: "ringwall/\(Version.text)") {
          session throws(ServiceFailure) in
          var steps = ObjectChanges(session, Self.watched).makeAsyncIterator()
          // The first step is the state as it stands, which was read already.
          _ = try await steps.next()
          while try await steps.next() != nil { mailbox.put(.target(target)) }
        }
      } catch {
        if error.code != .cancelled { mailbox.put(.ended(error.message)) }
      }
      done.signal()
    }
  }

  func changes() -> [SourceChange] { mailbox.take() }

  func stop() {
    task.cancel()
    _ = done.wait(timeout: .now() + .seconds(Self.closing))
  }
}

/// Changes that another thread puts in, with a descriptor that is readable while there are some.
final class Mailbox: Sendable {
  let descriptor: Int32
  private let end: Int32
  private let waiting = Mutex<[SourceChange]>([])

  init?() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { setUp(end) }
    descriptor = ends[0]
    end = ends[1]
  }

  deinit {
    _ = close(descriptor)
    _ = close(end)
  }

  /// One that waits already is not put in twice.
  func put(_ change: SourceChange) {
    waiting.withLock { if !$0.contains(change) { $0.append(change) } }
    var byte: UInt8 = 0
    // SAFETY: one byte is read. A pipe that is full is readable, which is all that is wanted.
    _ = unsafe write(end, &byte, 1)
  }

  func take() -> [SourceChange] {
    var bytes = [UInt8](repeating: 0, count: 256)
    let capacity = bytes.count
    // SAFETY: read(2) writes no more than the length given, which is the array's.
    while unsafe bytes.withUnsafeMutableBytes({ unsafe read(descriptor, $0.baseAddress, capacity) }) > 0 {}
    return waiting.withLock { changes in
      defer { changes = [] }
      return changes
    }
  }
}

/// fcntl(2) without its variadic form: not kept in programs that are started, never waiting.
private func setUp(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
}
