import Disks
import Domain
import Foundation
import TestSupport
import Testing

/// Disks made to harm: whatever they hold, a reading ends, within its bounds, in records or one sentence, and the reader's end is not ours.
@Suite("Disks made to harm", .enabled(if: TestDisk.missing("mkfs.ext4", "mkfs.vfat", "mkfs.ntfs", "mcopy", "ntfscp") == nil, "no mkfs"))
struct HostileDiskTests {
  enum Kind: String, CaseIterable { case ext4, fat, ntfs }

  private func image(_ kind: Kind, in folder: DiskFolder) throws -> String {
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    switch kind {
    case .ext4:
      let image = try folder.image("disk.raw", mebibytes: 32)
      try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-b", "1024", "-d", root, image])
      return image
    case .fat:
      let image = try folder.image("disk.raw", mebibytes: 32)
      try TestDisk.run("mkfs.vfat", ["-F", "16", image])
      try TestDisk.run("sh", ["-c", "mcopy -s -i \(image) \(root)/* ::/"])
      return image
    case .ntfs:
      let image = try folder.image("disk.raw", mebibytes: 32)
      try TestDisk.run("mkfs.ntfs", ["-q", "-F", image])
      for name in ["large", "block", "hello"] { try TestDisk.run("ntfscp", ["-f", image, "\(root)/\(name)", "/\(name)"]) }
      return image
    }
  }

  /// Reads with small bounds; nil where the disk as a whole was refused.
  private func read(_ path: String, _ change: (inout ReadingLimits) -> Void = { _ in }) throws -> ReadingSummary? {
    var limits = ReadingLimits()
    limits.seconds = 20
    limits.entries = 20_000
    limits.contentBytes = 1 << 30
    limits.memoryBytes = 2 << 30
    change(&limits)
    do throws(DiskError) {
      let disk = try DiskImage(path: path, format: .raw).open(worker: TestDisk.worker)
      let reading = try disk.read(.manifest, limits: limits, worker: TestDisk.worker)
      var last: DiskRecord?
      while let record = try reading.next() { last = record }
      guard case .end(let summary)? = last else { return nil }
      return summary
    } catch {
      #expect(!error.message.isEmpty && !error.message.contains("\n"))
      return nil
    }
  }

  @Test("Cut at any place", arguments: Kind.allCases) func truncated(_ kind: Kind) throws {
    let folder = try DiskFolder()
    let image = try image(kind, in: folder)
    for size in [31 << 20, 9 << 20, 1 << 20, 70_000, 4096, 1500, 600, 512, 511, 1] {
      try TestDisk.run("truncate", ["-s", "\(size)", image])
      _ = try read(image)
    }
  }

  @Test("Random bytes where the metadata lies, over seeds", arguments: Kind.allCases) func flips(_ kind: Kind) throws {
    let folder = try DiskFolder()
    let image = try image(kind, in: folder)
    let good = try Data(contentsOf: URL(fileURLWithPath: image))
    for seed in 0..<UInt64(12) {
      var random = SplitMix(seed)
      var bad = good
      // Most of what is not zero in the first mebibytes is metadata.
      for _ in 0..<(seed % 3 == 0 ? 2000 : 60) {
        bad[Int.random(in: 0..<(seed % 2 == 0 ? 2 << 20 : 300_000), using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try bad.write(to: URL(fileURLWithPath: image))
      _ = try read(image)
    }
  }

  @Test("A directory that lies in itself is walked once", .enabled(if: TestDisk.missing("debugfs") == nil, "no debugfs")) func cycle()
    throws
  {
    let folder = try DiskFolder()
    let image = try image(.ext4, in: folder)
    try TestDisk.run("debugfs", ["-w", "-R", "link /a /a/b/again", image])
    let records = try TestDisk.records(image)
    let entries = TestDisk.entries(records)
    #expect(entries["/a/b/again"]?.problem?.contains("cycle") == true)
    #expect(TestDisk.end(records)?.unreadable == 1)
  }

  @Test("A file that claims 4 TiB, and one that claims more than it has", .enabled(if: TestDisk.missing("debugfs") == nil, "no debugfs"))
  func size() throws {
    let folder = try DiskFolder()
    let image = try image(.ext4, in: folder)
    try TestDisk.run("debugfs", ["-w", "-R", "set_inode_field block size 4398046511104", image])
    try TestDisk.run("debugfs", ["-w", "-R", "set_inode_field hello size 90000", image])
    let entries = TestDisk.entries(try TestDisk.records(image))
    #expect(entries["/block"]?.problem?.contains("--max-file") == true && entries["/block"]?.digest == nil)
    #expect(entries["/large"]?.digest != nil)
  }

  @Test("Bounds of entries, depth, path and content are kept, and said") func bounds() throws {
    let folder = try DiskFolder()
    let image = try image(.ext4, in: folder)
    let entries = try #require(try read(image) { $0.entries = 50 })
    #expect(entries.cut?.contains("50 entries") == true && entries.entries <= 50)
    let content = try #require(try read(image) { $0.contentBytes = 100_000 })
    #expect(content.cut?.contains("100000 bytes") == true)
    let depth = try #require(try read(image) { $0.depth = 2 })
    #expect(depth.cut == nil && depth.unreadable == 1)
    let path = try #require(try read(image) { $0.pathBytes = 8 })
    #expect(path.cut == nil && path.unreadable > 100)
  }

  @Test("A reader that is ended in the middle is an error, and no result") func killed() throws {
    let folder = try DiskFolder()
    let image = try image(.ext4, in: folder)
    var limits = ReadingLimits()
    // Not enough to map the library's own cache.
    limits.memoryBytes = 64 << 20
    let disk = try DiskImage(path: image).open(worker: TestDisk.worker)
    let reading = try disk.read(.manifest, limits: limits, worker: TestDisk.worker)
    let error = #expect(throws: DiskError.self) { while try reading.next() != nil {} }
    #expect(error?.message.hasPrefix("cannot read the disk \(image): ") == true)
  }

  @Test("Names that command terminals or look like paths are shown and told apart") func names() throws {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try TestDisk.run(
      "sh",
      ["-c", "cd \(root) && : >\"$(printf 'a\\033[31m')\" && : >\"$(printf 'b\\377\\376')\" && : >'c\\x1b' && : >\"$(printf 'd\\nline')\""])
    let image = try folder.image("disk.raw", mebibytes: 16)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-d", root, image])
    let records = try TestDisk.records(image)
    let paths = records.compactMap { if case .entry(let entry) = $0 { EscapedName.text(of: entry.path) } else { nil } }
    #expect(Set(paths).isSuperset(of: ["/a\\x1b[31m", "/b\\xff\\xfe", "/c\\\\x1b", "/d\\x0aline"]), "\(paths)")
  }
}
