/// What lies beside the code of modules in pages that can be executed. Modules share large pages from 6.16 on (the cache of mm/execmem.c), which are
/// executable to their end; what no module has there, and what follows a module's code in its last page, is filled with breakpoints or empty.
struct ModuleRests {
  private let guest: Guest
  /// Code that somebody owns, ascending and apart.
  private let owned: [Range<UInt64>]
  private static let reportLimit = 64
  /// Bytes that are looked at together, since code is aligned and its last bytes may be another's padding.
  private static let chunk: UInt64 = 64
  private static let pageSize: UInt64 = 4096
  /// Bytes of all areas together: the kernel's space for modules.
  private static let limit: UInt64 = 1536 << 20

  init(_ guest: Guest, _ code: CodeMap) {
    self.guest = guest.still
    var owned: [Range<UInt64>] = []
    let all = guest.moduleTexts() + code.generated.map(\.range)
    for range in all.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = owned.last, last.upperBound >= range.lowerBound {
        owned[owned.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        owned.append(range)
      }
    }
    self.owned = owned
  }

  /// - Parameter areas: what can be executed; ascending.
  func strays(_ areas: [CodeArea]) -> [ProgramPacks.Stray] {
    var found: [ProgramPacks.Stray] = []
    var left = Self.limit
    for area in areas where area.isModuleText == true {
      var next = firstOwned(behind: area.start)
      var place = area.start
      while place < area.end, found.count < Self.reportLimit, left > 0, !guest.isExhausted {
        if next < owned.count, owned[next].lowerBound <= place {
          // At the very end of all addresses it wraps, and what is there is looked at.
          place = max(place, (owned[next].upperBound &+ Self.chunk &- 1) & ~(Self.chunk - 1))
          next += 1
          continue
        }
        let page = place & ~(Self.pageSize - 1)
        let last = min(page | (Self.pageSize - 1), area.end)
        let end = min(next < owned.count ? owned[next].lowerBound : .max, last == .max ? .max : last + 1)
        guard end > place else { break }
        left -= min(left, Self.pageSize)
        found += strays(page, place, end)
        place = end
      }
    }
    return found
  }

  /// Index of the first range of code that ends behind an address.
  private func firstOwned(behind place: UInt64) -> Int {
    var (low, high) = (0, owned.count)
    while low < high {
      let middle = (low + high) / 2
      if owned[middle].upperBound <= place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What of a part of one page is neither breakpoints nor empty, as one.
  private func strays(_ page: UInt64, _ start: UInt64, _ end: UInt64) -> [ProgramPacks.Stray] {
    guard guest.spend(Int(Self.pageSize / Self.chunk), on: "module.mem", at: page), end > start,
      let bytes = guest.bytes(start, count: Int(end - start)),
      let first = bytes.firstIndex(where: { $0 != 0xCC && $0 != 0 }), let last = bytes.lastIndex(where: { $0 != 0xCC && $0 != 0 }),
      // Thunks of the kernel's own code have such a page, and no list.
      guest.bytes(page, count: Int(Self.pageSize)).flatMap(ThunkPage.jumps) == nil
    else { return [] }
    return [.init(kind: .beside, start: start + UInt64(first), end: start + UInt64(last))]
  }
}
