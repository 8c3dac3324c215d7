internal import Domain

/// Memory of processes that their list of mappings lacks: pages in the user half of the page tables where no mapping is, mappings that are counted and
/// not listed, and pages that allow more than their mapping does. Whoever takes a mapping out of the list hides it from /proc/PID/maps, and its code runs on.
struct UnlistedPages {
  struct Finding: Hashable {
    let process: Process
    /// Guest-virtual; nil where only the count of mappings tells.
    let address: UInt64?
    let isWritable: Bool
    let isExecutable: Bool
    /// What the mapping around it allows, as /proc/PID/maps has it; nil where there is none.
    let rights: String?
    /// Mappings by the kernel's count, and in its list.
    let counted: Int
    let listed: Int
  }

  struct Area {
    let range: Range<UInt64>
    /// vm_flags; nil where the kernel's types do not tell.
    let flags: UInt64?
    /// Address of the vm_area_struct.
    let place: UInt64
  }

  /// Mappings of one process, ascending.
  struct Areas {
    var areas: [Area] = []
    var counted = 0
    var listed = 0

    /// Whether a page belongs to mappings at both of its ends.
    func cover(_ page: AddressSpace.Mapping) -> Bool {
      guard let first = area(at: page.virtual) else { return false }
      let end = page.virtual &+ (page.size - 1)
      return first.range.contains(end) || area(at: end) != nil
    }

    func area(at address: UInt64) -> Area? {
      var low = 0
      var high = areas.count
      while low < high {
        let middle = (low + high) / 2
        if areas[middle].range.lowerBound <= address { low = middle + 1 } else { high = middle }
      }
      return low > 0 && areas[low - 1].range.contains(address) ? areas[low - 1] : nil
    }
  }

  private let guest: Guest
  private let start: UInt64
  private let end: UInt64
  private let count: UInt64
  private let flags: UInt64?
  /// Whether this kernel's processor knows pages that hold no code, and the kernel uses them.
  private let disablesCode: Bool

  /// Nil where the kernel's types do not tell of mappings.
  init?(_ guest: Guest) {
    guard let start = guest.kernel.offset("vm_area_struct", "vm_start"), let end = guest.kernel.offset("vm_area_struct", "vm_end"),
      let count = guest.kernel.offset("mm_struct", "map_count"),
      guest.kernel.offset("mm_struct", "mm_mt") != nil || guest.kernel.offset("mm_struct", "mmap") != nil
    else { return nil }
    self.guest = guest
    self.start = start
    self.end = end
    self.count = count
    flags = guest.kernel.offset("vm_area_struct", "vm_flags")
    disablesCode = guest.symbol("__supported_pte_mask").flatMap { guest.u64($0) }.map { $0 >> 63 == 1 } ?? false
  }

  /// The mappings of a process; nil where they contradict themselves, which a tree does for a moment that is being changed.
  func areas(_ mm: UInt64) -> Areas? {
    guard let counted = guest.i32(mm &+ count), let places = places(mm), guest.i32(mm &+ count) == counted else { return nil }
    var areas = Areas(counted: Int(counted), listed: places.count)
    for place in places {
      guard let first = guest.u64(place &+ start), let last = guest.u64(place &+ end), first < last else { return nil }
      areas.areas.append(Area(range: first..<last, flags: flags.flatMap { guest.u64(place &+ $0) }, place: place))
    }
    areas.areas.sort { $0.range.lowerBound < $1.range.lowerBound }
    return areas
  }

  /// Addresses of the mappings of a process; nil where they contradict themselves.
  func places(_ mm: UInt64) -> [UInt64]? {
    if let tree = guest.kernel.offset("mm_struct", "mm_mt") {
      let walk = guest.mapleTree(mm &+ tree, structure: "mm_struct.mm_mt")
      return walk.inconsistency == nil ? walk.entries.map(\.entry) : nil
    }
    guard let first = guest.kernel.offset("mm_struct", "mmap"), let next = guest.kernel.offset("vm_area_struct", "vm_next") else {
      return nil
    }
    var found: [UInt64] = []
    var met: Set<UInt64> = []
    var area = guest.u64(mm &+ first) ?? 0
    while area != 0 {
      guard guest.spend(on: "mm_struct.mmap", at: area), met.insert(area).inserted, met.count <= Guest.walkLimit,
        let following = guest.u64(area &+ next)
      else { return nil }
      found.append(area)
      area = following
    }
    return found
  }

