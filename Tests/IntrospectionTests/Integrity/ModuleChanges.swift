import Introspection

/// Modules: their code, and what they are registered in.
extension Change {
  /// Bytes in the middle of a module's function.
  static let moduleFunctions: [Change] = [
    Change("a return in the middle of a module's function", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0xC3, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a return in the middle of a module's function, with a breakpoint behind it", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0xC3, 0xCC, 0x90, 0x90, 0x90])
    },
    Change("a breakpoint in the middle of a module's function", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0xCC, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a call of a module's that was blanked", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0x90, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a call of a module's that leads to data", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.symbol("modprobe_path") &- place &- 5))
    },
    Change("a call of a module's that leads into a function of the kernel", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.symbol("commit_creds") &+ 0x31 &- place &- 5))
    },
    Change("a module's function that leaves for one of the kernel with its stack as it is", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
  ]

  /// What only kernels can show that have two modules of which none uses the other.
  static let otherModules: [Change] = [
    Change("a call of a module's that leads to a module which it does not use", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.moduleText("virtio_pci") &+ 64 &- place &- 5))
    },
  ]

  static let modules: [Change] = [
    Change("a byte of a module", ["GST-073"], possible: ["GST-077"], [.kernel, .moduleCode]) {
      let text = try $0.moduleText("virtio_blk")
      guard let bytes = $0.guest.bytes(text, count: 2048) else { return }
      // Away from calls, jumps and no operations, which are places that the kernel rewrites.
      let special: Set<UInt8> = [0x0F, 0x1F, 0xE8, 0xE9, 0xEB, 0x66, 0x90, 0xC3, 0xCC, 0xF3]
      guard let place = (64..<2000).first(where: { place in !bytes[place - 8..<place + 8].contains(where: special.contains) }) else {
        throw GuestEditor.Impossible(description: "no such place")
      }
      try $0.write(text &+ UInt64(place), [bytes[place] ^ 1])
    },
    // The former is what a module was called for that is gone.
    Change("a trampoline in a module that leads to no memory", ["GST-073"], possible: ["GST-077"], [.kernel, .moduleCode]) {
      try $0.plantTrampoline { guest, start in
        stride(from: start &+ 1 << 28, to: start &+ 1 << 30, by: 1 << 20).first { guest.space.translate($0) == nil } ?? 0
      }
    },
    Change("a trampoline in a module that leads to memory of nobody", ["GST-072", "GST-073"], possible: ["GST-077"], [.kernel, .moduleCode]) {
      let data = try $0.symbol("modprobe_path")
      try $0.plantTrampoline { _, _ in data }
    },
    Change("a module's function that leads to nobody", ["GST-072", "GST-073"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleExit("virtio_blk"), [0x48, 0xB8] + Change.bytes(try $0.heap()) + [0xFF, 0xE0])
    },
    Change("a module's function that returns at once", ["GST-072", "GST-073"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleExit("virtio_blk"), [0xC3])
    },
    Change("a module that ends by foreign code", ["GST-072"], [.kernel, .moduleCode]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "exit"), try $0.heap())
    },
    Change("a module whose end was taken away", ["GST-072"], [.kernel, .moduleCode]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "exit"), UInt64(0))
    },
    Change("a module without symbols", ["GST-070"], [.modules]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "kallsyms"), UInt64(0))
    },
    Change("a module with no symbol but the first", ["GST-070"], [.modules]) {
      let own = try $0.pointer(try $0.module("virtio_blk") &+ $0.offset("module", "kallsyms"))
      try $0.write(own &+ $0.offset("mod_kallsyms", "num_symtab"), UInt32(1))
    },
    Change("constants of a module that can be executed", ["GST-051"], [.executable]) {
      let table = try $0.moduleObject("virtio_blk", "virtblk_fops")
      for place in try $0.entries(of: table) { try $0.write(physical: place + 7, [($0.guest.memory.u8(place + 7) ?? 0) & 0x7F]) }
    },
    Change("a module that says that it has no code", ["GST-051"], [.executable]) {
      let size =
        try $0.guest.kernel.offset("module", "core_layout.text_size")
        ?? ($0.offset("module", "mem") &+ $0.offset("module_memory", "size"))
      try $0.write(try $0.module("virtio_blk") &+ size, UInt32(0))
    },
    Change("a module that says that its code is as long as no code is", ["GST-051", "GST-081"], [.moduleCode, .executable]) {
      let size =
        try $0.guest.kernel.offset("module", "core_layout.text_size")
        ?? ($0.offset("module", "mem") &+ $0.offset("module_memory", "size"))
      try $0.write(try $0.module("virtio_blk") &+ size, UInt32(65 << 20))
    },
    Change("a module marked as not formed", ["GST-070"], [.modules]) { try $0.mark(module: "virtio_blk", 3) },
    Change("a module marked as one that is being unloaded", ["GST-070"], [.modules]) { try $0.mark(module: "virtio_blk", 2) },
    Change("a module marked as one that is being loaded", ["GST-070"], [.modules]) { try $0.mark(module: "virtio_blk", 1) },
    Change("a module out of the list and of its folder, marked as not formed", ["GST-070"], [.modules]) {
      let module = try $0.module("virtio_blk")
      try $0.unlink(module &+ $0.offset("module", "mkobj") &+ $0.offset("module_kobject", "kobj") &+ $0.offset("kobject", "entry"))
      try $0.mark(module: "virtio_blk", 3)
      try $0.unlink(module &+ $0.offset("module", "list"))
    },
    Change("a module under another name", ["GST-070"], [.modules]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "name"), Array("snd\0".utf8))
    },
    Change("a module in the list of warnings alone", ["GST-070"], [.modules]) {
      let module = try $0.module("virtio_blk")
      try $0.unlink(module &+ $0.offset("module", "list"))
      try $0.unlink(module &+ $0.offset("module", "mkobj") &+ $0.offset("module_kobject", "kobj") &+ $0.offset("kobject", "entry"))
      let roots = try $0.symbol("mod_tree") &+ $0.offset("latch_tree_root", "tree")
      for copy in UInt64(0)..<2 { try $0.write(roots &+ 8 &* copy, UInt64(0)) }
    },
    Change("a module in none of its lists", ["GST-051"], [.modules, .executable]) {
      let module = try $0.module("virtio_blk")
      for link in try [$0.offset("module", "list"), $0.offset("module", "bug_list")] { try $0.unlink(module &+ link) }
      try $0.unlink(module &+ $0.offset("module", "mkobj") &+ $0.offset("module_kobject", "kobj") &+ $0.offset("kobject", "entry"))
      try $0.eraseFromTree(module)
    },
    Change("a module out of the tree alone", ["GST-070"], [.modules]) { try $0.eraseFromTree(try $0.module("virtio_blk")) },
    Change("a module from elsewhere", ["GST-071"], [.modules]) {
      for place in [try $0.module("virtio_blk") &+ $0.offset("module", "taints"), try $0.symbol("tainted_mask")] {
        try $0.write(place, try $0.pointer(place &- 0, orZero: true) | 1 << 12)
      }
    },
    Change("a taint that was wiped", ["GST-071", "GST-074"], [.modules]) {
      let place = try $0.module("virtio_blk") &+ $0.offset("module", "taints")
      try $0.write(place, try $0.pointer(place, orZero: true) | 1 << 13)
    },
    Change("a taint of nobody", ["GST-074"], [.modules]) {
      let place = try $0.symbol("tainted_mask")
      try $0.write(place, try $0.pointer(place, orZero: true) | 1 << 13)
    },
  ]
}

