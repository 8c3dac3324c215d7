/// One mapping of a process, as `vm_area_struct` tells it and /proc/PID/maps shows it.
public struct MemoryMapping: Sendable, Hashable {
  /// First address; guest-virtual.
  public let start: UInt64
  /// One past the last address.
  public let end: UInt64
  public let isReadable: Bool
  public let isWritable: Bool
  public let isExecutable: Bool
  public let isShared: Bool
  /// Path of the mapped file, with " (deleted)" where it has no name any more; nil for anonymous memory.
  public let file: String?
  /// "[heap]", "[stack]" or "[vdso]" for the mappings of that use; nil for others.
  public let use: String?

  /// "r-xp", as /proc/PID/maps writes it.
  public var permissions: String {
    "\(isReadable ? "r" : "-")\(isWritable ? "w" : "-")\(isExecutable ? "x" : "-")\(isShared ? "s" : "p")"
  }
}

extension Guest {
  /// The mappings of an `mm_struct`, ascending, with the first contradiction in its tree or list.
  ///
  /// Since Linux 6.1 they lie in a maple tree (`mm_mt`), before in a list (`mmap`).
  public func mappings(of mm: UInt64) throws(IntrospectionError) -> (mappings: [MemoryMapping], inconsistency: Inconsistency?) {
    let guest = bounded()
    let view = try MappingView(guest)
    if let tree = kernel.offset("mm_struct", "mm_mt") {
      let walk = guest.mapleTree(mm &+ tree, structure: "mm_struct.mm_mt")
      // The areas tell their own addresses, which need not be those of the tree.
      let found = walk.entries.compactMap { view.mapping($0.entry, in: mm) }.sorted { $0.start < $1.start }
      return (found, guest.budget?.exhaustion ?? walk.inconsistency)
    }
    guard let first = kernel.offset("mm_struct", "mmap"), let next = kernel.offset("vm_area_struct", "vm_next") else {
      throw .missing(path: memory.path, what: "the member mm_struct.mm_mt")
    }
    var found: [MemoryMapping] = []
    var met: Set<UInt64> = []
    var area = u64(mm &+ first) ?? 0
    while area != 0 {
      guard guest.spend(on: "mm_struct.mmap", at: area) else {
        return (found.sorted { $0.start < $1.start }, guest.exhausted("mm_struct.mmap", area))
      }
      guard met.insert(area).inserted, met.count <= Self.walkLimit, let mapping = view.mapping(area, in: mm),
        let following = u64(area &+ next)
      else {
        return (
          found.sorted { $0.start < $1.start },
          Inconsistency(structure: "mm_struct.mmap", address: area, reason: "the list runs in a circle or an entry is not mapped")
        )
      }
      found.append(mapping)
      area = following
    }
    return (found.sorted { $0.start < $1.start }, nil)
  }
}

/// Reads mappings by the offsets of one kernel.
private struct MappingView {
  let guest: Guest
  private let start: UInt64
  private let end: UInt64
  private let flags: UInt64
  private let file: UInt64

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    start = try guest.required("vm_area_struct", "vm_start")
    end = try guest.required("vm_area_struct", "vm_end")
    flags = try guest.required("vm_area_struct", "vm_flags")
    file = try guest.required("vm_area_struct", "vm_file")
  }

  /// Nil for an area that cannot be read or ends before it begins.
  func mapping(_ area: UInt64, in mm: UInt64) -> MemoryMapping? {
    guard let first = guest.u64(area &+ start), let last = guest.u64(area &+ end), first < last, let bits = guest.u64(area &+ flags) else {
      return nil
    }
    let path = guest.pointer(area &+ file).flatMap { guest.path(ofFile: $0) }
    // VM_READ, VM_WRITE, VM_EXEC, VM_SHARED (include/linux/mm.h).
    return MemoryMapping(
      start: first, end: last, isReadable: bits & 1 != 0, isWritable: bits & 2 != 0, isExecutable: bits & 4 != 0, isShared: bits & 8 != 0,
      file: path, use: path == nil ? use(first, last, mm) : nil)
  }

  private func use(_ first: UInt64, _ last: UInt64, _ mm: UInt64) -> String? {
    func value(_ member: String) -> UInt64? { guest.kernel.offset("mm_struct", member).flatMap { guest.u64(mm &+ $0) } }
    if let from = value("start_brk"), let to = value("brk"), first <= to, last > from, from != to { return "[heap]" }
    if let stack = value("start_stack"), first <= stack, last > stack { return "[stack]" }
    if let vdso = value("context.vdso"), vdso == first { return "[vdso]" }
    return nil
  }
}
