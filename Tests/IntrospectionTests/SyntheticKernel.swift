import Foundation
import Introspection
import Synchronization

/// A small kernel made of the structures that are looked for, with nothing to run: an image with page tables, kallsyms, banner, BTF and the
/// first process, in RAM of 32 MiB. What a test puts there afterwards is what a hostile guest could have written.
final class SyntheticKernel {
  /// Order and meaning of kallsyms.
  enum Layout: CaseIterable {
    case upTo63
    case from64
    case from615
    case from70
  }

  static let size = 32 << 20
  static let release = "6.9.0-synthetic"
  static let physical: UInt64 = 0x40_0000
  static let dataPhysical: UInt64 = 0x110_0000
  static let informationPhysical: UInt64 = 0x1F0_0000

  let layout: Layout
  let levels: Int
  let base: UInt64
  let directMap: UInt64
  /// Pages that were written to, by their number.
  private var pages: [UInt64: [UInt8]] = [:]
  private(set) var symbols: [(String, UInt64)] = []
  private var free = dataPhysical
  private var tables: UInt64 = 0x100_0000
  /// Places in the image of what tests change; offsets.
  private(set) var places: [String: UInt64] = [:]

  /// Pages of symbol tables that were made before, which takes far longer than all else.
  private static let made = Mutex<[String: (pages: [UInt64: [UInt8]], places: [String: UInt64])]>([:])

  static let banner = "Linux version \(release) (nobody@nowhere) (cc 1.0) #1 SMP\n"
  static let buildID: [UInt8] = (0..<20).map { 0xA0 &+ $0 }

  // Offsets in the structures of `types`.
  static let taskSize: UInt64 = 2048
  static let tasks: UInt64 = 64
  static let pid: UInt64 = 96
  static let tgid: UInt64 = 100
  static let comm: UInt64 = 104
  static let cred: UInt64 = 128
  static let mm: UInt64 = 136
  static let realParent: UInt64 = 144
  static let flags: UInt64 = 152
  static let children: UInt64 = 160
  static let sibling: UInt64 = 176
  static let pidLinks: UInt64 = 192
  static let threadNode: UInt64 = 256
  static let signal: UInt64 = 272
  static let files: UInt64 = 280

  /// - Parameters:
  ///   - moved: symbols with other addresses than those where their content lies.
  ///   - added: symbols that it has besides, with their addresses.
  init(
    _ layout: Layout = .from64, levels: Int = 4, slide: UInt64 = 0x400_0000, hasInformation: Bool = true, moved: [String: UInt64] = [:],
    added: [String: UInt64] = [:], types: SyntheticTypes = SyntheticKernel.types
  ) {
    self.layout = layout
    self.levels = levels
    base = 0xFFFF_FFFF_8100_0000 + slide
    directMap = levels == 5 ? 0xFF11_0000_0000_0000 : 0xFFFF_8880_0000_0000
    define("_text", 0)
    define("_stext", 0)
    define("swapper_pg_dir", 0x1000)
    define("init_top_pgt", 0x1000)
    define("init_task", 0x2000)
    define("linux_banner", 0x3000)
    define("init_uts_ns", 0x3800)
    define("page_offset_base", 0x4000)
    define("init_pid_ns", 0x5000)
    define("__start_notes", 0x6000)
    define("__stop_notes", 0x6000 + 12 + 4 + 20)
    define("xarray_root", 0x7000)
    define("maple_root", 0x7100)
    define("tree_root", 0x7200)
    define("list_head", 0x7300)
    define("chain_head", 0x7400)
    define("e820_table", 0x7500)
    define("modules", 0x7600)
    define("__start_rodata", 0x10_0000)
    define("__end_rodata", 0x30_0000)
    let types = types.bytes
    define("__start_BTF", 0x20_0000)
    define("__stop_BTF", 0x20_0000 + UInt64(types.count))
    define("_end", 0x40_0000)
    for index in 0..<5000 { symbols.append(("fill_\(index)", base + 0x8000 + UInt64(index) * 8)) }

    symbols = symbols.map { ($0.0, moved[$0.0] ?? $0.1) } + added.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    put(image: 0x3000, Array(Self.banner.utf8))
    put(image: 0x3800 + 130, Array(Self.release.utf8))
    put(image: 0x4000, word(directMap))
    put(image: 0x6000, SyntheticTypes.words([4, 20, 3]) + Array("GNU\0".utf8) + Self.buildID)
    put(image: 0x20_0000, types)
    makeTables()
    let key = "\(layout) \(levels) \(slide) \(moved.sorted { $0.key < $1.key }) \(added.sorted { $0.key < $1.key })"
    if let (made, places) = Self.made.withLock({ $0[key] }) {
      for (number, page) in made { pages[number] = page }
      self.places = places
    } else {
      let before = Set(pages.keys)
      makeSymbols()
      let made = pages.filter { !before.contains($0.key) }
      Self.made.withLock { $0[key] = (made, places) }
    }
    if hasInformation { put(physical: Self.informationPhysical, Array(information.utf8)) }
    makeTask(at: base + 0x2000, pid: 0, name: "swapper/0", parent: base + 0x2000)
    link(base + 0x2000 + Self.tasks, [])
    link(base + 0x2000 + Self.children, [])
  }