extension GuestEditor {
  /// `enum module_state`: 1 coming, 2 going, 3 unformed.
  func mark(module name: String, _ state: UInt32) throws { try write(try module(name) &+ offset("module", "state"), state) }

  /// Takes all nodes of a module out of both copies of the tree of addresses, where they have no children or one; else leads past them to
  /// none.
  func eraseFromTree(_ module: UInt64) throws {
    let roots = try symbol("mod_tree") &+ offset("latch_tree_root", "tree")
    let node = try offset("mod_tree_node", "node")
    let owner = try offset("mod_tree_node", "mod")
    for copy in UInt64(0)..<2 {
      let offset = node &+ copy &* 24
      let root = roots &+ 8 &* copy
      let walk = guest.tree(root: root, offset: offset, structure: "mod_tree")
      for entry in walk.entries where guest.u64(entry &+ owner) == module {
        let place = entry &+ offset
        let parent = try pointer(place, orZero: true) & ~3
        let (right, left) = (try pointer(place &+ 8, orZero: true), try pointer(place &+ 16, orZero: true))
        // The left child takes its place, and the right one hangs below the left one's last.
        var top = left
        if left == 0 {
          top = right
        } else if right != 0 {
          var last = left
          while try pointer(last &+ 8, orZero: true) != 0 { last = try pointer(last &+ 8) }
          try write(last &+ 8, right)
          try write(right, last | (pointer(right, orZero: true) & 3))
        }
        if top != 0 { try write(top, parent | (pointer(top, orZero: true) & 3)) }
        let slot = try parent == 0 ? root : (pointer(parent &+ 8, orZero: true) == place ? parent &+ 8 : parent &+ 16)
        try write(slot, top)
      }
    }
  }

