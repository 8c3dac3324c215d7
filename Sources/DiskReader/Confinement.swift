internal import CLinux
internal import CSeccomp
internal import Disks

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Takes from a process of ours what reading a disk does not need, before the first byte of the disk is read. What is taken cannot be had back, by
/// any program that the process becomes.
enum Confinement {
  /// Ends the process with its parent, and keeps it from gaining privileges. First of all.
  static func bindToParent(_ parent: Int32) {
    _ = process_control(PR_SET_PDEATHSIG, UInt(SIGKILL))
    // The parent may have gone before the line above.
    if getppid() != parent { exit(1) }
    _ = process_control(PR_SET_NO_NEW_PRIVS, 1)
    // Not to be traced by others of the same user, and no core of a disk's content.
    _ = process_control(PR_SET_DUMPABLE, 0)
  }

  /// Bounds of the process itself.
  static func limit(memory: UInt64, cpuSeconds: UInt64, written: UInt64 = 0, files: UInt64 = 64) {
    func set(_ kind: __rlimit_resource, _ value: UInt64) {
      var bound = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
      _ = unsafe setrlimit(__rlimit_resource_t(kind.rawValue), &bound)
    }
    set(RLIMIT_AS, memory)
    set(RLIMIT_CPU, cpuSeconds)
    set(RLIMIT_CORE, 0)
    set(RLIMIT_FSIZE, written)
    set(RLIMIT_NOFILE, files)
  }

  /// Leaves the process its open descriptors, memory and clocks: no path, no socket, no other process, no program.
  static func readOnlyDescriptors() -> ConfinementOutcome {
    outcome(restrictPaths(opening: [], isWriting: false, running: []), allow(only: descriptorCalls))
  }

  /// For a program that is run next: it may load itself and its libraries, and read the file of one descriptor; it opens no socket.
  ///
  /// - Parameter isWriting: whether it may write to those files too.
  static func program(_ folders: [String], opening descriptors: [Int32], isWriting: Bool = false) -> ConfinementOutcome {
    outcome(restrictPaths(opening: descriptors, isWriting: isWriting, running: folders), forbid(programCalls))
  }

  private static func outcome(_ landlock: Bool?, _ seccomp: Bool) -> ConfinementOutcome {
    var outcome = ConfinementOutcome()
    outcome.hasLandlock = landlock ?? false
    outcome.hasSeccomp = seccomp
    if landlock == false { outcome.refusal = "Landlock: \(SystemText.reason(errno))" }
    if !seccomp { outcome.refusal = "seccomp: \(SystemText.reason(errno))" }
    return outcome
  }

  /// Closes what other parts of the parent left open, from `first` on.
  static func closeDescriptors(from first: Int32) {
    for descriptor in first..<4096 { _ = close(descriptor) }
  }

  // MARK: Landlock

  /// O_PATH, which the C library shows only with its own extensions (Linux, include/uapi/asm-generic/fcntl.h).
  private static let pathOnly: Int32 = 0o10_000_000

  /// Rights of Landlock's first version (Linux 5.13), and what later ones added as far as the kernel knows it. nil where the kernel has none.
  private static func restrictPaths(opening descriptors: [Int32], isWriting: Bool, running folders: [String]) -> Bool? {
    let version = landlock_create_ruleset(nil, 0, UInt32(LANDLOCK_CREATE_RULESET_VERSION))
    guard version >= 1 else { return nil }
    // Bits 0 to 12; 13 refer (2), 14 truncate (3), 15 ioctl on devices (5).
    let known: UInt64 = version >= 5 ? 0xFFFF : version >= 3 ? 0x7FFF : version >= 2 ? 0x3FFF : 0x1FFF
    var attributes = landlock_ruleset_attr()
    attributes.handled_access_fs = known
    let ruleset = unsafe landlock_create_ruleset(&attributes, MemoryLayout<landlock_ruleset_attr>.size, 0)
    guard ruleset >= 0 else { return false }
    defer { _ = close(ruleset) }
    let read: UInt64 = 1 << 2
    for descriptor in descriptors {
      guard add(isWriting ? read | 1 << 1 : read, of: descriptor, to: ruleset) else { return false }
    }
    for folder in folders {
      let descriptor = unsafe open(folder, pathOnly | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      defer { _ = close(descriptor) }
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0 else { return false }
      let execute: UInt64 = 1
      let list: UInt64 = status.st_mode & S_IFMT == S_IFDIR ? 1 << 3 : 0
      guard add(read | execute | list, of: descriptor, to: ruleset) else { return false }
    }
    // QEMU's tools try out on it which locks the system knows, and open it for writing to do so.
    if !folders.isEmpty {
      let null = unsafe open("/dev/null", pathOnly | O_CLOEXEC)
      defer { _ = close(null) }
      guard null < 0 || add(read | 1 << 1, of: null, to: ruleset) else { return false }
    }
    return landlock_restrict_self(ruleset, 0) == 0
  }

  private static func add(_ rights: UInt64, of descriptor: Int32, to ruleset: Int32) -> Bool {
    var rule = landlock_path_beneath_attr()
    rule.allowed_access = rights
    rule.parent_fd = descriptor
    return unsafe landlock_add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
  }

  // MARK: seccomp

  /// What reading open descriptors, memory, threads' locks and ending take.
  private static let descriptorCalls = [
    "read", "write", "readv", "writev", "pread64", "pwrite64", "ftruncate", "preadv", "lseek", "close", "fstat", "newfstatat", "fcntl",
    "poll", "ppoll", "select",
    "recvfrom", "recvmsg", "sendto", "sendmsg", "shutdown", "getsockopt", "setsockopt", "getsockname", "getpeername",
    "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "sched_yield", "sched_getaffinity", "nanosleep", "clock_nanosleep",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "tgkill", "rseq", "set_robust_list", "restart_syscall", "sysinfo",
    "prlimit64", "uname", "exit", "exit_group",
  ]

  /// What a program that serves one file has no use for, and what harm is done with.
  private static let programCalls = [
    "socket", "connect", "bind", "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot", "setns",
    "unshare",
    "bpf", "perf_event_open", "keyctl", "add_key", "request_key", "userfaultfd", "io_uring_setup", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "open_by_handle_at", "pidfd_open", "pidfd_getfd", "kill", "tkill", "reboot", "swapon",
    "swapoff", "quotactl", "acct", "settimeofday", "clock_settime", "adjtimex", "iopl", "ioperm", "personality", "fork", "vfork",
  ]

  private static func allow(only names: [String]) -> Bool { load(SeccompAction.refuse, names, SeccompAction.allow) }

  private static func forbid(_ names: [String]) -> Bool { load(SeccompAction.allow, names, SeccompAction.refuse) }

  /// seccomp.h writes these as macros that take an argument.
  private enum SeccompAction {
    static let allow: UInt32 = 0x7FFF_0000
    /// SCMP_ACT_ERRNO(EPERM).
    static let refuse: UInt32 = 0x0005_0000 | UInt32(EPERM)
  }

  private static func load(_ usual: UInt32, _ names: [String], _ action: UInt32) -> Bool {
    guard let filter = unsafe seccomp_init(usual) else { return false }
    defer { unsafe seccomp_release(filter) }
    for name in names {
      let number = unsafe seccomp_syscall_resolve_name(name)
      // Names that this architecture does not have.
      guard number >= 0 else { continue }
      guard unsafe seccomp_rule_add_array(filter, action, number, 0, nil) == 0 else { return false }
    }
    return unsafe seccomp_load(filter) == 0
  }
}
