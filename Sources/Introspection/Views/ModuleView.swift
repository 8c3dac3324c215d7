extension Guest {
  /// Lists the kernel's modules.
  ///
  /// What is being loaded or unloaded has no entry in sysfs for a while, and is not told as hidden for that.
  ///
  /// - Throws: `missing` for a kernel without modules.
  public func modules() throws(IntrospectionError) -> ModuleList {
    let guest = bounded()
    let view = try ModuleView(guest)
    let sightings = Sightings<ModuleList.Source>.settled(guest) {
      view.read()
    } isExpected: { module, source in
      source == .kset && view.state(module) != .live
    }
    let hidden = sightings.differences.compactMap { address, missing in
      view.module(address).map { ModuleList.Hidden(module: $0, missingIn: missing) }
    }
    return ModuleList(
      modules: sightings.entries.compactMap(view.module).sorted { ($0.name, $0.address) < ($1.name, $1.address) },
      hidden: hidden.sorted { ($0.module.name, $0.module.address) < ($1.module.name, $1.module.address) },
      inconsistencies: guest.told(sightings.inconsistencies), sources: ModuleList.Source.allCases.filter(sightings.readable.contains))
  }
}

/// Reads modules by the offsets of one kernel.
struct ModuleView {
  let guest: Guest
  private let head: UInt64
  private let link: UInt64
  private let name: UInt64
  private let state: UInt64
  private let places: [(base: UInt64, size: UInt64)]

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    head = try guest.required("modules")
    link = try guest.required("module", "list")
    name = try guest.required("module", "name")
    state = try guest.required("module", "state")
    places = Self.places(guest.kernel)
  }

  /// Where a module says where its parts lie: `core_layout` up to Linux 6.3, then `mem[]`, whose last three are only there while it is loaded
  /// (enum mod_mem_type).
  private static func places(_ kernel: Kernel) -> [(base: UInt64, size: UInt64)] {
    if let areas = kernel.types.member("module", "mem"), let array = kernel.types.resolved(areas.type).flatMap(kernel.types.array),
      let step = kernel.size("module_memory"), let base = kernel.offset("module_memory", "base"),
      let size = kernel.offset("module_memory", "size")
    {
      return (0..<UInt64(min(array.count, 4))).map {
        let start = UInt64(areas.offset) &+ $0 &* step
        return (start &+ base, start &+ size)
      }
    }
    if let base = kernel.offset("module", "core_layout.base"), let size = kernel.offset("module", "core_layout.size") {
      return [(base, size)]
    }
    return []
  }

  // MARK: Structures

  func read() -> Sightings<ModuleList.Source> {
    var sightings = Sightings<ModuleList.Source>()
    sightings.add(guest.list(head: head, offset: link, structure: "modules"), in: .list)
    if let found = kset() { sightings.add(found, in: .kset) }
    if let found = tree() { sightings.add(found, in: .tree) }
    return sightings
  }

  /// Modules by their kobjects; what is built in has one without a module.
  private func kset() -> Walk? {
    guard let symbol = guest.symbol("module_kset"), let set = guest.pointer(symbol), let list = guest.kernel.offset("kset", "list"),
      let entry = guest.kernel.offset("module_kobject", "kobj.entry"), let module = guest.kernel.offset("module_kobject", "mod")
    else { return nil }
    let walk = guest.list(head: set &+ list, offset: entry, structure: "module_kset.list")
    return Walk(entries: walk.entries.compactMap { guest.pointer($0 &+ module) }, inconsistency: walk.inconsistency)
  }

  /// Modules by address. While one of the two copies of a latched tree is written, the other is read.
  private func tree() -> Walk? {
    guard let root = guest.symbol("mod_tree"), let latch = guest.kernel.offset("mod_tree_root", "root"),
      let node = guest.kernel.offset("mod_tree_node", "node"), let module = guest.kernel.offset("mod_tree_node", "mod")
    else { return nil }
    let walk = guest.latchedTree(root &+ latch, offset: node, structure: "mod_tree")
    // A module that is being loaded has a second node, for what is given back after its start.
    return Walk(entries: walk.entries.compactMap { guest.pointer($0 &+ module) }, inconsistency: walk.inconsistency)
  }

  // MARK: One module

  func state(_ module: UInt64) -> Module.State { guest.u32(module &+ state).flatMap(Module.State.init) ?? .unknown }

  /// Nil for what is no module: its members cannot be read.
  func module(_ address: UInt64) -> Module? {
    guard let text = guest.string(address &+ name, limit: 56), guest.u32(address &+ state) != nil else { return nil }
    let parts = places.compactMap { place -> Range<UInt64>? in
      guard let start = guest.pointer(address &+ place.base), let count = guest.u32(address &+ place.size), count > 0,
        start <= UInt64.max - UInt64(count)
      else { return nil }
      return start..<start + UInt64(count)
    }
    let uses = guest.kernel.offset("module", "refcnt").flatMap { guest.i32(address &+ $0) }
    return Module(
      address: address, name: text, state: state(address), base: parts.first?.lowerBound,
      size: parts.reduce(0) { $0 &+ ($1.upperBound - $1.lowerBound) }, parts: parts,
      // MODULE_REF_BASE: the kernel itself holds one.
      uses: uses.map { $0 > 0 ? $0 - 1 : 0 }, taints: taints(address))
  }

  private static let letters = Array("PFSRMBUDAWCIOELKXTN")

  private func taints(_ module: UInt64) -> String {
    guard let bits = guest.kernel.offset("module", "taints").flatMap({ guest.u64(module &+ $0) }) else { return "" }
    return String(Self.letters.enumerated().filter { bits >> UInt64($0.offset) & 1 != 0 }.map(\.element))
  }
}
