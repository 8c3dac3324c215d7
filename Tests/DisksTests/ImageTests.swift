import Disks
import Foundation
import Testing

@Suite(
  "Images of disks", .enabled(if: TestDisk.missing("mkfs.ext4", "qemu-img", "qemu-storage-daemon") == nil, "no e2fsprogs or QEMU tools"))
struct ImageTests {
  private func rawImage(in folder: DiskFolder) throws -> (image: String, root: String) {
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    let image = try folder.image("disk.raw", mebibytes: 64)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-d", root, image])
    return (image, root)
  }

  /// What describes the disk and not its file.
  private func content(_ records: [DiskRecord]) -> [[UInt8]] {
    records.filter { if case .volume = $0 { false } else { true } }.map(\.line)
  }

  @Test(
    "The same disk in every format gives the same manifest",
    arguments: [["qcow2"], ["qcow2", "-c"], ["vmdk"], ["vhdx"], ["vpc"], ["vdi"], ["vmdk", "-o", "subformat=streamOptimized"]])
  func formats(_ format: [String]) throws {
    let folder = try DiskFolder()
    let (raw, _) = try rawImage(in: folder)
    let image = folder.file("disk.image")
    try TestDisk.run("qemu-img", ["convert", "-O"] + format + [raw, image])
    let records = try TestDisk.records(image)
    #expect(content(records).count > 300)
    #expect(content(records) == content(try TestDisk.records(raw)))
  }

  @Test("What an image names beyond itself is not followed, whatever it is") func references() throws {
    let folder = try DiskFolder()
    let (raw, _) = try rawImage(in: folder)
    let overlay = folder.file("overlay.qcow2")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw", overlay])
    let error = #expect(throws: DiskError.self) { try TestDisk.records(overlay) }
    #expect(error?.message.contains("--backing") == true && error?.message.contains("disk.raw") == true)
    // Named by the caller it is read.
    #expect(content(try TestDisk.records(DiskImage(path: overlay, backing: [raw]))) == content(try TestDisk.records(raw)))
    let data = folder.file("data.qcow2")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "qcow2", "-o", "data_file=\(folder.file("data.raw"))", data, "10M"])
    #expect(throws: DiskError.self) { try TestDisk.records(data) }
    let flat = folder.file("flat.vmdk")
    try TestDisk.run("qemu-img", ["create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", flat, "10M"])
    #expect(throws: DiskError.self) { try TestDisk.records(flat) }
  }

  @Test("The process that serves an image opens no other file and no socket") func confined() throws {
    let folder = try DiskFolder()
    try Data("host only".utf8).write(to: URL(fileURLWithPath: folder.file("secret")))
    try Data("image".utf8).write(to: URL(fileURLWithPath: folder.file("image")))
    func output(_ program: String, _ argument: String) throws -> String {
      // The shell stays as the parent, and hands over the image as descriptor 3.
      let line = "'\(TestDisk.worker)' serve $$ 1 \(program) \(argument) 3<'\(folder.file("image"))' 2>&1; true"
      return try TestDisk.run("sh", ["-c", line])
    }
    #expect(try output("/usr/bin/cat", "/proc/self/fd/3") == "image")
    #expect(try output("/usr/bin/cat", folder.file("secret")).contains("denied"))
    #expect(try output("/usr/bin/cat", "/etc/passwd").contains("denied"))
    #expect(try output("/usr/bin/touch", folder.file("made")).contains("denied"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("made")))
  }

  @Test("An image that a guest's QEMU writes is refused, and read with the option") func inUse() throws {
    let folder = try DiskFolder()
    let (raw, _) = try rawImage(in: folder)
    let image = folder.file("disk.qcow2")
    try TestDisk.run("qemu-img", ["convert", "-O", "qcow2", raw, image])
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: try #require(TestDisk.path(of: "qemu-storage-daemon")))
    holder.arguments = [
      "--blockdev", "driver=file,node-name=f,filename=\(image)", "--blockdev", "driver=qcow2,node-name=d,file=f",
      "--nbd-server", "addr.type=unix,addr.path=\(folder.file("nbd"))", "--export", "type=nbd,id=e,node-name=d,writable=on",
    ]
    try holder.run()
    defer {
      _ = kill(holder.processIdentifier, SIGKILL)
      holder.waitUntilExit()
    }
    let end = ContinuousClock.now + .seconds(30)
    while !FileManager.default.fileExists(atPath: folder.file("nbd")), ContinuousClock.now < end { usleep(20_000) }
    usleep(200_000)
    let error = #expect(throws: DiskError.self) { try TestDisk.records(image) }
    #expect(error?.message.contains("--in-use") == true)
    #expect(content(try TestDisk.records(DiskImage(path: image, isUsedAnyway: true))) == content(try TestDisk.records(raw)))
  }

  @Test("Nothing is left running, and no file, after a reading and after one that is given up") func cleanUp() throws {
    let folder = try DiskFolder()
    let (raw, _) = try rawImage(in: folder)
    let image = folder.file("disk.qcow2")
    try TestDisk.run("qemu-img", ["convert", "-O", "qcow2", raw, image])
    for isGivenUp in [false, true] {
      let disk = try DiskImage(path: image).open(worker: TestDisk.worker)
      let reading = try disk.read(.manifest, worker: TestDisk.worker)
      _ = try reading.next()
      if !isGivenUp { while try reading.next() != nil {} }
      #expect(reading.confinement?.hasSeccomp == true)
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { process in
      guard Int(process) != nil, let words = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/cmdline")) else { return false }
      return words.range(of: Data(folder.path.utf8)) != nil
    }
    #expect(left.isEmpty)
  }

  @Test("What is no disk says so", arguments: ["", "a pipe", "a folder"])
  func noDisk(_ kind: String) throws {
    let folder = try DiskFolder()
    let path = folder.file("x")
    switch kind {
    case "a pipe": try TestDisk.run("mkfifo", [path])
    case "a folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    default: _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    let error = #expect(throws: DiskError.self) { try TestDisk.records(path) }
    #expect(error?.message.hasPrefix("cannot read the disk \(path): ") == true)
    #expect(throws: DiskError.self) { try TestDisk.records(folder.file("missing")) }
  }
}
