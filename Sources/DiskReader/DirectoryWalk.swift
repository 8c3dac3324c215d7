internal import CTSK
internal import Disks

/// Walks the names of a file system that are in use: each directory before what lies in it, names in the order of their bytes. Deleted names and
/// what The Sleuth Kit adds of its own (orphans, areas of the volume shown as files) are left out, as are NTFS's own metadata files.
struct DirectoryWalk {
  /// NTFS keeps the MFT records below this number for itself (5 is the root).
  private static let firstOfNTFS: UInt64 = 24
  private static let rootOfNTFS: UInt64 = 5
  /// Names of one directory that are held at once.
  private static let mostOfDirectory = 4_000_000
  /// exFAT's own, which have no times: areas of the volume that the library shows as files.
  private static let ownOfExFAT: Set<[UInt8]> = [Array("$ALLOC_BITMAP".utf8), Array("$UPCASE_TABLE".utf8), Array("$VOLUME_GUID".utf8)]

  private struct Name {
    let bytes: [UInt8]
    let inode: UInt64
  }

  private struct Frame {
    let path: [UInt8]
    let names: [Name]
    var next = 0
  }

  let system: FileSystem
  let limits: ReadingLimits
  /// Directories that were walked: a second name of one is a cycle, or damage that must not be walked twice.
  private var walked: Set<UInt64> = []
  private var frames: [Frame] = []

  init(_ system: FileSystem, limits: ReadingLimits) {
    self.system = system
    self.limits = limits
  }

  /// The directory or file at a path; nil where a name on the way is missing. Names of NTFS and FAT are compared without regard to the case of
  /// ASCII letters where none is equal as it stands.
  func find(_ path: [UInt8]) -> (inode: UInt64, path: [UInt8])? {
    var inode = system.root
    var found: [UInt8] = []
    for part in path.split(separator: 0x2F) {
      guard case .success(let names) = names(of: inode) else { return nil }
      let wanted = Array(part)
      let exact = names.first { $0.bytes == wanted }
      let folded = system.volume.content == .ext ? nil : names.first { Self.folded($0.bytes) == Self.folded(wanted) }
      guard let name = exact ?? folded else { return nil }
      inode = name.inode
      found += [0x2F] + name.bytes
    }
    return (inode, found.isEmpty ? [0x2F] : found)
  }

  private static func folded(_ bytes: [UInt8]) -> [UInt8] { bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 } }

  /// Visits the entry at `inode` and, of a directory, what lies in it.
  ///
  /// - Parameters:
  ///   - isDeep: false for the directory's own names alone, itself left out.
  ///   - visit: takes an entry, and the file where it could be opened; false ends the walk.
  /// - Returns: false where `visit` ended it.
  mutating func walk(from inode: UInt64, path: [UInt8], isDeep: Bool, visit: (DiskEntry, OpenFile?) -> Bool) -> Bool {
    walked = []
    frames = []
    var (root, file) = open(inode, path)
    let isListed = isDeep || root.kind != .directory
    if root.kind == .directory, root.problem == nil { enter(inode, path, &root) }
    if isListed || root.problem != nil { guard visit(root, file) else { return false } }
    file = nil
    while var frame = frames.popLast() {
      guard frame.next < frame.names.count else { continue }
      let name = frame.names[frame.next]
      frame.next += 1
      frames.append(frame)
      let path = (frame.path == [0x2F] ? [] : frame.path) + [0x2F] + name.bytes
      guard path.count <= limits.pathBytes else {
        let cut = DiskEntry(
          volume: system.volume.index, path: frame.path, kind: .unknown, problem: "a path longer than \(limits.pathBytes) bytes")
        guard visit(cut, nil) else { return false }
        continue
      }
      var (entry, file) = open(name.inode, path)
      if system.volume.content == .exFAT, frame.path == [0x2F], entry.created == nil, Self.ownOfExFAT.contains(name.bytes) { continue }
      if isDeep, entry.kind == .directory, entry.problem == nil { enter(name.inode, path, &entry) }
      guard visit(entry, file) else { return false }
      file = nil
    }
    return true
  }

  private func open(_ inode: UInt64, _ path: [UInt8]) -> (DiskEntry, OpenFile?) {
    var entry = DiskEntry(volume: system.volume.index, path: path, kind: .unknown)
    entry.inode = inode
    guard let opened = unsafe tsk_fs_file_open_meta(system.pointer, nil, TSK_INUM_T(inode)) else {
      entry.problem = "the inode cannot be read: \(SleuthKit.reason)"
      return (entry, nil)
    }
    let file = unsafe OpenFile(opened)
    guard file.describe(&entry, of: system.volume.content) else {
      entry.problem = "the name leads to an inode that is not in use"
      return (entry, nil)
    }
    if entry.kind == .symlink, entry.target == nil { entry.problem = "the target of the link cannot be read" }
    return (entry, file)
  }

  /// Pushes a directory's names, or says in the entry why they are not walked.
  private mutating func enter(_ inode: UInt64, _ path: [UInt8], _ entry: inout DiskEntry) {
    guard walked.insert(inode).inserted else {
      entry.problem = "the directory has a second name: a cycle, or damage; it is walked once"
      return
    }
    guard frames.count < limits.depth else {
      entry.problem = "directories inside each other more than \(limits.depth) deep"
      return
    }
    switch names(of: inode) {
    case .success(let names): frames.append(Frame(path: path, names: names))
    case .failure(let error): entry.problem = error.message
    }
  }

  private func names(of inode: UInt64) -> Result<[Name], DiskError> {
    guard let directory = unsafe tsk_fs_dir_open_meta(system.pointer, TSK_INUM_T(inode)) else {
      return .failure(DiskError("the directory cannot be read: \(SleuthKit.reason)"))
    }
    defer { unsafe tsk_fs_dir_close(directory) }
    let count = unsafe tsk_fs_dir_getsize(directory)
    guard count <= Self.mostOfDirectory else { return .failure(DiskError("a directory of more than \(Self.mostOfDirectory) names")) }
    var names: [Name] = []
    for index in 0..<count {
      guard let name = unsafe tsk_fs_dir_get_name(directory, index), let text = unsafe name.pointee.name,
        unsafe name.pointee.flags.rawValue & TSK_FS_NAME_FLAG_ALLOC.rawValue != 0,
        unsafe name.pointee.type != TSK_FS_NAME_TYPE_VIRT, unsafe name.pointee.type != TSK_FS_NAME_TYPE_VIRT_DIR
      else { continue }
      let bytes = unsafe OpenFile.bytes(text, limit: 4096)
      let target = unsafe UInt64(name.pointee.meta_addr)
      guard !bytes.isEmpty, bytes != [0x2E], bytes != [0x2E, 0x2E], !isOwn(bytes, target) else { continue }
      // A name with a slash cannot be made by any system; on a disk it is an attempt to look like another path.
      let safe = bytes.contains(0x2F) ? bytes.flatMap { $0 == 0x2F ? Array("\\x2f".utf8) : [$0] } : bytes
      names.append(Name(bytes: safe, inode: target))
    }
    names.sort { $0.bytes == $1.bytes ? $0.inode < $1.inode : $0.bytes.lexicographicallyPrecedes($1.bytes) }
    return .success(names)
  }

  private func isOwn(_ name: [UInt8], _ inode: UInt64) -> Bool {
    system.volume.content == .ntfs && name.first == 0x24 && inode < Self.firstOfNTFS && inode != Self.rootOfNTFS
  }
}
