import Disks
import Foundation
import Testing

/// Journals that were not replayed: what they hold belongs to the disk's state, and is nowhere else.
@Suite("Journals of ext4", .enabled(if: TestDisk.missing("mkfs.ext4", "debugfs", "e2fsck") == nil, "no e2fsprogs"))
struct JournalTests {
  /// A disk whose journal holds, for one block of a file, bytes that are not at their place.
  private func disk(in folder: DiskFolder, blockSize: Int) throws -> (image: String, replayed: String) {
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    let image = try folder.image("disk.raw", mebibytes: 64)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-b", "\(blockSize)", "-d", root, image])
    let text = try TestDisk.run("debugfs", ["-R", "bmap large 3", image])
    let block = try #require(text.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }.last)
    let journaled = folder.file("journaled")
    try Data(TestDisk.pattern(blockSize, seed: 77)).write(to: URL(fileURLWithPath: journaled))
    // jw writes a transaction for the named blocks into the journal, and leaves the file system in need of recovery.
    let script = folder.file("script")
    try "jo\njw -b \(block) \(journaled)\njc\n".write(toFile: script, atomically: false, encoding: .utf8)
    try TestDisk.run("debugfs", ["-w", "-f", script, image])
    let large = try Data(contentsOf: URL(fileURLWithPath: root + "/large"))
    var replayed = large
    replayed.replaceSubrange(3 * blockSize..<4 * blockSize, with: TestDisk.pattern(blockSize, seed: 77))
    let path = folder.file("expected")
    try replayed.write(to: URL(fileURLWithPath: path))
    return (image, String(try TestDisk.run("sha256sum", [path]).prefix(64)))
  }

  @Test("The journal is replayed beside the disk, and the disk stays as it is", arguments: [1024, 2048, 4096])
  func replayed(_ blockSize: Int) throws {
    let folder = try DiskFolder()
    let (image, expected) = try disk(in: folder, blockSize: blockSize)
    let before = try TestDisk.run("sha256sum", [image])
    let records = try TestDisk.records(image)
    #expect(TestDisk.volumes(records).first?.journal == .replayed)
    let entries = TestDisk.entries(records)
    #expect(TestDisk.digest(entries["/large"]) == expected)
    let digests = try TestDisk.digests(of: folder.file("tree"))
    for (path, digest) in digests where path != "large" { #expect(TestDisk.digest(entries["/" + path]) == digest, "\(path)") }
    #expect(try TestDisk.run("sha256sum", [image]) == before)
  }

  @Test("In a partition it is replayed at the partition's place", .enabled(if: TestDisk.missing("sfdisk") == nil, "no sfdisk"))
  func partition() throws {
    let folder = try DiskFolder()
    let (image, expected) = try disk(in: folder, blockSize: 4096)
    let whole = try folder.image("whole.raw", mebibytes: 80)
    try TestDisk.run("sh", ["-c", "printf 'label: gpt\\nstart=3MiB,size=64MiB\\n' | sfdisk -q \(whole)"])
    try TestDisk.run("dd", ["if=\(image)", "of=\(whole)", "bs=1M", "seek=3", "conv=notrunc"])
    let records = try TestDisk.records(whole)
    #expect(TestDisk.volumes(records).first?.journal == .replayed)
    #expect(TestDisk.digest(TestDisk.entries(records)["/large"]) == expected)
  }

  @Test("A journal that e2fsck refuses is said to be pending, and the rest is read") func damaged() throws {
    let folder = try DiskFolder()
    let (image, _) = try disk(in: folder, blockSize: 4096)
    // The journal's superblock: its magic number.
    let text = try TestDisk.run("debugfs", ["-R", "bmap <8> 0", image])
    let block = try #require(text.split(whereSeparator: { !$0.isNumber }).compactMap { UInt64($0) }.last)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: image))
    try handle.seek(toOffset: block * 4096)
    try handle.write(contentsOf: Data(count: 4096))
    try handle.close()
    let records = try TestDisk.records(image)
    #expect(TestDisk.volumes(records).first?.state == .read)
    #expect(TestDisk.entries(records)["/hello"]?.digest != nil)
  }
}
