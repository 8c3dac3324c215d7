internal import Domain

extension Guest {
  /// Lists programs, maps and links of BPF.
  ///
  /// A program that the kernel can find by address, that a link runs or that a process holds has to be in the table of programs; one in that table
  /// whose symbol was once made known has to be in the tree and the list of symbols. Maps and links are compared likewise.
  ///
  /// - Throws: `missing` for a kernel without BPF.
  public func bpf() throws(IntrospectionError) -> BPFObjectList {
    let guest = bounded()
    let view = try BPFView(guest)
    let files = try OpenFileView(guest)
    var reading = BPFView.Reading()
    var failure: IntrospectionError?
    // The three kinds have addresses of their own, and are settled together.
    let sightings = Sightings<BPFObjectList.Source>.settled(guest) {
      do throws(IntrospectionError) { reading = try view.read(files) } catch { failure = error }
      return reading.sightings
    } isExpected: { object, source in
      switch source {
      case .table: reading.subprograms.contains(object)
      case .tree, .symbols: !view.hasSymbol(object, reading.kinds[object])
      case .users, .descriptors: true
      }
    }
    if let failure { throw failure }
    func all(_ kind: BPFObjectList.Hidden.Kind) -> [UInt64] {
      sightings.entries.filter { reading.kinds[$0] == kind && !reading.subprograms.contains($0) }
    }
    let programs = all(.program).compactMap { view.program($0, reading.holders[$0] ?? []) }
    let maps = all(.map).compactMap { view.map($0, reading.holders[$0] ?? []) }
    let links = all(.link).compactMap { view.link($0, reading.holders[$0] ?? []) }
    var names: [UInt64: (UInt32, String)] = [:]
    for program in programs { names[program.address] = (program.id, program.name) }
    for map in maps { names[map.address] = (map.id, map.name) }
    for link in links { names[link.address] = (link.id, link.type) }
    let hidden = sightings.differences.compactMap { address, missing -> BPFObjectList.Hidden? in
      guard let kind = reading.kinds[address], let (id, name) = names[address] else { return nil }
      return BPFObjectList.Hidden(kind: kind, id: id, name: name, address: address, missingIn: missing)
    }
    return BPFObjectList(
      programs: programs.sorted { ($0.id, $0.address) < ($1.id, $1.address) },
      maps: maps.sorted { ($0.id, $0.address) < ($1.id, $1.address) },
      links: links.sorted { ($0.id, $0.address) < ($1.id, $1.address) },
      hidden: hidden.sorted { ($0.kind.rawValue, $0.address) < ($1.kind.rawValue, $1.address) },
      inconsistencies: guest.told(sightings.inconsistencies))
  }
}