  // MARK: Writing

  func word(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  func put(physical: UInt64, _ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let place = physical + UInt64(done)
      let start = Int(place % 4096)
      let run = min(4096 - start, bytes.count - done)
      var page = pages[place / 4096] ?? [UInt8](repeating: 0, count: 4096)
      page.replaceSubrange(start..<start + run, with: bytes[done..<done + run])
      pages[place / 4096] = page
      done += run
    }
  }

  func put(image: UInt64, _ bytes: [UInt8]) { put(physical: Self.physical + image, bytes) }

  /// Of an address in the image or the direct map.
  func physical(_ address: UInt64) -> UInt64 { address >= base ? address - base + Self.physical : address - directMap }

  func put(_ address: UInt64, _ bytes: [UInt8]) { put(physical: physical(address), bytes) }

  func put(_ address: UInt64, _ value: UInt64) { put(address, word(value)) }

  func get(_ address: UInt64) -> UInt64 {
    let place = physical(address)
    guard let page = pages[place / 4096] else { return 0 }
    return page[Int(place % 4096)..<Int(place % 4096) + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Guest-virtual address of fresh memory of zeros.
  func allocate(_ size: UInt64, alignment: UInt64 = 64) -> UInt64 {
    free = (free + alignment - 1) / alignment * alignment
    defer { free += size }
    return directMap + free
  }

  func address(_ symbol: String) -> UInt64 { symbols.first { $0.0 == symbol }!.1 }

  private func define(_ name: String, _ offset: UInt64) { symbols.append((name, base + offset)) }

  // MARK: Parts

  private func table() -> UInt64 {
    defer { tables += 4096 }
    return tables
  }

  /// 2 MiB pages for the image and for the direct map.
  private func makeTables() {
    func entry(_ table: UInt64, _ index: UInt64, _ value: UInt64) { put(physical: table + index * 8, word(value)) }
    var kernelTop = Self.physical + 0x1000
    var directTop = kernelTop
    var directIndex = directMap >> 39 & 511
    if levels == 5 {
      let (kernel, direct) = (table(), table())
      entry(kernelTop, 511, kernel | 3)
      entry(kernelTop, directMap >> 48 & 511, direct | 3)
      kernelTop = kernel
      directTop = direct
      directIndex = 0
    }
    let (upper, lower) = (table(), table())
    entry(kernelTop, 511, upper | 3)
    entry(upper, base >> 30 & 511, lower | 3)
    for page in UInt64(0)..<2 { entry(lower, (base >> 21 & 511) + page, (Self.physical + page << 21) | 0x83) }
    let (directUpper, directLower) = (table(), table())
    entry(directTop, directIndex, directUpper | 3)
    entry(directUpper, 0, directLower | 3)
    for page in UInt64(0)..<16 { entry(directLower, page, page << 21 | 0x8000_0000_0000_0083) }
  }

  private func makeSymbols() {
    // With a base of its own the lowest symbol is absolute, as per-CPU data are up to 6.14.
    let isMixed = layout == .upTo63 || layout == .from64
    let table = SyntheticSymbols(symbols + (isMixed ? [("per_cpu_thing", 0x1000)] : []))
    var place: UInt64 = 0x11_0000
    func add(_ name: String, _ bytes: [UInt8]) {
      place = (place + 7) & ~7
      places[name] = place
      put(image: place, bytes)
      place += UInt64(bytes.count)
    }
    func offsets(at start: UInt64) -> [UInt8] {
      table.symbols.enumerated().flatMap { index, symbol -> [UInt8] in
        let offset: UInt64
        switch layout {
        case .upTo63, .from64: offset = symbol.address < 1 << 31 ? symbol.address : base &- 1 &- symbol.address
        case .from615: offset = symbol.address - base
        case .from70: offset = symbol.address &- (base + start + 4 * UInt64(index))
        }
        return SyntheticTypes.words([UInt32(truncatingIfNeeded: offset)])
      }
    }
    func addOffsets() {
      place = (place + 7) & ~7
      add("offsets", offsets(at: place))
      if layout != .from70 { add("base", word(base)) }
    }
    if layout == .upTo63 { addOffsets() }
    add("count", SyntheticTypes.words([UInt32(table.symbols.count)]))
    add("names", table.names)
    add("markers", table.markers)
    add("tokens", table.tokenTable)
    add("index", table.tokenIndex)
    if layout != .upTo63 { addOffsets() }
  }

  /// The text of VMCOREINFO.
  var information: String {
    let hex: (UInt64) -> String = { String($0, radix: 16) }
    var lines = [
      "OSRELEASE=\(Self.release)", "BUILD-ID=" + Self.buildID.map { hex(UInt64($0)) }.joined(), "PAGESIZE=4096",
      "SYMBOL(init_uts_ns)=\(hex(base + 0x3800))", "OFFSET(uts_namespace.name)=0", "SYMBOL(swapper_pg_dir)=\(hex(base + 0x1000))",
      "SYMBOL(_stext)=\(hex(base))", "SYMBOL(kallsyms_names)=\(hex(base + places["names"]!))",
      "SYMBOL(kallsyms_num_syms)=\(hex(base + places["count"]!))", "SYMBOL(kallsyms_token_table)=\(hex(base + places["tokens"]!))",
      "SYMBOL(kallsyms_token_index)=\(hex(base + places["index"]!))", "SYMBOL(kallsyms_offsets)=\(hex(base + places["offsets"]!))",
      "NUMBER(phys_base)=\(Int64(bitPattern: Self.physical &- (base - 0xFFFF_FFFF_8000_0000)))",
      "SYMBOL(init_top_pgt)=\(hex(base + 0x1000))",
      "NUMBER(pgtable_l5_enabled)=\(levels == 5 ? 1 : 0)", "KERNELOFFSET=\(hex(base - 0xFFFF_FFFF_8100_0000))", "NUMBER(sme_mask)=0",
    ]
    if let place = places["base"] { lines.append("SYMBOL(kallsyms_relative_base)=\(hex(base + place))") }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Tasks and lists

  /// Links `list_head`s in a circle that begins at `head`.
  func link(_ head: UInt64, _ entries: [UInt64]) {
    let circle = [head] + entries
    for (index, entry) in circle.enumerated() {
      let next = circle[(index + 1) % circle.count]
      put(entry, next)
      put(next + 8, entry)
    }
  }

  func makeTask(at task: UInt64, pid: UInt32, name: String, parent: UInt64) {
    put(task + Self.pid, SyntheticTypes.words([pid, pid]))
    put(task + Self.comm, Array(name.utf8))
    put(task + Self.realParent, parent)
    link(task + Self.children, [])
  }

  /// Processes in all three structures, pid 1 on; the first is the parent of the others.
  func makeProcesses(_ names: [String]) -> [UInt64] {
    let first = address("init_task")
    let tasks = names.map { _ in allocate(Self.taskSize) }
    for (index, name) in names.enumerated() {
      makeTask(at: tasks[index], pid: UInt32(index + 1), name: name, parent: index == 0 ? first : tasks[0])
    }
    link(first + Self.tasks, tasks.map { $0 + Self.tasks })
    link(first + Self.children, tasks.prefix(1).map { $0 + Self.sibling })
    if let parent = tasks.first { link(parent + Self.children, tasks.dropFirst().map { $0 + Self.sibling }) }
    // init_pid_ns.idr: one node of 64 slots, by pid.
    let node = allocate(24 + 64 * 8)
    for (index, task) in tasks.enumerated() {
      let identity = allocate(64)
      put(identity + 16, task + Self.pidLinks)
      put(node + 24 + UInt64(index + 1) * 8, identity)
    }
    put(address("init_pid_ns") + 8 + 8, node | 2)
    return tasks
  }

  // MARK: Out of the builder

  /// A file with the RAM, holes where pages are zero. Removed with the value.
  func file() throws -> ScratchFile { try ScratchFile(pages: pages, count: Self.size) }

  func guest(processors: [UInt64] = []) throws -> Guest {
    let file = try file()
    return try Guest(memory: try MemoryImage(path: file.path).memory(), processors: processors)
  }

  static let types = makeTypes()

  /// - Parameter hasCode: whether they tell of modules' code, and of whatever else code is judged by, too.
  static func makeTypes(hasCode: Bool = false) -> SyntheticTypes {
    typealias Member = SyntheticTypes.Member
    var types = SyntheticTypes()
    let char = types.integer("char", size: 1)
    let int = types.integer("int", size: 4)
    let long = types.integer("long", size: 8)
    let pointer = types.pointer(0)
    let list = types.structure("list_head", size: 16, [Member("next", pointer, at: 0), Member("prev", pointer, at: 8)])
    let name = types.array(char, 16)
    let links = types.array(list, 4)
    types.structure(
      "task_struct", size: UInt32(taskSize),
      [
        Member("__state", int, at: 24), Member("tasks", list, at: UInt32(tasks)), Member("pid", int, at: UInt32(pid)),
        Member("tgid", int, at: UInt32(tgid)), Member("comm", name, at: UInt32(comm)), Member("cred", pointer, at: UInt32(cred)),
        Member("mm", pointer, at: UInt32(mm)), Member("real_parent", pointer, at: UInt32(realParent)),
        Member("flags", int, at: UInt32(flags)),
        Member("children", list, at: UInt32(children)), Member("sibling", list, at: UInt32(sibling)),
        Member("pid_links", links, at: UInt32(pidLinks)), Member("thread_node", list, at: UInt32(threadNode)),
        Member("signal", pointer, at: UInt32(signal)), Member("files", pointer, at: UInt32(files)),
      ])
    types.structure("signal_struct", size: 32, [Member("nr_threads", int, at: 0), Member("thread_head", list, at: 8)])
    let xarray = types.structure("xarray", size: 16, [Member("xa_lock", int, at: 0), Member("xa_head", pointer, at: 8)])
    let slots = types.array(pointer, 64)
    types.structure("xa_node", size: 536, [Member("shift", char, at: 0), Member("parent", pointer, at: 8), Member("slots", slots, at: 24)])
    let idr = types.structure("idr", size: 24, [Member("idr_rt", xarray, at: 0), Member("idr_base", int, at: 16)])
    types.structure("pid_namespace", size: 64, [Member("idr", idr, at: 8)])
    let chains = types.array(pointer, 4)
    types.structure("pid", size: 64, [Member("count", int, at: 0), Member("tasks", chains, at: 16)])
    types.structure("maple_tree", size: 16, [Member("ma_flags", int, at: 0), Member("ma_root", pointer, at: 8)])
    let tree = types.count
    types.structure(
      "mm_struct", size: 64,
      [
        Member("pgd", pointer, at: 0), Member("mm_mt", UInt32(tree), at: 8), Member("arg_start", long, at: 24),
        Member("arg_end", long, at: 32),
      ])
    types.structure(
      "vm_area_struct", size: 32,
      [
        Member("vm_start", long, at: 0), Member("vm_end", long, at: 8), Member("vm_flags", long, at: 16),
        Member("vm_file", pointer, at: 24),
      ])
    types.structure("files_struct", size: 16, [Member("fdt", pointer, at: 8)])
    types.structure("fdtable", size: 16, [Member("max_fds", int, at: 0), Member("fd", pointer, at: 8)])
    let short = types.integer("short", size: 2)
    types.structure("inode", size: 16, [Member("i_mode", short, at: 0), Member("i_ino", long, at: 8)])
    let name64 = types.structure("qstr", size: 16, [Member("hash", int, at: 0), Member("name", pointer, at: 8)])
    types.structure("dentry", size: 32, [Member("d_parent", pointer, at: 0), Member("d_name", name64, at: 8)])
    let path = types.structure("path", size: 16, [Member("mnt", pointer, at: 0), Member("dentry", pointer, at: 8)])
    types.structure("file", size: 32, [Member("f_inode", pointer, at: 0), Member("f_path", path, at: 8)])
    let module = [Member("state", int, at: 0), Member("list", list, at: 8), Member("name", name, at: 24)]
    if hasCode {
      types.addCode(module, int: int, char: char, pointer: pointer, list: list)
    } else {
      types.structure("module", size: 128, module)
    }
    let (pivots, leaves) = (types.array(long, 15), types.array(pointer, 16))
    types.structure(
      "maple_range_64", size: 256, [Member("parent", pointer, at: 0), Member("pivot", pivots, at: 8), Member("slot", leaves, at: 128)])
    let (fewer, inner) = (types.array(long, 9), types.array(pointer, 10))
    types.structure(
      "maple_arange_64", size: 256, [Member("parent", pointer, at: 0), Member("pivot", fewer, at: 8), Member("slot", inner, at: 80)])
    let bits = types.structure(
      "flags", size: 8,
      [
        Member(name: "low", type: int, offset: 0, size: 3), Member(name: "across", type: int, offset: 5, size: 7),
        Member(name: "whole", type: int, offset: 32),
      ])
    let anonymous = types.structure("", size: 16, isUnion: true, [Member("first", long, at: 0), Member("second", int, at: 0)])
    types.structure("nested", size: 40, [Member("before", long, at: 0), Member("", anonymous, at: 16), Member("bits", bits, at: 32)])
    types.add(6, "letters", size: 4, count: 2, [0, 0, 0, 0xFFFF_FFFF])
    return types
  }
}

extension SyntheticTypes {
  /// Modules with code, tables of what is rewritten in it, symbols, thunks and the unwinder's table; the tracer's places; programs' packs; one
  /// table of operations.
  fileprivate mutating func addCode(_ module: [Member], int: UInt32, char: UInt32, pointer: UInt32, list: UInt32) {
    let memory = structure("module_memory", size: 16, [Member("base", pointer, at: 0), Member("size", int, at: 8)])
    let parts = array(memory, 7)
    structure(
      "mod_kallsyms", size: 24,
      [Member("symtab", pointer, at: 0), Member("num_symtab", int, at: 8), Member("strtab", pointer, at: 16)])
    let arch = structure(
      "mod_arch_specific", size: 24,
      [Member("num_orcs", int, at: 0), Member("orc_unwind_ip", pointer, at: 8), Member("orc_unwind", pointer, at: 16)])
    structure(
      "module", size: 512,
      module + [
        Member("mem", parts, at: 64), Member("kallsyms", pointer, at: 176), Member("jump_entries", pointer, at: 184),
        Member("num_jump_entries", int, at: 192), Member("static_call_sites", pointer, at: 200),
        Member("num_static_call_sites", int, at: 208),
        Member("its_page_array", pointer, at: 216), Member("its_num_pages", int, at: 224), Member("target_list", list, at: 232),
        Member("klp", char, at: 248), Member("exit", pointer, at: 256), Member("percpu", pointer, at: 264), Member("arch", arch, at: 272),
      ])
    structure("module_use", size: 48, [Member("target_list", list, at: 16), Member("target", pointer, at: 40)])
    structure(
      "orc_entry", size: 6,
      [
        Member(name: "sp_offset", type: int, offset: 0, size: 16), Member(name: "bp_offset", type: int, offset: 16, size: 16),
        Member(name: "sp_reg", type: int, offset: 32, size: 4), Member(name: "bp_reg", type: int, offset: 36, size: 4),
        Member(name: "type", type: int, offset: 40, size: 3),
      ])
    structure("ftrace_page", size: 24, [Member("next", pointer, at: 0), Member("records", pointer, at: 8), Member("index", int, at: 16)])
    structure("dyn_ftrace", size: 16, [])
    structure("bpf_prog_pack", size: 64, [Member("list", list, at: 0), Member("ptr", pointer, at: 16), Member("bitmap", pointer, at: 24)])
    let function = self.pointer(add(13))
    structure("file_operations", size: 64, (0..<8).map { Member("call\($0)", function, at: 8 * $0) })
  }
}

/// A file in the temporary folder; removed when the value goes.
final class ScratchFile {
  let path: String

  init(pages: [UInt64: [UInt8]], count: Int) throws {
    path = FileManager.default.temporaryDirectory.path + "/ringwall-memory-" + UUID().uuidString
    guard FileManager.default.createFile(atPath: path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    try handle.truncate(atOffset: UInt64(count))
    for (number, page) in pages {
      try handle.seek(toOffset: number * 4096)
      try handle.write(contentsOf: Data(page))
    }
  }

  /// Pages of zeros become holes.
  init(_ bytes: [UInt8]) throws {
    path = FileManager.default.temporaryDirectory.path + "/ringwall-memory-" + UUID().uuidString
    guard FileManager.default.createFile(atPath: path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    try handle.truncate(atOffset: UInt64(bytes.count))
    for start in stride(from: 0, to: bytes.count, by: 4096) {
      let page = bytes[start..<min(start + 4096, bytes.count)]
      if page.count < 4096 || Data(page).contains(where: { $0 != 0 }) {
        try handle.seek(toOffset: UInt64(start))
        try handle.write(contentsOf: Data(page))
      }
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
