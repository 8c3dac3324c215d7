internal import CTSK
internal import Disks

/// Looks for inodes that are in use and that no directory leads to: what a damaged directory held, what was hidden by editing one, and files that were
/// deleted while a program had them open. A list of names alone is shorter by them, and says nothing.
///
/// FAT, exFAT and CD images have no inodes apart from their directories.
@safe struct UnreachedInodes {
  /// Inodes below this one are ext's own. A superblock may say another number, which mke2fs never chooses and which would hide what lies below.
  private static let firstOfExt: UInt64 = 11
  /// NTFS keeps the MFT records below this number for itself.
  private static let firstOfNTFS: UInt64 = 24
  /// Inodes between two looks at the clock.
  private static let between = 4096

  private let system: FileSystem
  private let isInUse: Bool
  private let limits: ReadingLimits
  private let end: ContinuousClock.Instant
  private var reached = InodeSet()
  private var names = 0

  /// - Parameter isInUse: whether the file system was not unmounted, so that files may have been deleted while they were open. After that none is left.
  init(_ system: FileSystem, isInUse: Bool, limits: ReadingLimits, until end: ContinuousClock.Instant) {
    self.system = system
    self.isInUse = isInUse
    self.limits = limits
    self.end = end
  }

  /// What was found; empty where nothing was, and for file systems without inodes.
  mutating func notices() -> [DiskNotice] {
    guard system.volume.content == .ext || system.volume.content == .ntfs else { return [] }
    let volume = system.volume.index
    let found = Found(reached: [], until: end)
    guard reachNames() else { return [DiskNotice(.inodesUnchecked, volume: volume)] }
    found.reached = reached
    found.own = system.ownInodes
    found.isInUse = isInUse
    found.first = system.volume.content == .ntfs ? Self.firstOfNTFS : Self.firstOfExt
    // SAFETY: the object outlives the walk, whose callback is given it unretained.
    let context = unsafe Unmanaged.passUnretained(found).toOpaque()
    let status = unsafe tsk_fs_meta_walk(
      system.pointer, system.pointer.pointee.first_inum, system.pointer.pointee.last_inum, TSK_FS_META_FLAG_ALLOC,
      { file, context in
        guard let meta = unsafe file?.pointee.meta, let context = unsafe context else { return TSK_WALK_CONT }
        return unsafe Unmanaged<Found>.fromOpaque(context).takeUnretainedValue().take(meta) ? TSK_WALK_CONT : TSK_WALK_STOP
      }, context)
    var notices: [DiskNotice] = []
    if found.linked > 0 { notices.append(DiskNotice(.orphans, volume: volume, count: found.linked, inodes: found.firstLinked)) }
    if found.open > 0 { notices.append(DiskNotice(.unlinked, volume: volume, count: found.open, inodes: found.firstOpen)) }
    if status != 0 || found.isCut { notices.append(DiskNotice(.inodesUnchecked, volume: volume)) }
    return notices
  }

  /// Notes every inode that a name leads to; false where it was given up.
  private mutating func reachNames() -> Bool {
    var folders = [system.root]
    reached.insert(system.root)
    while let inode = folders.popLast() {
      guard ContinuousClock.now < end, names < limits.entries else { return false }
      // What cannot be read is told by its entry, and what lies below it is not reached.
      guard let directory = unsafe tsk_fs_dir_open_meta(system.pointer, TSK_INUM_T(inode)) else { continue }
      defer { unsafe tsk_fs_dir_close(directory) }
      for index in 0..<(unsafe tsk_fs_dir_getsize(directory)) {
        guard let name = unsafe tsk_fs_dir_get_name(directory, index),
          unsafe name.pointee.flags.rawValue & TSK_FS_NAME_FLAG_ALLOC.rawValue != 0
        else { continue }
        let (target, type) = unsafe (UInt64(name.pointee.meta_addr), name.pointee.type)
        guard type != TSK_FS_NAME_TYPE_VIRT, type != TSK_FS_NAME_TYPE_VIRT_DIR, reached.insert(target) else { continue }
        names += 1
        if type == TSK_FS_NAME_TYPE_DIR || type == TSK_FS_NAME_TYPE_UNDEF && isDirectory(target) { folders.append(target) }
      }
    }
    return true
  }

  private func isDirectory(_ inode: UInt64) -> Bool {
    guard let file = unsafe tsk_fs_file_open_meta(system.pointer, nil, TSK_INUM_T(inode)) else { return false }
    defer { unsafe tsk_fs_file_close(file) }
    return unsafe file.pointee.meta?.pointee.type == TSK_FS_META_TYPE_DIR
  }

  /// What the walk over all inodes has seen.
  private final class Found {
    var reached: InodeSet
    var own: Set<UInt64> = []
    var first: UInt64 = 0
    var isInUse = true
    private(set) var linked: Int64 = 0
    private(set) var open: Int64 = 0
    private(set) var firstLinked: [UInt64] = []
    private(set) var firstOpen: [UInt64] = []
    private(set) var isCut = false
    private let end: ContinuousClock.Instant
    private var seen = 0

    init(reached: InodeSet, until end: ContinuousClock.Instant) {
      self.reached = reached
      self.end = end
    }

    /// - Returns: false where the time is over.
    func take(_ meta: UnsafeMutablePointer<TSK_FS_META>) -> Bool {
      seen += 1
      if seen % UnreachedInodes.between == 0, ContinuousClock.now >= end {
        isCut = true
        return false
      }
      // SAFETY: the library owns the inode for the length of the call.
      let (inode, type, links) = unsafe (UInt64(meta.pointee.addr), meta.pointee.type, meta.pointee.nlink)
      guard inode >= first, type != TSK_FS_META_TYPE_VIRT, type != TSK_FS_META_TYPE_VIRT_DIR, !own.contains(inode), !reached.contains(inode)
      else { return true }
      if links > 0 || !isInUse {
        linked += 1
        if firstLinked.count < DiskNotice.mostInodes { firstLinked.append(inode) }
      } else {
        open += 1
        if firstOpen.count < DiskNotice.mostInodes { firstOpen.append(inode) }
      }
      return true
    }
  }
}

/// Numbers of inodes, a bit for each, in pieces that are made when they are needed: a file system may claim 2^64 of them.
private struct InodeSet: ExpressibleByArrayLiteral {
  private static let words = 1024

  private var pieces: [UInt64: [UInt64]] = [:]

  init(arrayLiteral inodes: UInt64...) { for inode in inodes { insert(inode) } }

  func contains(_ inode: UInt64) -> Bool {
    guard let piece = pieces[inode / UInt64(Self.words * 64)] else { return false }
    return piece[Int(inode / 64 % UInt64(Self.words))] & 1 << (inode % 64) != 0
  }

  /// - Returns: whether it was not there.
  @discardableResult mutating func insert(_ inode: UInt64) -> Bool {
    let piece = inode / UInt64(Self.words * 64)
    let word = Int(inode / 64 % UInt64(Self.words))
    let bit: UInt64 = 1 << (inode % 64)
    let isNew = (pieces[piece]?[word] ?? 0) & bit == 0
    if isNew { pieces[piece, default: [UInt64](repeating: 0, count: Self.words)][word] |= bit }
    return isNew
  }
}
