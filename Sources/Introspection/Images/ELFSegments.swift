/// The segments of an ELF core as ranges of memory that do not overlap.
///
/// Lawful cores name memory more than once: QEMU's dump by virtual address (`paging`) leads to the same bytes of the file each time, and
/// kdump and /proc/kcore have a segment of their own for the kernel's image, with bytes of its own, which lies within one of RAM. Anything
/// else would be memory with two contents, or bytes of the file that are memory many times: a small file that takes as long as a machine of
/// terabytes.
enum ELFSegments {
  struct Part {
    let range: PhysicalRange
    let offset: UInt64
    /// Of its program header.
    let number: Int

    /// The same for parts by which the same bytes of the file are the same memory.
    var shift: UInt64 { offset &- range.start }
    var fileEnd: UInt64 { offset + range.count }
  }

  /// A segment that contradicts one before it.
  struct Contradiction: Error {
    let number: Int
    let reason: String
  }

  /// Second copies of memory that a core may have: kdump and /proc/kcore have one, of the kernel's image.
  private static let copyLimit = 4
  /// Ranges at most, as LiME images may have.
  private static let limit = 65536

  /// Ascending; of what is named twice the segment that begins first, and of those the longest.
  static func disjoint(_ parts: [Part]) throws(Contradiction) -> [Part] {
    var found: [Part] = []
    // What was kept last, with what went on behind it in the same bytes of the file.
    var cover: (end: UInt64, shift: UInt64, number: Int)?
    var copies = 0
    let sorted = parts.sorted { ($0.range.start, $1.range.end, $0.number) < ($1.range.start, $0.range.end, $1.number) }
    for part in sorted {
      guard let last = cover, part.range.start < last.end else {
        found.append(part)
        cover = (part.range.end, part.shift, part.number)
        continue
      }
      if part.shift == last.shift {
        guard part.range.end > last.end, let rest = PhysicalRange(start: last.end, count: part.range.end - last.end) else { continue }
        found.append(Part(range: rest, offset: part.offset + (last.end - part.range.start), number: part.number))
        cover = (part.range.end, part.shift, last.number)
        continue
      }
      copies += 1
      guard part.range.end <= last.end, copies <= copyLimit else {
        let place = String(part.range.start, radix: 16)
        throw Contradiction(
          number: part.number,
          reason: "segments \(last.number) and \(part.number) overlap at physical 0x\(place), with other bytes of the file")
      }
    }
    try checkBytes(found)
    guard found.count <= limit else { throw Contradiction(number: 0, reason: "it has more than \(limit) ranges") }
    return found
  }

  /// Bytes of the file are memory at one place.
  private static func checkBytes(_ parts: [Part]) throws(Contradiction) {
    var before: Part?
    for part in parts.sorted(by: { ($0.offset, $0.number) < ($1.offset, $1.number) }) {
      if let before, part.offset < before.fileEnd {
        throw Contradiction(
          number: part.number,
          reason: "segments \(before.number) and \(part.number) hold the same bytes of the file at two physical addresses")
      }
      before = part
    }
  }
}
