import Disks
import Foundation
import Testing

/// Images that name files of the host: a sentence each, and no byte of those files.
@Suite("Images made to harm", .enabled(if: TestDisk.missing("mkfs.ext4", "qemu-img", "qemu-storage-daemon") == nil, "no QEMU tools"))
struct HostileImageTests {
  private static let secret = "SECRET-OF-THE-HOST"

  private func edit(_ path: String, _ offset: UInt64, _ bytes: [UInt8]) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  private func word(_ value: UInt64, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) } }

  /// The one sentence that reading it ends with.
  private func refusal(_ image: DiskImage) throws -> String {
    let error = #expect(throws: DiskError.self) { try TestDisk.records(image) }
    let message = try #require(error?.message)
    let isNamed = ([image.path] + image.backing).contains { message.hasPrefix("cannot read the disk \($0): ") }
    #expect(isNamed && !message.utf8.contains { $0 < 0x20 }, "\(message)")
    #expect(!message.contains(Self.secret), "\(message)")
    return message
  }

  @Test(
    "A backing file is named and not followed, whatever its name is",
    arguments: [
      "/etc/shadow", "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"/etc/shadow\"}}", "nbd://127.0.0.1:10809/x",
      "http://127.0.0.1/x", "fat:/etc", "self.qcow2", "\u{1B}[31mred\n", "/proc/self/fd/3", "",
    ])
  func backing(_ name: String) throws {
    let folder = try DiskFolder()
    let image = folder.file("self.qcow2")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "qcow2", image, "10M"])
    // The name lies behind the header's extensions, in the first cluster.
    try edit(image, 8, word(0x4000, 8) + word(UInt64(name.utf8.count), 4))
    try edit(image, 0x4000, Array(name.utf8))
    #expect(try refusal(DiskImage(path: image)).contains("--backing"))
    // As one of a chain that the caller names it may name nothing either.
    let top = folder.file("top.qcow2")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", "-u", top, "10M"])
    #expect(try refusal(DiskImage(path: top, backing: [image])).contains("is not followed"))
    #expect(try refusal(DiskImage(path: image, backing: [image])).contains("is not followed"))
  }

  @Test("A data file outside the image is refused, below a backing file's name too") func dataFile() throws {
    let folder = try DiskFolder()
    try Data(Self.secret.utf8).write(to: URL(fileURLWithPath: folder.file("secret")))
    let image = folder.file("image.qcow2")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "qcow2", image, "10M"])
    try edit(image, 72, word(4, 8))
    #expect(try refusal(DiskImage(path: image)).contains("a data file outside itself"))
    let base = try folder.image("base.raw", mebibytes: 10)
    try edit(image, 8, word(0x4000, 8) + word(4, 4))
    #expect(try refusal(DiskImage(path: image, backing: [base])).contains("a data file outside itself"))
  }

  @Test("An encrypted image is refused by name") func encrypted() throws {
    let folder = try DiskFolder()
    let image = folder.file("image.qcow2")
    let options = ["encrypt.format=luks", "encrypt.key-secret=s", "encrypt.iter-time=10"].joined(separator: ",")
    try TestDisk.run("qemu-img", ["create", "-q", "--object", "secret,id=s,data=word", "-f", "qcow2", "-o", options, image, "10M"])
    #expect(try refusal(DiskImage(path: image)).contains("the image is encrypted"))
  }

  @Test("Descriptors of VMware lead nowhere: text alone, in an image without a capacity, and a parent named far inside") func descriptors() throws {
    let folder = try DiskFolder()
    let text = """
      # Disk DescriptorFile
      version=1
      CID=11111111
      parentCID=ffffffff
      createType="monolithicFlat"
      RW 20480 FLAT "/etc/shadow" 0

      """
    let plain = folder.file("plain.vmdk")
    try Data(text.utf8).write(to: URL(fileURLWithPath: plain))
    #expect(try refusal(DiskImage(path: plain)).contains("extents in other files"))
    // QEMU takes a header without a capacity for a cover of the text.
    let cover = folder.file("cover.vmdk")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "vmdk", cover, "10M"])
    try edit(cover, 12, [UInt8](repeating: 0, count: 8))
    try edit(cover, 512, Array(text.utf8) + [0])
    #expect(try refusal(DiskImage(path: cover)).contains("extents in other files"))
    // The descriptor lies where its header says, behind the first 64 KiB.
    let far = folder.file("far.vmdk")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "vmdk", far, "10M"])
    try TestDisk.run("truncate", ["-s", "4M", far])
    let parent = text.replacing("parentCID=ffffffff", with: "parentCID=22222222\nparentFileNameHint=\"/etc/shadow\"")
    try edit(far, 28, [0, 0x10, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0])
    try edit(far, 0x1000 * 512, Array(parent.utf8))
    #expect(try refusal(DiskImage(path: far)).contains("a parent image"))
  }

  @Test("A parent of vhd and vhdx is refused") func parents() throws {
    let folder = try DiskFolder()
    let vhd = folder.file("disk.vhd")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "vpc", vhd, "10M"])
    try edit(vhd, 60, word(4, 4))
    #expect(try refusal(DiskImage(path: vhd)).contains("a parent image"))
    let vhdx = folder.file("disk.vhdx")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "vhdx", vhdx, "10M"])
    // The item of file parameters: block size, then flags, of which bit 1 says that there is a parent.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: vhdx))
    let region = try #require(bytes.range(of: Data("metadata".utf8)))
    let item = try #require(
      bytes.range(of: Data([0x37, 0x67, 0xA1, 0xCA, 0x36, 0xFA, 0x43, 0x4D, 0xB3, 0xB6, 0x33, 0xF0, 0xAA, 0x44, 0xE7, 0x6B])))
    let offset = bytes[item.upperBound..<item.upperBound + 4].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    try edit(vhdx, UInt64(region.lowerBound) + offset + 4, [2])
    _ = try refusal(DiskImage(path: vhdx))
  }

  @Test("Images that rest on each other are read up to a number, and refused beyond") func chain() throws {
    let folder = try DiskFolder()
    let base = try folder.image("0", mebibytes: 8)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", base])
    for level in 1...32 {
      try TestDisk.run(
        "qemu-img",
        ["create", "-q", "-f", "qcow2", "-b", folder.file("\(level - 1)"), "-F", level == 1 ? "raw" : "qcow2", folder.file("\(level)")])
    }
    let below = (0..<32).reversed().map { folder.file("\($0)") }
    let records = try TestDisk.records(DiskImage(path: below[0], backing: Array(below.dropFirst())))
    #expect(TestDisk.volumes(records).first?.content == "ext4" && TestDisk.end(records)?.unreadable == 0)
    #expect(try refusal(DiskImage(path: folder.file("32"), backing: below)).contains("more than 32 images"))
    _ = try refusal(DiskImage(path: folder.file("1"), backing: [String](repeating: base, count: 1000)))
  }
}
