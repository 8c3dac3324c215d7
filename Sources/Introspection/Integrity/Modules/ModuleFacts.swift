internal import Domain

/// Modules by four structures that the kernel keeps of them: the list, the folder of /sys/module, the tree by which it finds whose code an
/// address is, and the list of their tables of warnings. A module that hides leaves the first, or the first three.
extension IntegrityReader {
  private static let limit = 1 << 14

  mutating func modules() -> IntegrityFacts.State {
    guard let nameOffset = guest.kernel.offset("module", "name") else { return .absent("the kernel was built without modules") }
    // A module that is being inserted or removed is in one structure and not in another for a moment: only what stays so is told.
    var reading = read()
    var differences = reading.differences
    var looks = SecondLook(guest)
    while !differences.isEmpty, !guest.isExhausted, looks.again() {
      reading = read()
      differences = reading.differences.filter { differences[$0.key] == $0.value }
    }
    let known = ModuleFolders(guest)
    let folders = known.map { known in reading.places.keys.reduce(into: [:]) { $0[$1] = known.folder(of: $1) } } ?? [:]
    let misplaced = known?.misplaced(Array(folders.values)) ?? []
    let rows = reading.places.keys.sorted().map { module -> FactValue in
      let missing = (differences[module] ?? []).sorted()
      let members: [FactValue.Member] = [
        .init("name", .string(guest.string(module &+ nameOffset, limit: 64) ?? "")), .init("module", addressValue(module)),
        .init("folder", folder(module).map(FactValue.string) ?? .null), .init("missingIn", .array(missing.map(FactValue.string))),
        .init("state", .int(Int64(state(module)))),
        .init("holds", guest.kernel.offset("module", "refcnt").flatMap { guest.i32(module &+ $0) }.map { .int(Int64($0)) } ?? .null),
        .init("starting", isStarting(module).map(FactValue.bool) ?? .null),
        .init("symbols", symbolCount(module).map { .int(Int64($0)) } ?? .null),
        .init("taints", taints(guest.kernel.offset("module", "taints").map { module &+ $0 })),
      ]
      return .object(members + moduleTies(module, folders[module], misplaced))
    }
    return .present([
      "modules": .array(rows), "structures": .array(reading.sources.sorted().map(FactValue.string)),
      "taints": taints(guest.symbol("tainted_mask")),
    ])
  }

  private struct ModuleReading {
    var places: [UInt64: Set<String>] = [:]
    var sources: Set<String> = []
    /// What lacks each module that is not in all of them.
    var differences: [UInt64: Set<String>] {
      places.compactMapValues { found in found == sources ? nil : sources.subtracting(found) }
    }
  }

  private mutating func read() -> ModuleReading {
    var reading = ModuleReading()
    func add(_ source: String, _ found: [UInt64]?) {
      guard let found else { return }
      reading.sources.insert(source)
      for module in found { reading.places[module, default: []].insert(source) }
    }
    add("list", listed())
    add("sysfs", shown())
    add("tree", inTree())
    add("bugs", warned())
    return reading
  }

  /// `enum module_state`: 0 live, 1 coming, 2 going, 3 unformed.
  private func state(_ module: UInt64) -> UInt32 { guest.kernel.offset("module", "state").flatMap { guest.u32(module &+ $0) } ?? 0 }

  /// Whether memory that a module has for its start alone is still there: it is given back when the module is live (do_init_module). Nil
  /// where the kernel's types do not tell.
  private func isStarting(_ module: UInt64) -> Bool? {
    let kernel = guest.kernel
    if let areas = kernel.offset("module", "mem"), let step = kernel.size("module_memory"),
      let size = kernel.offset("module_memory", "size")
    {
      // The first of the three parts that are given back; in front of them are text, data and constants.
      let first = kernel.types.value("mod_mem_type", "MOD_INIT_TEXT").flatMap { UInt64(exactly: $0) } ?? 4
      guard first < 8 else { return nil }
      let sizes = (first..<first + 3).map { guest.u32(module &+ areas &+ $0 &* step &+ size) }
      return sizes.contains(nil) ? nil : sizes.contains { $0 != 0 }
    }
    return kernel.offset("module", "init_layout.size").flatMap { guest.u32(module &+ $0) }.map { $0 != 0 }
  }

