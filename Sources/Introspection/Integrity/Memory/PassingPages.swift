/// Pages of a running guest that were between two states when they were met: of a module that is being loaded or that was taken out of the
/// list and not unmapped yet, of code that a module ran once and that is freed when every processor has passed a quiet state, of
/// trampolines that are not listed yet.
extension IntegrityReader {
  /// How long such pages are watched; a module's memory may wait so long for its release on a loaded host. Looks at what a guest made large
  /// take longer than the waits between them.
  private static let watch = Duration.seconds(3)
  /// Milliseconds between two looks.
  private static let step: UInt32 = 11
  /// Areas that are watched at most; more of them are no passing state.
  private static let watched = 64

  /// Leaves out what does not stay: whatever accuses somebody is looked at again until it is gone, has an owner, or has stayed so for all
  /// of the time.
  mutating func settle(_ found: inout PageFindings) {
    let lists = UnlistedPages(guest)
    // Of a process whose mappings are just being changed nothing can be said.
    var sure = found.unlisted.filter { finding in
      lists.map { guest.isRunning ? $0.isSure(finding) : !$0.isLocked(finding.process) } ?? false
    }
    defer {
      found.locked = found.unlisted.filter { !sure.contains($0) }
      found.unlisted.removeAll { !sure.contains($0) }
    }
    guard guest.isRunning else { return }
    let suspects = found.areas.filter(Self.isSuspect)
    guard suspects.count <= Self.watched else { return }
    var settled = found.areas.filter { !Self.isSuspect($0) }
    var left = suspects
    let tables = ProcessTables(guest)
    let users = UserTables(guest, code.text)
    let end = ContinuousClock.now + Self.watch
    var looks = 0
    while looks == 0 || ContinuousClock.now < end {
      if left.isEmpty, found.moved.isEmpty, found.open.isEmpty, found.writable.isEmpty, found.pairs.isEmpty, found.own.isEmpty,
        found.reached.isEmpty, found.unlisted.isEmpty, found.shared.isEmpty
      {
        break
      }
      if looks > 0 { SecondLook.wait(milliseconds: Self.step) }
      looks += 1
      // Without steps left it would have no owners.
      if let now = try? CodeMap(guest), !guest.isExhausted { code = now }
      let (kept, others) = again(left)
      left = kept
      // What has an owner now is told with it; the rest is not there any more.
      settled += others
      found.moved = found.moved.filter { page in guest.space.mapping(page.virtual).map { $0.physical == page.physical } ?? false }
      found.open = found.open.filter { guest.space.mapping($0.virtual)?.isUser ?? false }
      found.writable = found.writable.filter { guest.space.mapping($0.virtual)?.isWritable ?? false }
      found.pairs = found.pairs.filter(stays)
      found.own = tables.staying(found.own)
      found.reached = found.reached.filter(users.stays)
      if !found.shared.isEmpty {
        let shared = SharedCode(guest)
        found.shared = found.shared.filter(shared.stays)
      }
      if let lists {
        found.unlisted = found.unlisted.filter(lists.stays)
        sure += found.unlisted.filter { !sure.contains($0) && lists.isSure($0) }
      }
    }
    found.areas = (settled + left).sorted { $0.start < $1.start }
  }

  /// Whether an area accuses somebody.
  private static func isSuspect(_ area: CodeArea) -> Bool {
    area.isWritable || area.isModuleText == false || [.none, .data, .initial].contains(area.owner.kind)
  }

  /// What is left of areas, and what in them accuses nobody any more.
  private func again(_ areas: [CodeArea]) -> (suspect: [CodeArea], others: [CodeArea]) {
    var found: [CodeArea] = []
    for area in areas {
      // Tables that have no end ended the first walk already.
      try? guest.space.visit(from: area.start, through: area.end, limit: Self.pageTableLimit) { page in
        if page.isExecutable, !page.isUser { found.append(page, code) }
      }
    }
    return (found.filter(Self.isSuspect), found.filter { !Self.isSuspect($0) })
  }

  private func stays(_ pair: Aliases.Pair) -> Bool {
    guard let code = guest.space.mapping(pair.executable), let data = guest.space.mapping(pair.writable) else { return false }
    return code.isExecutable && data.isWritable && code.physical &+ (pair.executable &- code.virtual) == pair.physical
      && data.physical &+ (pair.writable &- data.virtual) == pair.physical
  }
}
