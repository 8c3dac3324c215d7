internal import Glibc

/// Threads that end before the call that starts them returns.
enum Threads {
  private final class Job {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Runs the body once for each state: on threads of their own, the last of them on this one. A state belongs to one thread alone.
  static func run<State>(_ states: [State], _ body: (State) -> Void) {
    withoutActuallyEscaping(body) { body in
      var threads: [pthread_t] = []
      for state in states.dropLast() {
        let job = unsafe Unmanaged.passRetained(Job { body(state) })
        var thread = pthread_t()
        // SAFETY: the new thread takes over the one reference, and is joined below before anything that the body uses ends.
        let status = unsafe pthread_create(
          &thread, nil,
          { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
            return nil
          }, job.toOpaque())
        if status == 0 {
          threads.append(thread)
        } else {
          // SAFETY: nobody took the reference. There is one thread fewer, and the work is shared by the others.
          unsafe job.release()
        }
      }
      if let last = states.last { body(last) }
      for thread in threads { _ = pthread_join(thread, nil) }
    }
  }
}
