import Disks
import Foundation
import Testing

@Suite("File systems of disks") struct FileSystemTests {
  /// Every regular file of the tree has the host's own digest on the disk.
  private func expect(_ records: [DiskRecord], equal root: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let entries = TestDisk.entries(records)
    let digests = try TestDisk.digests(of: root)
    #expect(digests.count > 300, sourceLocation: sourceLocation)
    for (path, digest) in digests {
      #expect(TestDisk.digest(entries["/" + path]) == digest, "\(path)", sourceLocation: sourceLocation)
    }
    let summary = try #require(TestDisk.end(records), sourceLocation: sourceLocation)
    #expect(summary.cut == nil && summary.unreadable == 0, "\(summary)", sourceLocation: sourceLocation)
  }

  @Test(
    "ext2, ext3 and ext4 in their variants: every file, link, mode and owner",
    .enabled(if: TestDisk.missing("mkfs.ext4") == nil, "no mkfs"),
    arguments: [
      ["-t", "ext2"], ["-t", "ext3"], ["-t", "ext4"], ["-t", "ext4", "-b", "1024"], ["-t", "ext4", "-I", "128"],
      ["-t", "ext4", "-O", "^64bit,^metadata_csum"], ["-t", "ext4", "-O", "meta_bg,^resize_inode", "-b", "1024"],
    ])
  func ext(_ options: [String]) throws {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    try TestDisk.addLinks(root)
    let image = try folder.image("disk.raw", mebibytes: 64)
    try TestDisk.run("mke2fs", ["-q"] + options + ["-d", root, image])
    let records = try TestDisk.records(image)
    try expect(records, equal: root)
    let entries = TestDisk.entries(records)
    #expect(entries["/short"]?.target == Array("../hello".utf8))
    #expect(entries["/long"]?.target == Array((String(repeating: "long/", count: 40) + "target").utf8))
    #expect(entries["/long"]?.kind == .symlink)
    #expect(entries["/large"]?.inode == entries["/hard"]?.inode && entries["/hard"]?.links == 2)
    #expect(entries["/hello"]?.mode == 0o4750)
    #expect(entries["/sparse"]?.size == 20 << 20)
    #expect(entries["/a/b/c"]?.kind == .directory)
    var status = stat()
    // SAFETY: stat(2) fills one stat; the path lives for the call.
    let result = unsafe stat(root + "/hello", &status)
    #expect(result == 0 && entries["/hello"]?.uid == status.st_uid && entries["/hello"]?.gid == status.st_gid)
    #expect(entries["/hello"]?.modified?.seconds == Int64(status.st_mtim.tv_sec))
  }

