internal import Domain

/// Pages of the kernel's half. None that can be executed should be writable, through its own address or through another one, and each
/// should belong to somebody; the image and the direct map lie in one piece; and none is open to user programs.
extension IntegrityReader {
  private static let tableLimit = 1 << 18
  private static let areaLimit = 4096

  private struct Area {
    var start: UInt64
    var end: UInt64
    let isWritable: Bool
    let owner: CodeOwner
  }

  mutating func executable() -> IntegrityFacts.State {
    var areas: [Area] = []
    var isCut = false
    var aliases = Aliases()
    var moved: [FactValue] = []
    var open: [FactValue] = []
    let first = guest.space.levels == 5 ? 0xFF00_0000_0000_0000 : 0xFFFF_8000_0000_0000 as UInt64
    do throws(AddressSpace.Stop) {
      try guest.space.visit(from: first, through: .max, limit: Self.tableLimit) { page in
        aliases.add(page)
        if let place = linear(page.virtual), place != page.physical, moved.count < Self.reportLimit {
          moved.append([
            "at": code.fact(page.virtual), "physical": addressValue(page.physical), "expected": addressValue(place),
            "size": .int(Int64(page.size)),
          ])
        }
        if page.isUser, page.virtual != Self.vsyscall, open.count < Self.reportLimit {
          open.append(["at": code.fact(page.virtual), "size": .int(Int64(page.size)), "writable": .bool(page.isWritable)])
        }
        guard page.isExecutable, !page.isUser else { return }
        guard areas.count < Self.areaLimit else {
          isCut = true
          return
        }
        let end = page.virtual &+ (page.size - 1)
        let owner = code.area(page.virtual, end)
        if let last = areas.last, last.end &+ 1 == page.virtual, last.isWritable == page.isWritable, last.owner == owner {
          areas[areas.count - 1].end = end
        } else {
          areas.append(Area(start: page.virtual, end: end, isWritable: page.isWritable, owner: owner))
        }
      }
    } catch {
      note(Inconsistency(structure: "init_top_pgt", address: guest.space.root, reason: "the page tables have no end"))
      return .unreadable("the kernel's page tables have no end")
    }
    if isCut {
      note(Inconsistency(structure: "init_top_pgt", address: guest.space.root, reason: "more than \(Self.areaLimit) areas can be executed"))
    }
    let rows = areas.map { area -> FactValue in
      [
        "start": addressValue(area.start), "end": addressValue(area.end), "writable": .bool(area.isWritable), "owner": area.owner.factValue,
      ]
    }
    let shared = aliases.shared.prefix(Self.reportLimit).map { pair -> FactValue in
      ["at": code.fact(pair.executable), "writable": addressValue(pair.writable), "physical": addressValue(pair.physical)]
    }
    return .present(["areas": .array(rows), "moved": .array(moved), "open": .array(open), "aliases": .array(shared)])
  }

  private static let reportLimit = 64
  /// The page of system calls that are answered without the kernel, which all programs may read (arch/x86/entry/vsyscall).
  private static let vsyscall: UInt64 = 0xFFFF_FFFF_FF60_0000

  /// Where a page of the image or of the direct map must lie; nil for other addresses.
  private func linear(_ address: UInt64) -> UInt64? {
    let kernel = guest.kernel
    if kernel.image.contains(address) { return kernel.physical(address) }
    let direct = address &- kernel.directMap
    return direct < guest.memory.end ? direct : nil
  }
}

/// Physical pages that are executable through one address and writable through another.
private struct Aliases {
  private struct Part {
    let physical: Range<UInt64>
    let virtual: UInt64
  }

  private var executable: [Part] = []
  private var writable: [Part] = []
  /// A guest's kernel half has some ten thousands.
  private static let limit = 1 << 20

  mutating func add(_ page: AddressSpace.Mapping) {
    guard page.isExecutable != page.isWritable, page.physical <= .max - page.size else { return }
    let part = Part(physical: page.physical..<page.physical + page.size, virtual: page.virtual)
    if page.isExecutable {
      if executable.count < Self.limit { executable.append(part) }
    } else if writable.count < Self.limit {
      writable.append(part)
    }
  }

  var shared: [(executable: UInt64, writable: UInt64, physical: UInt64)] {
    var found: [(executable: UInt64, writable: UInt64, physical: UInt64)] = []
    let code = executable.sorted { $0.physical.lowerBound < $1.physical.lowerBound }
    guard let last = code.last else { return [] }
    let end = code.reduce(last.physical.upperBound) { max($0, $1.physical.upperBound) }
    // No page is larger than 1 GiB: what begins further below cannot reach it.
    let largest: UInt64 = 1 << 30
    for part in writable where part.physical.lowerBound < end {
      var low = 0
      var high = code.count
      let floor = part.physical.lowerBound > largest ? part.physical.lowerBound - largest : 0
      while low < high {
        let middle = (low + high) / 2
        if code[middle].physical.lowerBound < floor { low = middle + 1 } else { high = middle }
      }
      while low < code.count, code[low].physical.lowerBound < part.physical.upperBound {
        if code[low].physical.overlaps(part.physical) {
          let place = max(code[low].physical.lowerBound, part.physical.lowerBound)
          found.append(
            (code[low].virtual + (place - code[low].physical.lowerBound), part.virtual + (place - part.physical.lowerBound), place))
        }
        low += 1
      }
    }
    return found
  }
}

extension CodeMap {
  /// The owner of an executable page: of any part of it, since an area need not begin at a page.
  fileprivate func area(_ first: UInt64, _ last: UInt64) -> CodeOwner {
    if guest.kernel.image.overlaps(first..<max(first, last)) { return CodeOwner(.kernel) }
    let range = first..<max(first, last)
    if let module = modules.first(where: { $0.range.overlaps(range) }) { return CodeOwner(.module, name: module.name) }
    if let area = generated.first(where: { $0.range.overlaps(range) }) { return CodeOwner(area.owner, name: area.name) }
    return CodeOwner(.none)
  }
}
