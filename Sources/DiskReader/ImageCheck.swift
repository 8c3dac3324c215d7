public import Disks

/// Holds an image's own tables against the length of its file. Whoever reads such an image is given zeros for what lies behind its end, and no error: a
/// copy that was cut short would look like a disk with other contents.
///
/// What this knows of the formats is where their tables say that data lie, and nothing else; the data themselves are served by QEMU.
public struct ImageCheck {
  /// Entries of a table that are read at once.
  private static let chunk = 1 << 16

  let source: any BlockSource
  private let end: ContinuousClock.Instant
  /// Set where something could not be read or checked to its end.
  var isUnchecked = false
  /// Clusters, grains or blocks that are not wholly there.
  var missing: Int64 = 0

  private init(_ source: any BlockSource, within time: Duration) {
    self.source = source
    end = ContinuousClock.now + time
  }

  /// - Parameter time: a table may be made to lead to the same table again and again.
  public static func notices(of source: any BlockSource, format: ImageFormat, within time: Duration = .seconds(60)) -> [DiskNotice] {
    var check = ImageCheck(source, within: time)
    var notices: [DiskNotice] = []
    switch format {
    case .qcow2: notices = check.qcow2()
    case .vmdk: notices = check.vmdk()
    case .vdi: check.vdi()
    // QEMU refuses these two where they end early; a raw image is as long as it is, and is held against what its volumes say.
    case .raw, .vhdx, .vhd: break
    }
    if check.missing > 0 { notices.insert(DiskNotice(.imageCut, count: check.missing), at: 0) }
    if check.isUnchecked { notices.append(DiskNotice(.imageUnchecked)) }
    return notices
  }

  var isTimeOver: Bool { ContinuousClock.now >= end }

  /// Whether a range of the file, whose length is not negative, ends behind the file.
  func isBehindEnd(_ start: UInt64, _ count: UInt64) -> Bool {
    let (end, overflows) = start.addingReportingOverflow(count)
    return overflows || end > UInt64(source.size)
  }

  /// Hands over the numbers of a table, each of `width` bytes, with their places in it.
  ///
  /// - Parameter take: false ends the walk.
  /// - Returns: false where the table lies behind the end or cannot be read.
  func eachEntry(
    at offset: UInt64, count: UInt64, width: Int, isBigEndian: Bool, take: (_ index: UInt64, _ entry: UInt64) -> Bool
  ) -> Bool {
    let (bytes, overflows) = count.multipliedReportingOverflow(by: UInt64(width))
    guard !overflows, !isBehindEnd(offset, bytes) else { return false }
    var index: UInt64 = 0
    while index < count {
      let wanted = min(count - index, UInt64(Self.chunk))
      guard let block = source.bytes(at: Int64(offset + index * UInt64(width)), count: Int(wanted) * width) else { return false }
      for place in 0..<Int(wanted) {
        guard take(index + UInt64(place), Self.number(block, place * width, width, isBigEndian: isBigEndian)) else { return true }
      }
      index += wanted
    }
    return true
  }