/// Reads objects of BPF by the offsets of one kernel.
struct BPFView {
  let guest: Guest
  private let aux: UInt64
  private let ownProgram: UInt64
  private let programTable: UInt64
  private let programTypes: [Int64: String]
  private let mapTypes: [Int64: String]
  private let linkTypes: [Int64: String]

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    aux = try guest.required("bpf_prog", "aux")
    ownProgram = try guest.required("bpf_prog_aux", "prog")
    programTable = try guest.required("prog_idr")
    programTypes = Self.words(guest.kernel.types, "bpf_prog_type", "BPF_PROG_TYPE_")
    mapTypes = Self.words(guest.kernel.types, "bpf_map_type", "BPF_MAP_TYPE_")
    linkTypes = Self.words(guest.kernel.types, "bpf_link_type", "BPF_LINK_TYPE_")
  }

  private func offset(_ structure: String, _ member: String) -> UInt64? { guest.kernel.offset(structure, member) }

  // MARK: Structures

  struct Reading {
    var sightings = Sightings<BPFObjectList.Source>()
    var kinds: [UInt64: BPFObjectList.Hidden.Kind] = [:]
    var holders: [UInt64: [DescriptorHolder]] = [:]
    /// Parts of a program that are compiled by themselves and have symbols of their own.
    var subprograms: Set<UInt64> = []

    mutating func add(_ walk: Walk, _ kind: BPFObjectList.Hidden.Kind, in source: BPFObjectList.Source) {
      sightings.add(walk, in: source)
      for entry in walk.entries { kinds[entry] = kind }
    }
  }

  func read(_ files: OpenFileView) throws(IntrospectionError) -> Reading {
    var reading = Reading()
    reading.add(table(programTable, "prog_idr"), .program, in: .table)
    if let maps = guest.symbol("map_idr") { reading.add(table(maps, "map_idr"), .map, in: .table) }
    if let links = guest.symbol("link_idr") {
      let walk = table(links, "link_idr")
      reading.add(walk, .link, in: .table)
      if let place = offset("bpf_link", "prog") {
        reading.add(Walk(entries: walk.entries.compactMap { guest.pointer($0 &+ place) }, inconsistency: nil), .program, in: .users)
      }
    }
    let held = try files.descriptors()
    for fault in held.inconsistencies { reading.sightings.note(fault) }
    for held in held.descriptors where !guest.isExhausted {
      guard let (object, kind) = object(held.file) else { continue }
      reading.add(Walk(entries: [object], inconsistency: nil), kind, in: .descriptors)
      reading.holders[object, default: []].append(DescriptorHolder(pid: held.pid, process: held.process, descriptor: held.number))
    }
    if let known = symbols() {
      reading.add(known.tree, .program, in: .tree)
      reading.add(known.list, .program, in: .symbols)
    }
    for program in reading.sightings.entries where reading.kinds[program] == .program && !guest.isExhausted {
      reading.subprograms.formUnion(subprograms(program).filter { $0 != program })
      reading.add(Walk(entries: maps(program), inconsistency: nil), .map, in: .users)
    }
    return reading
  }

  private func table(_ address: UInt64, _ name: String) -> Walk {
    let walk = guest.idr(address, structure: name)
    return Walk(entries: walk.entries.map(\.entry).filter { $0 & 3 == 0 }, inconsistency: walk.inconsistency)
  }

  /// Programs by their symbols: bpf_ksym lies in bpf_prog_aux; those of trampolines are no programs.
  private func symbols() -> (tree: Walk, list: Walk)? {
    guard let root = guest.symbol("bpf_tree"), let head = guest.symbol("bpf_kallsyms"), let symbol = offset("bpf_prog_aux", "ksym"),
      let node = offset("bpf_ksym", "tnode"), let link = offset("bpf_ksym", "lnode"), let isProgram = offset("bpf_ksym", "prog")
    else { return nil }
    func programs(_ walk: Walk) -> Walk {
      let entries = walk.entries.filter { guest.u8($0 &+ isProgram) == 1 }.compactMap { guest.pointer($0 &- symbol &+ ownProgram) }
      return Walk(entries: entries, inconsistency: walk.inconsistency)
    }
    return (
      programs(guest.latchedTree(root, offset: node, structure: "bpf_tree")),
      programs(guest.list(head: head, offset: link, structure: "bpf_kallsyms"))
    )
  }

  /// Whether a program was ever given a symbol: its node then is not linked to itself.
  func hasSymbol(_ object: UInt64, _ kind: BPFObjectList.Hidden.Kind?) -> Bool {
    guard kind == .program, let detail = guest.pointer(object &+ aux), let node = offset("bpf_prog_aux", "ksym.lnode"),
      let next = guest.pointer(detail &+ node)
    else { return false }
    return next != detail &+ node
  }

  /// What a descriptor holds, where it is one of BPF.
  private func object(_ file: UInt64) -> (UInt64, BPFObjectList.Hidden.Kind)? {
    guard let operations = offset("file", "f_op").flatMap({ guest.pointer(file &+ $0) }),
      let content = offset("file", "private_data").flatMap({ guest.pointer(file &+ $0) })
    else { return nil }
    switch operations {
    case guest.symbol("bpf_prog_fops"): return (content, .program)
    case guest.symbol("bpf_map_fops"): return (content, .map)
    case guest.symbol("bpf_link_fops"), guest.symbol("bpf_link_fops_poll"): return (content, .link)
    default: return nil
    }
  }

  /// Pointers of an array that a program has, at most `limit`.
  private func pointers(_ program: UInt64, _ array: String, _ count: String, limit: UInt32) -> [UInt64] {
    guard let detail = guest.pointer(program &+ aux), let place = offset("bpf_prog_aux", array), let number = offset("bpf_prog_aux", count),
      let first = guest.pointer(detail &+ place), let length = guest.u32(detail &+ number),
      guest.spend(Int(min(length, limit)), on: "bpf_prog_aux.\(array)", at: detail)
    else { return [] }
    return (0..<UInt64(min(length, limit))).compactMap { guest.pointer(first &+ 8 &* $0) }
  }

  /// BPF_MAX_SUBPROGS and MAX_USED_MAPS of include/linux/bpf_verifier.h, and BTF's own maps.
  private func subprograms(_ program: UInt64) -> [UInt64] { pointers(program, "func", "func_cnt", limit: 512) }

  private func maps(_ program: UInt64) -> [UInt64] { pointers(program, "used_maps", "used_map_cnt", limit: 256) }

  // MARK: One object

  /// The names of an enumeration's values without what they all begin with, in small letters; of several of one value the first.
  private static func words(_ types: TypeIndex, _ enumeration: String, _ prefix: String) -> [Int64: String] {
    guard let type = types.id(.enumeration, enumeration) ?? types.id(.enumeration64, enumeration) else { return [:] }
    var words: [Int64: String] = [:]
    for (name, value) in types.enumerators(of: type) where words[value] == nil && name.hasPrefix(prefix) {
      words[value] = EscapedName.text(of: name.dropFirst(prefix.count).lowercased().utf8)
    }
    return words
  }

  private static func word(_ words: [Int64: String], _ value: UInt64?) -> String {
    value.map { words[Int64(clamping: $0)] ?? String($0) } ?? ""
  }

  func program(_ address: UInt64, _ holders: [DescriptorHolder]) -> BPFProgram? {
    guard let detail = guest.pointer(address &+ aux), let id = offset("bpf_prog_aux", "id").flatMap({ guest.u32(detail &+ $0) }) else {
      return nil
    }
    let tag = offset("bpf_prog", "tag").flatMap { guest.bytes(address &+ $0, count: 8) } ?? []
    var code: Range<UInt64>?
    if guest.value(address, "bpf_prog", "jited") == 1, let start = offset("bpf_prog", "bpf_func").flatMap({ guest.pointer(address &+ $0) }),
      let length = offset("bpf_prog", "jited_len").flatMap({ guest.u32(address &+ $0) }), start <= UInt64.max - UInt64(length)
    {
      code = start..<start + UInt64(length)
    }
    let target = offset("bpf_prog_aux", "attach_func_name").flatMap { guest.pointer(detail &+ $0) }.flatMap { guest.string($0, limit: 128) }
    let uid = offset("bpf_prog_aux", "user").flatMap { guest.pointer(detail &+ $0) }.flatMap { user in
      offset("user_struct", "uid").flatMap { guest.u32(user &+ $0) }
    }
    let mapID = offset("bpf_map", "id")
    return BPFProgram(
      address: address, id: id, name: offset("bpf_prog_aux", "name").flatMap { guest.string(detail &+ $0, limit: 16) } ?? "",
      type: Self.word(programTypes, guest.value(address, "bpf_prog", "type")),
      tag: tag.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(), code: code, target: target,
      loaded: offset("bpf_prog_aux", "load_time").flatMap { guest.u64(detail &+ $0) } ?? 0, uid: uid,
      maps: maps(address).compactMap { map in mapID.flatMap { guest.u32(map &+ $0) } }, holders: holders)
  }

  func map(_ address: UInt64, _ holders: [DescriptorHolder]) -> BPFMap? {
    func number(_ member: String) -> UInt32? { offset("bpf_map", member).flatMap { guest.u32(address &+ $0) } }
    guard let id = number("id") else { return nil }
    return BPFMap(
      address: address, id: id, name: offset("bpf_map", "name").flatMap { guest.string(address &+ $0, limit: 16) } ?? "",
      type: Self.word(mapTypes, guest.value(address, "bpf_map", "map_type")), keySize: number("key_size") ?? 0,
      valueSize: number("value_size") ?? 0, entries: number("max_entries") ?? 0, holders: holders)
  }

  func link(_ address: UInt64, _ holders: [DescriptorHolder]) -> BPFLink? {
    guard let id = offset("bpf_link", "id").flatMap({ guest.u32(address &+ $0) }) else { return nil }
    let program = offset("bpf_link", "prog").flatMap { guest.pointer(address &+ $0) }.flatMap { guest.pointer($0 &+ aux) }
    return BPFLink(
      address: address, id: id, type: Self.word(linkTypes, guest.value(address, "bpf_link", "type")),
      program: program.flatMap { detail in offset("bpf_prog_aux", "id").flatMap { guest.u32(detail &+ $0) } }, holders: holders)
  }
}
