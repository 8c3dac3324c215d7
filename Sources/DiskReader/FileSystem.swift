internal import CTSK
internal import Disks

/// One file system of a disk, opened by The Sleuth Kit.
@safe final class FileSystem {
  /// ext2/3/4's superblock, Linux fs/ext4/ext4.h: s_magic and s_feature_incompat.
  private enum Superblock {
    static let offset = 1024
    static let state = 58
    static let unmounted: UInt64 = 0x1
    static let errors: UInt64 = 0x2
    /// s_usr_quota_inum, s_grp_quota_inum, s_prj_quota_inum and s_orphan_file_inum, each with the place and the bit of the feature without which
    /// the kernel does not look at it, and whoever wants to hide an inode may name it there.
    static let own: [(inode: Int, features: Int, bit: UInt64)] = [
      (0x240, 100, 0x100), (0x244, 100, 0x100), (0x26C, 100, 0x2000), (0x280, 92, 0x1000),
    ]
    static let incompatible = 96
    static let recover: UInt32 = 0x4
    static let journalDevice: UInt32 = 0x8
    static let encrypt: UInt32 = 0x10000
    /// filetype, recover, meta_bg, extents, 64bit, mmp, flex_bg, csum_seed, largedir, inline_data, encrypt, casefold.
    static let known: UInt32 = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
  }

  let volume: Volume
  private let image: SleuthKitImage
  let pointer: UnsafeMutablePointer<TSK_FS_INFO>
  /// The journal holds changes that are not at their places yet: it was not unmounted, or is mounted now.
  let hasPendingJournal: Bool
  /// The guest's kernel noted that it found errors.
  let hasErrors: Bool
  /// ext: it was not unmounted. Taken for true of others.
  let isInUse: Bool
  /// ext: inodes above it that are the file system's own and have no name: quotas, the list of deleted files.
  let ownInodes: Set<UInt64>

  init(_ volume: Volume, of source: any BlockSource) throws(DiskError) {
    let type: TSK_FS_TYPE_ENUM
    switch volume.content {
    case .ext: type = TSK_FS_TYPE_EXT_DETECT
    case .ntfs: type = TSK_FS_TYPE_NTFS_DETECT
    case .fat: type = TSK_FS_TYPE_FAT_DETECT
    case .exFAT: type = TSK_FS_TYPE_EXFAT
    case .iso9660: type = TSK_FS_TYPE_ISO9660_DETECT
    case .refused(let what, let advice): throw DiskError("\(what): \(advice)")
    case .withoutFiles(let what): throw DiskError("\(what) holds no files")
    case .empty: throw DiskError("the volume is empty")
    case .unknown: throw DiskError("no file system is recognized")
    }
    var isPending = false
    var hasErrors = false
    var isInUse = true
    var own: Set<UInt64> = []
    if volume.content == .ext {
      guard let block = source.bytes(at: volume.offset + Int64(Superblock.offset), count: 1024), block.count == 1024 else {
        throw DiskError("the superblock cannot be read")
      }
      let features = block[Superblock.incompatible..<Superblock.incompatible + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard features & Superblock.journalDevice == 0 else {
        throw DiskError("a journal of ext3 or ext4 on a device of its own holds no files")
      }
      let unknown = features & ~Superblock.known
      guard unknown == 0 else {
        throw DiskError("ext4 with features that are not known here (incompatible bits 0x\(String(unknown, radix: 16)))")
      }
      isPending = features & Superblock.recover != 0
      func word(_ offset: Int, _ count: Int) -> UInt64 { block[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
      hasErrors = word(Superblock.state, 2) & Superblock.errors != 0
      isInUse = isPending || word(Superblock.state, 2) & Superblock.unmounted == 0
      own = Set(Superblock.own.filter { word($0.features, 4) & $0.bit != 0 }.map { word($0.inode, 4) })
    }
    image = try SleuthKitImage(source)
    guard let opened = unsafe tsk_fs_open_img(image.pointer, TSK_OFF_T(volume.offset), type) else {
      throw DiskError("The Sleuth Kit cannot open \(volume.content.name): \(SleuthKit.reason)")
    }
    unsafe pointer = opened
    self.volume = volume
    hasPendingJournal = isPending
    self.hasErrors = hasErrors
    self.isInUse = isInUse
    ownInodes = own
  }

  deinit { unsafe tsk_fs_close(pointer) }

  /// Bytes that the file system says it has beyond its volume; 0 where it fits.
  var missing: Int64 {
    let (size, overflows) = unsafe UInt64(pointer.pointee.block_count).multipliedReportingOverflow(by: UInt64(pointer.pointee.block_size))
    return overflows ? .max : max(0, Int64(clamping: size) - volume.size)
  }

  var root: UInt64 { unsafe UInt64(pointer.pointee.root_inum) }

  /// The exact kind, such as "ext4" or "fat32".
  var kind: String {
    // SAFETY: a constant text of the library, or nil.
    unsafe tsk_fs_type_toname(pointer.pointee.ftype).map { unsafe String(cString: $0) } ?? volume.content.name
  }
}
