internal import CDispatch

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Measures how much stack a recursion uses, so that a nested text ends in an error and not in a crash.
struct StackGauge {
  /// Bytes a recursion may use on the stack of its caller, whatever thread that is.
  static let callers = 128 << 10

  private let base: Int
  private let limit: Int

  init(limit: Int = callers) {
    base = Self.here()
    self.limit = limit
  }

  /// False where the limit is used up. Meant for the thread that made the gauge.
  var allowsMore: Bool { base - Self.here() < limit }

  @inline(never)
  private static func here() -> Int {
    var probe: UInt8 = 0
    // SAFETY: the address is only compared, never read through.
    return unsafe withUnsafeMutablePointer(to: &probe) { Int(bitPattern: $0) }
  }
}

/// A thread with a stack that is large enough for the deepest text that is accepted. Pages that are not reached cost nothing.
enum DeepStack {
  /// Bytes of the stack.
  private static let size = 64 << 20
  /// Bytes a recursion may use on it.
  static let limit = size - 1 << 20

  /// Levels of a recursion over values that the stack of any caller holds, and those that this one holds, in any build.
  static let callersLevels = 200
  static let levels = 20_000

  @safe
  private final class Work {
    let body: () -> Void
    /// The task that waits for the thread.
    let task: UnsafeCurrentTask?

    init(_ body: @escaping () -> Void) {
      self.body = body
      // SAFETY: the task waits until the thread has ended, and its cancellation may be asked for from any thread.
      if let own = unsafe withUnsafeCurrentTask(body: { unsafe $0 }) {
        unsafe task = own
      } else {
        unsafe task = DeepStack.work?.task
      }
    }
  }

  /// Where a thread finds its work.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    // SAFETY: fills the key; without one nobody finds any work.
    _ = unsafe pthread_key_create(&key, nil)
    return key
  }()

  private static var work: Work? {
    // SAFETY: what a thread was given lives until its end.
    unsafe pthread_getspecific(key).map { unsafe Unmanaged<Work>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Whether the task was cancelled that runs on this thread, or that waits for it.
  static var isCancelled: Bool {
    if Task.isCancelled { return true }
    return unsafe work?.task?.isCancelled ?? false
  }

  /// The result of `body`, run on such a stack; on the caller's where no thread could be made.
  static func result<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    var result: Result<R, E>?
    let ran = run { result = Result { () throws(E) in try body() } }
    if ran, let result { return try result.get() }
    return try body()
  }

  /// Runs `body` and waits for it. False where no thread could be made; `body` was not run then.
  static func run(_ body: () -> Void) -> Bool {
    withoutActuallyEscaping(body) { body in
      var attributes = pthread_attr_t()
      // SAFETY: initialised here, used by this function alone, destroyed on return.
      guard unsafe pthread_attr_init(&attributes) == 0 else { return false }
      defer { _ = unsafe pthread_attr_destroy(&attributes) }
      guard unsafe pthread_attr_setstacksize(&attributes, size) == 0 else { return false }
      var thread: pthread_t = 0
      let work = unsafe Unmanaged.passRetained(Work(body))
      // SAFETY: the thread takes the reference over; it ends before this function returns, so `body` outlives it.
      let status = unsafe pthread_create(
        &thread, &attributes,
        { context in
          guard let context = unsafe context else { return nil }
          _ = unsafe pthread_setspecific(DeepStack.key, context)
          let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
          withExtendedLifetime(work) { work.body() }
          return nil
        }, work.toOpaque())
      guard status == 0 else {
        // SAFETY: nobody took the reference.
        unsafe work.release()
        return false
      }
      _ = pthread_join(thread, nil)
      return true
    }
  }
}
