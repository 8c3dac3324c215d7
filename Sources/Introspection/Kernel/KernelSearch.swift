/// Finds the kernel that runs in a guest with nothing given: VMCOREINFO first, which lies in a page of its own and names everything; where
/// no such text leads to a kernel, kallsyms tables by their form. Every candidate is tried, and each that fails a cross-check is kept with
/// its reason.
struct KernelSearch {
  let memory: PhysicalMemory
  /// Reads CR3 of each vCPU where it is known.
  let roots: () -> [UInt64]
  /// VMCOREINFO that came with an image, beside what lies in memory.
  let given: [VMCoreInfo]
  /// Kernels that were found before; nil to remember none.
  let cache: KernelCache?

  struct Found {
    let kernel: Kernel
    let space: AddressSpace
    let rejected: [KernelRejection]
  }

  func run() throws(IntrospectionError) -> Found {
    var rejected: [KernelRejection] = []
    var accepted: [KernelCandidate.Accepted] = []
    var sightings = VMCoreInfo.sightings(in: memory)
    sightings.append(contentsOf: given.filter { info in !sightings.contains { $0.info == info } }.map { .init(address: 0, info: $0) })
    var seen: [KernelRejection] = []
    for sighting in sightings where !sighting.isPartial {
      do throws(KernelCandidate.Reason) {
        let found = try candidate(sighting).check(nil, roots: roots)
        accepted.append(found)
        seen.append(KernelRejection(source: Self.vmcoreinfo, address: sighting.address, reason: ""))
      } catch {
        rejected.append(KernelRejection(source: Self.vmcoreinfo, address: sighting.address, reason: error.text))
      }
    }
    if accepted.isEmpty, let cache {
      for entry in cache.entries() {
        for address in places(of: entry) {
          do throws(KernelCandidate.Reason) {
            accepted.append(try check(entry, at: address))
            seen.append(KernelRejection(source: Self.cached, address: address, reason: ""))
          } catch {
            rejected.append(KernelRejection(source: Self.cached, address: address, reason: error.text))
          }
        }
      }
    }
    if accepted.isEmpty {
      for sighting in KallsymsScan.sightings(in: memory) {
        do throws(KernelCandidate.Reason) {
          accepted.append(try check(sighting))
          seen.append(KernelRejection(source: Self.tokenTable, address: sighting.address, reason: ""))
        } catch {
          rejected.append(KernelRejection(source: Self.tokenTable, address: sighting.address, reason: error.text))
        }
      }
    }
    for sighting in sightings where sighting.isPartial {
      do throws(KernelCandidate.Reason) {
        accepted.append(try complete(sighting, accepted))
        seen.append(KernelRejection(source: Self.vmcoreinfo, address: sighting.address, reason: ""))
      } catch {
        rejected.append(KernelRejection(source: Self.vmcoreinfo, address: sighting.address, reason: error.text))
      }
    }
    // Of two texts that lead to one kernel the one that it keeps itself is right, and any is more than none.
    let ranks = accepted.indices.map {
      (tasks(accepted[$0]), isKept(accepted[$0], at: seen[$0].address) ? 1 : 0, accepted[$0].kernel.information == nil ? 0 : 1)
    }
    guard let best = accepted.indices.max(by: { ranks[$0] < ranks[$1] }) else { throw .noKernel(path: memory.path, rejected: rejected) }
    for index in accepted.indices where index != best {
      let reason: String
      if accepted[index].kernel.image != accepted[best].kernel.image {
        reason = "it is whole, and another kernel in the same memory has more processes"
      } else if let said = accepted[index].kernel.information, said != accepted[best].kernel.information {
        reason = "it leads to the same kernel, which says something else of itself"
      } else {
        continue
      }
      rejected.append(KernelRejection(source: seen[index].source, address: seen[index].address, reason: reason))
    }
    if let cache, seen[best].source != Self.cached, let places = accepted[best].places,
      let entry = KernelCache.Entry(accepted[best].kernel, places, basePlace: accepted[best].basePlace)
    {
      cache.keep(entry)
    }
    return Found(kernel: accepted[best].kernel, space: accepted[best].space, rejected: rejected)
  }

