/// What a volume holds, by the marks that its formats put at fixed places.
public enum VolumeContent: Sendable, Hashable {
  /// ext2, ext3 or ext4.
  case ext
  case ntfs
  /// FAT12, FAT16 or FAT32.
  case fat
  case exFAT
  case iso9660
  /// Holds no files by its nature: a swap area, a boot loader's partition.
  case withoutFiles(String)
  /// Nothing but zeros where any format has its marks.
  case empty
  /// Recognized, and not read here: what it is, and what to do.
  case refused(String, advice: String)
  /// No mark is known.
  case unknown

  /// Bytes from a volume's start that hold every mark below.
  public static let headCount = 0x11000

  /// Recognizes by the first bytes of a volume, `headCount` of them or fewer where it is smaller.
  public init(head: [UInt8]) {
    func has(_ mark: String, at offset: Int) -> Bool {
      let mark = Array(mark.utf8)
      return offset + mark.count <= head.count && head[offset..<offset + mark.count].elementsEqual(mark)
    }
    func has(_ mark: [UInt8], at offset: Int) -> Bool {
      offset + mark.count <= head.count && head[offset..<offset + mark.count].elementsEqual(mark)
    }
    // Containers first: what lies in them may look like anything.
    if has([0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE], at: 0) {
      self = .refused("LUKS encryption", advice: Self.insideAdvice)
    } else if has("-FVE-FS-", at: 3) || has("MSWIN4.1", at: 3) && has([0x3B, 0xD6, 0x67, 0x49], at: 424) {
      self = .refused("BitLocker encryption", advice: Self.insideAdvice)
    } else if (0..<4).contains(where: { has("LABELONE", at: $0 * 512) && has("LVM2 001", at: $0 * 512 + 24) }) {
      self = .refused("an LVM physical volume", advice: "export its logical volumes as images and name those")
    } else if has([0xFC, 0x4E, 0x2B, 0xA9], at: 0) || has([0xFC, 0x4E, 0x2B, 0xA9], at: 4096) {
      self = .refused("a member of a Linux software RAID", advice: "name an image of the assembled array")
    } else if has([0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA], at: 4096 + 24) {
      self = .refused("a bcache device", advice: Self.insideAdvice)
    } else if has("_BHRfS_M", at: 0x10040) {
      self = .refused("btrfs", advice: Self.otherAdvice)
    } else if has("XFSB", at: 0) {
      self = .refused("XFS", advice: Self.otherAdvice)
    } else if has("NXSB", at: 32) {
      self = .refused("APFS", advice: Self.otherAdvice)
    } else if has([0x52, 0x65, 0x46, 0x53, 0, 0, 0, 0], at: 3) {
      self = .refused("ReFS", advice: Self.otherAdvice)
    } else if Self.isZFS(head) {
      self = .refused("ZFS", advice: Self.otherAdvice)
    } else if has([0x10, 0x20, 0xF5, 0xF2], at: 1024) {
      self = .refused("F2FS", advice: Self.otherAdvice)
    } else if has([0xE2, 0xE1, 0xF5, 0xE0], at: 1024) {
      self = .refused("EROFS", advice: Self.otherAdvice)
    } else if has("hsqs", at: 0) {
      self = .refused("SquashFS", advice: "unpack it with unsquashfs")
    } else if has("H+", at: 1024) || has("HX", at: 1024) {
      self = .refused("HFS+", advice: Self.otherAdvice)
    } else if has("SWAPSPACE2", at: 4086) || has("SWAP-SPACE", at: 4086) {
      self = .withoutFiles("a swap area")
    } else if has("NTFS    ", at: 3) {
      self = .ntfs
    } else if has("EXFAT   ", at: 3) {
      self = .exFAT
    } else if has([0x53, 0xEF], at: 1080) {
      self = .ext
    } else if has([0x55, 0xAA], at: 510) && (has("FAT", at: 54) || has("FAT32", at: 82)) {
      self = .fat
    } else if has("CD001", at: 0x8001) {
      self = .iso9660
    } else if head.allSatisfy({ $0 == 0 }) {
      self = .empty
    } else {
      self = .unknown
    }
  }

  private static let insideAdvice = "scan the running guest's memory, or give an image of what the guest sees after it unlocked it"
  private static let otherAdvice = "The Sleuth Kit \(SleuthKit.version) does not read it; scan from inside the guest, or copy its files out"

  /// ZFS labels lie at 0 and at 256 KiB and hold 128 uberblocks from 128 KiB on, beyond what is read here; the label's name-value list at
  /// 16 KiB begins in XDR with encoding 1 and names "version", then "name" (OpenZFS, module/zfs/vdev_label.c).
  private static func isZFS(_ head: [UInt8]) -> Bool {
    guard head.count > 0x4400 else { return false }
    let list = head[0x4000..<0x4400]
    guard list.first == 1 || list.first == 0, list[0x4001] <= 1 else { return false }
    let name = Array("pool_guid".utf8)
    let state = Array("version".utf8)
    return holds(name, in: list) && holds(state, in: list)
  }

  private static func holds(_ word: [UInt8], in bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count >= word.count else { return false }
    return (bytes.startIndex...bytes.endIndex - word.count).contains { bytes[$0..<$0 + word.count].elementsEqual(word) }
  }

  /// As documents name it.
  public var name: String {
    switch self {
    case .ext: "ext"
    case .ntfs: "ntfs"
    case .fat: "fat"
    case .exFAT: "exfat"
    case .iso9660: "iso9660"
    case .withoutFiles(let what): what
    case .empty: "empty"
    case .refused(let what, _): what
    case .unknown: "unknown"
    }
  }
}
