internal import Domain

/// What may be a kernel, and the cross-checks that it has to pass: page tables, kallsyms, banner, host name structure, BTF, the first
/// process and the vCPUs must all tell of the same kernel. A forged or left-over part contradicts one of the others, and the reason says
/// which.
struct KernelCandidate {
  let memory: PhysicalMemory
  /// "VMCOREINFO" or "kallsyms token table".
  let source: String
  /// Guest-physical address of what it was found by.
  let address: UInt64
  let information: VMCoreInfo?
  let physicalBase: UInt64
  /// Of `swapper_pg_dir` or `init_top_pgt`, guest-virtual, in the image.
  let pageTable: UInt64
  /// Some address of the image that is always mapped: `_stext`.
  let text: UInt64
  let encryption: UInt64

  struct Reason: Error { let text: String }

  struct Accepted {
    let kernel: Kernel
    let space: AddressSpace
    /// Where kallsyms lies, guest-virtual, and where its base stands; for the cache.
    let places: KallsymsPlaces?
    let basePlace: UInt64?
  }

  private func physical(_ virtual: UInt64) -> UInt64 { virtual &- Kernel.mapBase &+ physicalBase }

  /// Bytes of the image by their virtual address.
  func image(_ virtual: UInt64, _ count: Int) -> [UInt8]? {
    guard virtual >= Kernel.mapBase else { return nil }
    return memory.bytes(physical(virtual), count: count)
  }

  /// The same in a store of its own.
  func store(_ virtual: UInt64, _ count: Int) -> ByteStore? {
    guard virtual >= Kernel.mapBase else { return nil }
    return memory.store(physical(virtual), count: count)
  }

  private func word(_ virtual: UInt64) -> UInt64? { image(virtual, 8).map { $0.reversed().reduce(0) { $0 << 8 | UInt64($1) } } }

  /// - Parameter roots: reads CR3 of each vCPU where it is known, else none.
  func check(_ table: SymbolTable?, roots: () -> [UInt64]) throws(Reason) -> Accepted {
    guard physicalBase & 0x1F_FFFF == 0 else { throw Reason(text: "its physical base is not on 2 MiB") }
    guard text >= Kernel.mapBase, pageTable >= Kernel.mapBase else { throw Reason(text: "its addresses are not those of a kernel image") }
    let space = try space()
    try checkProcessors(roots, space)
    let read: SymbolTable? = if let table { table } else { try symbols() }
    guard let table = read else { throw Reason(text: "its symbol table cannot be read") }
    try checkSymbols(table)
    let (banner, release) = try banner(table)
    let types = try types(table)
    guard let start = table.address("_text") ?? table.address("_stext"), let end = table.address("_end"),
      start >= Kernel.mapBase, start < end, end <= Kernel.mapBase + Kernel.mapSize
    else {
      throw Reason(text: "its symbols do not say where the image begins and ends")
    }
    let directMap = try directMap(table, space, start)
    let (buildID, buildNote) = try buildID(table)
    let kernel = Kernel(
      release: release, banner: banner, buildID: buildID, buildNote: buildNote, source: source, symbols: table, types: types,
      information: information,
      image: start..<end, physicalBase: physicalBase, directMap: directMap)
    try checkFirstTask(kernel, space)
    return Accepted(
      kernel: kernel, space: space, places: information.flatMap { KallsymsPlaces($0, image) },
      basePlace: information?.symbol("kallsyms_relative_base"))
  }

  // MARK: Page tables

  /// The kernel's page tables, of as many levels as map the image to where it is.
  private func space() throws(Reason) -> AddressSpace {
    let root = physical(pageTable)
    guard memory.holds(root, count: 4096) else { throw Reason(text: "its page tables lie outside of memory") }
    for levels in [4, 5] {
      let space = AddressSpace(memory: memory, root: root, levels: levels, encryption: encryption)
      if space.translate(text) == physical(text) {
        if let said = information?.number("pgtable_l5_enabled"), (said != 0) != (levels == 5) {
          throw Reason(text: "its page tables have \(levels) levels and VMCOREINFO says otherwise")
        }
        return space
      }
    }
    throw Reason(text: "its page tables do not map the image to where VMCOREINFO or the symbols say that it lies")
  }

  /// Times that CR3 is read of a guest that runs: a process may end, and its tables be given away, between the register and the table.
  private static let readings = 16

  /// A vCPU in user mode runs on the second of two top tables where the kernel isolates its own (KPTI): the first lies right before it.
  private func checkProcessors(_ roots: () -> [UInt64], _ space: AddressSpace) throws(Reason) {
    for _ in 0..<(memory.isRunning ? Self.readings : 1) {
      let roots = roots()
      let isMapped = roots.contains { root in
        [root, root & ~0x1000].contains {
          AddressSpace(memory: memory, root: $0, levels: space.levels, encryption: encryption).translate(text) == physical(text)
        }
      }
      if roots.isEmpty || isMapped { return }
    }
    throw Reason(text: "no vCPU's page tables map it")
  }

  // MARK: Symbols

  private func symbols() throws(Reason) -> SymbolTable? {
    guard let information, let places = KallsymsPlaces(information, image) else { return nil }
    guard let table = places.table(store) else { throw Reason(text: "kallsyms, where VMCOREINFO says that it lies, is no symbol table") }
    return table
  }

  private func checkSymbols(_ table: SymbolTable) throws(Reason) {
    guard let information else { return }
    for name in ["_stext", "swapper_pg_dir", "init_uts_ns"] {
      guard let said = information.symbol(name) else { continue }
      let known = table.addresses(name) + (name == "swapper_pg_dir" ? table.addresses("init_top_pgt") : [])
      guard known.contains(said) else { throw Reason(text: "VMCOREINFO and kallsyms differ on \(name)") }
    }
  }

