internal import Glibc
internal import QMP

/// Stops a whole QEMU by SIGSTOP: its processors, its devices and its monitor. Needs no monitor and flushes no disk.
enum ProcessStop {
  /// Whether every thread has come to rest; false also for a process that is gone.
  static func isStopped(_ pid: Int32) -> Bool {
    let files = ProcessFiles(pid: pid)
    let threads = files.names("task")
    return !threads.isEmpty
      && threads.allSatisfy { thread in
        guard let text = files.text("task/\(thread)/stat"), let end = text.lastIndex(of: ")") else { return true }
        return ["T", "t", "Z", "X"].contains(text[text.index(after: end)...].split(separator: " ").first ?? "")
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
