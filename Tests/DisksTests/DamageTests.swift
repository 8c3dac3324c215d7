import DiskReader
import Disks
import Foundation
import TestSupport
import Testing

/// Disks that were damaged without anybody's intent, or to hide something: what is missing is told, counted and named, and never just left out.
@Suite(
  "Damaged disks", .enabled(if: TestDisk.missing("mkfs.ext4", "debugfs", "qemu-img", "qemu-storage-daemon") == nil, "no e2fsprogs or QEMU tools"))
struct DamageTests {
  /// ext4 with 1.2 MB of files at its front, so that most of it holds nothing.
  private func image(in folder: DiskFolder, mebibytes: Int = 48) throws -> String {
    let root = folder.file("tree")
    if !FileManager.default.fileExists(atPath: root) {
      try FileManager.default.createDirectory(atPath: root + "/a", withIntermediateDirectories: true)
      for index in 0..<12 {
        try Data(TestDisk.pattern(100_000, seed: UInt64(index))).write(to: URL(fileURLWithPath: "\(root)/a/file\(index)"))
      }
    }
    let image = try folder.image("disk.raw", mebibytes: mebibytes)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-b", "4096", "-d", root, image])
    return image
  }

  private func notices(_ records: [DiskRecord]) -> [DiskNotice] {
    records.compactMap { if case .notice(let notice) = $0 { notice } else { nil } }
  }

  private func cut(_ path: String, percent: Int) throws {
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    try TestDisk.run("truncate", ["-s", "\(size * percent / 100)", path])
  }

  private func edit(_ path: String, _ offset: UInt64, _ bytes: [UInt8]) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  @Test(
    "An image that was cut short is told, whatever its format, and whole it is not",
    arguments: [
      ["qcow2"], ["qcow2", "-c"], ["qcow2", "-o", "compat=0.10"], ["qcow2", "-o", "extended_l2=on,cluster_size=128k"],
      ["qcow2", "-o", "cluster_size=512"], ["vmdk"], ["vmdk", "-o", "subformat=streamOptimized"], ["vhdx"], ["vpc"], ["vdi"],
    ])
  func cutImages(_ format: [String]) throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    let path = folder.file("disk.image")
    for percent in [100, 97, 60, 30] {
      try TestDisk.run("qemu-img", ["convert", "-O"] + format + [raw, path])
      if percent < 100 { try cut(path, percent: percent) }
      do throws(DiskError) {
        let disk = try DiskImage(path: path).open(worker: TestDisk.worker)
        let reading = try disk.read(.manifest, worker: TestDisk.worker)
        var records: [DiskRecord] = []
        while let record = try reading.next() { records.append(record) }
        let end = TestDisk.end(records)
        if percent == 100 {
          #expect(notices(records) == [] && end?.unreadable == 0 && end?.notices == 0)
        } else {
          let notice = notices(records).first
          #expect(notice?.kind == .imageCut && notice?.volume == nil && (notice?.count ?? 0) > 0, "\(format) \(percent): \(notices(records))")
          #expect((end?.unreadable ?? 0) > 0 && (end?.notices ?? 0) > 0)
          if case .notice = records.first {} else { Issue.record("notices of the image come first") }
        }
      } catch {
        #expect(percent < 100, "\(format): \(error)")
        #expect(!error.message.contains("OFD lock") && !error.message.contains("\n") && !error.message.contains("/proc/"), "\(error)")
      }
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("A raw image that is shorter than its file system is told, even where every file is there") func cutRaw() throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    #expect(notices(try TestDisk.records(raw)) == [])
    try TestDisk.run("truncate", ["-s", "30M", raw])
    let records = try TestDisk.records(raw)
    #expect(notices(records) == [DiskNotice(.volumeCut, volume: 0, count: 18 << 20)])
    #expect(TestDisk.end(records)?.unreadable == 1 && TestDisk.entries(records)["/a/file11"]?.digest != nil)
  }

  @Test(
    "The other file systems are held against the length of their volume too",
    .enabled(if: TestDisk.missing("mkfs.vfat", "mkfs.ntfs") == nil, "no dosfstools or ntfs-3g"), arguments: ["mkfs.vfat", "mkfs.ntfs"])
  func cutOthers(_ program: String) throws {
    let folder = try DiskFolder()
    let raw = try folder.image("disk.raw", mebibytes: 40)
    try TestDisk.run(program, program == "mkfs.ntfs" ? ["-q", "-F", raw] : [raw])
    #expect(TestDisk.end(try TestDisk.records(raw))?.notices == 0)
    try TestDisk.run("truncate", ["-s", "36M", raw])
    #expect(notices(try TestDisk.records(raw)).contains { $0.kind == .volumeCut && $0.volume == 0 && $0.count > 3 << 20 })
  }