  private static let bannerStart = "Linux version "

  /// The banner, and the release in it, which VMCOREINFO and the host name structure must share.
  private func banner(_ table: SymbolTable) throws(Reason) -> (String, String) {
    guard let place = table.address("linux_banner"), let bytes = image(place, 512) else { throw Reason(text: "it has no linux_banner") }
    let text = EscapedName.prose(bytes.prefix { $0 != 0 && $0 != 0x0A })
    guard text.hasPrefix(Self.bannerStart) else { throw Reason(text: "no banner stands at linux_banner") }
    let release = String(text.dropFirst(Self.bannerStart.count).prefix { $0 != " " })
    if let information, information.release != release {
      throw Reason(text: "its banner says \(release.printable) and VMCOREINFO \(information.release.printable)")
    }
    // struct new_utsname: six texts of 65 bytes, release the third (include/uapi/linux/utsname.h).
    if let names = information?.symbol("init_uts_ns") ?? table.address("init_uts_ns"),
      let offset = information?.offset("uts_namespace.name")
    {
      guard let bytes = image(names &+ UInt64(offset) &+ 130, 65) else { throw Reason(text: "init_uts_ns lies outside of memory") }
      let said = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      guard said == release else { throw Reason(text: "its banner says \(release.printable) and init_uts_ns \(said.printable)") }
    }
    return (text, release)
  }

  /// GNU build id in the notes of the image; VMCOREINFO must say the same.
  private func buildID(_ table: SymbolTable) throws(Reason) -> (id: String?, place: UInt64?) {
    guard let start = table.address("__start_notes"), let stop = table.address("__stop_notes"), stop > start, stop - start <= 65536,
      let notes = image(start, Int(stop - start)), let note = ELFNotes(notes).first(where: { $0.name == "GNU" && $0.type == 3 })
    else { return (information?.buildID, nil) }
    let found = note.content.hexadecimal
    if let said = information?.buildID, found != said { throw Reason(text: "its build id is \(found) and VMCOREINFO says \(said)") }
    return (found, start + UInt64(note.offset))
  }

  // MARK: Types and the first task

  private func types(_ table: SymbolTable) throws(Reason) -> TypeIndex {
    guard let start = table.address("__start_BTF"), let stop = table.address("__stop_BTF") else {
      throw Reason(text: "it was built without BTF (CONFIG_DEBUG_INFO_BTF)")
    }
    guard stop > start, stop - start <= UInt64(TypeIndex.limit), let bytes = store(start, Int(stop - start)) else {
      throw Reason(text: "its BTF lies outside of memory")
    }
    let types: TypeIndex
    do { types = try TypeIndex(bytes) } catch { throw Reason(text: "its BTF is broken at byte \(error.offset): \(error.reason)") }
    guard let size = types.size(of: "task_struct"), (1024...65536).contains(size) else {
      throw Reason(text: "its BTF has no plausible task_struct")
    }
    for member in ["tasks", "pid", "tgid", "comm", "cred", "mm", "real_parent"] {
      guard let found = types.member("task_struct", member), found.bitSize == 0, found.offset + 8 <= size else {
        throw Reason(text: "its BTF has no plausible task_struct.\(member)")
      }
    }
    return types
  }

  private func directMap(_ table: SymbolTable, _ space: AddressSpace, _ start: UInt64) throws(Reason) -> UInt64 {
    let base: UInt64
    if let place = table.address("page_offset_base") {
      guard let value = word(place) else { throw Reason(text: "page_offset_base lies outside of memory") }
      base = value
    } else {
      // Documentation/arch/x86/x86_64/mm.rst, without CONFIG_DYNAMIC_MEMORY_LAYOUT.
      base = space.levels == 5 ? 0xFF11_0000_0000_0000 : 0xFFFF_8880_0000_0000
    }
    let place = physical(start)
    guard base & 0xFFF == 0, space.translate(base &+ place) == place else {
      throw Reason(text: "its page tables do not map physical memory at page_offset_base")
    }
    return base
  }

  /// init_task is the idle task of the first vCPU: pid 0, "swapper", and its neighbour in the list of tasks points back at it.
  private func checkFirstTask(_ kernel: Kernel, _ space: AddressSpace) throws(Reason) {
    guard let task = kernel.symbol("init_task"), let comm = kernel.offset("task_struct", "comm"),
      let pid = kernel.offset("task_struct", "pid"),
      let tasks = kernel.offset("task_struct", "tasks")
    else { throw Reason(text: "it has no init_task") }
    guard let name = image(task &+ comm, 16), name.starts(with: Array("swapper".utf8)), image(task &+ pid, 4) == [0, 0, 0, 0] else {
      throw Reason(text: "init_task, by the members that its BTF tells, is no idle task")
    }
    let head = task &+ tasks
    // A running guest may put a task into the list between the two reads.
    for _ in 0..<3 {
      if let next = word(head), let place = space.translate(next &+ 8), memory.u64(place) == head { return }
    }
    throw Reason(text: "the list of tasks does not begin at init_task")
  }
}

extension String {
  /// Short and in ASCII without control characters, for a text that the guest wrote.
  var printable: String { String(prefix(64).map { $0.isASCII && $0.asciiValue! >= 0x20 && $0.asciiValue! != 0x7F ? $0 : "?" }) }
}

extension Swift.Collection<UInt8> {
  /// Two lower case digits for each byte.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
