/// A process of the guest (the leader of its thread group), as its `task_struct` tells it.
public struct Process: Sendable, Hashable {
  /// Of the task_struct; guest-virtual.
  public let address: UInt64
  /// Process id in the first namespace: `tgid`. 0 is the idle task of the first vCPU.
  public let pid: Int32
  /// Process id of the parent (`real_parent`); nil where it cannot be read.
  public let parent: Int32?
  /// At most 15 characters (TASK_COMM_LEN); what is not UTF-8 is replaced.
  public let name: String
  /// Raw `__state`, with `exit_state` in it.
  public let state: UInt32
  /// PF_KTHREAD: a thread of the kernel.
  public let isKernelThread: Bool
  /// Address of its mm_struct; nil for a thread of the kernel, and for a process that has ended.
  public let mm: UInt64?
  /// Threads in the group, as its signal_struct counts them.
  public let threads: Int32?
  /// Since the guest's boot, nanoseconds, time asleep included (start_boottime).
  public let started: UInt64?
  /// Nil where `cred` cannot be read.
  public let credentials: Credentials?
  public let namespaces: [Namespace]
  /// The arguments as they stand in the process's own memory, which it can overwrite; nil where it has none or its page is not in memory.
  public let arguments: [String]?

  /// Who a process is (include/linux/cred.h). The kernel's ids, not those of a user namespace.
  public struct Credentials: Sendable, Hashable {
    /// Of the struct cred; guest-virtual.
    public let address: UInt64
    public let uid: UInt32
    public let gid: UInt32
    public let euid: UInt32
    public let egid: UInt32
    public let suid: UInt32
    public let sgid: UInt32
    public let fsuid: UInt32
    public let fsgid: UInt32
    /// Bits by capability number (capabilities(7)).
    public let permitted: UInt64
    public let effective: UInt64
    public let inheritable: UInt64
    public let bounding: UInt64
    public let ambient: UInt64
  }

  /// A namespace that a process is in (namespaces(7)).
  public struct Namespace: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
      case cgroup, ipc, mnt, net, pid, time, user, uts
    }

    public let kind: Kind
    /// Inode number, as /proc/PID/ns shows it.
    public let inode: UInt32
    /// Of the structure; guest-virtual.
    public let address: UInt64
  }

  /// The letter of ps(1): R, S, D, T, t, X, Z, P, I.
  public var stateLetter: Character {
    // TASK_UNINTERRUPTIBLE with TASK_NOLOAD (include/linux/sched.h).
    if state & 0x402 == 0x402 { return "I" }
    let reported = state & 0x7F
    if reported == 0 { return "R" }
    return Array("SDTtXZP")[reported.bitWidth - 1 - reported.leadingZeroBitCount]
  }
}

/// The processes of a guest from three structures: the list that begins at init_task, the pid table (init_pid_ns.idr), and the parents'
/// lists of children. Who is missing in one of them is hidden there.
public struct ProcessList: Sendable {
  /// Ascending by pid.
  public let processes: [Process]
  /// Processes that one of the structures lacks.
  public let hidden: [Hidden]
  /// Contradictions in the structures; what is behind them was not followed.
  public let inconsistencies: [Inconsistency]

  public enum Source: String, Sendable, CaseIterable {
    /// init_task.tasks, which ps(1) in the guest does not read, but rootkits unlink from.
    case list
    /// init_pid_ns.idr, which /proc is made of.
    case table
    /// task_struct.children of the parents.
    case children
  }

  public struct Hidden: Sendable, Hashable {
    public let process: Process
    /// The structures that lack it.
    public let missingIn: [Source]
  }
}