  @Test(
    "The order of a manifest is that of paths, and two readings give the same bytes", .enabled(if: TestDisk.missing("mkfs.ext4") == nil))
  func order() throws {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    let image = try folder.image("disk.raw", mebibytes: 64)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-d", root, image])
    let first = try TestDisk.records(image)
    let entries = first.compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
    #expect(entries.count > 300)
    for (before, after) in zip(entries, entries.dropFirst()) { #expect(DiskEntry.isOrdered(before, before: after)) }
    let second = try TestDisk.records(image)
    #expect(first.map(\.line) == second.map(\.line))
  }

  @Test("Deleted names are not listed, nor what they held", .enabled(if: TestDisk.missing("mkfs.ext4", "debugfs") == nil, "no e2fsprogs"))
  func deleted() throws {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    let image = try folder.image("disk.raw", mebibytes: 64)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-d", root, image])
    try TestDisk.run("debugfs", ["-w", "-R", "rm a/file7", image])
    let entries = TestDisk.entries(try TestDisk.records(image))
    #expect(entries["/a/file7"] == nil && entries["/a/file8"] != nil)
    #expect(!entries.keys.contains { $0.contains("OrphanFiles") })
  }

  @Test(
    "Blocks that were allocated and never written are zeros", .enabled(if: TestDisk.missing("mkfs.ext4", "debugfs") == nil, "no e2fsprogs"))
  func unwritten() throws {
    let folder = try DiskFolder()
    let image = try folder.image("disk.raw", mebibytes: 64)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-b", "4096", image])
    for command in ["write /dev/null file", "fallocate file 0 20", "set_inode_field file size 81920"] {
      try TestDisk.run("debugfs", ["-w", "-R", command, image])
    }
    let block = try #require(
      try TestDisk.run("debugfs", ["-R", "bmap file 0", image]).split(separator: "\n").compactMap { Int($0.prefix { $0.isNumber }) }.last)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: image))
    try handle.seek(toOffset: UInt64(block) * 4096)
    try handle.write(contentsOf: Data(TestDisk.pattern(81_920, seed: 9)))
    try handle.close()
    let zeros = folder.file("zeros")
    try Data(count: 81_920).write(to: URL(fileURLWithPath: zeros))
    let expected = try TestDisk.run("sha256sum", [zeros]).prefix(64)
    #expect(TestDisk.digest(TestDisk.entries(try TestDisk.records(image))["/file"]) == String(expected))
  }

  @Test(
    "FAT12, FAT16 and FAT32", .enabled(if: TestDisk.missing("mkfs.vfat", "mcopy") == nil, "no dosfstools or mtools"),
    arguments: [(12, 8), (16, 64), (32, 80)])
  func fat(_ bits: Int, _ mebibytes: Int) throws {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    let image = try folder.image("disk.raw", mebibytes: mebibytes)
    try TestDisk.run("mkfs.vfat", ["-F", "\(bits)", image])
    try TestDisk.run("sh", ["-c", "mcopy -s -i \(image) \(root)/* ::/"])
    let records = try TestDisk.records(image)
    try expect(records, equal: root)
    #expect(TestDisk.volumes(records).first?.content == "fat\(bits)")
    #expect(!TestDisk.entries(records).keys.contains { $0.hasPrefix("/$") })
  }

  @Test("NTFS: files and streams", .enabled(if: TestDisk.missing("mkfs.ntfs", "ntfscp") == nil, "no ntfs-3g"))
  func ntfs() throws {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let image = try folder.image("disk.raw", mebibytes: 32)
    try TestDisk.run("mkfs.ntfs", ["-q", "-F", image])
    for (name, count) in [("resident", 100), ("small", 5000), ("large", 2_000_000)] {
      try Data(TestDisk.pattern(count, seed: UInt64(count))).write(to: URL(fileURLWithPath: "\(root)/\(name)"))
      try TestDisk.run("ntfscp", ["-f", image, "\(root)/\(name)", "/\(name)"])
    }
    try TestDisk.run("ntfscp", ["-f", "-N", "hidden", image, "\(root)/small", "/resident"])
    let records = try TestDisk.records(image)
    let entries = TestDisk.entries(records)
    for (path, digest) in try TestDisk.digests(of: root) { #expect(TestDisk.digest(entries["/" + path]) == digest, "\(path)") }
    #expect(entries["/resident:hidden"]?.kind == .stream)
    #expect(TestDisk.digest(entries["/resident:hidden"]) == TestDisk.digest(entries["/small"]))
    #expect(!entries.keys.contains { $0.hasPrefix("/$") }, "NTFS's own files are no content")
    #expect(TestDisk.end(records)?.unreadable == 0)
  }

  @Test(
    "A file system that cannot be read is refused by its name", arguments: [("mkfs.xfs", "XFS", 400), ("mkfs.btrfs", "btrfs", 200)])
  func refused(_ program: String, _ name: String, _ mebibytes: Int) throws {
    guard TestDisk.path(of: program) != nil else { return }
    let folder = try DiskFolder()
    let image = try folder.image("disk.raw", mebibytes: mebibytes)
    try TestDisk.run(program, ["-q", image])
    let records = try TestDisk.records(image)
    let volume = try #require(TestDisk.volumes(records).first)
    #expect(volume.state == .unreadable && volume.content == name)
    #expect(volume.reason?.contains("The Sleuth Kit") == true && volume.reason?.contains(name) == true)
    #expect(TestDisk.end(records)?.unreadable == 1)
  }
}
