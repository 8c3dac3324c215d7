internal import Domain

/// The kernel's code in memory against that in its own file.
extension IntegrityReader {
  private static let differenceLimit = 256

  mutating func kernelFile() -> IntegrityFacts.State {
    guard let file else { return .notCollected("no vmlinux was given") }
    guard let build = guest.kernel.buildID, file.buildID == build else {
      return .unreadable("the vmlinux has the build id \(file.buildID ?? "-"), and the guest's kernel \(guest.kernel.buildID ?? "-")")
    }
    let start = code.text.lowerBound
    let linked = start &- guest.kernel.slide
    guard let memory = guest.bytes(start, count: Int(code.text.upperBound - start)), linked >= file.text.address,
      linked - file.text.address <= UInt64(file.text.bytes.count)
    else { return .unreadable("the kernel's code is not mapped from end to end") }
    let original = Array(file.text.bytes[Int(linked - file.text.address)...])
    let count = min(memory.count, original.count)
    var isMasked = [Bool](repeating: false, count: count)
    func mask(_ offset: UInt64, _ length: Int) {
      guard offset < UInt64(count) else { return }
      for place in Int(offset)..<min(count, Int(offset) + length) { isMasked[place] = true }
    }
    for place in file.patchedAtBoot(guest.kernel.types) { mask(place.address &- linked, place.length) }
    var search = PatchSiteSearch(guest, text: code.text, bytes: memory)
    search.run(allProbes() ?? [])
    for site in search.sites.values { mask(site.address - start, site.length) }
    let slide = UInt32(truncatingIfNeeded: guest.kernel.slide)
    var differences: [FactValue] = []
    var total = 0
    var place = 0
    while place < count {
      if memory[place] == original[place] || isMasked[place] {
        place += 1
        continue
      }
      if let end = Self.relocated(memory, original, place, slide) {
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
    return .present(
      [
        "path": .string(file.path), "compared": .int(Int64(count)), "left": .int(Int64(isMasked.count(where: { $0 }))),
        "count": .int(Int64(total)),
        "differences": .array(differences),
      ])
  }

  /// One past the address that KASLR moved at this place: 32 or 64 bits that differ by just the slide, up for addresses of the image, down for
  /// those relative to a processor's own area. Nil for any other difference.
  private static func relocated(_ memory: [UInt8], _ original: [UInt8], _ place: Int, _ slide: UInt32) -> Int? {
    for start in stride(from: place, through: max(0, place - 3), by: -1) where start + 4 <= memory.count && start + 4 <= original.count {
      let moved = UInt32(truncatingIfNeeded: PatchTable.word(memory, start, 4) &- PatchTable.word(original, start, 4))
      if moved == slide || moved == 0 &- slide { return start + 4 }
    }
    return nil
  }
}
