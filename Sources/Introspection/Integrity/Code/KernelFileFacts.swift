internal import Domain

/// The kernel's code and constants in memory against those in its own file.
extension IntegrityReader {
  private static let differenceLimit = 256
  /// Places that no attacker changes one by one: a kernel that is patched in a way that is not known here.
  private static let placeLimit = 4096

  mutating func kernelFile() -> IntegrityFacts.State {
    guard let file else { return missingFile ?? KernelFileSearch.none }
    guard let build = guest.kernel.buildID, file.buildID == build else {
      return .unreadable("the vmlinux has the build id \(file.buildID ?? "-"), and the guest's kernel \(guest.kernel.buildID ?? "-")")
    }
    let start = code.text.lowerBound
    let linked = start &- guest.kernel.slide
    guard let memory = guest.bytes(start, count: Int(code.text.upperBound - start)), linked >= file.text.address,
      linked - file.text.address <= UInt64(file.text.bytes.count)
    else { return .unreadable("the kernel's code is not mapped from end to end") }
    let original = Array(file.text.bytes[Int(linked - file.text.address)...].prefix(memory.count))
    let count = min(memory.count, original.count)
    var isMasked = [Bool](repeating: false, count: count)
    // As it is where KASLR moved the kernel, so that both are told in the same terms.
    let known = file.moved(original, at: linked, by: guest.kernel.slide)
    let moved = known ?? original
    func mask(_ offset: UInt64, _ length: Int) {
      guard offset < UInt64(count) else { return }
      for place in Int(offset)..<min(count, Int(offset) + length) where memory[place] != original[place] || memory[place] != moved[place] {
        isMasked[place] = true
      }
    }
    var search = PatchSiteSearch(guest, text: code.text, bytes: memory)
    search.run(allProbes() ?? [])
    for site in search.sites.values { mask(site.address - start, site.length) }
    let sites = file.bootSites(guest.kernel.types)
    let guest = guest
    let thunks = CallThunks(guest)
    for place in thunks?.places(memory, from: start, functions: functions().lazy.map(\.start)) ?? []
    where original[place...].prefix(thunks?.size ?? 0).allSatisfy({ $0 == 0x90 }) {
      mask(UInt64(place), thunks?.size ?? 0)
    }
    let kernel = BootSites.Kernel(
      slide: guest.kernel.slide, symbol: { guest.symbol($0) }, pointer: { guest.pointer($0) }, thunk: { [code] in code.thunk(at: $0) },
      replacement: { file.replacement($0) }, thunks: thunks)
    let boot = BootSites(kernel, memory: memory, original: original, linked: linked, sites: sites).accepted(sites, isMasked)
    for place in boot.places { mask(place.address &- linked, place.length) }
    let (rows, total) = differences(memory, moved, isMasked, at: start, isMoved: known != nil)
    let constants = constants(of: file)
    let settings = settingDifferences(of: file)
    let pointers = pointerDifferences(of: file)
    if let pointers, pointers.isCut {
      return .unreadable("the kernel's pointers to functions differ from its file in a way that is not known here")
    }
    let all = total + (constants?.total ?? 0) + (settings?.rows.count ?? 0) + (pointers?.foreign.count ?? 0)
    if all > Self.placeLimit { return .unreadable("the kernel differs from its file in \(all) places, in a way that is not known here") }
    if all > 0, !file.isChecked {
      let first = (rows.first ?? constants?.rows.first ?? settings?.rows.first ?? pointers?.foreign.first)?["at"]?["address"]?.text ?? "-"
      return .unreadable(
        "the kernel differs at \(all) places (first \(first)) from the image that its boot left in memory, which has no checksum and may have been overwritten"
      )
    }
    var members: [FactValue.Member] = [
      .init("path", .string(file.path)), .init("origin", .string(file.origin.rawValue)), .init("compared", .int(Int64(count))),
      .init("left", .int(Int64(isMasked.count(where: { $0 })))), .init("count", .int(Int64(total))), .init("differences", .array(rows)),
      .init("unjudged", .array(boot.unknown.map(\.rawValue).sorted().map { .string($0) })),
      .init("undecided", .array(boot.undecided.map(\.rawValue).sorted().map { .string($0) })),
    ]
    if let constants {
      members += [
        .init("constantsCompared", .int(Int64(constants.compared))), .init("constantsCount", .int(Int64(constants.total))),
        .init("constants", .array(constants.rows)),
      ]
    }
    if let pointers {
      members += [
        .init("pointersCompared", .int(Int64(pointers.compared))),
        .init("pointers", .array(pointers.rows)),
      ]
    }
    if let settings {
      members += [
        .init("settingsCompared", .int(Int64(settings.compared))),
        .init("settings", .array(Array(settings.rows.prefix(Self.differenceLimit)))),
      ]
    }
    return .present(.object(members))
  }

