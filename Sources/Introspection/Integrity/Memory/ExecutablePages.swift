internal import Domain

/// Pages of the kernel's half. None that can be executed should be writable, through its own address or through another one, and each
/// should belong to somebody; the image and the direct map lie in one piece; and none is open to user programs.
extension IntegrityReader {
  static let pageTableLimit = 1 << 18
  private static let areaLimit = 4096

  mutating func executable() -> IntegrityFacts.State {
    var found = PageFindings()
    var isCut = false
    var aliases = Aliases()
    let closed = constants
    let first = guest.space.levels == 5 ? 0xFF00_0000_0000_0000 : 0xFFFF_8000_0000_0000 as UInt64
    do throws(AddressSpace.Stop) {
      try guest.space.visit(from: first, through: .max, limit: Self.pageTableLimit) { page in
        aliases.add(page)
        if let place = linear(page.virtual), place != page.physical, found.moved.count < Self.reportLimit {
          found.moved.append(page)
        }
        if page.isUser, page.virtual != Self.vsyscall, found.open.count < Self.reportLimit { found.open.append(page) }
        if page.isWritable, let closed, page.overlaps(closed), found.writable.count < Self.reportLimit { found.writable.append(page) }
        guard page.isExecutable, !page.isUser else { return }
        guard found.areas.count < Self.areaLimit else {
          isCut = true
          return
        }
        found.areas.append(page, code)
      }
    } catch {
      note(Inconsistency(structure: "init_top_pgt", address: guest.space.root, reason: "the page tables have no end"))
      return .unreadable("the kernel's page tables have no end")
    }
    if isCut {
      note(Inconsistency(structure: "init_top_pgt", address: guest.space.root, reason: "more than \(Self.areaLimit) areas can be executed"))
    }
    if aliases.isCut {
      let reason = "more than \(Aliases.limit) pages are mapped; the rest was not compared"
      note(Inconsistency(structure: "init_top_pgt", address: guest.space.root, reason: reason))
    }
    found.pairs = aliases.shared(limit: Self.reportLimit)
    if let processes = try? guest.processes() {
      found.own = ProcessTables(guest).differences(processes.processes)
      let reached = UserTables(guest, code.text).reached(processes.processes)
      found.reached = reached.pages
      found.unlisted = reached.unlisted
      found.broken = reached.broken
      found.contradicting = reached.contradicting
      found.programs = reached.programs
      (found.shared, found.unshared) = SharedCode(guest).differences(processes.processes)
      if let fault = reached.fault { note(fault) }
    }
    settle(&found)
    return .present(.object(members(found)))
  }

  private func members(_ found: PageFindings) -> [FactValue.Member] {
    let rows = found.areas.map { area -> FactValue in
      [
        "start": addressValue(area.start), "end": addressValue(area.end), "writable": .bool(area.isWritable), "owner": area.owner.factValue,
        "text": area.isModuleText.map(FactValue.bool) ?? .null,
      ]
    }
    let shared = found.pairs.map { pair -> FactValue in
      ["at": code.fact(pair.executable), "writable": addressValue(pair.writable), "physical": addressValue(pair.physical)]
    }
    let elsewhere = found.moved.map { page -> FactValue in
      [
        "at": code.fact(page.virtual), "physical": addressValue(page.physical),
        "expected": linear(page.virtual).map(addressValue) ?? .null, "size": .int(Int64(page.size)),
      ]
    }
    let reachable = found.open.map { page -> FactValue in
      ["at": code.fact(page.virtual), "size": .int(Int64(page.size)), "writable": .bool(page.isWritable)]
    }
    let writable = found.writable.map { page -> FactValue in ["at": code.fact(page.virtual), "size": .int(Int64(page.size))] }
    return [
      .init("areas", .array(rows)), .init("moved", .array(elsewhere)), .init("open", .array(reachable)), .init("aliases", .array(shared)),
      .init("processes", .array(found.own.map { $0.factValue(levels: guest.space.levels) })), .init("constants", .array(writable)),
      .init("reached", .array(found.reached.map { $0.factValue(code) })),
      .init("unlisted", .array(found.unlisted.filter { $0.rights == nil }.map(\.factValue))),
      .init("exceeding", .array(found.unlisted.filter { $0.rights != nil }.map(\.factValue))),
      .init("programs", .array(found.programs.filter { $0.isSure }.map { $0.factValue(guest) })),
      .init("layered", names(found.programs.filter { !$0.isSure }.map(\.process))),
      .init("vdso", vdso(found)),
      .init(
        "strays",
        .array(strays(found.areas).map { ["kind": .string($0.kind.rawValue), "start": addressValue($0.start), "end": addressValue($0.end)] })),
      .init("locked", names(found.locked.map(\.process))), .init("unjudged", names(found.broken)),
      .init("contradicting", names(found.contradicting)),
    ]
  }