  @Test("A partition that goes on behind the end of the disk is told", .enabled(if: TestDisk.missing("sfdisk") == nil, "no sfdisk"))
  func cutPartition() throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    let whole = try folder.image("whole.raw", mebibytes: 80)
    // The file system is smaller than its partition, and all of it is there.
    try TestDisk.run("sh", ["-c", "printf 'label: dos\\nstart=1MiB,size=70MiB,type=83\\n' | sfdisk -q \(whole)"])
    try TestDisk.run("dd", ["if=\(raw)", "of=\(whole)", "bs=1M", "seek=1", "conv=notrunc"])
    #expect(notices(try TestDisk.records(whole)) == [])
    try TestDisk.run("truncate", ["-s", "60M", whole])
    #expect(notices(try TestDisk.records(whole)) == [DiskNotice(.volumeCut, volume: 1, count: 11 << 20)])
  }

  @Test("Inodes that no directory leads to are counted and named") func orphans() throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    let before = TestDisk.entries(try TestDisk.records(raw))
    let hidden = try ["/a/file3", "/a/file7"].map { try #require(before[$0]?.inode) }
    // The names go, the files stay.
    for path in ["a/file3", "a/file7"] { try TestDisk.run("debugfs", ["-w", "-R", "unlink \(path)", raw]) }
    let records = try TestDisk.records(raw)
    #expect(notices(records) == [DiskNotice(.orphans, volume: 0, count: 2, inodes: hidden.sorted())])
    #expect(TestDisk.end(records)?.unreadable == 1 && TestDisk.entries(records)["/a/file3"] == nil)
    // It stands before the entries.
    let place = try #require(records.firstIndex { if case .notice = $0 { true } else { false } })
    #expect(records[..<place].allSatisfy { if case .entry = $0 { false } else { true } })
    // Deleted while it was open: no link, and still in use.
    try TestDisk.run("debugfs", ["-w", "-R", "set_inode_field <\(hidden[0])> links_count 0", raw])
    // A disk that was unmounted holds no such file, nor does naming it in the superblock make it the file system's own.
    for value in ["first_ino 30000", "prj_quota_inum \(hidden[0])", "orphan_file_inum \(hidden[1])", "usr_quota_inum \(hidden[1])"] {
      try TestDisk.run("debugfs", ["-w", "-R", "set_super_value \(value)", raw])
    }
    #expect(notices(try TestDisk.records(raw)) == [DiskNotice(.orphans, volume: 0, count: 2, inodes: hidden.sorted())])
    try TestDisk.run("debugfs", ["-w", "-R", "set_super_value state 0", raw])
    let open = try TestDisk.records(raw)
    #expect(Set(notices(open)) == [DiskNotice(.orphans, volume: 0, inodes: [hidden[1]]), DiskNotice(.unlinked, volume: 0, inodes: [hidden[0]])])
    // A list of one folder does not look for them.
    #expect(notices(try TestDisk.records(raw, .list(path: Array("/a".utf8)))) == [])
  }

  @Test("A directory that lost its names loses no file in silence", arguments: [4096, 1024]) func smashed(_ blockSize: Int) throws {
    let folder = try DiskFolder()
    _ = try image(in: folder)
    let raw = try folder.image("disk.raw", mebibytes: 48)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-b", "\(blockSize)", "-d", folder.file("tree"), raw])
    let text = try TestDisk.run("debugfs", ["-R", "bmap a 0", raw])
    let block = try #require(text.split(whereSeparator: { !$0.isNumber }).compactMap { UInt64($0) }.last)
    // Behind the entries of the directory itself and its parent.
    try edit(raw, block * UInt64(blockSize) + 24, [UInt8](repeating: 0xFF, count: 500))
    let records = try TestDisk.records(raw)
    let files = TestDisk.entries(records).keys.count { $0.hasPrefix("/a/file") }
    let lost = notices(records).first { $0.kind == .orphans }
    #expect(files < 12 && lost?.count == Int64(12 - files), "\(files) \(notices(records))")
    #expect((TestDisk.end(records)?.unreadable ?? 0) > 0)
  }

  @Test("What QEMU and the guest noted in their headers is told") func headers() throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    let path = folder.file("disk.qcow2")
    try TestDisk.run("qemu-img", ["convert", "-O", "qcow2", "-o", "lazy_refcounts=on", raw, path])
    #expect(notices(try TestDisk.records(path)) == [])
    try edit(path, 79, [1])
    let dirty = try TestDisk.records(path)
    #expect(notices(dirty) == [DiskNotice(.imageDirty)] && TestDisk.end(dirty)?.unreadable == 0 && TestDisk.end(dirty)?.notices == 1)
    try edit(path, 79, [2])
    let corrupt = try TestDisk.records(path)
    #expect(notices(corrupt) == [DiskNotice(.imageCorrupt)] && TestDisk.end(corrupt)?.unreadable == 1)
    // s_state: the kernel found errors.
    try edit(raw, 1024 + 58, [3])
    let errors = try TestDisk.records(raw)
    #expect(notices(errors) == [DiskNotice(.fileSystemErrors, volume: 0)] && TestDisk.end(errors)?.unreadable == 0)
  }

  @Test("Clusters that nothing leads to are counted, as qemu-img check counts them") func leaks() throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    let path = folder.file("disk.qcow2")
    try TestDisk.run("qemu-img", ["convert", "-O", "qcow2", raw, path])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    func word(_ offset: UInt64) -> UInt64 { bytes[Int(offset)..<Int(offset) + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    let table = word(word(40)) & 0x00FF_FFFF_FFFF_FE00
    let used = (0..<UInt64(8192)).map { table + $0 * 8 }.filter { word($0) != 0 }
    try #require(used.count > 10)
    for place in used.suffix(3) { try edit(path, place, [UInt8](repeating: 0, count: 8)) }
    let records = try TestDisk.records(path)
    #expect(notices(records).first { $0.kind == .imageLeaked }?.count == 3, "\(notices(records))")
    // The disk that QEMU makes of it is another one, which only its file system can tell.
    let check = try TestDisk.run("sh", ["-c", "qemu-img check \(path); true"])
    #expect(check.contains("3 leaked clusters"), "\(check)")
  }

  @Test("Tables that lead to each other without an end are given up in their time, and said to be unchecked") func endless() throws {
    // 2 MiB clusters; every entry of the largest L1 table leads to the same table of entries.
    let cluster: UInt64 = 2 << 20
    var header = [UInt8](repeating: 0, count: 104)
    func put(_ value: UInt64, _ offset: Int, _ count: Int) {
      for place in 0..<count { header[offset + place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - place))) }
    }
    for (value, offset, count) in [
      (0x5146_49FB, 0, 4), (3, 4, 4), (21, 20, 4), (1 << 61, 24, 8), (4 << 20, 36, 4), (cluster, 40, 8), (4, 96, 4), (104, 100, 4),
    ] as [(UInt64, Int, Int)] { put(value, offset, count) }
    let entry: [UInt8] = [0x80, 0, 0, 0, 0, 0x20, 0, 0]
    var bytes = header + [UInt8](repeating: 0, count: Int(cluster) - header.count)
    for _ in 0..<(32 << 20) / 8 { bytes += entry }
    let start = ContinuousClock.now
    let notices = ImageCheck.notices(of: MemorySource(bytes), format: .qcow2, within: .milliseconds(500))
    #expect(notices.map(\.kind) == [.imageUnchecked], "\(notices)")
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test("Tables of any bytes are checked to an end", arguments: ["qcow2", "vmdk", "vdi", "streamOptimized"]) func flips(_ name: String) throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    let path = folder.file("image")
    let format = try #require(ImageFormat(rawValue: name == "streamOptimized" ? "vmdk" : name))
    let options = name == format.rawValue ? [] : ["-o", "subformat=\(name)"]
    try TestDisk.run("qemu-img", ["convert", "-O", format.rawValue] + options + [raw, path])
    let good = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    for seed in 0..<UInt64(60) {
      var random = SplitMix(seed)
      var bad = good
      // Fields of the header, with bytes that make large numbers, and entries of tables.
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bad[Int.random(in: 4..<400, using: &random)] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
      }
      for _ in 0..<50 { bad[Int.random(in: 512..<min(bad.count, 400_000), using: &random)] = UInt8.random(in: 0...255, using: &random) }
      let notices = ImageCheck.notices(of: MemorySource(bad), format: format, within: .milliseconds(300))
      #expect(notices.allSatisfy { $0.count > 0 && $0.volume == nil })
    }
  }

  @Test("Blocks that cannot be read mark what lies in them, and nothing is left out") func blocks() throws {
    let folder = try DiskFolder()
    let raw = try image(in: folder)
    func blocks(of path: String) throws -> [UInt64] {
      try TestDisk.run("debugfs", ["-R", "blocks \(path)", raw]).split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: raw))
    func read(without block: UInt64) throws -> [DiskRecord] {
      var records: [DiskRecord] = []
      let source = BrokenSource(Array(whole), broken: Int64(block) * 4096..<Int64(block + 1) * 4096)
      try DiskReading(source, work: .manifest) { record in
        if case .progress = record { return true }
        records.append(record)
        return true
      }.run()
      return records
    }
    let one = try read(without: try #require(try blocks(of: "a/file5").dropFirst(3).first))
    let entries = TestDisk.entries(one)
    #expect(entries["/a/file5"]?.problem != nil && entries["/a/file5"]?.digest == nil && entries["/a/file6"]?.digest != nil)
    #expect(TestDisk.end(one)?.unreadable == 1)
    let directory = try read(without: try #require(try blocks(of: "a").first))
    #expect(TestDisk.entries(directory)["/a"]?.problem != nil)
    #expect(notices(directory).first { $0.kind == .orphans }?.count == 12, "\(notices(directory))")
  }
}

/// A disk that fails to give some of its bytes.
private final class BrokenSource: BlockSource {
  private let whole: MemorySource
  private let broken: Range<Int64>

  init(_ bytes: [UInt8], broken: Range<Int64>) {
    whole = MemorySource(bytes)
    self.broken = broken
  }

  var size: Int64 { whole.size }

  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    guard offset >= broken.upperBound || offset + Int64(buffer.count) <= broken.lowerBound else { return false }
    return unsafe whole.read(at: offset, into: buffer)
  }
}
