internal import Domain

/// Tasks that hide further than from one of the structures that `guest ps` compares: processes that left all of them, threads that left
/// their process's list or the table of pids, and tasks whose id is not the one that the table has for them.
struct HiddenTasks {
  let guest: Guest
  private let view: ProcessView
  let traces: TaskTraces
  let pid: UInt64
  let tgid: UInt64
  private let comm: UInt64

  init?(_ guest: Guest) {
    guard let view = try? ProcessView(guest), let traces = TaskTraces(guest), let pid = guest.kernel.offset("task_struct", "pid"),
      let tgid = guest.kernel.offset("task_struct", "tgid"), let comm = guest.kernel.offset("task_struct", "comm")
    else { return nil }
    self.guest = guest
    self.view = view
    self.traces = traces
    self.pid = pid
    self.tgid = tgid
    self.comm = comm
  }

  func name(_ task: UInt64) -> String { guest.string(task &+ comm, limit: 16) ?? "" }

  /// Reads until nothing is found, as often as `SecondLook` has it: what comes and goes is somewhere else the next time.
  func settled<Key: Hashable, Value>(_ read: () -> [Key: Value]) -> [Key: Value] {
    var found = read()
    var looks = SecondLook(guest)
    while !found.isEmpty, !guest.isExhausted, looks.again() {
      let again = read()
      found = again.filter { found[$0.key] != nil }
    }
    return found
  }

  /// All tasks that one of the structures holds, threads included.
  func listed() -> [UInt64: Int32] {
    var found: [UInt64: Int32] = [:]
    for task in view.read().tasks {
      for address in [task.address] + view.threads(of: task.address) { found[address] = guest.i32(address &+ pid) ?? -1 }
    }
    for (address, _) in table() { found[address] = guest.i32(address &+ pid) ?? -1 }
    return found
  }

  /// Addresses of all tasks that a structure lacks, or that say something else of themselves than a structure has.
  var suspects: Set<UInt64> {
    var found = Set(renumberedTasks().keys)
    for task in unlistedTasks().keys { found.insert(task.address) }
    for task in strayThreads().keys { found.insert(task.address) }
    for task in misplacedTasks().keys { found.insert(task.address) }
    found.formUnion(ungroupedTasks().keys)
    found.formUnion(overusedStructures().values.compactMap(subject))
    return found
  }

  private func unlistedTasks() -> [TaskTraces.Task: Set<TaskTraces.Source>] { settled { traces.unlisted(listed()) } }

  /// Processes that no structure holds, found by where the kernel allocated them and by their control group.
  func unlisted() -> [FactValue] {
    unlistedTasks().sorted { $0.key.pid < $1.key.pid }.prefix(256).map { task, sources in
      [
        "pid": .int(Int64(task.pid)), "name": .string(name(task.address)), "task": addressValue(task.address),
        "missingIn": .array(ProcessList.Source.allCases.map { .string($0.rawValue) }),
        "foundIn": .array(sources.map(\.rawValue).sorted().map(FactValue.string)),
      ]
    }
  }

  // MARK: Threads

  /// Tasks by init_pid_ns.idr, with the number that each has in it.
  private func table() -> [(task: UInt64, number: UInt64)] {
    guard let namespace = guest.symbol("init_pid_ns"), let idr = guest.kernel.offset("pid_namespace", "idr"),
      let chains = guest.kernel.offset("pid", "tasks"), let links = guest.kernel.offset("task_struct", "pid_links")
    else { return [] }
    return guest.idr(namespace &+ idr, structure: "init_pid_ns.idr").entries.compactMap { entry in
      guest.pointer(entry.entry &+ chains).map { ($0 &- links, entry.index) }
    }
  }

