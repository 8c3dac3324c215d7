internal import CTSK
internal import Disks
internal import Domain

/// A part of a disk that may hold one file system.
public struct Volume: Sendable, Hashable {
  /// 0 for a disk without a partition table, else the place in the order of the table, from 1.
  public let index: Int
  /// Bytes from the start of the disk.
  public let offset: Int64
  /// Bytes.
  public let size: Int64
  /// Bytes that the partition table gives it beyond the end of the disk.
  public var missing: Int64 = 0
  /// What the partition table calls it, such as "Linux (0x83)"; nil without a table. Escaped.
  public let label: String?
  public let content: VolumeContent
}

/// Finds the volumes of a disk: GPT, MBR with logical partitions, or one file system over the whole disk.
enum VolumeTable {
  /// Partitions of one disk at most; a GPT has 128 by its standard size.
  private static let most = 256

  static func volumes(of source: any BlockSource) throws(DiskError) -> [Volume] {
    guard source.size > 0 else { throw DiskError("the disk is empty: 0 bytes") }
    guard let head = source.bytes(at: 0, count: VolumeContent.headCount) else {
      throw DiskError("the first bytes of the disk cannot be read")
    }
    for sectorSize in [512, 4096] where has("EFI PART", in: head, at: sectorSize) {
      return try table(of: source, TSK_VS_TYPE_GPT, sectorSize: UInt32(sectorSize))
    }
    let content = settled(VolumeContent(head: head), of: source, from: 0, size: source.size)
    guard content == .unknown else { return [Volume(index: 0, offset: 0, size: source.size, label: nil, content: content)] }
    guard head.count >= 512, head[510] == 0x55, head[511] == 0xAA else {
      return [Volume(index: 0, offset: 0, size: source.size, label: nil, content: .unknown)]
    }
    // A lone entry of type 0xEE guards a GPT whose own header is gone.
    if head[450] == 0xEE { throw DiskError("the disk has a protective MBR and no GPT header behind it: its partition table is damaged") }
    return try table(of: source, TSK_VS_TYPE_DOS, sectorSize: 512)
  }

  /// Places all over a volume that are looked at before it counts as empty, and bytes at each.
  private static let samples: (count: Int64, bytes: Int64) = (2048, 4096)

  /// What a volume holds, where its first bytes do not settle it: one whose beginning was wiped is not empty while anything stands behind
  /// it, as copies of an ext file system's superblock do at the beginning of groups of blocks.
  private static func settled(_ content: VolumeContent, of source: any BlockSource, from start: Int64, size: Int64) -> VolumeContent {
    guard content == .empty else { return content }
    let step = max(samples.bytes, size / samples.count)
    // Groups of ext have 8 blocks for each byte of a block, which is of 1, 2 or 4 KiB; NTFS keeps a copy in the last sectors.
    let groups: [Int64] = [1024, 2048, 4096].flatMap { block in
      [1, 3, 5, 7, 9].map { $0 * block * block * 8 + (block == 1024 ? 1024 : 0) }
    }
    let places = Array(stride(from: Int64(0), to: size, by: Int(clamping: step))) + groups + [size - samples.bytes]
    for place in places where place >= 0 && place < size {
      guard let bytes = source.bytes(at: start + place, count: Int(min(samples.bytes, size - place))) else { return .unknown }
      if bytes.contains(where: { $0 != 0 }) { return .unknown }
    }
    return .empty
  }

  private static func table(of source: any BlockSource, _ type: TSK_VS_TYPE_ENUM, sectorSize: UInt32) throws(DiskError) -> [Volume] {
    let image = try SleuthKitImage(source, sectorSize: sectorSize)
    guard let table = unsafe tsk_vs_open(image.pointer, 0, type) else {
      throw DiskError("the partition table cannot be read: \(SleuthKit.reason)")
    }
    defer { unsafe tsk_vs_close(table) }
    var volumes: [Volume] = []
    var next = unsafe table.pointee.part_list
    while let part = unsafe next {
      unsafe next = part.pointee.next
      guard unsafe part.pointee.flags.rawValue & TSK_VS_PART_FLAG_ALLOC.rawValue != 0 else { continue }
      guard volumes.count < most else { throw DiskError("the partition table has more than \(most) entries") }
      let unit = unsafe UInt64(table.pointee.block_size)
      let (start, startOverflows) = unsafe UInt64(part.pointee.start).multipliedReportingOverflow(by: unit)
      let (count, countOverflows) = unsafe UInt64(part.pointee.len).multipliedReportingOverflow(by: unit)
      // SAFETY: the library ends the text with a zero and owns it until the table is closed.
      let label = unsafe part.pointee.desc.map { unsafe EscapedName.text(of: Array(String(cString: $0).utf8.prefix(200))) }
      let index = volumes.count + 1
      guard !startOverflows, !countOverflows, start < UInt64(source.size), count > 0 else {
        volumes.append(
          Volume(
            index: index, offset: 0, size: 0, label: label,
            content: .refused("a partition that lies outside the disk", advice: "the table is damaged or the image is cut short")))
        continue
      }
      let size = min(Int64(clamping: count), source.size - Int64(start))
      let head = source.bytes(at: Int64(start), count: Int(min(size, Int64(VolumeContent.headCount))))
      var content =
        head.map { settled(VolumeContent(head: $0), of: source, from: Int64(start), size: size) }
        ?? .refused("a partition that cannot be read", advice: "check the image")
      if content == .unknown, type == TSK_VS_TYPE_GPT,
        let purpose = unsafe purpose(of: part.pointee.slot_num, in: source, sectorSize: sectorSize)
      {
        content = .withoutFiles(purpose)
      }
      volumes.append(
        Volume(index: index, offset: Int64(start), size: size, missing: Int64(clamping: count) - size, label: label, content: content))
    }
    guard !volumes.isEmpty else { throw DiskError("the partition table is empty") }
    return volumes
  }

  /// The type of a GPT's entry, where it says that no file system is there (UEFI 2.10, section 5.3.3): the entries' place and size stand in
  /// the header at 72 and 84, little-endian.
  private static func purpose(of slot: Int8, in source: any BlockSource, sectorSize: UInt32) -> String? {
    guard slot >= 0, let header = source.bytes(at: Int64(sectorSize), count: 512), header.count == 512, has("EFI PART", in: header, at: 0)
    else { return nil }
    let block = header[72..<80].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let size = header[84..<88].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard block < UInt64(source.size) / UInt64(sectorSize), (128...4096).contains(size) else { return nil }
    let place = block * UInt64(sectorSize) + UInt64(slot) * size
    guard let type = source.bytes(at: Int64(place), count: 16) else { return nil }
    switch type {
    case Array("Hah!IdontNeedEFI".utf8): return "a boot loader's partition"
    case [0x16, 0xE3, 0xC9, 0xE3, 0x5C, 0x0B, 0xB8, 0x4D, 0x81, 0x7D, 0xF9, 0x2D, 0xF0, 0x02, 0x15, 0xAE]:
      return "a reserved partition of Windows"
    default: return nil
    }
  }

  private static func has(_ mark: String, in bytes: [UInt8], at offset: Int) -> Bool {
    let mark = Array(mark.utf8)
    return offset + mark.count <= bytes.count && bytes[offset..<offset + mark.count].elementsEqual(mark)
  }
}
