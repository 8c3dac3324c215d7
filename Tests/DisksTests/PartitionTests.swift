import DiskReader
import Disks
import Foundation
import Testing

@Suite(
  "Partitions of disks", .enabled(if: TestDisk.missing("sfdisk", "mkfs.ext4", "mkfs.vfat", "mcopy") == nil, "no fdisk, e2fsprogs or mtools")
)
struct PartitionTests {
  private struct Disk {
    let folder: DiskFolder
    let image: String
    let root: String
  }

  /// A disk of 160 MiB with the file systems at 1 MiB (ext4, 64 MiB) and 70 MiB (FAT, 40 MiB).
  private func disk(_ table: String) throws -> Disk {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    let image = try folder.image("disk.raw", mebibytes: 160)
    let ext = try folder.image("ext.raw", mebibytes: 64)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-d", root, ext])
    let fat = try folder.image("fat.raw", mebibytes: 40)
    try TestDisk.run("mkfs.vfat", ["-F", "16", fat])
    try TestDisk.run("sh", ["-c", "mcopy -s -i \(fat) \(root)/* ::/"])
    try TestDisk.run("sh", ["-c", "printf '\(table)' | sfdisk -q \(image)"])
    for (part, place) in [(ext, 1), (fat, 70)] {
      try TestDisk.run("dd", ["if=\(part)", "of=\(image)", "bs=1M", "seek=\(place)", "conv=notrunc,sparse"])
    }
    // What a boot loader puts into its partition looks like nothing known.
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: image))
    try handle.seek(toOffset: 120 << 20)
    try handle.write(contentsOf: Data(TestDisk.pattern(4096, seed: 5)))
    try handle.close()
    return Disk(folder: folder, image: image, root: root)
  }

  @Test(
    "GPT and MBR, with logical partitions",
    arguments: [
      "label: gpt\\nstart=1MiB,size=64MiB\\nstart=70MiB,size=40MiB,type=U\\nstart=120MiB,size=1MiB,type=21686148-6449-6E6F-744E-656564454649\\n",
      "label: dos\\nstart=1MiB,size=64MiB,type=83\\nstart=69MiB,size=60MiB,type=5\\nstart=70MiB,size=40MiB,type=6\\n",
    ])
  func tables(_ table: String) throws {
    let disk = try disk(table)
    let records = try TestDisk.records(disk.image)
    let volumes = TestDisk.volumes(records)
    #expect(volumes.prefix(2).map(\.content) == ["ext4", "fat16"] && volumes.prefix(2).map(\.offset) == [1 << 20, 70 << 20], "\(volumes)")
    #expect(TestDisk.end(records)?.unreadable == 0, "\(volumes)")
    if table.contains("gpt") { #expect(volumes.last?.state == .withoutFiles && volumes.last?.content == "a boot loader's partition") }
    let digests = try TestDisk.digests(of: disk.root)
    for volume in [1, 2] {
      let entries = TestDisk.entries(records.filter { if case .entry(let entry) = $0 { entry.volume == volume } else { false } })
      for (path, digest) in digests { #expect(TestDisk.digest(entries["/" + path]) == digest, "\(volume) \(path)") }
    }
    let second = try TestDisk.records(disk.image, volume: 2)
    #expect(TestDisk.volumes(second).map(\.state).prefix(2) == [.skipped, .read])
    let error = #expect(throws: DiskError.self) { try TestDisk.records(disk.image, volume: 9) }
    #expect(error?.message.contains("its volumes are 1, 2") == true)
  }

  @Test("A protective MBR without its GPT, an entry behind the end and an empty table say what is wrong") func damaged() throws {
    let disk = try disk("label: gpt\\nstart=1MiB,size=64MiB\\n")
    try TestDisk.run("dd", ["if=/dev/zero", "of=\(disk.image)", "bs=512", "seek=1", "count=1", "conv=notrunc"])
    let error = #expect(throws: DiskError.self) { try TestDisk.records(disk.image) }
    #expect(error?.message.contains("partition table is damaged") == true)
    let cut = try self.disk("label: dos\\nstart=1MiB,size=64MiB,type=83\\nstart=130MiB,size=20MiB,type=83\\n")
    try TestDisk.run("truncate", ["-s", "100M", cut.image])
    let short = #expect(throws: DiskError.self) { try TestDisk.records(cut.image) }
    #expect(short?.message.contains("the partition table cannot be read") == true)
  }

  @Test(
    "Marks of what is not read are told apart",
    arguments: [
      ([0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE], 0, "LUKS encryption"), (Array("-FVE-FS-".utf8), 3, "BitLocker encryption"),
      (Array("NXSB".utf8), 32, "APFS"), (Array("_BHRfS_M".utf8), 0x10040, "btrfs"), (Array("XFSB".utf8), 0, "XFS"),
      (Array("LABELONE".utf8) + [UInt8](repeating: 0, count: 16) + Array("LVM2 001".utf8), 512, "an LVM physical volume"),
      ([0x52, 0x65, 0x46, 0x53, 0, 0, 0, 0], 3, "ReFS"), (Array("hsqs".utf8), 0, "SquashFS"),
      ([0xFC, 0x4E, 0x2B, 0xA9], 4096, "a member of a Linux software RAID"),
    ] as [([UInt8], Int, String)])
  func marks(_ mark: [UInt8], _ offset: Int, _ name: String) {
    var head = [UInt8](repeating: 0, count: VolumeContent.headCount)
    head.replaceSubrange(offset..<offset + mark.count, with: mark)
    guard case .refused(let what, let advice) = VolumeContent(head: head) else {
      Issue.record("\(VolumeContent(head: head))")
      return
    }
    #expect(what == name && !advice.isEmpty)
    // Whatever else is there, what holds another volume wins over what lies in it.
    head.replaceSubrange(1080..<1082, with: [0x53, 0xEF])
    #expect(VolumeContent(head: head).name == name)
  }

  @Test("A swap area and zeros hold no files") func withoutFiles() {
    var head = [UInt8](repeating: 0, count: VolumeContent.headCount)
    #expect(VolumeContent(head: head) == .empty)
    head.replaceSubrange(4086..<4096, with: Array("SWAPSPACE2".utf8))
    #expect(VolumeContent(head: head) == .withoutFiles("a swap area"))
    #expect(VolumeContent(head: []) == .empty)
    #expect(VolumeContent(head: [1, 2, 3]) == .unknown)
  }
}