  /// Threads that their process's list holds and the table of pids does not, and the reverse, each with the structure that lacks it.
  private func strayThreads() -> [TaskTraces.Task: String] {
    settled { () -> [TaskTraces.Task: String] in
      var inLists: Set<UInt64> = []
      var found: [TaskTraces.Task: String] = [:]
      for task in view.read().tasks {
        inLists.insert(task.address)
        inLists.formUnion(view.threads(of: task.address))
        let isLeader = guest.i32(task.address &+ pid) == guest.i32(task.address &+ tgid)
        if isLeader, isThere(task.address), view.isInOwnList(task.address) == false {
          found[.init(address: task.address, pid: task.pid, group: task.pid)] = "thread_head"
        }
      }
      let inTable = Set(table().map(\.task))
      for (tasks, place) in [(inTable.subtracting(inLists), "thread_head"), (inLists.subtracting(inTable), "table")] {
        for address in tasks {
          guard let id = guest.i32(address &+ pid), let group = guest.i32(address &+ tgid), id != group, isThere(address) else { continue }
          found[.init(address: address, pid: id, group: group)] = place
        }
      }
      return found
    }
  }

  func threads() -> [FactValue] {
    strayThreads().sorted { $0.key.pid < $1.key.pid }.prefix(256).map { task, place in
      [
        "pid": .int(Int64(task.pid)), "group": .int(Int64(task.group)), "name": .string(name(task.address)),
        "task": addressValue(task.address),
        "missingIn": .string(place),
      ]
    }
  }

  /// A thread that has ended leaves the lists one after the other.
  func isThere(_ task: UInt64) -> Bool {
    guard let state = guest.kernel.offset("task_struct", "exit_state"), let flags = guest.kernel.offset("task_struct", "flags") else {
      return false
    }
    return guest.u32(task &+ state) == 0 && guest.u32(task &+ flags).map { $0 & 0x4 == 0 } ?? false
  }

  // MARK: Parents

  /// Tasks in the list of children of another task than the one that they name as their parent, with the former.
  private func misplacedTasks() -> [TaskTraces.Task: UInt64] {
    let kernel = guest.kernel
    guard let children = kernel.offset("task_struct", "children"), let sibling = kernel.offset("task_struct", "sibling"),
      let parent = kernel.offset("task_struct", "real_parent")
    else { return [:] }
    return settled { () -> [TaskTraces.Task: UInt64] in
      var found: [TaskTraces.Task: UInt64] = [:]
      for leader in view.read().tasks {
        for owner in [leader.address] + view.threads(of: leader.address) {
          for child in guest.list(head: owner &+ children, offset: sibling, structure: "task_struct.children").entries {
            guard guest.pointer(child &+ parent) != owner, let id = guest.i32(child &+ pid), let group = guest.i32(child &+ tgid)
            else { continue }
            found[.init(address: child, pid: id, group: group)] = owner
          }
        }
      }
      return found
    }
  }

  func misplaced() -> [FactValue] {
    let parent = guest.kernel.offset("task_struct", "real_parent") ?? 0
    return misplacedTasks().sorted { $0.key.pid < $1.key.pid }.prefix(256).map { task, owner in
      [
        "pid": .int(Int64(task.pid)), "name": .string(name(task.address)), "task": addressValue(task.address),
        "parent": .int(Int64(guest.pointer(task.address &+ parent).flatMap { guest.i32($0 &+ tgid) } ?? -1)),
        "childOf": .int(Int64(guest.i32(owner &+ tgid) ?? -1)),
      ]
    }
  }

  // MARK: Numbers

  /// Tasks that say another id of themselves than the table has for them, with the latter.
  private func renumberedTasks() -> [UInt64: UInt64] {
    settled {
      Dictionary(
        table().compactMap { task, number -> (UInt64, UInt64)? in
          guard let id = guest.i32(task &+ pid), isThere(task) else { return nil }
          return UInt64(bitPattern: Int64(id)) == number ? nil : (task, number)
        }, uniquingKeysWith: { first, _ in first })
    }
  }

  func renumbered() -> [FactValue] {
    renumberedTasks().sorted { $0.value < $1.value }.prefix(256).map { task, number in
      [
        "pid": .int(Int64(guest.i32(task &+ pid) ?? 0)), "number": .int(Int64(clamping: number)), "name": .string(name(task)),
        "task": addressValue(task),
      ]
    }
  }
}
