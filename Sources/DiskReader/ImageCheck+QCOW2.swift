internal import Disks

/// qcow2 as QEMU's docs/interop/qcow2.txt describes it; numbers are big-endian.
extension ImageCheck {
  private enum Header {
    static let dirty: UInt64 = 1 << 0
    static let corrupt: UInt64 = 1 << 1
    static let dataFile: UInt64 = 1 << 2
    static let extendedTables: UInt64 = 1 << 4
    /// Bits 9 to 55 of an entry: a place in the file.
    static let place: UInt64 = 0x00FF_FFFF_FFFF_FE00
    /// QEMU's own bound of an L1 table, bytes.
    static let largestTable: UInt64 = 32 << 20
  }

  private struct Shape {
    let clusterBits: UInt64
    /// Bytes of an entry of an L2 table.
    let width: Int
    /// Bytes of the disk.
    let size: UInt64

    var cluster: UInt64 { 1 << clusterBits }
    var entries: UInt64 { cluster / UInt64(width) }
  }

  mutating func qcow2() -> [DiskNotice] {
    guard let head = source.bytes(at: 0, count: 104), head.count >= 72 else {
      isUnchecked = true
      return []
    }
    func word(_ offset: Int, _ count: Int) -> UInt64 { Self.number(head, offset, count, isBigEndian: true) }
    let version = word(4, 4)
    let features = version >= 3 ? word(72, 8) : 0
    let shape = Shape(clusterBits: word(20, 4), width: features & Header.extendedTables != 0 ? 16 : 8, size: word(24, 8))
    var notices: [DiskNotice] = []
    if features & Header.corrupt != 0 { notices.append(DiskNotice(.imageCorrupt)) }
    if features & Header.dirty != 0 { notices.append(DiskNotice(.imageDirty)) }
    // What lies outside of these bounds QEMU refuses.
    guard (2...3).contains(version), (9...21).contains(shape.clusterBits), features & Header.dataFile == 0, shape.size < 1 << 62 else {
      return notices
    }
    let covered = shape.entries * shape.cluster
    let tables = (shape.size + covered - 1) / covered
    guard tables <= word(36, 4), tables * 8 <= Header.largestTable else { return notices }
    var used = UsedClusters(clusterBits: shape.clusterBits, of: source.size)
    var places: [UInt64] = []
    guard eachEntry(at: word(40, 8), count: tables, width: 8, isBigEndian: true, take: { places.append($1 & Header.place); return true })
    else {
      missing += 1
      return notices
    }
    for (index, place) in places.enumerated() where place != 0 {
      guard !isTimeOver else {
        isUnchecked = true
        return notices
      }
      used.insert(place, shape.cluster)
      count(clustersAt: place, from: UInt64(index) * covered, shape, &used)
    }
    if let leaked = leaked(head, shape, &used), leaked > 0 { notices.append(DiskNotice(.imageLeaked, count: leaked)) }
    return notices
  }

  /// - Parameter guest: the first byte of the disk that the table is about.
  private mutating func count(clustersAt table: UInt64, from guest: UInt64, _ shape: Shape, _ used: inout UsedClusters) {
    var lost: Int64 = 0
    let step = UInt64(shape.width / 8)
    var last: UInt64 = 0
    let isThere = eachEntry(at: table, count: shape.entries * step, width: 8, isBigEndian: true) { index, number in
      let first = guest + index / step * shape.cluster
      guard first < shape.size else { return false }
      // With extended tables every second number says which of the cluster's 32 parts are there.
      if step == 2, index % 2 == 0 {
        last = number
        return true
      }
      let entry = step == 2 ? last : number
      if entry & 1 << 62 != 0 {
        // Compressed: the place, and above it how many sectors behind the first one the data reach into.
        let bits = 62 - (shape.clusterBits - 8)
        let place = entry & ((1 << bits) - 1)
        let sectors = entry >> bits & ((1 << (shape.clusterBits - 8)) - 1)
        let last = place / 512 + sectors
        if isBehindEnd(last * 512, 1) { lost += 1 }
        used.insert(place, last * 512 + 512 - place)
        return true
      }
      let place = entry & Header.place
      guard place != 0 else { return true }
      used.insert(place, shape.cluster)
      // Bit 0 of the usual tables says that it reads as zeros, whatever lies there.
      let parts = step == 2 ? UInt64(32 - UInt32(truncatingIfNeeded: number).leadingZeroBitCount) : entry & 1 == 0 ? 32 : 0
      // The disk's last cluster may be written as far as the disk goes.
      if parts > 0, isBehindEnd(place, min(shape.cluster / 32 * parts, shape.size - first)) { lost += 1 }
      return true
    }
    missing += isThere ? lost : 1
  }