  private func names(_ processes: [Process]) -> FactValue {
    .array(processes.prefix(Self.reportLimit).map { .string("\($0.name) (\($0.pid))") })
  }

  /// What processes and the kernel's own image hold in the place of the code that all programs share. A debugger sets breakpoints there lawfully.
  private func vdso(_ found: PageFindings) -> FactValue {
    let shared = SharedCode(guest)
    var unjudged = shared.unread.map(\.name)
    var odd: [FactValue] = []
    for image in shared.images {
      let (oddities, kinds) = shared.oddities(image)
      unjudged += kinds.map { "\(image.name): \($0)" }
      odd += oddities.prefix(Self.reportLimit).map { oddity in
        [
          "image": .string(image.name), "offset": addressValue(UInt64(oddity.place)), "kind": .string(oddity.kind.rawValue),
          "bytes": .string(image.bytes[oddity.place..<min(oddity.place + 16, image.bytes.count)].hexadecimal),
        ]
      }
    }
    return [
      "images": .array(shared.images.map { .string($0.name) }), "odd": .array(odd),
      "processes": .array(found.shared.filter { !$0.isBreakpoint }.map { $0.factValue(traced: shared.isTraced($0.process)) }),
      "breakpoints": names(found.shared.filter(\.isBreakpoint).map(\.process)),
      "unjudged": .array(unjudged.map(FactValue.string) + (names(found.unshared).elements ?? [])),
    ]
  }

  private static let reportLimit = 64
  /// The page of system calls that are answered without the kernel, which all programs may read (arch/x86/entry/vsyscall).
  private static let vsyscall: UInt64 = 0xFFFF_FFFF_FF60_0000

  /// Where processors read their interrupt table, which the kernel itself writes by another address (CPU_ENTRY_AREA_RO_IDT,
  /// arch/x86/include/asm/cpu_entry_area.h).
  private static let interruptTable: UInt64 = 0xFFFF_FE00_0000_0000

  /// Where a page of the image, of the direct map or of the interrupt table must lie; nil for other addresses.
  func linear(_ address: UInt64) -> UInt64? {
    let kernel = guest.kernel
    if address == Self.interruptTable { return guest.symbol("idt_table").map(kernel.physical) }
    if kernel.image.contains(address) { return kernel.physical(address) }
    let direct = address &- kernel.directMap
    return direct < guest.memory.end ? direct : nil
  }
}

/// What a walk over the page tables has to tell.
struct PageFindings {
  var areas: [CodeArea] = []
  /// Pages of the image and of the direct map that lie elsewhere.
  var moved: [AddressSpace.Mapping] = []
  /// Pages that user programs reach.
  var open: [AddressSpace.Mapping] = []
  /// Pages of the image's constants that can be written.
  var writable: [AddressSpace.Mapping] = []
  var pairs: [Aliases.Pair] = []
  var own: [ProcessTables.Difference] = []
  var reached: [UserTables.Page] = []
  var unlisted: [UnlistedPages.Finding] = []
  /// Of these, those of processes whose mappings were being changed at every look.
  var locked: [UnlistedPages.Finding] = []
  /// Processes whose mappings contradict themselves: while they are changed, and else.
  var broken: [Process] = []
  var contradicting: [Process] = []
  /// Processes that run another file than the one that they are said to.
  var programs: [ProgramFiles.Difference] = []
  /// Processes whose shared code is their own.
  var shared: [SharedCode.Difference] = []
  /// Processes of which that cannot be told.
  var unshared: [Process] = []
}

extension AddressSpace.Mapping {
  func overlaps(_ range: Range<UInt64>) -> Bool { virtual < range.upperBound && virtual &+ (size - 1) >= range.lowerBound }
}

