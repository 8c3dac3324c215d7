/// The free lists of the kernel's allocator of small objects (SLUB, mm/slub.c).
///
/// Each free object holds the address of the next one, in its own page; the head of the list and the count of objects in use stand
/// elsewhere, in the structure of the page or of the processor. The kernel changes both in one step, thousands of times in a second, so that
/// memory of one moment has none that is broken. Of pages that were copied one after the other while a guest worked some are.
struct FreeLists {
  private let guest: Guest
  private let caches: UInt64
  private let link: UInt64
  private let place: UInt64
  private let node: UInt64
  private let nodeStep: UInt64
  private let random: UInt64?
  private let processor: UInt64?
  /// "slab", which lay in struct page before 5.17.
  private let slab: String
  private let head: UInt64
  private let counters: UInt64
  private let slabList: UInt64
  private let partial: UInt64
  private let step: UInt64
  private let base: UInt64

  /// Caches, and slabs of one list, that are looked at.
  private static let cacheLimit = 4096
  private static let slabLimit = 1024

  /// Nil for a kernel with another allocator, or whose types do not tell.
  init?(_ guest: Guest) {
    let kernel = guest.kernel
    let slab = kernel.offset("slab", "freelist") == nil ? "page" : "slab"
    guard let caches = guest.symbol("slab_caches"), let link = kernel.offset("kmem_cache", "list"),
      let place = kernel.offset("kmem_cache", "offset"), let node = Self.nodes(kernel),
      let head = kernel.offset(slab, "freelist"), let counters = kernel.offset(slab, "counters"),
      let slabList = kernel.offset(slab, "slab_list"), let partial = kernel.offset("kmem_cache_node", "partial"),
      let step = kernel.size("page"), (32...256).contains(step), let base = guest.symbol("vmemmap_base").flatMap({ guest.pointer($0) })
    else { return nil }
    self.guest = guest
    self.caches = caches
    self.link = link
    self.place = place
    self.node = node.place
    nodeStep = node.step
    random = kernel.offset("kmem_cache", "random")
    processor = kernel.offset("kmem_cache", "cpu_slab")
    self.slab = slab
    self.head = head
    self.counters = counters
    self.slabList = slabList
    self.partial = partial
    self.step = step
    self.base = base
  }

  /// Where a cache keeps the addresses of what it has for each node: beside another one each from 7.1 on.
  private static func nodes(_ kernel: Kernel) -> (place: UInt64, step: UInt64)? {
    if let place = kernel.offset("kmem_cache", "node") { return (place, 8) }
    guard let place = kernel.offset("kmem_cache", "per_node"), let own = kernel.offset("kmem_cache_per_node_ptrs", "node"),
      let step = kernel.size("kmem_cache_per_node_ptrs")
    else { return nil }
    return (place &+ own, step)
  }

  /// How many lists are broken; counting ends at `limit`.
  func broken(limit: Int) -> Int {
    var count = 0
    let nodes = UInt64(min(guest.symbol("nr_node_ids").flatMap { guest.u32($0) } ?? 1, 1024))
    let areas = guest.processorAreas
    let walk = guest.list(head: caches, offset: link, structure: "slab_caches", limit: Self.cacheLimit)
    for cache in walk.entries {
      guard count < limit, let secret = secret(cache), let next = guest.u32(cache &+ place), next < 1 << 16 else { break }
      let chain = Chain(next: UInt64(next), secret: secret)
      for index in 0..<nodes {
        guard let owner = guest.pointer(cache &+ node &+ nodeStep &* index) else { continue }
        count += brokenPartial(owner &+ partial, chain)
      }
      if let processor, let own = guest.pointer(cache &+ processor) {
        for area in areas where guest.spend(8, on: "kmem_cache_cpu", at: cache) { count += brokenActive(area &+ own, cache, chain) }
      }
    }
    // Where the steps are used up lists only look broken.
    return guest.isExhausted ? 0 : min(count, limit)
  }

  /// How a cache's objects lead to each other.
  private struct Chain {
    /// Offset of the address in an object.
    let next: UInt64
    /// What it is mixed with (CONFIG_SLAB_FREELIST_HARDENED).
    let secret: UInt64?
  }

  private func secret(_ cache: UInt64) -> UInt64?? {
    guard let random else { return .some(nil) }
    return guest.u64(cache &+ random).map { .some($0) }
  }

