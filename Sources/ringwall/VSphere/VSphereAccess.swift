internal import Audit
internal import Dispatch
internal import Domain
internal import Synchronization
internal import VSphere

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Gathers the inventory of one server. An interrupt ends the session on the server before it ends the program.
struct VSphereAccess {
  let address: ServiceAddress
  let trust: ServerTrust
  let credentials: Credentials

  /// The document `ringwall.vsphere/1`, as JSON.
  ///
  /// - Parameters:
  ///   - endsBySignal: whether SIGINT and SIGTERM end it.
  ///   - progress: told from other threads what is being read.
  func inventory(endsBySignal: Bool = true, progress: @escaping @Sendable (String) -> Void) -> Result<[UInt8], ServiceFailure> {
    let (address, trust, credentials) = (address, trust, credentials)
    return Interruptible.run(endsBySignal: endsBySignal) {
      do throws(ServiceFailure) {
        let document = try await ServiceSession.with(address, trust: trust, credentials: credentials, userAgent: "ringwall/\(Version.text)")
        {
          session throws(ServiceFailure) in
          try await LiveInventory(session, progress: progress).document(collected: Clock.text(Clock.now()))
        }
        return .success(JSONText.bytes(document, indent: 1) + [0x0A])
      } catch {
        return .failure(error)
      }
    }
  }
}

/// Runs a task from a thread that waits for it. The first SIGINT or SIGTERM cancels the task, a second one ends the program.
enum Interruptible {
  static func run<Value: Sendable>(endsBySignal: Bool = true, _ body: @escaping @Sendable () async -> Value) -> Value {
    let done = DispatchSemaphore(value: 0)
    let result = Box<Value>()
    let task = Task.detached {
      result.value.withLock { $0 = nil }
      let value = await body()
      result.value.withLock { $0 = value }
      done.signal()
    }
    let signals = endsBySignal ? [SIGINT, SIGTERM] : []
    let sources = signals.map { number in
      // The action is replaced, so that the source below is told instead.
      let before = signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if task.isCancelled { exit(2) }
        task.cancel()
      }
      source.resume()
      return (number: number, before: before, source: source)
    }
    defer {
      for one in sources {
        one.source.cancel()
        _ = signal(one.number, one.before)
      }
    }
    while true {
      done.wait()
      if let value = result.value.withLock({ $0 }) { return value }
    }
  }

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }
}