  /// 0 where the bytes are not there.
  static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int, isBigEndian: Bool = false) -> UInt64 {
    guard offset + count <= bytes.count else { return 0 }
    var value: UInt64 = 0
    for place in 0..<count { value = value << 8 | UInt64(bytes[isBigEndian ? offset + place : offset + count - 1 - place]) }
    return value
  }

  // MARK: VMware

  /// Sparse extents (VMware, Virtual Disk Format 5.0, "Hosted Sparse Extent Header", and the older COWD): a directory of tables of grains, all in sectors.
  private mutating func vmdk() -> [DiskNotice] {
    guard let head = source.bytes(at: 0, count: 512), head.count == 512 else {
      isUnchecked = true
      return []
    }
    let isHosted = head.starts(with: Array("KDMV".utf8))
    guard isHosted || head.starts(with: Array("COWD".utf8)) else { return [] }
    var header = head
    // The directory of a stream stands in a copy of the header before the last sector.
    if isHosted, Self.number(head, 56, 8) == .max {
      guard let footer = source.bytes(at: max(0, source.size - 1024), count: 512), footer.starts(with: Array("KDMV".utf8)) else {
        missing = 1
        return []
      }
      header = footer
    }
    let flags = isHosted ? Self.number(header, 8, 4) : 0
    let capacity = isHosted ? Self.number(header, 12, 8) : Self.number(header, 12, 4)
    let grain = isHosted ? Self.number(header, 20, 8) : Self.number(header, 16, 4)
    let entries = isHosted ? Self.number(header, 44, 4) : 4096
    // Bit 1 says that the redundant directory is the one in use, as QEMU takes it.
    let directory = !isHosted ? Self.number(header, 20, 4) : flags & 2 != 0 ? Self.number(header, 48, 8) : Self.number(header, 56, 8)
    var notices: [DiskNotice] = []
    if isHosted, head[72] == 1 { notices.append(DiskNotice(.imageDirty)) }
    // What lies outside of these bounds QEMU refuses.
    guard capacity > 0, capacity < 1 << 54, (1...1 << 20).contains(grain), (1...1 << 20).contains(entries), directory < 1 << 54 else {
      return notices
    }
    let covered = grain * entries
    let tables = (capacity + covered - 1) / covered
    guard tables <= 1 << 24 else { return notices }
    let shape = GrainShape(grain: grain, capacity: capacity, isCompressed: flags & 1 << 16 != 0, entries: entries)
    var places: [UInt64] = []
    guard eachEntry(at: directory * 512, count: tables, width: 4, isBigEndian: false, take: { places.append($1); return true }) else {
      missing += 1
      return notices
    }
    for (index, place) in places.enumerated() where place != 0 {
      guard !isTimeOver else {
        isUnchecked = true
        break
      }
      count(grainsAt: place, from: UInt64(index) * covered, shape)
    }
    return notices
  }

  private struct GrainShape {
    /// Sectors.
    let grain: UInt64
    /// Sectors.
    let capacity: UInt64
    let isCompressed: Bool
    let entries: UInt64
  }

  /// - Parameter guest: the first sector of the disk that the table is about.
  private mutating func count(grainsAt table: UInt64, from guest: UInt64, _ shape: GrainShape) {
    var lost: Int64 = 0
    let isThere = eachEntry(at: table * 512, count: shape.entries, width: 4, isBigEndian: false) { index, sector in
      let first = guest + index * shape.grain
      guard first < shape.capacity else { return false }
      // 0 is not there, 1 is a grain of zeros.
      guard sector > 1 else { return true }
      if shape.isCompressed {
        // Number of the sector, and how many bytes follow.
        guard !isBehindEnd(sector * 512, 12), let mark = source.bytes(at: Int64(sector * 512), count: 12),
          !isBehindEnd(sector * 512 + 12, Self.number(mark, 8, 4))
        else {
          lost += 1
          return true
        }
      } else if isBehindEnd(sector * 512, min(shape.grain, shape.capacity - first) * 512) {
        lost += 1
      }
      return true
    }
    missing += isThere ? lost : 1
  }

  // MARK: VirtualBox

  /// VDI 1.1 (VirtualBox, src/VBox/Storage/VDICore.h): one map of blocks, counted from where the data begin.
  private mutating func vdi() {
    guard let head = source.bytes(at: 0, count: 512), head.count == 512 else {
      isUnchecked = true
      return
    }
    let map = Self.number(head, 0x154, 4)
    let data = Self.number(head, 0x158, 4)
    let size = Self.number(head, 0x170, 8)
    let block = Self.number(head, 0x178, 4)
    let blocks = Self.number(head, 0x180, 4)
    // QEMU reads blocks of 1 MiB alone.
    guard block == 1 << 20, size < 1 << 62 else { return }
    var lost: Int64 = 0
    var isOver = false
    let isThere = eachEntry(at: map, count: blocks, width: 4, isBigEndian: false) { index, entry in
      if index & 0xFFFF == 0, isTimeOver {
        isOver = true
        return false
      }
      // 0xFFFFFFFF is not there, 0xFFFFFFFE is zeros.
      guard entry < 0xFFFF_FFFE, index * block < size else { return true }
      if isBehindEnd(data + entry * block, min(block, size - index * block)) { lost += 1 }
      return true
    }
    missing += isThere ? lost : 1
    isUnchecked = isUnchecked || isOver
  }
}