  /// Clusters that are counted and that nothing uses; nil where something uses clusters that is not followed here, such as a snapshot.
  private mutating func leaked(_ head: [UInt8], _ shape: Shape, _ used: inout UsedClusters) -> Int64? {
    func word(_ offset: Int, _ count: Int) -> UInt64 { Self.number(head, offset, count, isBigEndian: true) }
    let version = word(4, 4)
    let order = version >= 3 ? word(96, 4) : 4
    // Snapshots, encryption and bitmaps have clusters of their own. Counts smaller than a byte are not QEMU's default.
    guard missing == 0, word(60, 4) == 0, word(32, 4) == 0, (3...6).contains(order), version < 3 || word(88, 8) & 1 == 0 else { return nil }
    let table = word(48, 8)
    let tableClusters = word(56, 4)
    guard tableClusters * shape.cluster <= 8 << 20 else { return nil }
    used.insert(0, shape.cluster)
    used.insert(word(40, 8), min(word(36, 4) * 8, Header.largestTable))
    used.insert(table, tableClusters * shape.cluster)
    var blocks: [UInt64] = []
    guard eachEntry(at: table, count: tableClusters * shape.cluster / 8, width: 8, isBigEndian: true, take: { blocks.append($1); return true })
    else { return nil }
    for block in blocks where block & Header.place != 0 { used.insert(block & Header.place, shape.cluster) }
    let width = 1 << (Int(order) - 3)
    let counts = shape.cluster / UInt64(width)
    var leaked: Int64 = 0
    for (index, block) in blocks.enumerated() where block & Header.place != 0 {
      guard !isTimeOver else { return nil }
      let isThere = eachEntry(at: block & Header.place, count: counts, width: width, isBigEndian: true) { place, references in
        if references > 0, !used.contains(UInt64(index) * counts + place) { leaked += 1 }
        return true
      }
      guard isThere else { return nil }
    }
    return leaked
  }
}

/// Which clusters of a file something leads to: a bit for each.
private struct UsedClusters {
  /// Beyond this a file's clusters are not noted: 2^32 of them take 512 MiB.
  private static let most: UInt64 = 1 << 32

  private let clusterBits: UInt64
  private let count: UInt64
  private var words: [UInt64]

  init(clusterBits: UInt64, of size: Int64) {
    self.clusterBits = clusterBits
    count = min((UInt64(size) >> clusterBits) + 1, Self.most)
    words = [UInt64](repeating: 0, count: Int(count / 64 + 1))
  }

  mutating func insert(_ start: UInt64, _ length: UInt64) {
    guard length > 0, start < 1 << 62 else { return }
    let last = min((start + min(length, 1 << 62) - 1) >> clusterBits, count - 1)
    var cluster = start >> clusterBits
    while cluster <= last {
      words[Int(cluster / 64)] |= 1 << (cluster % 64)
      cluster += 1
    }
  }

  /// True for what is not noted.
  func contains(_ cluster: UInt64) -> Bool { cluster >= count || words[Int(cluster / 64)] & 1 << (cluster % 64) != 0 }
}
