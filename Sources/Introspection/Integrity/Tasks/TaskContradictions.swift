internal import Domain

/// Members of a task that the kernel sets together and that do not agree: who wrote one of them wrote it from outside.
///
/// Source: fs/exec.c (exec_mmap), kernel/exit.c (mm_update_next_owner), kernel/fork.c (copy_process), kernel/ptrace.c (__ptrace_link),
/// kernel/nsproxy.c (switch_task_namespaces).
struct TaskContradictions {
  enum Kind: String, CaseIterable {
    /// `active_mm` is another memory than `mm`.
    case activeMemory
    /// The owner of its memory lives, and has another one.
    case memoryOwner
    /// `parent` is not `real_parent`, and nobody traces it.
    case tracer
    /// It has no namespaces, which only a task that has ended has not.
    case namespaces
    /// Its root lies in other mounts than those of its namespace.
    case rootFolder
    /// `signal.nr_threads` is not the number of threads in the list.
    case threadCount
  }

  private struct Finding: Hashable {
    let kind: Kind
    let task: UInt64
    let pid: Int32
  }

  private let guest: Guest
  private let view: ProcessView
  private let flags: UInt64
  private let exitState: UInt64
  private let memory: UInt64
  private let comm: UInt64
  private let pid: UInt64
  private static let reportLimit = 256

  init?(_ guest: Guest) {
    func offset(_ member: String) -> UInt64? { guest.kernel.offset("task_struct", member) }
    guard let view = try? ProcessView(guest), let flags = offset("flags"), let exitState = offset("exit_state"), let memory = offset("mm"),
      let comm = offset("comm"), let pid = offset("pid")
    else { return nil }
    self.guest = guest
    self.view = view
    self.flags = flags
    self.exitState = exitState
    self.memory = memory
    self.comm = comm
    self.pid = pid
  }

  /// Rows of pid, name, task and kind.
  func facts() -> [FactValue] {
    lasting().sorted { ($0.pid, $0.kind.rawValue) < ($1.pid, $1.kind.rawValue) }.prefix(Self.reportLimit).map { finding in
      [
        "pid": .int(Int64(finding.pid)), "name": .string(guest.string(finding.task &+ comm, limit: 16) ?? ""),
        "task": addressValue(finding.task), "kind": .string(finding.kind.rawValue),
      ]
    }
  }

  /// What is so at each look: a task that starts a program, ends, or gets another parent sets its members one after the other.
  private func lasting() -> Set<Finding> {
    var found = read()
    var looks = SecondLook(guest)
    while !found.isEmpty, !guest.isExhausted, looks.again() { found.formIntersection(read()) }
    return found
  }

  private func read() -> Set<Finding> {
    var found: Set<Finding> = []
    for leader in view.read().tasks {
      let threads = [leader.address] + view.threads(of: leader.address)
      for task in threads where isThere(task) && guest.spend(4, on: "task_struct", at: task) {
        guard let id = guest.i32(task &+ pid) else { continue }
        for kind in Kind.allCases where kind != .threadCount && contradicts(kind, task) {
          found.insert(Finding(kind: kind, task: task, pid: id))
        }
      }
      if isThere(leader.address), view.isInOwnList(leader.address) == true, let count = threadCount(leader.address), count != threads.count {
        found.insert(Finding(kind: .threadCount, task: leader.address, pid: leader.pid))
      }
    }
    return found
  }

  /// Neither ended nor ending.
  private func isThere(_ task: UInt64) -> Bool {
    guest.u32(task &+ exitState) == 0 && guest.u32(task &+ flags).map { $0 & Self.exiting == 0 } ?? false
  }

  /// PF_EXITING, PF_KTHREAD (include/linux/sched.h).
  private static let exiting: UInt32 = 0x4
  private static let kernelThread: UInt32 = 0x0020_0000

  private func contradicts(_ kind: Kind, _ task: UInt64) -> Bool {
    let kernel = guest.kernel
    func pointer(_ member: String) -> UInt64? { kernel.offset("task_struct", member).flatMap { guest.u64(task &+ $0) } }
    guard let bits = guest.u32(task &+ flags) else { return false }
    // A thread of the kernel works with the memory of processes for a time (kthread_use_mm).
    let mm = bits & Self.kernelThread == 0 ? guest.pointer(task &+ memory) : nil
    switch kind {
    case .activeMemory:
      guard let mm, let active = pointer("active_mm") else { return false }
      return active != mm
    case .memoryOwner:
      guard let mm, let owner = kernel.offset("mm_struct", "owner").flatMap({ guest.pointer(mm &+ $0) }), owner != task,
        isThere(owner),
        let other = guest.pointer(owner &+ memory)
      else { return false }
      return other != mm
    case .tracer:
      guard let parent = pointer("parent"), let real = pointer("real_parent"),
        let traced = kernel.offset("task_struct", "ptrace").flatMap({ guest.u32(task &+ $0) })
      else { return false }
      return parent != real && traced == 0
    case .namespaces: return pointer("nsproxy") == 0
    case .rootFolder:
      guard bits & Self.kernelThread == 0, let root = kernel.offset("fs_struct", "root.mnt"), let inner = kernel.offset("mount", "mnt"),
        let own = kernel.offset("mount", "mnt_ns"), let listed = kernel.offset("nsproxy", "mnt_ns"),
        let folders = pointer("fs").flatMap({ guest.pointer($0 &+ root) }), let namespaces = pointer("nsproxy"), namespaces != 0,
        let expected = guest.pointer(namespaces &+ listed), let found = guest.pointer(folders &- inner &+ own)
      else { return false }
      // A root that was taken away (umount -l), or of the kernel's own, is in none.
      return found != expected && found < .max - 4095
    case .threadCount: return false
    }
  }

  private func threadCount(_ task: UInt64) -> Int? {
    guard let own = guest.kernel.offset("task_struct", "signal"), let count = guest.kernel.offset("signal_struct", "nr_threads"),
      let shared = guest.pointer(task &+ own)
    else { return nil }
    return guest.i32(shared &+ count).map(Int.init)
  }
}
