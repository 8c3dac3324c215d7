internal import Domain

/// The user half of processes' page tables: pages of the kernel's image that a program can reach by an address of its own, and pages that are marked as
/// the kernel's among those of a program, which the processor runs with the kernel's rights although they hold what the program wrote there.
struct UserTables {
  enum Kind: String {
    /// A page of the kernel's code, or one of its data that can be written.
    case image
    /// A page without the user bit.
    case supervisor
  }

  struct Page: Hashable {
    let process: Process
    let kind: Kind
    /// Guest-virtual, in the process.
    let address: UInt64
    /// Guest-physical.
    let physical: UInt64
    let isWritable: Bool
    /// Where the image has this page; guest-virtual, and 0 for a page of none of its parts.
    let place: UInt64
  }

  private let guest: Guest
  /// Code, constants and data of the image, guest-physical, with the distance to their addresses. What the kernel freed after boot is a program's lawfully.
  private let parts: [(range: Range<UInt64>, isCode: Bool)]
  private let distance: UInt64
  private static let reportLimit = 64
  private static let tableLimit = 1 << 18

  init(_ guest: Guest, _ text: Range<UInt64>) {
    self.guest = guest
    let kernel = guest.kernel
    distance = text.lowerBound &- kernel.physical(text.lowerBound)
    var parts: [(range: Range<UInt64>, isCode: Bool)] = []
    for (first, last) in [("_stext", "_etext"), ("__start_rodata", "__end_rodata"), ("_sdata", "_edata"), ("__bss_start", "__bss_stop")] {
      guard let start = guest.symbol(first), let end = guest.symbol(last), start < end, kernel.image.contains(start),
        kernel.image.contains(end - 1)
      else { continue }
      let place = kernel.physical(start)
      parts.append((place..<place + (end - start), first == "_stext"))
    }
    self.parts = parts
  }

  /// What the tables of all processes show.
  struct Reached {
    /// One page of each kind for each process at most, the first.
    var pages: [Page] = []
    /// What the list of mappings lacks, or does not allow.
    var unlisted: [UnlistedPages.Finding] = []
    /// Processes that run another file than the one that they are said to.
    var programs: [ProgramFiles.Difference] = []
    /// Processes whose mappings contradict themselves, as they do while they are changed, so that nothing can be said of them.
    var broken: [Process] = []
    /// Those of an image whose mappings contradict themselves although nobody was changing them.
    var contradicting: [Process] = []
    /// What ended the reading of a process that is still there.
    var fault: Inconsistency?
  }

  func reached(_ processes: [Process]) -> Reached {
    var reached = Reached()
    let lists = UnlistedPages(guest)
    let files = ProgramFiles(guest)
    var met: Set<UInt64> = []
    for process in processes where reached.pages.count < Self.reportLimit && !process.isKernelThread {
      guard let mm = process.mm, met.insert(mm).inserted, let space = guest.space(ofProcess: mm) else { continue }
      var kinds: Set<Kind> = []
      let areas = lists.flatMap { settled($0, process, mm, &reached) }
      var stray: AddressSpace.Mapping?
      var open: AddressSpace.Mapping?
      do throws(AddressSpace.Stop) {
        try space.visit(from: 0, through: Self.last(guest), limit: Self.tableLimit, budget: guest.budget) { mapping in
          if stray == nil, let areas, !areas.cover(mapping) { stray = mapping }
          if open == nil, let areas, let lists, lists.exceeds(mapping, areas) { open = mapping }
          guard let page = judge(mapping, process), kinds.insert(page.kind).inserted else { return }
          reached.pages.append(page)
        }
      } catch {
        // Those of a process that has just ended are other memory already.
        guard reached.fault == nil, !guest.isExhausted, space.root == guest.space(ofProcess: mm)?.root, isThere(process) else { continue }
        reached.fault = Inconsistency(structure: "mm_struct.pgd", address: mm, reason: "the page tables have no end")
      }
      guard let areas, let lists, reached.unlisted.count < Self.reportLimit else { continue }
      if let finding = lists.finding(process, areas, stray) { reached.unlisted.append(finding) }
      if let open { reached.unlisted.append(lists.excess(process, areas, open)) }
      if reached.programs.count < Self.reportLimit, let difference = files?.difference(process, mm, areas), isThere(process) {
        reached.programs.append(difference)
      }
    }
    return reached
  }

  /// The mappings of a process, looked at again where they contradict themselves.
  private func settled(
    _ lists: UnlistedPages, _ process: Process, _ mm: UInt64, _ reached: inout Reached
  ) -> UnlistedPages.Areas? {
    var looks = SecondLook(guest)
    repeat {
      if let areas = lists.areas(mm) { return areas }
      // One fault is told, and waited for once.
    } while reached.fault == nil && isThere(process) && !guest.isExhausted && looks.again()
    guard isThere(process) else { return nil }
    switch (guest.isRunning, lists.isLocked(process)) {
    case (true, false) where reached.fault == nil && !guest.isExhausted:
      reached.fault = Inconsistency(structure: "mm_struct.mm_mt", address: mm, reason: "the mappings contradict themselves")
    // The pages of an image may be of different moments.
    case (false, false): reached.contradicting.append(process)
    // With the lock held they may just be changed; of more faults than one the first is told.
    default: reached.broken.append(process)
    }
    return nil
  }

  private static func last(_ guest: Guest) -> UInt64 { guest.space.levels == 5 ? 0x00FF_FFFF_FFFF_FFFF : 0x0000_7FFF_FFFF_FFFF }

  private func judge(_ mapping: AddressSpace.Mapping, _ process: Process) -> Page? {
    let end = mapping.physical &+ (mapping.size - 1)
    let part = parts.first { mapping.physical < $0.range.upperBound && end >= $0.range.lowerBound && isReserved(mapping.physical) }
    let kind: Kind
    if !mapping.isUser {
      kind = .supervisor
    } else if let part, part.isCode || mapping.isWritable {
      kind = .image
    } else {
      return nil
    }
    return Page(
      process: process, kind: kind, address: mapping.virtual, physical: mapping.physical, isWritable: mapping.isWritable,
      place: part.map { max(mapping.physical, $0.range.lowerBound) &+ distance } ?? 0)
  }

  /// Whether a page of the image is the kernel's still: parts of it that only the boot needed are given back, which takes this mark away.
  private func isReserved(_ place: UInt64) -> Bool {
    guard let bit = guest.kernel.types.value("pageflags", "PG_reserved"), (0..<64).contains(bit), let page = guest.pageStructure(place),
      let flags = guest.u64(page)
    else { return true }
    return flags >> UInt64(bit) & 1 == 1
  }

  private func isThere(_ process: Process) -> Bool {
    guard let member = guest.kernel.offset("task_struct", "mm") else { return false }
    return guest.pointer(process.address &+ member) == process.mm
  }

  /// Whether a page is still so: a process that ends gives its tables back.
  func stays(_ page: Page) -> Bool {
    guard isThere(page.process), let mm = page.process.mm, let mapping = guest.space(ofProcess: mm)?.mapping(page.address) else {
      return false
    }
    return judge(mapping, page.process) == page
  }
}

extension UserTables.Page {
  /// pid, name, task, kind, address, physical, writable, at: where the image has it, or null.
  func factValue(_ code: CodeMap) -> FactValue {
    [
      "pid": .int(Int64(process.pid)), "name": .string(process.name), "task": addressValue(process.address), "kind": .string(kind.rawValue),
      "address": addressValue(address), "physical": addressValue(physical), "writable": .bool(isWritable),
      "at": place == 0 ? .null : code.fact(place),
    ]
  }
}
