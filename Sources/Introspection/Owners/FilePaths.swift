extension Guest {
  /// Names and mounts on a path at most, since the kernel's own paths end at 4096 bytes.
  private static let pathDepth = 2100
  private static let pathLimit = 4096
  /// What each name of a path costs.
  private static let nameSteps = 4

  /// Path of an open file (`struct file`), as a process in the first mount namespace names it; " (deleted)" behind the name of a file
  /// that has none any more.
  ///
  /// Nil where a member on the way cannot be read. Names are the guest's, and may be anything.
  public func path(ofFile file: UInt64) -> String? {
    guard let place = kernel.offset("file", "f_path") ?? kernel.offset("file", "__f_path"), let dentry = kernel.offset("path", "dentry"),
      let mount = kernel.offset("path", "mnt"), let entry = pointer(file &+ place &+ dentry)
    else { return nil }
    return path(ofEntry: entry, mount: pointer(file &+ place &+ mount))
  }

  /// Path of an inode by the first of its names; nil where it has none in memory, as anonymous inodes have.
  ///
  /// The name is seen through the first mount of its file system, which need not be the one that a process uses.
  public func path(ofInode inode: UInt64) -> String? {
    guard let aliases = kernel.offset("inode", "i_dentry"),
      let link = kernel.offset("dentry", "d_u.d_alias") ?? kernel.offset("dentry", "d_alias"),
      let node = pointer(inode &+ aliases)
    else { return nil }
    var mount: UInt64?
    if let block = kernel.offset("inode", "i_sb").flatMap({ pointer(inode &+ $0) }), let inner = kernel.offset("mount", "mnt") {
      mount = mounts(ofSuperBlock: block, limit: 1)?.entries.first.map { $0 &+ inner }
    }
    return path(ofEntry: node &- link, mount: mount)
  }

  /// The mounts of a file system, at most `limit`: a list or, from 6.18 on, a chain of plain pointers.
  func mounts(ofSuperBlock block: UInt64, limit: Int = walkLimit) -> Walk? {
    guard let place = kernel.offset("super_block", "s_mounts") else { return nil }
    if let instance = kernel.offset("mount", "mnt_instance") {
      return list(head: block &+ place, offset: instance, structure: "super_block.s_mounts", limit: limit)
    }
    return kernel.offset("mount", "mnt_next_for_sb").map {
      sequence(first: pointer(block &+ place), next: $0, structure: "super_block.s_mounts", limit: limit)
    }
  }

  /// - Parameters:
  ///   - entry: a `struct dentry`.
  ///   - mount: the `struct vfsmount` inside of a `struct mount`; nil stops at the root of the file system.
  func path(ofEntry entry: UInt64, mount: UInt64?) -> String? {
    let found = place(ofEntry: entry, mount: mount)
    return found.path.map { $0 + (found.isDeleted ? " (deleted)" : "") }
  }

  /// A path, and what contradicts itself on the way to it.
  struct Place {
    /// From the root on; nil where a member on the way cannot be read.
    let path: String?
    /// The name is no longer in its folder.
    let isDeleted: Bool
    let inconsistency: Inconsistency?
  }

  /// The path of a name; parameters as for `path(ofEntry:mount:)`.
  func place(ofEntry first: UInt64, mount: UInt64?) -> Place {
    func broken(_ address: UInt64, _ reason: String) -> Place {
      Place(path: nil, isDeleted: false, inconsistency: Inconsistency(structure: "dentry.d_parent", address: address, reason: reason))
    }
    guard let parentOffset = kernel.offset("dentry", "d_parent"), let nameOffset = kernel.offset("dentry", "d_name.name") else {
      return Place(path: nil, isDeleted: false, inconsistency: nil)
    }
    let rootOffset = kernel.offset("vfsmount", "mnt_root")
    var names: [String] = []
    var length = 0
    var entry = first
    var mount = mount
    var met: Set<UInt64> = []
    let isDeleted = kernel.offset("dentry", "d_hash").flatMap { u64(entry &+ $0 &+ 8) } == 0
    while true {
      guard spend(Self.nameSteps, on: "dentry.d_parent", at: entry) else {
        return Place(path: nil, isDeleted: false, inconsistency: exhausted("dentry.d_parent", entry))
      }
      guard met.count < Self.pathDepth else { return broken(entry, "a path has more than \(Self.pathDepth) names") }
      if let current = mount, let rootOffset, pointer(current &+ rootOffset) == entry {
        guard let above = above(mount: current) else { break }
        guard met.insert(current).inserted else { return broken(current, "mounts lie in each other in a circle") }
        (entry, mount) = above
        continue
      }
      guard let parent = pointer(entry &+ parentOffset), let address = pointer(entry &+ nameOffset) else {
        return broken(entry, "a name on the path is not mapped")
      }
      // The root of a file system is its own parent. What is no file of a folder (a pipe, a memfd) has a name there.
      if parent == entry {
        let name = string(address, limit: 256)
        if names.isEmpty, let name, name != "/" { names.append(name) }
        break
      }
      guard met.insert(entry).inserted else { return broken(entry, "the parents of a name run in a circle") }
      guard let name = string(address, limit: 256) else { return broken(entry, "a name on the path is not mapped") }
      // No name holds one; written as it stands it would be a folder.
      names.append(name.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\x2f"))
      length += name.utf8.count + 1
      guard length <= Self.pathLimit else { return broken(entry, "a path is longer than \(Self.pathLimit) bytes") }
      entry = parent
    }
    // The root of a file system has no hash chain either, and is not deleted.
    return Place(path: "/" + names.reversed().joined(separator: "/"), isDeleted: isDeleted && !names.isEmpty, inconsistency: nil)
  }

  /// Where a mount lies: the entry that it covers, and the mount that this one belongs to. Nil for the topmost.
  private func above(mount: UInt64) -> (entry: UInt64, mount: UInt64)? {
    guard let inner = kernel.offset("mount", "mnt"), let parentOffset = kernel.offset("mount", "mnt_parent"),
      let point = kernel.offset("mount", "mnt_mountpoint"), let parent = pointer(mount &- inner &+ parentOffset), parent != mount &- inner,
      let entry = pointer(mount &- inner &+ point)
    else { return nil }
    return (entry, parent &+ inner)
  }
}
