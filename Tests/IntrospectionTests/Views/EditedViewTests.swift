import Domain
import TestSupport
import Testing

@testable import Introspection

@Suite(
  "Views of an edited guest", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(KnownGuest.recipe(.cloud, ["no5lvl"])))
struct EditedViewTests {
  /// A copy of the known guest's RAM that a test has written to, with the addresses of the original.
  private func edited(_ name: String, _ edit: (EditedImage, Guest) throws -> Void) throws -> Guest {
    let known = try KnownGuest.shared()
    let image = try EditedImage(copyOf: known.image, named: name)
    try edit(image, known.guest)
    // The mapping stays when the file's name is gone.
    return try image.guest()
  }

  private func offset(_ guest: Guest, _ structure: String, _ member: String) throws -> UInt64 {
    try #require(guest.kernel.offset(structure, member), "\(structure).\(member)")
  }

  private func put(_ image: EditedImage, _ guest: Guest, _ address: UInt64, _ value: UInt64) throws {
    try image.put(physical: try #require(guest.physical(address)), value)
  }

  // MARK: Hidden

  @Test("a module unlinked from the list is hidden there, and one also taken out of sysfs in both") func module() throws {
    var loop: UInt64 = 0
    let guest = try edited("module.raw") { image, guest in
      let list = try offset(guest, "module", "list")
      let modules = try guest.modules().modules
      let first = try #require(modules.first { $0.name == "loop" })
      loop = first.address
      try image.unlink(first.address + list, in: guest)
      let second = try #require(modules.first { $0.name == "dummy" })
      // `dummy` stands beside `loop` in the list: links are read from the image that was written to already.
      let now = try image.guest()
      try image.unlink(second.address + list, in: now)
      try image.unlink(second.address + (try offset(guest, "module", "mkobj.kobj.entry")), in: now)
    }
    let found = try guest.modules()
    #expect(found.hidden.map(\.module.name) == ["dummy", "loop"])
    #expect(found.hidden.map(\.missingIn) == [[.list, .kset], [.list]])
    #expect(found.hidden.last?.module.address == loop && found.inconsistencies.isEmpty)
    #expect(found.modules.contains { $0.name == "loop" })
  }

  @Test("a mount unlinked from its namespace is hidden there") func mount() throws {
    let guest = try edited("mount.raw") { image, guest in
      let mounts = try guest.mounts().namespaces.flatMap(\.mounts)
      let target = try #require(mounts.first { $0.point == "/mnt/known" })
      try image.unlink(target.address + (try offset(guest, "mount", "mnt_list")), in: guest)
    }
    let found = try guest.mounts()
    #expect(found.hidden.map(\.mount.point) == ["/mnt/known"] && found.hidden.map(\.missingIn) == [[.namespace]])
  }

  @Test("a listener taken out of its table is hidden there") func socket() throws {
    let guest = try edited("socket.raw") { image, guest in
      let target = try #require(try guest.sockets().sockets.first { $0.local?.description == "127.0.0.1:8080" && $0.state == .listening })
      let node = target.address + (try offset(guest, "sock", "__sk_common.skc_nulls_node"))
      let next = try #require(guest.u64(node))
      let previous = try #require(guest.u64(node + 8))
      try put(image, guest, previous, next)
      if next & 1 == 0 { try put(image, guest, next + 8, previous) }
    }
    let found = try guest.sockets()
    #expect(found.hidden.map { $0.socket.local?.description } == ["127.0.0.1:8080"] && found.hidden.map(\.missingIn) == [[.tables]])
    #expect(found.hidden.first?.socket.holders.map(\.process) == ["httpd"])
  }

  @Test("a socket whose descriptor is taken away from its process is held by none") func descriptor() throws {
    let guest = try edited("descriptor.raw") { image, guest in
      let process = try #require(try guest.processes().processes.first { $0.name == "httpd" })
      let table = try #require(guest.pointer(process.address + (try offset(guest, "task_struct", "files"))))
      let current = try #require(guest.pointer(table + (try offset(guest, "files_struct", "fdt"))))
      let slots = try #require(guest.pointer(current + (try offset(guest, "fdtable", "fd"))))
      try put(image, guest, slots + 3 * 8, 0)
    }
    let found = try guest.sockets()
    #expect(found.hidden.map { $0.socket.local?.description } == ["127.0.0.1:8080"] && found.hidden.map(\.missingIn) == [[.descriptors]])
  }

  @Test("a BPF program taken out of its table is hidden there", .enabled(if: KnownGuest.overlay != nil, "no C compiler")) func program()
    throws
  {
    let guest = try edited("program.raw") { image, guest in
      let program = try #require(try guest.bpf().programs.first { $0.name == "held_prog" })
      let head = try #require(guest.symbol("prog_idr")) + (try offset(guest, "idr", "idr_rt")) + (try offset(guest, "xarray", "xa_head"))
      let node = try #require(guest.pointer(head)) & ~3
      try put(image, guest, node + (try offset(guest, "xa_node", "slots")) + 8 * UInt64(program.id), 0)
    }
    let found = try guest.bpf()
    #expect(found.hidden.map(\.name) == ["held_prog"] && found.hidden.map(\.missingIn) == [[.table]])
    #expect(found.programs.contains { $0.name == "held_prog" && !$0.holders.isEmpty })
  }

  // MARK: Moments

  @Test("an image of one moment is not torn, and a process that was hidden long ago is not in passing") func moment() throws {
    let known = try KnownGuest.shared()
    let moments = try #require(try known.guest.moments())
    #expect(!moments.isTorn && moments.passing.isEmpty && moments.passed == ["fdtable"], "\(moments)")
    var hidden: UInt64 = 0
    let guest = try edited("moment.raw") { image, guest in
      let process = try #require(try guest.processes().processes.first { $0.name == "httpd" })
      hidden = process.address
      try image.unlink(process.address + (try offset(guest, "task_struct", "tasks")), in: guest)
    }
    #expect(try guest.processes().hidden.map(\.process.address) == [hidden])
    let edited = try #require(try guest.moments())
    #expect(!edited.isTorn && edited.passing.isEmpty, "\(edited)")
  }

  @Test("a process that is ending when it is missing from one structure is in passing") func passing() throws {
    var ending: UInt64 = 0
    let guest = try edited("passing.raw") { image, guest in
      let process = try #require(try guest.processes().processes.first { $0.name == "httpd" })
      ending = process.address
      try image.unlink(process.address + (try offset(guest, "task_struct", "tasks")), in: guest)
      let state = try #require(guest.physical(process.address + (try offset(guest, "task_struct", "exit_state"))))
      try image.put(physical: state, [16, 0, 0, 0])
    }
    #expect(try guest.moments()?.passing == [ending])
  }

  @Test("a process that is ending when every structure lacks it is in passing, and one that sleeps is not", arguments: [true, false])
  func leaving(_ isEnding: Bool) throws {
    var leaving: UInt64 = 0
    let guest = try edited("leaving-\(isEnding).raw") { image, guest in
      let process = try #require(try guest.processes().processes.first { $0.name == "httpd" })
      leaving = process.address
      for member in ["tasks", "sibling"] { try image.unlink(process.address + (try offset(guest, "task_struct", member)), in: guest) }
      let identity = try #require(guest.pointer(process.address + (try offset(guest, "task_struct", "thread_pid"))))
      try put(image, guest, identity + (try offset(guest, "pid", "tasks")), 0)
      let flags = process.address + (try offset(guest, "task_struct", "flags"))
      let bits = try #require(guest.u32(flags)) | (isEnding ? 4 : 0)
      try image.put(physical: try #require(guest.physical(flags)), (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
    }
    let facts = try guest.integrity([.processes]).document(target: "image")["facts"]?["processes"]?["value"]
    #expect(facts?["hidden"]?.elements?.contains { $0["task"] == addressValue(leaving) } == true)
    #expect(try guest.moments()?.passing == (isEnding ? [leaving] : []))
  }

  @Test("clocks that are a second apart show an image of several moments") func clocks() throws {
    let guest = try edited("clocks.raw") { image, guest in
      let core = try #require(guest.symbol("tk_core"))
      let place = core + (try #require(guest.kernel.timekeeperOffset)) + (try offset(guest, "timekeeper", "tkr_mono.base"))
      try put(image, guest, place, try #require(guest.u64(place)) - 1_000_000_000)
    }
    let moments = try #require(try guest.moments())
    #expect(moments.isTorn && moments.spread > 900_000_000, "\(moments)")
  }

  @Test("every view whose steps are used up says so, and hides nothing") func budget() throws {
    let guest = try KnownGuest.shared().guest
    func end(_ faults: [Inconsistency]) -> Bool { faults.first?.reason.hasPrefix("more than 40 steps") ?? false }
    func bounded() -> Guest { guest.bounded(steps: 40) }
    let processes = try bounded().processes()
    #expect(end(processes.inconsistencies) && processes.hidden.isEmpty)
    let mounts = try bounded().mounts()
    #expect(end(mounts.inconsistencies) && mounts.hidden.isEmpty)
    let sockets = try bounded().sockets()
    #expect(end(sockets.inconsistencies) && sockets.hidden.isEmpty)
    let bpf = try bounded().bpf()
    #expect(end(bpf.inconsistencies) && bpf.hidden.isEmpty)
    #expect(try end(bounded().openFiles().inconsistencies))
    #expect(try end(bounded().log().inconsistencies))
    #expect(try end(bounded().owners(of: [0x100_0000]).inconsistencies))
  }

  // MARK: Hostile

  @Test("a list of modules in a circle is told, and the other structures still give all") func circle() throws {
    let count = try KnownGuest.shared().guest.modules().modules.count
    let guest = try edited("circle.raw") { image, guest in
      let head = try #require(guest.symbol("modules"))
      let first = try #require(guest.pointer(head))
      let second = try #require(guest.pointer(first))
      let third = try #require(guest.pointer(second))
      try put(image, guest, third, second)
    }
    let found = try guest.modules()
    #expect(found.inconsistencies.map(\.structure) == ["modules"] && found.modules.count == count)
    #expect(!found.hidden.isEmpty && found.hidden.allSatisfy { $0.missingIn == [.list] })
  }

  @Test("a name whose parents run in a circle ends a path, and nothing else") func entry() throws {
    var count = 0
    let guest = try edited("entry.raw") { image, guest in
      let files = try guest.openFiles().files
      count = files.count
      let file = try #require(files.first { $0.path == "/mnt/known/sub/deep/file.txt" })
      let place = file.address + (try offset(guest, "file", "f_path")) + (try offset(guest, "path", "dentry"))
      let parent = try offset(guest, "dentry", "d_parent")
      let name = try #require(guest.pointer(place))
      let folder = try #require(guest.pointer(name + parent))
      try put(image, guest, folder + parent, name)
    }
    let found = try guest.openFiles()
    #expect(found.inconsistencies.map(\.structure) == ["dentry.d_parent"] && found.files.count == count)
    #expect(found.files.contains { $0.descriptor == 8 && $0.path == nil })
  }

  @Test("a table of 2^31 descriptors is told, and the real ones are read", arguments: [UInt32(1) << 31, .max, 65])
  func table(_ slots: UInt32) throws {
    var pid: Int32 = 0
    let guest = try edited("table-\(slots).raw") { image, guest in
      let process = try #require(try guest.processes().processes.first { $0.name == "httpd" })
      pid = process.pid
      let table = try #require(guest.pointer(process.address + (try offset(guest, "task_struct", "files"))))
      let current = try #require(guest.pointer(table + (try offset(guest, "files_struct", "fdt"))))
      let place = try #require(guest.physical(current + (try offset(guest, "fdtable", "max_fds"))))
      try image.put(physical: place, (0..<4).map { UInt8(truncatingIfNeeded: slots >> (8 * $0)) })
    }
    let found = try guest.openFiles(of: pid)
    #expect(found.inconsistencies.map(\.structure) == ["fdtable"] && found.files.map(\.descriptor) == [0, 1, 2, 3])
  }

  @Test("a record whose text lies at 2^63, and rings of impossible sizes, are told") func ring() throws {
    let original = try KnownGuest.shared().guest.log().records.count
    func ring(_ guest: Guest) throws -> UInt64 { try #require(guest.symbol("prb").flatMap { guest.pointer($0) }) }
    let text = try edited("ring-text.raw") { image, guest in
      let base = try ring(guest) + (try offset(guest, "printk_ringbuffer", "desc_ring"))
      let descriptors = try #require(guest.pointer(base + (try offset(guest, "prb_desc_ring", "descs"))))
      // As long as the ring was never full, its tail is the one descriptor that has no record.
      let tail = try #require(guest.u64(base + (try offset(guest, "prb_desc_ring", "tail_id"))))
      let bits = try #require(guest.u32(base + (try offset(guest, "prb_desc_ring", "count_bits"))))
      let record = descriptors + ((tail + 1) & ((1 << UInt64(bits)) - 1)) * (guest.kernel.size("prb_desc") ?? 24)
      try put(image, guest, record + (try offset(guest, "prb_desc", "text_blk_lpos.begin")), 1 << 63)
      try put(image, guest, record + (try offset(guest, "prb_desc", "text_blk_lpos.next")), .max - 1)
    }
    let log = try text.log()
    #expect(log.records.count == original && log.inconsistencies.map(\.structure) == ["prb_desc.text_blk_lpos"])

    for (structure, member) in [("prb_desc_ring", "count_bits"), ("prb_data_ring", "size_bits")] {
      let broken = try edited("ring-\(member).raw") { image, guest in
        let part = structure == "prb_desc_ring" ? "desc_ring" : "text_data_ring"
        let place = try ring(guest) + (try offset(guest, "printk_ringbuffer", part)) + (try offset(guest, structure, member))
        try image.put(physical: try #require(guest.physical(place)), [200, 0, 0, 0])
      }
      let log = try broken.log()
      #expect(log.records.isEmpty && log.inconsistencies.map(\.structure) == ["\(structure).\(member)"])
    }
    let far = try edited("ring-head.raw") { image, guest in
      let base = try ring(guest) + (try offset(guest, "printk_ringbuffer", "desc_ring"))
      try put(image, guest, base + (try offset(guest, "prb_desc_ring", "head_id")), 1 << 61)
    }
    #expect(try far.log().inconsistencies.map(\.structure) == ["prb_desc_ring.head_id"])
  }

  @Test("tables of sockets that tell of 2^32 chains or run into each other are told") func chains() throws {
    let wide = try edited("chains.raw") { image, guest in
      let table = try #require(guest.symbol("tcp_hashinfo"))
      let place = try #require(guest.physical(table + (try offset(guest, "inet_hashinfo", "ehash_mask"))))
      try image.put(physical: place, [0xFF, 0xFF, 0xFF, 0xFF])
    }
    let found = try wide.sockets()
    #expect(found.inconsistencies.contains { $0.structure == "tcp_hashinfo.ehash" })
    #expect(found.sockets.contains { $0.local?.description == "127.0.0.1:8080" })
  }
}