  /// Slabs of a node, which no processor takes objects from at the time.
  private func brokenPartial(_ list: UInt64, _ chain: Chain) -> Int {
    let walk = guest.list(head: list, offset: slabList, structure: "kmem_cache_node.partial", limit: Self.slabLimit)
    if let fault = walk.inconsistency, !fault.reason.hasPrefix("the list has more than") { return 1 }
    return walk.entries.count(where: { !isWhole($0, chain) })
  }

  /// The list that a processor takes objects from, and the slabs that it keeps for itself.
  private func brokenActive(_ area: UInt64, _ cache: UInt64, _ chain: Chain) -> Int {
    guard let freelist = guest.kernel.offset("kmem_cache_cpu", "freelist"),
      let current = guest.kernel.offset("kmem_cache_cpu", "slab") ?? guest.kernel.offset("kmem_cache_cpu", "page")
    else { return 0 }
    var count = 0
    if let first = guest.pointer(area &+ freelist), let page = guest.pointer(area &+ current), length(page, from: first, chain) == nil {
      count += 1
    }
    guard let partial = guest.kernel.offset("kmem_cache_cpu", "partial"), let next = guest.kernel.offset(slab, "next"),
      let owner = guest.slabCacheOffset
    else { return count }
    var page = guest.pointer(area &+ partial)
    for _ in 0..<Self.slabLimit {
      guard let here = page else { break }
      guard guest.u64(here &+ owner) == cache, isWhole(here, chain) else { return count + 1 }
      page = guest.pointer(here &+ next)
    }
    return count
  }

  /// Whether as many objects are in a slab's list as are not in use.
  private func isWhole(_ page: UInt64, _ chain: Chain) -> Bool {
    guard let first = guest.u64(page &+ head), let counts = counts(page), let found = length(page, from: first, chain) else { return false }
    return found + counts.used == counts.objects
  }

  /// inuse, objects and frozen have 16, 15 and 1 bits.
  private func counts(_ page: UInt64) -> (used: UInt64, objects: UInt64)? {
    guest.u64(page &+ counters).map { ($0 & 0xFFFF, $0 >> 16 & 0x7FFF) }
  }

  /// Objects from one on to the end of the list; nil where it leads out of its slab or does not end.
  private func length(_ page: UInt64, from first: UInt64, _ chain: Chain) -> UInt64? {
    guard page >= base, (page - base) % step == 0, let counts = counts(page) else { return nil }
    let frame = (page - base) / step
    guard frame < guest.memory.end >> 12 else { return nil }
    let start = guest.kernel.directMap &+ frame << 12
    var object = first
    var count: UInt64 = 0
    while object != 0 {
      let place = object &+ chain.next
      // The largest slab has 2^10 pages.
      guard object &- start < 1 << 22, count < counts.objects, guest.spend(on: "kmem_cache", at: object), let word = guest.u64(place) else {
        return guest.isExhausted ? count : nil
      }
      count += 1
      object = chain.secret.map { word ^ $0 ^ place.byteSwapped } ?? word
    }
    return count
  }
}

extension Guest {
  /// Where the variables of each processor lie.
  var processorAreas: [UInt64] {
    guard let offsets = symbol("__per_cpu_offset") else { return [] }
    let count = min(symbol("nr_cpu_ids").flatMap { u32($0) } ?? 1, 8192)
    return (0..<UInt64(count)).compactMap { u64(offsets &+ 8 &* $0) }
  }

  /// Places that contradict each other as they do not in memory of one moment: free lists, and processors whose task does not run on any.
  /// Counting ends at `limit`.
  func contradictions(limit: Int = 64) -> Int {
    let lists = FreeLists(self)?.broken(limit: limit) ?? 0
    guard let queues = symbol("runqueues"), let current = kernel.offset("rq", "curr") else { return lists }
    let areas = processorAreas
    // An int, and a byte in later kernels.
    let strayed = areas.count(where: { area in
      pointer(area &+ queues &+ current).flatMap { value($0, "task_struct", "on_cpu") } == 0
    })
    // A processor that is just changing from one task to the next looks so; a quarter of many does not at once.
    return min(lists + (strayed * 4 >= areas.count ? strayed : min(strayed, 1)), limit)
  }
}
