internal import CTSK
internal import Disks

/// A file of a file system, opened by The Sleuth Kit; closed with this object.
@safe final class OpenFile {
  let pointer: UnsafeMutablePointer<TSK_FS_FILE>

  /// Takes it over.
  init(_ pointer: UnsafeMutablePointer<TSK_FS_FILE>) { unsafe self.pointer = pointer }

  deinit { unsafe tsk_fs_file_close(pointer) }

  /// Reads of the image that have failed for good so far.
  var failures: Int { unsafe pointer.pointee.fs_info?.pointee.img_info.map { unsafe SleuthKitImage.failures(of: $0) } ?? 0 }

  var isNTFS: Bool { unsafe pointer.pointee.fs_info.map { unsafe $0.pointee.ftype == TSK_FS_TYPE_NTFS } ?? false }

  private var meta: UnsafeMutablePointer<TSK_FS_META>? { unsafe pointer.pointee.meta }

  /// What the inode says, put into an entry; nil where it cannot be read or is not in use.
  func describe(_ entry: inout DiskEntry, of content: VolumeContent) -> Bool {
    guard let meta = unsafe meta, unsafe meta.pointee.flags.rawValue & TSK_FS_META_FLAG_ALLOC.rawValue != 0 else { return false }
    entry.kind = unsafe Self.kind(meta.pointee.type)
    entry.mode = unsafe UInt16(truncatingIfNeeded: meta.pointee.mode.rawValue & 0o7777)
    entry.uid = unsafe UInt32(truncatingIfNeeded: meta.pointee.uid)
    entry.gid = unsafe UInt32(truncatingIfNeeded: meta.pointee.gid)
    entry.size = unsafe max(0, Int64(meta.pointee.size))
    entry.inode = unsafe UInt64(meta.pointee.addr)
    entry.links = content == .ext || content == .ntfs ? unsafe Int(max(0, meta.pointee.nlink)) : 0
    entry.modified = unsafe Self.time(meta.pointee.mtime, meta.pointee.mtime_nano)
    entry.changed = unsafe Self.time(meta.pointee.ctime, meta.pointee.ctime_nano)
    entry.created = unsafe Self.time(meta.pointee.crtime, meta.pointee.crtime_nano)
    if entry.kind == .symlink {
      // SAFETY: the library ends the target with a zero and owns it as long as the file is open.
      unsafe entry.target = meta.pointee.link.map { unsafe Self.bytes($0, limit: Self.longestTarget) } ?? longTarget(entry.size)
    }
    return true
  }

  /// Linux's PATH_MAX; a target ends before it.
  private static let longestTarget = 4096

  /// The target of a link that does not fit into its inode: its content, which the library leaves to the caller where extents say where it lies.
  private func longTarget(_ size: Int64) -> [UInt8]? {
    guard (1..<Int64(Self.longestTarget)).contains(size), let content else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    // SAFETY: the buffer is the array's own storage and lives for the call.
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in unsafe (try? content.read(at: 0, into: buffer)) ?? 0 }
    return count == bytes.count ? bytes : nil
  }

  /// The content; nil where it cannot be loaded.
  var content: FileContent? { unsafe tsk_fs_file_attr_get(pointer).map { unsafe FileContent($0, of: self) } }

  /// NTFS's named data streams, in the order of their names.
  var streams: [(name: [UInt8], content: FileContent)] {
    var result: [(name: [UInt8], content: FileContent)] = []
    let count = unsafe min(Int(tsk_fs_file_attr_getsize(pointer)), 4096)
    for index in 0..<max(0, count) {
      guard let attribute = unsafe tsk_fs_file_attr_get_idx(pointer, Int32(index)),
        unsafe attribute.pointee.type == TSK_FS_ATTR_TYPE_NTFS_DATA, let name = unsafe attribute.pointee.name,
        unsafe name.pointee != 0
      else { continue }
      unsafe result.append((Self.bytes(name, limit: 1024), FileContent(attribute, of: self)))
    }
    return result.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  static func bytes(_ text: UnsafePointer<CChar>, limit: Int) -> [UInt8] {
    var result: [UInt8] = []
    var at = 0
    // SAFETY: reading stops at the zero that ends the text.
    while at < limit, unsafe text[at] != 0 {
      unsafe result.append(UInt8(bitPattern: text[at]))
      at += 1
    }
    return result
  }

  private static func kind(_ type: TSK_FS_META_TYPE_ENUM) -> DiskEntry.Kind {
    switch type {
    case TSK_FS_META_TYPE_REG: .file
    case TSK_FS_META_TYPE_DIR: .directory
    case TSK_FS_META_TYPE_LNK: .symlink
    case TSK_FS_META_TYPE_FIFO: .fifo
    case TSK_FS_META_TYPE_CHR: .character
    case TSK_FS_META_TYPE_BLK: .block
    case TSK_FS_META_TYPE_SOCK: .socket
    default: .unknown
    }
  }

  /// 0 is the library's sign for no time at all; beyond 34 bits no file system of these counts, and a damaged one may.
  private static func time(_ seconds: Int, _ nanoseconds: UInt32) -> FileTime? {
    guard seconds != 0 || nanoseconds != 0, (-(1 << 36)...(1 << 36)).contains(seconds) else { return nil }
    return FileTime(seconds: Int64(seconds), nanoseconds: min(nanoseconds, 999_999_999))
  }
}
