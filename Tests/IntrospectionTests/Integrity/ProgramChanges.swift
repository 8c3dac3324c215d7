import Introspection

/// Programs of BPF, and the pages that code shares.
extension Change {
  static let programs: [Change] = [
    Change("a program of BPF with foreign code", ["GST-055"], [.programs]) {
      try $0.program(function: try $0.heap(), instructions: [])
    },
    Change("a program of BPF whose result a function returns", ["GST-056"], [.programs]) {
      try $0.program(function: try $0.guest.symbol("__bpf_prog_run32") ?? $0.symbol("__bpf_prog_ret0_warn"), instructions: [])
      guard let kind = $0.guest.kernel.types.value("bpf_attach_type", "BPF_MODIFY_RETURN") else { return }
      try $0.write(try $0.heap() &+ $0.offset("bpf_prog", "expected_attach_type"), UInt32(kind))
    },
    Change("a program of BPF that says what a device of input says", [], [.programs]) {
      try $0.program(returningFrom: "hid_bpf_device_event")
    },
    Change("the kernel's own program of BPF for devices of input", [], [.programs]) { try $0.program(returningFrom: "__hid_bpf_tail_call") },
    Change("a program of BPF whose result a security function returns", ["GST-056"], [.programs]) {
      try $0.program(returningFrom: "security_file_open")
    },
    Change("a program of BPF at a function that is named like one of devices of input", ["GST-056"], [.programs]) {
      try $0.program(returningFrom: "hid_bpf_hw_request")
    },
    Change("a program of BPF that writes to processes", ["GST-056"], [.programs]) {
      let helper = UInt32(truncatingIfNeeded: try $0.symbol("bpf_probe_write_user") &- $0.symbol("__bpf_call_base"))
      try $0.program(
        function: try $0.guest.symbol("__bpf_prog_run32") ?? $0.symbol("__bpf_prog_ret0_warn"),
        instructions: [0x85, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: helper >> ($0 * 8)) })
    },
  ]

  /// Code in the pages that programs share.
  static let packs: [Change] = [
    Change("a program of BPF that left its tables", ["program"], [.executable]) {
      let program = try $0.heldProgram()
      try $0.write(program.slot, UInt64(0))
      let symbol = try $0.pointer(program.address &+ $0.offset("bpf_prog", "aux")) &+ $0.offset("bpf_prog_aux", "ksym")
      try $0.unlink(symbol &+ $0.offset("bpf_ksym", "lnode"))
    },
    Change("a socket's filter that no socket has", ["program"], [.executable]) { editor in
      for socket in try editor.filteredSockets() { try editor.write(socket &+ editor.offset("sock", "sk_filter"), UInt64(0)) }
    },
    Change("code behind all programs of BPF", ["remains"], [.executable]) {
      let pack = try $0.symbol("pack_list")
      let walk = $0.guest.list(head: pack, offset: try $0.offset("bpf_prog_pack", "list"), structure: "pack_list", limit: 64)
      guard let first = walk.entries.first else { throw GuestEditor.Impossible(description: "no program has code") }
      try $0.write(try $0.pointer(first &+ $0.offset("bpf_prog_pack", "ptr")) &+ (2 << 20) &- 64, [0x31, 0xC0, 0xC3])
    },
  ]

  /// Code in a page of modules that is none of theirs.
  static let besides: [Change] = [
    Change("code at the end of the page that modules share", ["beside"], [.executable]) {
      let page = try $0.moduleText("virtio_blk") & ~((2 << 20) - 1)
      try $0.write(page &+ (2 << 20) &- 64, [0x31, 0xC0, 0xC3])
    }
  ]
}

extension GuestEditor {
  /// A BPF program whose result a function returns (fmod_ret).
  func program(returningFrom name: String) throws {
    try program(function: try guest.symbol("__bpf_prog_run32") ?? symbol("__bpf_prog_ret0_warn"), instructions: [])
    guard let kind = guest.kernel.types.value("bpf_attach_type", "BPF_MODIFY_RETURN") else {
      throw Impossible(description: "no BPF_MODIFY_RETURN")
    }
    let heap = try heap()
    try write(heap &+ offset("bpf_prog", "expected_attach_type"), UInt32(kind))
    try write(heap &+ offset("bpf_prog", "aux"), heap &+ 512)
    try write(heap &+ 512 &+ offset("bpf_prog_aux", "attach_func_name"), heap &+ 3072)
    try write(heap &+ 3072, Array(name.utf8) + [0])
  }

  /// The program of BPF that the test's own process holds, and its slot in the table of programs.
  func heldProgram() throws -> (address: UInt64, slot: UInt64) {
    let table = guest.idr(try symbol("prog_idr"), structure: "prog_idr", limit: 1 << 14)
    let name = try offset("bpf_prog_aux", "name")
    for entry in table.entries {
      guard let aux = guest.pointer(entry.entry &+ (try offset("bpf_prog", "aux"))), guest.string(aux &+ name, limit: 16) == "held_prog" else {
        continue
      }
      var place = try symbol("prog_idr") &+ offset("idr", "idr_rt") &+ offset("xarray", "xa_head")
      // As many slots as a node of the tree has.
      while let node = guest.u64(place), node & 3 == 2 {
        guard let shift = guest.u8(node &- 2 &+ (try offset("xa_node", "shift"))), shift < 32 else { break }
        place = try node &- 2 &+ offset("xa_node", "slots") &+ 8 &* (UInt64(entry.index) >> UInt64(shift) & 63)
      }
      return (entry.entry, place)
    }
    throw Impossible(description: "no program is held")
  }

  /// Sockets with a filter.
  func filteredSockets() throws -> [UInt64] {
    let filter = try offset("sock", "sk_filter")
    let found = try guest.sockets().sockets.map(\.address).filter { (guest.u64($0 &+ filter) ?? 0) != 0 }
    guard !found.isEmpty else { throw Impossible(description: "no socket has a filter") }
    return found
  }

  /// A BPF program of one's own, the only one in the table.
  func program(function: UInt64, instructions: [UInt8]) throws {
    let heap = try heap()
    try write(heap &+ offset("bpf_prog", "bpf_func"), function)
    try write(heap &+ offset("bpf_prog", "len"), UInt32(instructions.count / 8))
    try write(heap &+ offset("bpf_prog", "insnsi"), instructions)
    try write(try symbol("prog_idr") &+ offset("idr", "idr_rt") &+ offset("xarray", "xa_head"), heap)
  }
}