  private static let vmcoreinfo = "VMCOREINFO"
  private static let cached = "cache"
  private static let tokenTable = "kallsyms token table"

  private func candidate(_ sighting: VMCoreInfo.Sighting) throws(KernelCandidate.Reason) -> KernelCandidate {
    let info = sighting.info
    guard let base = info.number("phys_base"), let slide = info.slide else {
      throw KernelCandidate.Reason(text: "it lacks phys_base and KERNELOFFSET of an x86-64 kernel")
    }
    guard let text = info.symbol("_stext"), let pageTable = info.symbol("init_top_pgt") ?? info.symbol("swapper_pg_dir") else {
      throw KernelCandidate.Reason(text: "it lacks _stext or swapper_pg_dir")
    }
    // The image begins at most 16 MiB before _stext, and KASLR moves it by whole 2 MiB.
    guard slide & 0x1F_FFFF == 0, slide < 1 << 30, text &- Kernel.textBase &- slide < 16 << 20 else {
      throw KernelCandidate.Reason(text: "KERNELOFFSET and _stext contradict each other")
    }
    let encryption = info.number("sme_mask").map(UInt64.init(bitPattern:)) ?? 0
    return KernelCandidate(
      memory: memory, source: Self.vmcoreinfo, address: sighting.address, information: info, physicalBase: UInt64(bitPattern: base),
      pageTable: pageTable, text: text, encryption: encryption)
  }

  /// Before Linux 6.0 VMCOREINFO does not say where kallsyms lies: it is held against the symbols of kernels that were found otherwise.
  private func complete(_ sighting: VMCoreInfo.Sighting, _ found: [KernelCandidate.Accepted]) throws(KernelCandidate.Reason)
    -> KernelCandidate.Accepted
  {
    let candidate = try candidate(sighting)
    var reason = KernelCandidate.Reason(text: "it names no symbol table, and none in memory is of its kernel")
    for other in found {
      do throws(KernelCandidate.Reason) {
        let whole = try candidate.check(other.kernel.symbols, roots: roots)
        return KernelCandidate.Accepted(kernel: whole.kernel, space: whole.space, places: other.places, basePlace: other.basePlace)
      } catch { reason = error }
    }
    throw reason
  }

  // MARK: Remembered

  /// Guest-physical addresses at which the build id's note stands.
  private func places(of entry: KernelCache.Entry) -> [UInt64] {
    var found: [UInt64] = []
    let note = entry.noteBytes
    for range in memory.populated where found.count < 16 {
      found += KallsymsScan.places(of: note, in: memory, range: range, limit: 16).map { range.start + UInt64($0) }
    }
    return found
  }

  /// The cache says where in the image the parts lie, and the guest's page tables where the image is mapped.
  private func check(_ entry: KernelCache.Entry, at note: UInt64) throws(KernelCandidate.Reason) -> KernelCandidate.Accepted {
    let image = note &- entry.note
    let text = image &+ entry.text
    guard image <= note, let distance = distance(text: text, root: image &+ entry.pageTable) else {
      throw KernelCandidate.Reason(text: "no page tables map an image with this build id")
    }
    var places = entry.places.moved(by: image &+ distance)
    if case .offsets(let place, _) = places.values, let base = entry.base {
      guard let value = memory.u64(image &+ base) else { throw KernelCandidate.Reason(text: "its base lies outside of memory") }
      places = KallsymsPlaces(
        names: places.names, count: places.count, tokenTable: places.tokenTable, tokenIndex: places.tokenIndex,
        values: .offsets(place, base: value))
    }
    guard let table = places.table({ memory.store($0 &- distance, count: $1) }) else {
      throw KernelCandidate.Reason(text: "kallsyms, where the cache says that it lies, is no symbol table")
    }
    return try KernelCandidate(
      memory: memory, source: Self.cached, address: note, information: nil, physicalBase: Kernel.mapBase &- distance,
      pageTable: image &+ entry.pageTable &+ distance, text: text &+ distance, encryption: 0
    ).check(table, roots: roots)
  }

