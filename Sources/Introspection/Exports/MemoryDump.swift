internal import Glibc

/// Writes a guest's physical memory to a file, holes as holes.
///
/// The memory of a running guest changes while it is copied: pages are of different moments then.
public struct MemoryDump: Sendable {
  public let memory: PhysicalMemory
  public let format: MemoryImage.Format
  /// Ranges with their offsets in the file.
  private let places: [(range: PhysicalRange, offset: UInt64)]
  /// Headers and where they stand.
  private let headers: [(offset: UInt64, bytes: [UInt8])]
  /// What the file says of the time in which it is copied; nil for nothing.
  private let mark: CopyMark?
  /// Where it says so.
  private let markPlaces: [UInt64]
  /// Of the whole file, holes included; bytes.
  public let length: UInt64

  /// Why the file could not be written: errno.
  public struct Failure: Error, Sendable, Hashable {
    public let code: Int32
  }

  /// - Parameters:
  ///   - format: raw has the ranges one after the other, as memory-backend-file has them: addresses above the hole for PCI are only kept by the others.
  ///   - information: text of VMCOREINFO for a note of the ELF core, by which crash(8) finds its way.
  ///   - mark: what the file says of the time in which it is copied, where its format has a place for that; for `running(milliseconds: 0)`
  ///     the time is measured.
  public init(_ memory: PhysicalMemory, format: MemoryImage.Format, information: [UInt8]? = nil, mark: CopyMark? = nil) {
    self.memory = memory
    self.format = format
    self.mark = mark
    let ranges = memory.segments.map(\.range)
    var places: [(range: PhysicalRange, offset: UInt64)] = []
    var headers: [(offset: UInt64, bytes: [UInt8])] = []
    var markPlaces: [UInt64] = []
    var end: UInt64 = 0
    if format == .elfCore {
      let header = Self.elfHeader(ranges, information, mark)
      headers.append((0, header.bytes))
      if let place = header.mark { markPlaces.append(place) }
      end = header.start
    }
    for range in ranges {
      if format == .lime {
        headers.append((end, Self.limeHeader(range, mark)))
        if mark != nil { markPlaces.append(end + 24) }
        end += 32
      }
      places.append((range, end))
      end += range.count
    }
    self.places = places
    self.headers = headers
    self.markPlaces = markPlaces
    length = end
  }

  // MARK: Headers

  private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
  }

  /// lime_mem_range_header of LiME: magic number, version 1, first and last address, eight bytes in reserve.
  private static func limeHeader(_ range: PhysicalRange, _ mark: CopyMark?) -> [UInt8] {
    bytes(UInt32(0x4C69_4D45)) + bytes(UInt32(1)) + bytes(range.start) + bytes(range.end - 1)
      + (mark?.bytes ?? [UInt8](repeating: 0, count: 8))
  }

  /// A note whose name is given with its zero byte.
  private static func note(_ name: String, _ type: UInt32, _ content: [UInt8]) -> [UInt8] {
    func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4) }
    return bytes(UInt32(name.utf8.count)) + bytes(UInt32(content.count)) + bytes(type) + padded(Array(name.utf8)) + padded(content)
  }

  /// An ELF header, a program header for the notes and one for each range, then the notes; ranges begin on a page.
  private static func elfHeader(
    _ ranges: [PhysicalRange], _ information: [UInt8]?, _ mark: CopyMark?
  ) -> (bytes: [UInt8], start: UInt64, mark: UInt64?) {
    var note = information.map { Self.note("VMCOREINFO\0", 0, $0) } ?? []
    if let mark { note += Self.note(CopyMark.noteName + "\0", CopyMark.noteType, mark.bytes) }
    let count = ranges.count + 1
    let noteStart = UInt64(64 + 56 * count)
    let start = (noteStart + UInt64(note.count) + 4095) & ~4095
    var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    // ET_CORE, EM_X86_64, EV_CURRENT; no entry; program headers follow.
    header += bytes(UInt16(4)) + bytes(UInt16(62)) + bytes(UInt32(1)) + bytes(UInt64(0)) + bytes(UInt64(64)) + bytes(UInt64(0))
    header +=
      bytes(UInt32(0)) + bytes(UInt16(64)) + bytes(UInt16(56)) + bytes(UInt16(count)) + bytes(UInt16(0)) + bytes(UInt16(0))
      + bytes(UInt16(0))
    func segment(_ type: UInt32, _ offset: UInt64, _ physical: UInt64, _ size: UInt64) -> [UInt8] {
      bytes(type) + bytes(UInt32(0)) + bytes(offset) + bytes(UInt64(0)) + bytes(physical) + bytes(size) + bytes(size) + bytes(UInt64(0))
    }
    header += segment(4, noteStart, 0, UInt64(note.count))
    var offset = start
    for range in ranges {
      header += segment(1, offset, range.start, range.count)
      offset += range.count
    }
    // The mark is the end of the last note, and needs no padding.
    return (header + note, start, mark.map { UInt64(header.count + note.count - $0.bytes.count) })
  }

  // MARK: Writing

  private static let pieceSize: UInt64 = 1 << 20

  /// Writes to an open, empty file.
  ///
  /// - Parameters:
  ///   - progress: called after each piece with the bytes that were written, and how many there will be.
  ///   - isStanding: asked at the end: whether a guest that was taken for running stood still all the time.
  public func write(
    to descriptor: CInt, progress: (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }, isStanding: () -> Bool = { false }
  ) throws(Failure) {
    guard ftruncate(descriptor, off_t(clamping: length)) == 0 else { throw Failure(code: errno) }
    let begin = ContinuousClock.now
    for header in headers { try Self.put(header.bytes, to: descriptor, at: header.offset) }
    memory.refresh()
    let populated = memory.populated
    let total = populated.reduce(0) { $0 + $1.count }
    var done: UInt64 = 0
    for extent in populated {
      guard let place = places.first(where: { $0.range.holds(extent.start, count: extent.count) }) else { continue }
      var address = extent.start
      while address < extent.end {
        let count = min(Self.pieceSize, extent.end - address)
        if let bytes = memory.bytes(address, count: Int(count)) {
          try Self.put(bytes, to: descriptor, at: place.offset + (address - place.range.start))
        }
        address += count
        done += count
        progress(done, total)
      }
    }
    guard mark == .running(milliseconds: 0) else { return }
    let time = (ContinuousClock.now - begin).components
    let milliseconds = UInt32(clamping: max(1, time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000))
    let told = isStanding() ? CopyMark.still : .running(milliseconds: milliseconds)
    for place in markPlaces { try Self.put(told.bytes, to: descriptor, at: place) }
  }

  private static func put(_ bytes: [UInt8], to descriptor: CInt, at offset: UInt64) throws(Failure) {
    var done = 0
    while done < bytes.count {
      // SAFETY: pwrite(2) reads what is left of the array, and no more.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done, off_t(clamping: offset + UInt64(done)))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure(code: errno)
      }
      guard count > 0 else { throw Failure(code: EIO) }
      done += count
    }
  }
}

extension Guest {
  /// The text of VMCOREINFO as it lies in the kernel's memory; nil where it has none.
  public func coreInformation() -> [UInt8]? {
    guard let symbol = symbol("vmcoreinfo_data"), let size = self.symbol("vmcoreinfo_size"), let text = pointer(symbol),
      let count = u64(size),
      (1...UInt64(VMCoreInfo.limit)).contains(count)
    else { return nil }
    return bytes(text, count: Int(count))
  }
}
