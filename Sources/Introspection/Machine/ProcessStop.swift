internal import Glibc
internal import QMP

/// Stops a whole QEMU by SIGSTOP: its processors, its devices and its monitor. Needs no monitor and flushes no disk.
enum ProcessStop {
  /// Whether every thread has come to rest; false also for a process that is gone.
  ///
  /// A thread that waits for a disk in the kernel (D) stops before it runs code of QEMU or of the guest again. A read that is under way may still
  /// put its data into the guest's memory.
  static func isStopped(_ pid: Int32) -> Bool {
    let states = states(pid)
    return states.contains { isRest($0) } && states.allSatisfy { isRest($0) || ["D", "Z", "X"].contains($0) }
  }

  /// Whether a stop that was complete has lasted: SIGCONT would have woken every thread at once. One that waited for a disk meanwhile shows as
  /// running for a moment, on its way to rest.
  static func isHeld(_ pid: Int32) -> Bool { states(pid).contains { isRest($0) } }

  private static func isRest(_ state: Substring) -> Bool { state == "T" || state == "t" }

  /// State letters of the threads that there are (proc(5), /proc/pid/stat).
  private static func states(_ pid: Int32) -> [Substring] {
    let files = ProcessFiles(pid: pid)
    return files.names("task").compactMap { thread in
      guard let text = files.text("task/\(thread)/stat"), let end = text.lastIndex(of: ")") else { return nil }
      return text[text.index(after: end)...].split(separator: " ").first
    }
  }

  /// Stops the process and waits until all of its threads stand; false when they do not within the time, and it is then continued.
  static func stop(_ pid: Int32, milliseconds: Int) -> Bool {
    guard kill(pid, SIGSTOP) == 0 else { return false }
    let deadline = Deadline(milliseconds: milliseconds)
    while !isStopped(pid) {
      guard deadline.isAhead else {
        _ = kill(pid, SIGCONT)
        return false
      }
      _ = sched_yield()
    }
    return true
  }

  /// SIGCONT, which does nothing to a process that runs.
  static func resume(_ pid: Int32) { _ = kill(pid, SIGCONT) }
}