  /// Symbols of a module in /proc/kallsyms, the first of which is empty (struct mod_kallsyms); nil where the kernel's types do not tell.
  private func symbolCount(_ module: UInt64) -> UInt32? {
    guard let own = guest.kernel.offset("module", "kallsyms"), let number = guest.kernel.offset("mod_kallsyms", "num_symtab"),
      let table = guest.u64(module &+ own)
    else { return nil }
    return table == 0 ? 0 : guest.u32(table &+ number)
  }

  /// Name of a module's folder in /sys/module, which it has from its beginning on.
  private func folder(_ module: UInt64) -> String? {
    guard let object = guest.kernel.offset("module", "mkobj"), let inner = guest.kernel.offset("module_kobject", "kobj"),
      let name = guest.kernel.offset("kobject", "name")
    else { return nil }
    return guest.pointer(module &+ object &+ inner &+ name).flatMap { guest.string($0, limit: 64) }
  }

  private mutating func listed() -> [UInt64]? {
    guard let head = guest.symbol("modules"), let link = guest.kernel.offset("module", "list") else { return nil }
    return entries(guest.list(head: head, offset: link, structure: "modules", limit: Self.limit))
  }

  /// module_bug_list: every module from the time that it is loaded (module_bug_finalize, lib/bug.c).
  private mutating func warned() -> [UInt64]? {
    guard let head = guest.symbol("module_bug_list"), let link = guest.kernel.offset("module", "bug_list") else { return nil }
    return entries(guest.list(head: head, offset: link, structure: "module_bug_list", limit: Self.limit))
  }

  /// Letters of the bits that say what a module, or the kernel since its start, is not trusted for (enum of TAINT_ flags,
  /// include/linux/panic.h).
  private func taints(_ place: UInt64?) -> FactValue {
    guard let bits = place.flatMap({ guest.u64($0) }) else { return .null }
    return .array("PFSRMBUDAWCIOELKXTN".enumerated().filter { bits >> UInt64($0.offset) & 1 == 1 }.map { .string(String($0.element)) })
  }

  /// module_kset: one object for each module, and one without a module for each built-in one with parameters.
  private mutating func shown() -> [UInt64]? {
    guard let pointer = guest.symbol("module_kset"), let set = guest.pointer(pointer), let list = guest.kernel.offset("kset", "list"),
      let link = guest.kernel.offset("kobject", "entry"), let object = guest.kernel.offset("module_kobject", "kobj"),
      let module = guest.kernel.offset("module_kobject", "mod")
    else { return nil }
    let walk = guest.list(head: set &+ list, offset: link, structure: "module_kset", limit: Self.limit)
    return entries(walk).compactMap { guest.pointer($0 &- object &+ module) }
  }

  /// mod_tree: a latched pair of red-black trees with a node for each area of a module's memory (kernel/module/tree_lookup.c).
  private mutating func inTree() -> [UInt64]? {
    guard let tree = guest.symbol("mod_tree"), let node = guest.kernel.offset("mod_tree_node", "node"),
      let owner = guest.kernel.offset("mod_tree_node", "mod"), let roots = guest.kernel.offset("latch_tree_root", "tree"),
      let sequence = guest.u32(tree)
    else { return nil }
    // Readers take the copy that is not being changed: the lowest bit of the sequence count says which.
    let copy = UInt64(sequence & 1)
    let size = guest.kernel.size("rb_node") ?? 24
    let walk = guest.tree(root: tree &+ roots &+ 8 &* copy, offset: node &+ copy &* size, structure: "mod_tree", limit: Self.limit)
    var found: [UInt64] = []
    for entry in entries(walk) {
      guard let module = guest.pointer(entry &+ owner), !found.contains(module) else { continue }
      found.append(module)
    }
    return found
  }
}
