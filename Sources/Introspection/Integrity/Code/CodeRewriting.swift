extension Guest {
  /// Whether a task is just rewriting code of the kernel: it holds one of the locks without which nobody does (kernel/jump_label.c,
  /// kernel/static_call_inline.c, kernel/extable.c), and runs or waits for that. Tracing every function takes seconds on a slow machine,
  /// and whoever turns a jump label meanwhile has set its key and waits.
  var isRewritingCode: Bool {
    guard let owner = kernel.offset("mutex", "owner") ?? kernel.offset("mutex", "rtmutex.owner"),
      let state = kernel.offset("task_struct", "__state") ?? kernel.offset("task_struct", "state"),
      let cache = symbol("task_struct_cachep").flatMap({ pointer($0) })
    else { return false }
    return ["text_mutex", "jump_label_mutex", "static_call_mutex"].contains { name in
      guard let lock = symbol(name), let holder = pointer(lock &+ owner) else { return false }
      // The lowest bits of the owner are marks of the lock. A task that sleeps until somebody wakes it holds no such lock.
      let task = holder & ~7
      return (slabCache(of: task) == cache || task == symbol("init_task")) && u32(task &+ state).map { $0 & 1 == 0 } ?? false
    }
  }
}
