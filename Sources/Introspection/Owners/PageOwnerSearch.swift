extension Guest {
  /// Tells who uses some pages of physical memory: one walk over the page tables of all processes and of the kernel, then `struct page`
  /// for what neither of them maps.
  ///
  /// - Parameter addresses: guest-physical, of any byte of a page.
  /// - Throws: `missing` for a kernel whose processes cannot be told.
  public func owners(of addresses: some Sequence<UInt64>) throws(IntrospectionError) -> PageOwners {
    let guest = bounded()
    var search = PageOwnerSearch(guest, addresses: addresses)
    if search.pages.isEmpty { return PageOwners(byPage: [:], inconsistencies: []) }
    let processes = try guest.processes()
    // Who is missing there maps pages that nobody sees here.
    for fault in processes.inconsistencies { search.note(fault) }
    for process in processes.processes where !guest.isExhausted { try search.visit(process) }
    search.visitKernel()
    for page in search.pages where search.owners[page] == nil { search.owners[page] = [search.describe(page)] }
    return PageOwners(byPage: search.owners, inconsistencies: guest.told(search.inconsistencies))
  }
}

struct PageOwnerSearch {
  /// Processes told of one page at most: thousands may map a page of the C library.
  static let mostOwners = 16
  /// Tables read for one address space at most. A process that maps 512 GiB has as many.
  private static let tableLimit = 1 << 18

  let guest: Guest
  let pages: Set<UInt64>
  /// The first address of each page that was asked for.
  private var asked: [UInt64: UInt64] = [:]
  private let sorted: [UInt64]
  var owners: [UInt64: [PageOwner]] = [:]
  private(set) var inconsistencies: [Inconsistency] = []
  private var seen: Set<UInt64> = []
  private let modules: [(range: Range<UInt64>, name: String)]

  init(_ guest: Guest, addresses: some Sequence<UInt64>) {
    self.guest = guest
    for address in addresses {
      let page = address & ~(PageOwners.pageSize - 1)
      asked[page] = min(asked[page] ?? address, address)
    }
    pages = Set(asked.keys)
    sorted = pages.sorted()
    modules = guest.moduleRanges().sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// Where pages are mapped; each page so often as owners are told of it, and no more of what tables that point to themselves repeat.
  private struct Places {
    private(set) var all: [(page: UInt64, virtual: UInt64)] = []
    private var counts: [UInt64: Int] = [:]

    mutating func add(_ page: UInt64, _ virtual: UInt64) {
      guard counts[page, default: 0] < PageOwnerSearch.mostOwners else { return }
      counts[page, default: 0] += 1
      all.append((page, virtual))
    }
  }

  /// Pages among those asked for that a mapping covers.
  private func hits(_ mapping: AddressSpace.Mapping) -> ArraySlice<UInt64> {
    if mapping.size == PageOwners.pageSize { return pages.contains(mapping.physical) ? [mapping.physical] : [] }
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < mapping.physical { low = middle + 1 } else { high = middle }
    }
    return sorted[low...].prefix { $0 < mapping.physical + mapping.size }
  }

  mutating func note(_ fault: Inconsistency) {
    if inconsistencies.count < 100 { inconsistencies.append(fault) }
  }

  /// Marks the pages that a process maps. Processes that share their memory are all told.
  mutating func visit(_ process: Process) throws(IntrospectionError) {
    guard let mm = process.mm, let space = guest.space(ofProcess: mm) else { return }
    var found = Places()
    let top: UInt64 = space.levels == 5 ? 1 << 56 : 1 << 47
    do throws(AddressSpace.Stop) {
      try space.visit(from: 0, through: top - 1, limit: Self.tableLimit, budget: guest.budget) { mapping in
        for page in hits(mapping) {
          guard guest.spend(on: "page tables", at: mm) else { break }
          found.add(page, mapping.virtual + (page - mapping.physical))
        }
      }
    } catch {
      if !guest.isExhausted {
        note(Inconsistency(structure: "mm_struct.pgd", address: mm, reason: "the page tables of process \(process.pid) have no end"))
      }
    }
    if found.all.isEmpty { return }
    let areas = try guest.mappings(of: mm)
    if let fault = areas.inconsistency { note(fault) }
    for (page, virtual) in found.all where owners[page, default: []].count < Self.mostOwners {
      let mapping = areas.mappings.last(upTo: virtual) { $0.start }.flatMap { virtual < $0.end ? $0 : nil }
      owners[page, default: []].append(
        PageOwner(.process, pid: process.pid, name: process.name, virtual: virtual, mapping: mapping, file: mapping?.file))
    }
  }