  /// What is told of a process: the first page that no mapping covers, else mappings that are counted and not listed.
  func finding(_ process: Process, _ areas: Areas, _ page: AddressSpace.Mapping?) -> Finding? {
    guard page != nil || areas.counted != areas.listed else { return nil }
    return Finding(
      process: process, address: page?.virtual, isWritable: page?.isWritable ?? false, isExecutable: page?.isExecutable ?? false, rights: nil,
      counted: areas.counted, listed: areas.listed)
  }

  /// VM_WRITE, VM_EXEC; VM_PFNMAP, VM_IO and VM_MIXEDMAP, whose pages a driver maps as it likes (include/linux/mm.h).
  private static let writable: UInt64 = 0x2
  private static let executable: UInt64 = 0x4
  private static let special: UInt64 = 0x1000_4400

  /// Whether a page allows more than its mapping does. One that allows less is usual: pages are opened when they are first written to.
  func exceeds(_ page: AddressSpace.Mapping, _ areas: Areas) -> Bool {
    guard page.isUser, page.isWritable || page.isExecutable, let flags = areas.area(at: page.virtual)?.flags, flags & Self.special == 0
    else { return false }
    return (page.isWritable && flags & Self.writable == 0) || (disablesCode && page.isExecutable && flags & Self.executable == 0)
  }

  /// What is told of a process whose page allows more than its mapping.
  func excess(_ process: Process, _ areas: Areas, _ page: AddressSpace.Mapping) -> Finding {
    let flags = areas.area(at: page.virtual)?.flags ?? 0
    // VM_READ, VM_WRITE, VM_EXEC.
    let rights = zip("rwx", [1, Self.writable, Self.executable]).map { flags & $1 != 0 ? String($0) : "-" }.joined()
    return Finding(
      process: process, address: page.virtual, isWritable: page.isWritable, isExecutable: page.isExecutable, rights: rights,
      counted: areas.counted, listed: areas.listed)
  }

  /// Whether it is still so: a mapping leaves the list before its pages do.
  func stays(_ finding: Finding) -> Bool {
    guard let member = guest.kernel.offset("task_struct", "mm"), let mm = finding.process.mm,
      guest.pointer(finding.process.address &+ member) == mm
    else { return false }
    // Changed just now: the next look tells.
    guard let areas = areas(mm) else { return true }
    guard let address = finding.address else { return areas.counted != areas.listed }
    let page = guest.space(ofProcess: mm)?.mapping(address)
    if finding.rights != nil { return page.map { exceeds($0, areas) } ?? false }
    return page.map { !areas.cover($0) } ?? false
  }

  /// Whether it is so while nobody changes the mappings. A lock that is held at every look is no passing state, and nobody can tell what it hides.
  func isSure(_ finding: Finding) -> Bool {
    guard let mm = finding.process.mm, !isLocked(finding.process), areas(mm) != nil, stays(finding) else { return false }
    return !isLocked(finding.process)
  }

  /// Whether a task holds the lock under which mappings are changed (`mm_struct.mmap_lock`), so that they and the page tables may differ.
  func isLocked(_ process: Process) -> Bool {
    guard let mm = process.mm,
      let lock = guest.kernel.offset("mm_struct", "mmap_lock") ?? guest.kernel.offset("mm_struct", "mmap_sem")
    else { return false }
    if let count = guest.kernel.offset("rw_semaphore", "count") { return guest.u64(mm &+ lock &+ count) != 0 }
    // With PREEMPT_RT readers are counted from a bias on (READER_BIAS, include/linux/rwbase_rt.h).
    guard let readers = guest.kernel.offset("rw_semaphore", "rwbase.readers") else { return false }
    return guest.u32(mm &+ lock &+ readers) != 1 << 31
  }
}

extension UnlistedPages.Finding {
  /// pid, name, task, address or null, writable, executable, rights of the mapping or null, counted, listed.
  var factValue: FactValue {
    [
      "pid": .int(Int64(process.pid)), "name": .string(process.name), "task": addressValue(process.address),
      "address": address.map(addressValue) ?? .null, "writable": .bool(isWritable), "executable": .bool(isExecutable),
      "rights": rights.map(FactValue.string) ?? .null, "counted": .int(Int64(counted)), "listed": .int(Int64(listed)),
    ]
  }
}
