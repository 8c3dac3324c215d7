internal import Dispatch
internal import Platforms
internal import Synchronization
internal import VSphere

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Changes of a vSphere server, for `audit --follow`: a session of its own waits for them, and is closed with this object.
final class ServerEvents: ChangeSource {
  let descriptor: Int32
  private let target: String
  private let shared: Shared
  private let task: Task<Void, Never>
  private let hasEnded = DispatchSemaphore(value: 0)

  /// What a change of a verdict can come from. Options of the server itself are no property of an object below the root.
  private static let watched: [ObjectChanges.Watched] = [
    .init("HostSystem", ["config", "runtime.connectionState"]), .init("VirtualMachine", ["config", "runtime.host", "runtime.powerState"]),
    .init("DistributedVirtualSwitch", ["config"]), .init("DistributedVirtualPortgroup", ["config"]),
  ]

  private final class Shared: Sendable {
    /// The writing end of the pipe.
    let end: Int32
    let state = Mutex<(hasChanged: Bool, failure: ServiceFailure?)>((false, nil))

    init(end: Int32) { self.end = end }
    deinit { _ = close(end) }

    /// The pipe holds at most what nobody has read yet; more than one byte says no more.
    func tell(_ change: (inout (hasChanged: Bool, failure: ServiceFailure?)) -> Void) {
      state.withLock { change(&$0) }
      _ = Console.put([1], to: end)
    }
  }

  /// Nil where the system gives no pipe.
  init?(target: String, access: VSphereAccess) {
    var ends: [Int32] = [-1, -1]
    // SAFETY: pipe(2) fills the two numbers of the array.
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { prepare(end) }
    descriptor = ends[0]
    self.target = target
    let shared = Shared(end: ends[1])
    self.shared = shared
    task = Self.listening(access, shared, hasEnded)
  }

  private static func listening(_ access: VSphereAccess, _ shared: Shared, _ hasEnded: DispatchSemaphore) -> Task<Void, Never> {
    Task.detached {
      await listen(access, shared)
      hasEnded.signal()
    }
  }

  /// Waits for changes until the task is cancelled or the server fails.
  private static func listen(_ access: VSphereAccess, _ shared: Shared) async {
    do throws(ServiceFailure) {
      try await ServiceSession.with(
        access.address, trust: access.trust, credentials: access.credentials, userAgent: "ringwall/\(Version.text)"
      ) { session throws(ServiceFailure) in try await listen(session) { shared.tell { $0.hasChanged = true } } }
    } catch {
      shared.tell { $0.failure = error }
    }
  }

  private static func listen(_ session: ServiceSession, _ told: @Sendable () -> Void) async throws(ServiceFailure) {
    var steps = ObjectChanges(session, watched).makeAsyncIterator()
    // The first step is what the audit has just read.
    _ = try await steps.next()
    while try await steps.next() != nil { told() }
  }

  deinit {
    task.cancel()
    hasEnded.wait()
    _ = close(descriptor)
  }

  func changes() -> [SourceChange] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    // SAFETY: read(2) writes no more than the length given, which is that of the array.
    while unsafe bytes.withUnsafeMutableBytes({ unsafe read(descriptor, $0.baseAddress, $0.count) }) > 0 {}
    let (hasChanged, failure) = shared.state.withLock { state in
      defer { state.hasChanged = false }
      return (state.hasChanged, state.failure)
    }
    var changes: [SourceChange] = hasChanged ? [.target(target)] : []
    if let failure, failure.code != .cancelled { changes.append(.ended(failure.message)) }
    return changes
  }
}

/// fcntl(2) without its variadic form: neither end waits, nor stays open in a program that somebody else starts.
private func prepare(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
}