  /// Marks the pages of the kernel's image, of its modules, and of what it maps behind them; not those of the direct map, which holds every
  /// page, and not those that the image has given back: its initial sections, and the gaps between sections.
  mutating func visitKernel() {
    let kernel = guest.kernel
    let image = kernel.physical(kernel.image.lowerBound)..<kernel.physical(kernel.image.upperBound)
    for page in pages where image.contains(page) && owners[page] == nil {
      // What the kernel gave back of its image, such as init sections and the space between two others, holds other things now.
      let content = describe(page)
      if [.pageCache, .anonymous, .free].contains(content.kind) {
        owners[page] = [content]
        continue
      }
      let virtual = page &- kernel.physicalBase &+ Kernel.mapBase
      let near = kernel.symbols.nearest(virtual &+ ((asked[page] ?? page) - page))
      owners[page] = [PageOwner(.kernelImage, virtual: virtual, detail: near?.symbol.name)]
    }
    var found = Places()
    do throws(AddressSpace.Stop) {
      // Everything above the direct map: what vmalloc gives, and the area of modules.
      try guest.space.visit(from: kernel.directMap &+ guest.memory.end, through: .max, limit: Self.tableLimit, budget: guest.budget) {
        mapping in
        // A large page of the direct map may reach beyond the end of memory.
        let isDirect = mapping.virtual &- kernel.directMap == mapping.physical
        for page in hits(mapping) where !isDirect && !kernel.image.contains(mapping.virtual) {
          guard guest.spend(on: "page tables", at: kernel.directMap) else { break }
          found.add(page, mapping.virtual + (page - mapping.physical))
        }
      }
    } catch {
      if !guest.isExhausted {
        note(Inconsistency(structure: "init_top_pgt", address: kernel.directMap, reason: "the kernel's page tables have no end"))
      }
    }
    for (page, virtual) in found.all where owners[page] == nil {
      let module = modules.last(upTo: virtual) { $0.range.lowerBound }.flatMap { $0.range.contains(virtual) ? $0 : nil }
      // MODULES_END (Documentation/arch/x86/x86_64/mm.rst).
      let isModuleArea = virtual >= kernel.image.upperBound && virtual < 0xFFFF_FFFF_FF00_0000
      owners[page] = [PageOwner(module != nil || isModuleArea ? .module : .kernel, virtual: virtual, detail: module?.name)]
    }
  }

  /// By `struct page` alone.
  func describe(_ page: UInt64) -> PageOwner {
    guard let own = guest.pageStructure(page), let mappingOffset = guest.kernel.offset("page", "mapping") else {
      return PageOwner(.unknown)
    }
    let structure = guest.firstPage(own)
    if let count = guest.kernel.offset("page", "_refcount").flatMap({ guest.i32(structure &+ $0) }), count == 0 { return PageOwner(.free) }
    guard let mapping = guest.u64(structure &+ mappingOffset) else { return PageOwner(.unknown) }
    // PAGE_MAPPING_ANON (include/linux/page-flags.h).
    if mapping & 3 == 1, guest.physical(mapping & ~3) != nil { return PageOwner(.anonymous) }
    // Objects of the kernel have other things in this word; an address space is one whose inode says so.
    if mapping != 0, mapping & 3 == 0, let inode = guest.inode(ofAddressSpace: mapping) {
      return PageOwner(.pageCache, file: guest.path(ofInode: inode))
    }
    return PageOwner(.kernel, virtual: guest.kernel.directMap &+ page)
  }
}

extension Array {
  /// The last element whose value is at most `limit`, in an array that is sorted by these values.
  fileprivate func last(upTo limit: UInt64, by value: (Element) -> UInt64) -> Element? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if value(self[middle]) <= limit { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? self[low - 1] : nil
  }
}

extension Guest {
  /// The `struct page` of a page of physical memory, in the array that begins at vmemmap_base; nil where there is none.
  func pageStructure(_ physical: UInt64) -> UInt64? {
    guard let base = symbol("vmemmap_base").flatMap({ pointer($0) }), let size = kernel.size("page"), (32...256).contains(size) else {
      return nil
    }
    let address = base &+ physical / PageOwners.pageSize &* size
    return self.physical(address) == nil ? nil : address
  }

  /// The structure that speaks for a page: its own or, inside of a larger unit, that of the unit's first page. The inner ones hold an odd word: the
  /// first one's address or, from 7.1 on, a mask that makes it of their own (compound_info, include/linux/page-flags.h).
  func firstPage(_ page: UInt64) -> UInt64 {
    guard let place = kernel.offset("page", "compound_head") ?? kernel.offset("page", "compound_info"), let word = u64(page &+ place),
      word & 1 == 1
    else { return page }
    let value = word & ~1
    let size = 0 &- value
    // No structure of a page lies in the top 4 GiB.
    let isMask = size != 0 && size <= 1 << 32 && size & (size - 1) == 0
    return isMask ? page & value : value
  }

  /// The inode of an `address_space`; nil where both do not point to each other, as for what is no address space.
  func inode(ofAddressSpace mapping: UInt64) -> UInt64? {
    guard let host = kernel.offset("address_space", "host"), let own = kernel.offset("inode", "i_mapping"),
      let inode = pointer(mapping &+ host),
      pointer(inode &+ own) == mapping
    else { return nil }
    return inode
  }