  func moduleText(_ name: String) throws -> UInt64 {
    let base = try guest.kernel.offset("module", "core_layout.base") ?? (offset("module", "mem") &+ offset("module_memory", "base"))
    return try pointer(try module(name) &+ base)
  }

  /// Start and length of a module's function, by the module's own symbols.
  func moduleFunction(_ name: String, of module: String) throws -> (start: UInt64, count: Int) {
    let symbols = try pointer(try self.module(module) &+ offset("module", "kallsyms"))
    let table = try pointer(symbols &+ offset("mod_kallsyms", "symtab"))
    let names = try pointer(symbols &+ offset("mod_kallsyms", "strtab"))
    for index in UInt64(0)..<UInt64(guest.u32(symbols &+ (try offset("mod_kallsyms", "num_symtab"))) ?? 0) {
      let entry = table &+ 24 &* index
      guard guest.string(names &+ UInt64(guest.u32(entry) ?? 0), limit: 64) == name else { continue }
      return (try pointer(entry &+ 8), Int(try pointer(entry &+ 16)))
    }
    throw Impossible(description: "\(module) has no function \(name)")
  }

  /// The first call of a function of the kernel in a function of virtio_blk.
  func moduleCall() throws -> UInt64 {
    let function = try moduleFunction("virtio_queue_rq", of: "virtio_blk")
    guard let bytes = guest.bytes(function.start, count: function.count) else { throw Impossible(description: "it is not mapped") }
    for place in 16..<bytes.count - 5 where bytes[place] == 0xE8 {
      let address = function.start &+ UInt64(place)
      let target = address &+ 5 &+ UInt64(bitPattern: Int64(guest.i32(address &+ 1) ?? 0))
      if guest.kernel.image.contains(target), guest.kernel.symbols.nearest(target)?.distance == 0 { return address }
    }
    throw Impossible(description: "it calls nothing")
  }

  /// The function by which a module ends, which no tracer has a place in.
  func moduleExit(_ name: String) throws -> UInt64 { behindPad(try pointer(try module(name) &+ offset("module", "exit"))) }

  /// Writes the trampoline of a static call into the code of a module.
  func plantTrampoline(_ target: (Guest, UInt64) throws -> UInt64) throws {
    let place = (try moduleText("virtio_blk") & ~15) &+ 0x108
    let distance = UInt32(truncatingIfNeeded: try target(guest, place) &- place &- 5)
    try write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) } + [0x0F, 0xB9, 0xCC])
  }
}
