internal import Glibc
internal import QMP

/// Stops a whole QEMU by SIGSTOP: its processors, its devices and its monitor. Needs no monitor and flushes no disk.
enum ProcessStop {
  /// Whether every thread has come to rest; false also for a process that is gone.
  ///
  /// A thread that waits for a disk in the kernel (D) stops before it runs code of QEMU or of the guest again. A read that is under way may still
  /// put its data into the guest's memory.
  static func isStopped(_ pid: Int32) -> Bool {
    let files = ProcessFiles(pid: pid)
    var isAnyStopped = false
    for thread in files.names("task") {
      guard let text = files.text("task/\(thread)/stat"), let end = text.lastIndex(of: ")") else { continue }
      switch text[text.index(after: end)...].split(separator: " ").first {
      case "T", "t": isAnyStopped = true
      case "D", "Z", "X": continue
      default: return false
      }
    }
    return isAnyStopped
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