  /// What is added to a guest-physical address of an image to get its virtual one, as page tables in the image itself map it; nil for none.
  /// An image lies in the top 2 GiB, on 2 MiB.
  private func distance(text: UInt64, root: UInt64) -> UInt64? {
    for slot in UInt64(0)..<512 {
      let virtual = Kernel.mapBase + slot << 21 + (text & 0x1F_FFFF)
      for levels in [4, 5] where AddressSpace(memory: memory, root: root, levels: levels).translate(virtual) == text {
        return virtual &- text
      }
    }
    return nil
  }

  // MARK: Without VMCOREINFO

  private func check(_ sighting: KallsymsScan.Sighting) throws(KernelCandidate.Reason) -> KernelCandidate.Accepted {
    guard let table = sighting.places.table({ memory.store($0, count: $1) }) else {
      throw KernelCandidate.Reason(text: "its parts are no symbol table")
    }
    let (symbols, bases) = placed(table, sighting)
    guard let text = symbols.address("_stext"), let pageTable = symbols.address("init_top_pgt") ?? symbols.address("swapper_pg_dir") else {
      throw KernelCandidate.Reason(text: "its symbols lack _stext or init_top_pgt")
    }
    var reason = KernelCandidate.Reason(text: "its symbols do not say where in memory the image lies")
    for base in bases {
      let candidate = KernelCandidate(
        memory: memory, source: Self.tokenTable, address: sighting.address, information: nil, physicalBase: base, pageTable: pageTable,
        text: text, encryption: 0)
      guard let banner = symbols.address("linux_banner"), candidate.image(banner, 14) == Array("Linux version ".utf8) else { continue }
      do throws(KernelCandidate.Reason) {
        let found = try candidate.check(symbols, roots: roots)
        let places = sighting.places.moved(by: Kernel.mapBase &- base)
        return KernelCandidate.Accepted(
          kernel: found.kernel, space: found.space, places: places, basePlace: sighting.basePlace.map { $0 &+ Kernel.mapBase &- base })
      } catch { reason = error }
    }
    throw reason
  }

  /// Symbols with virtual addresses, and physical bases that put the tables to where they were found: the image lies in one piece, on 2
  /// MiB, and the tables in its read-only data.
  private func placed(_ table: SymbolTable, _ sighting: KallsymsScan.Sighting) -> (SymbolTable, [UInt64]) {
    if case .relative = sighting.places.values {
      // Symbols' addresses are physical as yet; the page tables say where the image is mapped.
      guard let text = table.address("_stext"), let root = table.address("init_top_pgt") ?? table.address("swapper_pg_dir") else {
        return (table, [])
      }
      if let distance = distance(text: text, root: root) { return (table.moved(by: distance), [Kernel.mapBase &- distance]) }
      return (table, [])
    }
    guard let start = table.address("__start_rodata"), let end = table.address("__end_rodata"), start < end, end - start < 256 << 20 else {
      return (table, [])
    }
    var virtual = start & ~0x1F_FFFF | sighting.address & 0x1F_FFFF
    var bases: [UInt64] = []
    while virtual < end {
      if virtual >= start { bases.append(sighting.address &- (virtual &- Kernel.mapBase)) }
      let (next, isBeyond) = virtual.addingReportingOverflow(1 << 21)
      if isBeyond { break }
      virtual = next
    }
    return (table, bases)
  }

  /// Whether a kernel's VMCOREINFO is the one that its `vmcoreinfo_data` points to.
  private func isKept(_ accepted: KernelCandidate.Accepted, at address: UInt64) -> Bool {
    guard let symbol = accepted.kernel.symbol("vmcoreinfo_data"), let place = accepted.space.translate(symbol),
      let page = memory.u64(place)
    else { return false }
    return accepted.space.translate(page) == address
  }

  /// Processes in the list, as far as it can be followed: of two whole kernels the one that was left over by a restart has gone to pieces
  /// first.
  private func tasks(_ accepted: KernelCandidate.Accepted) -> Int {
    guard let task = accepted.kernel.symbol("init_task"), let tasks = accepted.kernel.offset("task_struct", "tasks") else { return 0 }
    var entry = task &+ tasks
    var count = 0
    while count < 1 << 16 {
      guard let place = accepted.space.translate(entry), let next = memory.u64(place), next != task &+ tasks else { break }
      entry = next
      count += 1
    }
    return count
  }
}
