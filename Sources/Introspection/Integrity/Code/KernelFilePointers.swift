internal import Domain

/// Pointers to functions in the kernel's writable data against those in its own file: those of protocols, caches of routes, kinds of keys, work that
/// waits to be done, attributes of devices. What the kernel sets at boot it sets to another function of its own.
extension IntegrityReader {
  struct PointerDifferences {
    var compared = 0
    /// Those that lead to no function of the kernel, then those that lead to another one.
    var rows: [FactValue] { foreign + turned }
    fileprivate(set) var foreign: [FactValue] = []
    fileprivate(set) var turned: [FactValue] = []
    /// Whether there are more of a kind than are told.
    fileprivate(set) var isCut = false
  }

  /// Rows of each kind: boot turns some tens of pointers.
  private static let pointerLimit = 1024

  /// Nil where the file holds no data, or the data is not mapped from end to end.
  func pointerDifferences(of file: KernelFile) -> PointerDifferences? {
    guard let data = file.data, data.address % 8 == 0 else { return nil }
    let start = data.address &+ guest.kernel.slide
    guard guest.kernel.image.contains(start), let memory = guest.bytes(start, count: data.bytes.count) else { return nil }
    let functions = file.text.address..<file.text.address &+ UInt64(file.text.bytes.count)
    var found = PointerDifferences()
    for place in stride(from: 0, through: data.bytes.count - 8, by: 8) {
      let original = PatchTable.word(data.bytes, place, 8)
      guard functions.contains(original) else { continue }
      found.compared += 1
      let now = PatchTable.word(memory, place, 8)
      // One that was taken away leads nowhere.
      if now == 0 || now == original &+ guest.kernel.slide { continue }
      guard max(found.foreign.count, found.turned.count) < Self.pointerLimit else {
        found.isCut = true
        break
      }
      let row: FactValue = [
        "at": code.fact(start &+ UInt64(place)), "target": code.fact(now), "original": code.fact(original &+ guest.kernel.slide),
      ]
      if code.kind(of: now) == .kernel { found.turned.append(row) } else { found.foreign.append(row) }
    }
    return found
  }
}
