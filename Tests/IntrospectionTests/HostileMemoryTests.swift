import Testing

@testable import Introspection

/// What a guest that wants to keep its reader busy, or to end it, could have written.
@Suite("Hostile memory", .timeLimit(.minutes(2))) struct HostileMemoryTests {
  /// A guest whose next view may take so many steps.
  private static func guest(_ synthetic: SyntheticKernel, steps: Int) throws -> Guest { try synthetic.guest().bounded(steps: steps) }

  private static func isEnd(_ fault: Inconsistency?) -> Bool { fault?.reason.hasPrefix("more than ") ?? false }

  // MARK: Trees whose nodes share their children

  @Test("an XArray of ten levels in which all slots of a node lead to the same one is read once") func xarray() throws {
    let synthetic = SyntheticKernel()
    let root = synthetic.address("xarray_root")
    let nodes = (0..<10).map { _ in synthetic.allocate(536) }
    synthetic.put(root + 8, nodes[0] | 2)
    for (level, node) in nodes.enumerated() {
      synthetic.put(node, [UInt8(54 - 6 * level)])
      for slot in UInt64(0)..<64 { synthetic.put(node + 24 + 8 * slot, level == 9 ? 0x1000 : nodes[level + 1] | 2) }
    }
    let walk = try Self.guest(synthetic, steps: 64 * 10).xarray(root, structure: "test")
    #expect(walk.entries.count == 64 && walk.inconsistency?.reason == "a node is reached twice")
    #expect(walk.inconsistency?.address == nodes[9])
  }

  @Test("a maple tree in which all slots of a node lead to the same one is read once") func maple() throws {
    let synthetic = SyntheticKernel()
    let root = synthetic.address("maple_root")
    let nodes = (0..<20).map { _ in synthetic.allocate(256, alignment: 256) }
    synthetic.put(root + 8, nodes[0] | 3 << 3 | 2)
    for (level, node) in nodes.enumerated() {
      for slot in UInt64(0)..<10 {
        // The first of each level has half of its range, so that the tree is deep.
        synthetic.put(node + 8 + 8 * slot, UInt64.max >> UInt64(level) / 10 * (slot + 1))
        synthetic.put(node + 80 + 8 * slot, level == 19 ? 0xABC0 : nodes[level + 1] | (level == 18 ? 1 : 3) << 3)
      }
    }
    let walk = try Self.guest(synthetic, steps: 16 * 20).mapleTree(root, structure: "test")
    #expect(walk.inconsistency != nil && !Self.isEnd(walk.inconsistency))
  }

  // MARK: Lists that all processes share

  private static let count = 600

  private static func crowd(_ synthetic: SyntheticKernel) -> [UInt64] {
    synthetic.makeProcesses((0..<60).map { "p\($0)" })
  }

  /// A ring of `list_head`s that passes none of those that lead into it.
  private static func ring(_ synthetic: SyntheticKernel, _ count: Int, offset: UInt64) -> UInt64 {
    let entries = (0..<count).map { _ in synthetic.allocate(SyntheticKernel.taskSize) + offset }
    synthetic.link(entries[0], Array(entries.dropFirst()))
    return entries[0]
  }

  @Test("children: one endless list for all processes ends with the view's steps, and the verdict outlives further readings")
  func children() throws {
    let synthetic = SyntheticKernel()
    let tasks = Self.crowd(synthetic)
    let ring = Self.ring(synthetic, Self.count, offset: SyntheticKernel.sibling)
    synthetic.link(synthetic.address("init_task") + SyntheticKernel.children, tasks.map { $0 + SyntheticKernel.sibling })
    for task in tasks { synthetic.put(task + SyntheticKernel.children, ring) }
    let list = try Self.guest(synthetic, steps: 10_000).processes()
    let told = list.inconsistencies.filter { Self.isEnd($0) }
    #expect(told.map(\.structure) == ["task_struct.children"])
    // The list of tasks was whole, and what a cut structure lacks is not hidden.
    #expect(list.processes.count >= 61 && list.hidden.isEmpty)
    #expect(String(describing: list.factValue).contains("more than 10000 steps"))
  }

  @Test("threads: one endless list for all processes") func threads() throws {
    let synthetic = SyntheticKernel()
    let tasks = Self.crowd(synthetic)
    let ring = Self.ring(synthetic, Self.count, offset: SyntheticKernel.threadNode)
    for task in tasks {
      let signal = synthetic.allocate(64)
      synthetic.put(task + SyntheticKernel.signal, signal)
      synthetic.put(signal + 8, ring)
    }
    let list = try Self.guest(synthetic, steps: 10_000).processes()
    #expect(list.inconsistencies.filter { Self.isEnd($0) }.map(\.structure) == ["signal_struct.thread_head"])
    // With the usual steps the ring itself is told.
    let whole = try synthetic.guest().processes()
    #expect(whole.inconsistencies.contains { $0.structure == "signal_struct.thread_head" && !Self.isEnd($0) })
  }

  @Test("files: one table for all processes") func files() throws {
    let synthetic = SyntheticKernel()
    let tasks = Self.crowd(synthetic)
    let (inode, file, holder, table) = (
      synthetic.allocate(64), synthetic.allocate(64), synthetic.allocate(64), synthetic.allocate(64)
    )
    synthetic.put(inode, [0, 0x80])
    synthetic.put(file, inode)
    let slots = synthetic.allocate(8 * 4096, alignment: 4096)
    for slot in UInt64(0)..<4096 { synthetic.put(slots + 8 * slot, file) }
    synthetic.put(holder + 8, table)
    synthetic.put(table, SyntheticTypes.words([4096]))
    synthetic.put(table + 8, slots)
    for task in tasks { synthetic.put(task + SyntheticKernel.files, holder) }
    let list = try Self.guest(synthetic, steps: 60_000).openFiles()
    #expect(Self.isEnd(list.inconsistencies.first) && list.inconsistencies.first?.structure == "fdtable")
    #expect(!list.files.isEmpty && list.files.count < 60_000)
    #expect(try synthetic.guest().openFiles(of: 3).inconsistencies.isEmpty)
  }

  @Test("paths: names whose parents are two thousand deep, for every file") func paths() throws {
    let synthetic = SyntheticKernel()
    let tasks = Self.crowd(synthetic)
    let text = synthetic.allocate(64)
    synthetic.put(text, Array("d".utf8))
    let entries = (0..<1000).map { _ in synthetic.allocate(64) }
    for (index, entry) in entries.enumerated() {
      synthetic.put(entry, entries[max(0, index - 1)])
      synthetic.put(entry + 16, text)
    }
    let (inode, file, holder, table, slots) = (
      synthetic.allocate(64), synthetic.allocate(64), synthetic.allocate(64), synthetic.allocate(64), synthetic.allocate(8 * 64)
    )
    synthetic.put(inode, [0, 0x80])
    synthetic.put(file, inode)
    synthetic.put(file + 16, entries[999])
    for slot in UInt64(0)..<64 { synthetic.put(slots + 8 * slot, file) }
    synthetic.put(holder + 8, table)
    synthetic.put(table, SyntheticTypes.words([64]))
    synthetic.put(table + 8, slots)
    for task in tasks { synthetic.put(task + SyntheticKernel.files, holder) }
    let list = try Self.guest(synthetic, steps: 60_000).openFiles()
    #expect(list.inconsistencies.first { Self.isEnd($0) }?.structure == "dentry.d_parent")
    #expect(list.files.count == 60 * 64 && list.files.contains { $0.path == nil } && list.files.contains { $0.path != nil })
  }

  @Test("arguments: 32 KiB of single bytes for every process") func arguments() throws {
    let synthetic = SyntheticKernel()
    let tasks = Self.crowd(synthetic)
    let mm = synthetic.allocate(64)
    synthetic.put(mm, synthetic.address("swapper_pg_dir"))
    synthetic.put(mm + 24, synthetic.directMap)
    synthetic.put(mm + 32, synthetic.directMap + 32768)
    for task in tasks { synthetic.put(task + SyntheticKernel.mm, mm) }
    let list = try Self.guest(synthetic, steps: 200_000).processes()
    #expect(list.inconsistencies.first { Self.isEnd($0) }?.structure == "mm_struct.arg_start")
    #expect(list.processes.count == 61 && list.processes.count { $0.arguments != nil } < 8)
  }

  // MARK: Page tables

  @Test("page tables whose every entry leads to themselves, for every process") func pageTables() throws {
    let synthetic = SyntheticKernel()
    let tasks = Self.crowd(synthetic)
    let (mm, table) = (synthetic.allocate(64), synthetic.allocate(4096, alignment: 4096))
    let physical = table - synthetic.directMap
    for entry in UInt64(0)..<512 { synthetic.put(table + 8 * entry, physical | 7) }
    synthetic.put(mm, table)
    for task in tasks { synthetic.put(task + SyntheticKernel.mm, mm) }
    let owners = try Self.guest(synthetic, steps: 20_000).owners(of: [physical])
    #expect(owners.inconsistencies.contains { Self.isEnd($0) && $0.structure == "page tables" })
    #expect((owners.owners(of: physical) ?? []).count <= PageOwnerSearch.mostOwners)
  }

  @Test("mappings: one maple tree with a path for each entry, for every process") func mappings() throws {
    let synthetic = SyntheticKernel()
    _ = Self.crowd(synthetic)
    let mm = synthetic.allocate(64)
    let leaves = (0..<10).map { _ in synthetic.allocate(256, alignment: 256) }
    let top = synthetic.allocate(256, alignment: 256)
    synthetic.put(mm + 16, top | 3 << 3 | 2)
    let area = synthetic.allocate(64)
    synthetic.put(area, UInt64(0x1000))
    synthetic.put(area + 8, UInt64.max)
    for (index, leaf) in leaves.enumerated() {
      let first = UInt64(index) * 0x1_0000
      if index < 9 { synthetic.put(top + 8 + 8 * UInt64(index), first + 0xFFFF) }
      synthetic.put(top + 80 + 8 * UInt64(index), leaf | 1 << 3)
      for slot in UInt64(0)..<16 {
        if slot < 15 { synthetic.put(leaf + 8 + 8 * slot, first + 0x1000 * (slot + 1) - 1) }
        synthetic.put(leaf + 128 + 8 * slot, area)
      }
    }
    #expect(try synthetic.guest().mappings(of: mm).mappings.count == 160)
    let cut = try Self.guest(synthetic, steps: 100).mappings(of: mm)
    #expect(Self.isEnd(cut.inconsistency) && cut.mappings.count < 160)
  }

  // MARK: Numbers

  @Test("an array of 2^62 pointers has no size") func size() throws {
    var types = SyntheticTypes()
    let pointer = types.pointer(0)
    let inner = types.array(pointer, 1 << 31)
    let outer = types.array(inner, 1 << 31)
    let index = try TypeIndex(types.bytes)
    #expect(index.size(Int(outer)) == nil && index.size(Int(inner)) == 1 << 34)
  }

  @Test("symbols at the very end of the address space are refused and end nothing") func end() throws {
    for layout in [SyntheticKernel.Layout.from64, .from615] {
      let synthetic = SyntheticKernel(
        layout, hasInformation: false, moved: ["__start_rodata": 0xFFFF_FFFF_F800_0000, "__end_rodata": .max])
      #expect(throws: IntrospectionError.self) { try synthetic.guest() }
    }
  }

  @Test("memory full of marks that belong to no names costs no more than the search may") func marks() throws {
    let table = SyntheticSymbols([("a", 1)])
    // 16 MiB of runs that look like markers, then a token table with its index.
    let run = SyntheticTypes.words((0..<16).map { UInt32($0 * 300) })
    var bytes: [UInt8] = []
    bytes.reserveCapacity(17 << 20)
    while bytes.count < 16 << 20 { bytes += run }
    bytes += table.tokenTable
    bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    bytes += table.tokenIndex + [UInt8](repeating: 0, count: 16384)
    let file = try ScratchFile(bytes)
    let clock = ContinuousClock()
    let memory = try MemoryImage(path: file.path).memory()
    let time = clock.measure { #expect(KallsymsScan.tables(in: memory).isEmpty) }
    #expect(time < .seconds(60))
  }
}