  /// The constants, without those that the boot sets.
  private mutating func constants(of file: KernelFile) -> (compared: Int, rows: [FactValue], total: Int)? {
    var found: (compared: Int, rows: [FactValue], total: Int)?
    for section in file.constants {
      let start = section.address &+ guest.kernel.slide
      guard guest.kernel.image.contains(start), let memory = guest.bytes(start, count: section.bytes.count) else {
        note(Inconsistency(structure: "__start_rodata", address: start, reason: "the kernel's read-only data is not mapped"))
        // What was found in the others stays found.
        continue
      }
      var isMasked = [Bool](repeating: false, count: memory.count)
      let boot = setAtBoot.clamped(to: start..<start + UInt64(memory.count))
      for address in boot { isMasked[Int(address - start)] = true }
      let moved = file.moved(section.bytes, at: section.address, by: guest.kernel.slide)
      let (rows, total) = differences(memory, moved ?? section.bytes, isMasked, at: start, isMoved: moved != nil)
      let before = found ?? (0, [], 0)
      found = (before.compared + memory.count, Array((before.rows + rows).prefix(Self.differenceLimit)), before.total + total)
    }
    return found
  }

  /// Places at which memory and file differ, at most `differenceLimit` of them, and how many there are.
  ///
  /// - Parameter isMoved: whether KASLR's moves are in the file's bytes; else any distance of it is taken for one.
  private func differences(
    _ memory: [UInt8], _ original: [UInt8], _ isMasked: [Bool], at start: UInt64, isMoved: Bool
  ) -> (rows: [FactValue], total: Int) {
    let count = min(memory.count, original.count)
    let slide = UInt32(truncatingIfNeeded: guest.kernel.slide)
    var differences: [FactValue] = []
    var total = 0
    var place = 0
    while place < count {
      if memory[place] == original[place] || isMasked[place] {
        place += 1
        continue
      }
      if !isMoved, let end = Self.relocated(memory, original, place, slide) {
        place = end
        continue
      }
      let first = place
      while place < count, place < first + 16, memory[place] != original[place], !isMasked[place] { place += 1 }
      total += 1
      if differences.count < Self.differenceLimit {
        differences.append(
          [
            "at": code.fact(start + UInt64(first)), "bytes": .string(memory[first..<place].hexadecimal),
            "original": .string(original[first..<place].hexadecimal),
          ])
      }
    }
    return (differences, total)
  }

  /// One past the address that KASLR moved at this place: 32 or 64 bits that differ by just the slide, up for addresses of the image, down for
  /// those relative to a processor's own area. Nil for any other difference.
  static func relocated(_ memory: [UInt8], _ original: [UInt8], _ place: Int, _ slide: UInt32) -> Int? {
    for start in stride(from: place, through: max(0, place - 3), by: -1) where start + 4 <= memory.count && start + 4 <= original.count {
      let moved = UInt32(truncatingIfNeeded: PatchTable.word(memory, start, 4) &- PatchTable.word(original, start, 4))
      if moved == slide || moved == 0 &- slide { return start + 4 }
    }
    return nil
  }
}