  /// Addresses of the listed modules' text and data. Since Linux 6.4 a module has several areas, before it has one for good and one until its start
  /// is over. Thunks of its indirect jumps lie in pages of their own (CONFIG_MITIGATION_ITS).
  func moduleRanges() -> [(range: Range<UInt64>, name: String)] {
    guard let head = symbol("modules"), let link = kernel.offset("module", "list"), let nameOffset = kernel.offset("module", "name") else {
      return []
    }
    var places: [(base: UInt64, size: UInt64)] = []
    if let areas = kernel.types.member("module", "mem"), let array = kernel.types.resolved(areas.type).flatMap(kernel.types.array),
      let step = kernel.size("module_memory"), let base = kernel.offset("module_memory", "base"),
      let size = kernel.offset("module_memory", "size")
    {
      for index in 0..<UInt64(min(array.count, 16)) {
        places.append((UInt64(areas.offset) &+ index &* step &+ base, UInt64(areas.offset) &+ index &* step &+ size))
      }
    } else {
      for layout in ["core_layout", "init_layout"] {
        if let base = kernel.offset("module", "\(layout).base"), let size = kernel.offset("module", "\(layout).size") {
          places.append((base, size))
        }
      }
    }
    var left = Self.thunkPageLimit
    return list(head: head, offset: link, structure: "modules", limit: Self.moduleLimit).entries.flatMap { module in
      let name = string(module &+ nameOffset, limit: 64) ?? ""
      let parts = places.compactMap { place -> (range: Range<UInt64>, name: String)? in
        guard let start = pointer(module &+ place.base), let count = u32(module &+ place.size), count > 0,
          start <= UInt64.max - UInt64(count)
        else { return nil }
        return (start..<start + UInt64(count), name)
      }
      let thunks = thunkPages(module, limit: left)
      left -= thunks.count
      return parts + thunks.map { ($0, name) }
    }
  }

  /// Modules that are asked where they lie; a kernel has room for far fewer.
  private static let moduleLimit = 4096
  /// Pages of thunks of all modules together: a quarter of the area in which they may lie.
  private static let thunkPageLimit = 1 << 16
  /// Bytes of one module's code at most; the largest drivers have some 8 MiB.
  static var moduleCodeLimit: UInt64 { 64 << 20 }

  /// Where the code of each module lies, that of its start with it, and pages that the kernel fills with code for it.
  func moduleTexts() -> [Range<UInt64>] {
    guard let head = symbol("modules"), let link = kernel.offset("module", "list") else { return [] }
    var places: [(base: UInt64, size: UInt64)] = []
    if let areas = kernel.offset("module", "mem"), let step = kernel.size("module_memory"),
      let base = kernel.offset("module_memory", "base"),
      let size = kernel.offset("module_memory", "size")
    {
      let first = kernel.types.value("mod_mem_type", "MOD_INIT_TEXT").flatMap { UInt64(exactly: $0) } ?? 4
      for index in [0, min(first, 16)] { places.append((areas &+ index &* step &+ base, areas &+ index &* step &+ size)) }
    } else {
      for layout in ["core_layout", "init_layout"] {
        if let base = kernel.offset("module", "\(layout).base"), let size = kernel.offset("module", "\(layout).text_size") {
          places.append((base, size))
        }
      }
    }
    var left = Self.thunkPageLimit
    return list(head: head, offset: link, structure: "modules", limit: Self.moduleLimit).entries.flatMap { module in
      let thunks = thunkPages(module, limit: left)
      left -= thunks.count
      return places.compactMap { place -> Range<UInt64>? in
        guard let start = pointer(module &+ place.base), let count = u32(module &+ place.size), count > 0,
          UInt64(count) <= Self.moduleCodeLimit, start <= .max - UInt64(count)
        else { return nil }
        return start..<start + UInt64(count)
      } + thunks
    }
  }

  /// module.its_page_array, from 6.16 on a structure of the same two (arch/x86/kernel/alternative.c).
  ///
  /// - Parameter limit: pages at most.
  func thunkPages(_ module: UInt64, limit: Int = 4096) -> [Range<UInt64>] {
    let places = [("its_page_array", "its_num_pages"), ("arch.its_pages.pages", "arch.its_pages.num")]
    for (array, number) in places {
      guard let pages = kernel.offset("module", array), let count = kernel.offset("module", number), let first = pointer(module &+ pages),
        let pageCount = u32(module &+ count), pageCount <= 4096
      else { continue }
      guard spend(Int(pageCount), on: "module.\(array)", at: module) else { return [] }
      return (0..<UInt64(min(Int(pageCount), limit))).compactMap { index in
        pointer(first &+ 8 &* index).flatMap { $0 <= .max - 4096 ? $0..<$0 + 4096 : nil }
      }
    }
    return []
  }
}
