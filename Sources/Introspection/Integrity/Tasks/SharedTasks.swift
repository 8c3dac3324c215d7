internal import Domain

/// What tasks have in common: the lists of control groups, and structures that several of them use.
extension HiddenTasks {
  // MARK: Control groups

  /// Tasks that live and that no set of control groups lists, though every task but the idle ones is in one from its first run to its end.
  func ungroupedTasks() -> [UInt64: Int32] {
    guard let link = guest.kernel.offset("task_struct", "cg_list"), let identifier = guest.kernel.offset("task_struct", "thread_pid"),
      let state = guest.kernel.offset("task_struct", "__state") ?? guest.kernel.offset("task_struct", "state")
    else { return [:] }
    return settled { () -> [UInt64: Int32] in
      let groups = traces.grouped()
      guard !groups.tasks.isEmpty else { return [:] }
      let grouped = Set(groups.tasks)
      return listed().filter { task, id in
        guard !grouped.contains(task), id > 0, isThere(task), guest.pointer(task &+ identifier) != nil,
          // TASK_NEW and TASK_DEAD (include/linux/sched.h): it is listed before it is in a set (cgroup_post_fork).
          let now = guest.u32(task &+ state), now & 0x880 == 0, guest.i32(task &+ pid) == id
        else { return false }
        // A list that does not hold together may lack others than those that were taken out.
        return groups.isWhole || !isLinked(task &+ link)
      }
    }
  }

  /// Whether both neighbours of an entry of a list lead back to it.
  private func isLinked(_ node: UInt64) -> Bool {
    guard let next = guest.pointer(node), let previous = guest.pointer(node &+ 8), next != node else { return false }
    return guest.pointer(next &+ 8) == node && guest.pointer(previous) == node
  }

  func ungrouped() -> [FactValue] {
    ungroupedTasks().sorted { $0.value < $1.value }.prefix(256).map { task, id in
      ["pid": .int(Int64(id)), "name": .string(name(task)), "task": addressValue(task)]
    }
  }

  // MARK: References

  func overusedStructures() -> [TaskReferences.Shared: TaskReferences.Finding] {
    guard let references = TaskReferences(guest) else { return [:] }
    // Each processor's idle task counts as well: without it there would be room for as many strangers.
    return settled { references.overused(traces.idleTasks().union(listed().keys)) }
  }

  /// The task that a finding is told of: the one that had the structure first, which stays the same while others come and go. In an image it is the one
  /// that came last, which may be just beginning there.
  func subject(_ finding: TaskReferences.Finding) -> UInt64? {
    guest.memory.isRunning || guest.isSnapshot ? finding.tasks.first : finding.tasks.last
  }

  private static let named = 8

  func overused() -> [FactValue] {
    overusedStructures().sorted { ($0.key.kind.rawValue, $0.key.address) < ($1.key.kind.rawValue, $1.key.address) }.prefix(256).map {
      shared, finding in
      [
        "structure": .string(shared.kind.structure), "address": addressValue(shared.address),
        "task": subject(finding).map(addressValue) ?? .null,
        "tasks": .array(finding.tasks.prefix(Self.named).map { .string("\(name($0)) (\(guest.i32($0 &+ pid) ?? -1))") }),
        "references": .int(Int64(finding.references)), "count": .int(Int64(finding.count)),
      ]
    }
  }
}
