internal import Domain

/// What tasks share, and the kernel's own count of who does: memory, open files, folders, namespaces, handlers of signals, credentials. A task that
/// was given a stranger's by writing its pointer alone has not raised the count, so that there are more references than it knows of.
struct TaskReferences {
  /// A structure that several tasks may have, by its member of task_struct.
  enum Kind: String, CaseIterable {
    case memory = "mm"
    case files
    case folders = "fs"
    case namespaces = "nsproxy"
    case signals = "signal"
    case handlers = "sighand"
    case credentials = "cred"

    var structure: String {
      switch self {
      case .memory: "mm_struct"
      case .files: "files_struct"
      case .folders: "fs_struct"
      case .namespaces: "nsproxy"
      case .signals: "signal_struct"
      case .handlers: "sighand_struct"
      case .credentials: "cred"
      }
    }

    /// Of the count; the low half of those that have 64 bits.
    fileprivate var counter: String {
      switch self {
      case .memory: "mm_users"
      case .files, .namespaces, .handlers: "count"
      case .folders: "users"
      case .signals: "sigcnt"
      case .credentials: "usage"
      }
    }
  }

  struct Shared: Hashable {
    let kind: Kind
    /// Of the structure.
    let address: UInt64
  }

  struct Finding {
    /// Tasks that have it, in the order in which they began.
    let tasks: [UInt64]
    let references: Int
    let count: Int
  }

  private let guest: Guest
  private let places: [(kind: Kind, pointer: UInt64, counter: UInt64)]
  private let flags: UInt64
  private let started: UInt64?
  private let realCred: UInt64?

  init?(_ guest: Guest) {
    let kernel = guest.kernel
    guard let flags = kernel.offset("task_struct", "flags") else { return nil }
    self.guest = guest
    self.flags = flags
    started = kernel.offset("task_struct", "start_time")
    realCred = kernel.offset("task_struct", "real_cred")
    places = Kind.allCases.compactMap { kind in
      guard let pointer = kernel.offset("task_struct", kind.rawValue), let counter = kernel.offset(kind.structure, kind.counter) else {
        return nil
      }
      return (kind: kind, pointer: pointer, counter: counter)
    }
  }

  /// Structures that have more references than their count says.
  ///
  /// - Parameter tasks: every task that is known, threads included.
  func overused(_ tasks: some Sequence<UInt64>) -> [Shared: Finding] {
    var holders: [Shared: [UInt64]] = [:]
    var before: [Shared: Int] = [:]
    for task in tasks {
      guard guest.spend(on: "task_struct", at: task) else { return [:] }
      for place in places {
        guard let address = guest.pointer(task &+ place.pointer), references(task, place.kind, address) > 0 else { continue }
        let shared = Shared(kind: place.kind, address: address)
        if before[shared] == nil { before[shared] = count(address &+ place.counter) }
        holders[shared, default: []].append(task)
      }
    }
    var found: [Shared: Finding] = [:]
    for (shared, tasks) in holders {
      func sum() -> Int { tasks.reduce(0) { $0 + references($1, shared.kind, shared.address) } }
      guard let place = places.first(where: { $0.kind == shared.kind }), let earlier = before[shared], sum() > earlier else { continue }
      // Tasks begin and end while they are counted: those that are left count, against the most that was counted.
      let left = sum()
      let counted = max(earlier, count(shared.address &+ place.counter))
      guard left > counted else { continue }
      found[shared] = Finding(tasks: tasks.sorted { (start($0), $0) < (start($1), $1) }, references: left, count: counted)
    }
    return found
  }

  /// A count below 0 ran over, and stays so (REFCOUNT_SATURATED): it says nothing.
  private func count(_ place: UInt64) -> Int { guest.i32(place).flatMap { $0 < 0 ? nil : Int($0) } ?? .max }

  private func start(_ task: UInt64) -> UInt64 { started.flatMap { guest.u64(task &+ $0) } ?? 0 }

  /// How often a task counts for a structure.
  private func references(_ task: UInt64, _ kind: Kind, _ address: UInt64) -> Int {
    guard let place = places.first(where: { $0.kind == kind }) else { return 0 }
    switch kind {
    case .memory:
      // A thread of the kernel borrows the memory of a process without counting, as long as whoever it works for lives (kthread_use_mm).
      guard guest.u32(task &+ flags).map({ $0 & 0x0020_0000 == 0 }) ?? false else { return 0 }
    case .credentials:
      // Those that a task acts with for a while are not counted since 6.14 (override_creds), and those of the kernel are never given back.
      guard let realCred, guest.pointer(task &+ realCred) == address, address != guest.symbol("init_cred") else { return 0 }
      return guest.pointer(task &+ place.pointer) == address ? 2 : 1
    case .signals:
      // That of the first idle task was counted by nobody.
      guard !guest.kernel.image.contains(address) else { return 0 }
    default: break
    }
    return guest.pointer(task &+ place.pointer) == address ? 1 : 0
  }
}
