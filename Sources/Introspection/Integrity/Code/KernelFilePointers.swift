internal import Domain

/// Pointers to functions in the kernel's writable data against those in its own file: those of protocols, caches of routes, kinds of keys, work that
/// waits to be done, attributes of devices. What the kernel sets at boot it sets to another function of its own.
extension IntegrityReader {
  struct PointerDifferences {
    var compared = 0
    var rows: [FactValue] = []
  }

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
      found.rows.append([
        "at": code.fact(start &+ UInt64(place)), "target": code.fact(now), "original": code.fact(original &+ guest.kernel.slide),
      ])
    }
    return found
  }
}