/// Pages in a row that can be executed, with one owner.
struct CodeArea {
  var start: UInt64
  /// Of the last byte.
  var end: UInt64
  let isWritable: Bool
  let owner: CodeOwner
  /// Whether it belongs to the code of a module; nil for other owners.
  let isModuleText: Bool?
}

extension [CodeArea] {
  /// Adds a page that follows all that were added before.
  mutating func append(_ page: AddressSpace.Mapping, _ code: CodeMap) {
    let end = page.virtual &+ (page.size - 1)
    let owner = code.area(page.virtual, end)
    let isText = owner.kind == .module ? code.moduleTexts.index(overlapping: page.virtual..<Swift.max(page.virtual, end)) != nil : nil
    if let last, last.end &+ 1 == page.virtual, last.isWritable == page.isWritable, last.owner == owner, last.isModuleText == isText {
      self[count - 1].end = end
    } else {
      append(CodeArea(start: page.virtual, end: end, isWritable: page.isWritable, owner: owner, isModuleText: isText))
    }
  }
}

/// Physical pages that are executable through one address and writable through another.
struct Aliases {
  /// One of them.
  struct Pair {
    let executable: UInt64
    let writable: UInt64
    let physical: UInt64
  }

  private struct Part {
    let physical: Range<UInt64>
    let virtual: UInt64
  }

  private var executable: [Part] = []
  private var writable: [Part] = []
  /// A guest's kernel half has some ten thousands.
  static let limit = 1 << 20
  /// Whether there were more.
  private(set) var isCut = false

  mutating func add(_ page: AddressSpace.Mapping) {
    guard page.isExecutable != page.isWritable, page.physical <= .max - page.size else { return }
    guard executable.count + writable.count < Self.limit else {
      isCut = true
      return
    }
    let part = Part(physical: page.physical..<page.physical + page.size, virtual: page.virtual)
    if page.isExecutable { executable.append(part) } else { writable.append(part) }
  }

  /// At most `limit` of them. The cost is that of sorting the pages that can be executed, however often a hostile guest maps one.
  func shared(limit: Int) -> [Pair] {
    var found: [Pair] = []
    let code = disjoint
    for part in writable where found.count < limit {
      // The first of the pieces that ends behind the page's beginning.
      var low = 0
      var high = code.count
      while low < high {
        let middle = (low + high) / 2
        if code[middle].physical.upperBound <= part.physical.lowerBound { low = middle + 1 } else { high = middle }
      }
      guard low < code.count, code[low].physical.overlaps(part.physical) else { continue }
      let place = max(code[low].physical.lowerBound, part.physical.lowerBound)
      found.append(
        Pair(
          executable: code[low].virtual + (place - code[low].physical.lowerBound),
          writable: part.virtual + (place - part.physical.lowerBound), physical: place))
    }
    return found
  }

  /// The pages that can be executed, in physical order and each byte once.
  private var disjoint: [Part] {
    var pieces: [Part] = []
    var end: UInt64 = 0
    for part in executable.sorted(by: { $0.physical.lowerBound < $1.physical.lowerBound }) where part.physical.upperBound > end {
      let start = max(end, part.physical.lowerBound)
      pieces.append(Part(physical: start..<part.physical.upperBound, virtual: part.virtual &+ (start - part.physical.lowerBound)))
      end = part.physical.upperBound
    }
    return pieces
  }
}

extension CodeMap {
  /// The owner of an executable page: of any part of it, since an area need not begin at a page.
  fileprivate func area(_ first: UInt64, _ last: UInt64) -> CodeOwner {
    if guest.kernel.image.overlaps(first..<max(first, last)) {
      // No page of the image can be executed but those of its code.
      let code = text.lowerBound & ~4095..<(text.upperBound &+ 4095) & ~4095
      return code.overlaps(first..<max(first, last)) ? CodeOwner(.kernel) : owner(of: first)
    }
    let range = first..<max(first, last)
    if let module = modulePlaces.index(overlapping: range) { return CodeOwner(.module, name: modules[module].name) }
    if let area = generatedPlaces.index(overlapping: range) { return CodeOwner(generated[area].owner, name: generated[area].name) }
    return maker(first, last) ?? CodeOwner(.none)
  }
}
