internal import Domain

/// Pages of the kernel's half that can be executed: none of them should be writable, and each should belong to somebody.
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
    let first = guest.space.levels == 5 ? 0xFF00_0000_0000_0000 : 0xFFFF_8000_0000_0000 as UInt64
    do throws(AddressSpace.Stop) {
      try guest.space.visit(from: first, through: .max, limit: Self.tableLimit) { page in
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
    return .present(["areas": .array(rows)])
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
