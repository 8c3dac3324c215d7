import Disks
import Foundation
import QMP
import Synchronization
import Testing
import TestSupport

/// Drives of a guest that runs and writes: what is read is one moment of it, and nothing is left in its QEMU.
@Suite(
  "Drives of running guests", .serialized,
  .enabled(
    if: TestGuest.obstacle(.cloud) == nil && TestDisk.missing("mkfs.ext4", "e2fsck", "qemu-img") == nil, "no test guest, or no e2fsprogs"))
struct FleeceTests {
  /// A guest that counts on its disk, and what lies on the disk beside.
  private func withGuest(_ body: (TestGuest, DiskFolder) async throws -> Void) async throws {
    let folder = try DiskFolder()
    let root = folder.file("tree")
    try TestDisk.makeTree(root)
    let raw = try folder.image("disk.raw", mebibytes: 96)
    try TestDisk.run("mke2fs", ["-q", "-t", "ext4", "-b", "4096", "-d", root, raw])
    try TestDisk.run("qemu-img", ["convert", "-O", "qcow2", raw, folder.file("disk.qcow2")])
    let guest = try await TestGuest.boot(
      GuestRecipe {
        $0.disk = folder.file("disk.qcow2")
        $0.workload = [.disk]
        $0.processor = "qemu64"
      })
    defer { guest.stop() }
    try await body(guest, folder)
  }

  /// A machine that stands at its first instruction, with a disk.
  private func withMachine(_ body: (TestGuest, DiskFolder) async throws -> Void) async throws {
    let folder = try DiskFolder()
    let disk = try folder.image("disk.raw", mebibytes: 8)
    let guest = try await TestGuest.boot(
      GuestRecipe {
        $0.kernel = nil
        $0.disk = disk
      })
    defer { guest.stop() }
    try await body(guest, folder)
  }

  private func counter(_ guest: TestGuest) throws -> Int {
    try #require(Int(try guest.run("cat /mnt/disk/counter").trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// The number that the counter's file holds, by its digest.
  private func counter(_ records: [DiskRecord], upTo limit: Int) -> Int? {
    guard let digest = TestDisk.entries(records)["/counter"]?.digest else { return nil }
    return (0...limit).first { TestDisk.sha256("\($0)\n") == digest }
  }

  /// What QEMU has of ours: nodes, jobs and exports by their names.
  private func ours(_ guest: TestGuest) throws -> [String] {
    let all = try ["query-named-block-nodes", "query-block-jobs", "query-block-exports"].map { try TestDisk.ask(guest.secondMonitor, $0) }
      .joined()
    return Set(all.matches(of: /ringwall-[0-9]+-[0-9a-f]+/).map { String($0.0) }).sorted()
  }

  @Test("While the guest counts on, what is read is one moment", .timeLimit(.minutes(5))) func moment() async throws {
    try await withGuest { guest, folder in
      var last = 0
      // The guest begins to count after its shell answers, and what its cache says is on its disk a turn or two later.
      let start = ContinuousClock.now + .seconds(60)
      while (try? counter(guest)) ?? 0 < 5, ContinuousClock.now < start {}
      for _ in 0..<3 {
        let before = try counter(guest)
        let fleece = try Fleece(monitor: guest.monitor, drive: nil, folder: folder.path)
        #expect(fleece.plan.drive.name == "disk0" && fleece.plan.drive.size == 96 << 20)
        let disk = try fleece.open(worker: TestDisk.worker)
        let after = try counter(guest)
        // The guest goes on for a while before anything is read.
        let end = ContinuousClock.now + .seconds(60)
        var now = after
        while now < after + 3, ContinuousClock.now < end { now = try counter(guest) }
        #expect(now > after, "the guest writes on")
        let reading = try disk.read(.manifest, worker: TestDisk.worker)
        var records: [DiskRecord] = []
        while let record = try reading.next() { records.append(record) }
        let later = try counter(guest)
        #expect(TestDisk.volumes(records).first?.journal == .replayed)
        let seen = try #require(counter(records, upTo: later), "the counter is on the disk at that moment")
        // The file is renamed before it is flushed: the disk may be one or two turns behind what the guest's cache says.
        #expect(seen >= max(last, before - 2) && seen <= after, "\(before) \(seen) \(after) \(later)")
        last = seen
        let digests = try TestDisk.digests(of: folder.file("tree"))
        let entries = TestDisk.entries(records)
        for (path, digest) in digests { #expect(TestDisk.digest(entries["/" + path]) == digest, "\(path)") }
        #expect(disk.takeAway() == nil)
      }
      #expect(try ours(guest) == [])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("ringwall-") }.isEmpty)
    }
  }

  @Test("A program that is killed while it reads leaves nothing in the guest", .timeLimit(.minutes(5))) func killed() async throws {
    try await withGuest { guest, folder in
      var isSeen = false
      for _ in 0..<20 where !isSeen {
        let attempt = Process()
        attempt.executableURL = URL(fileURLWithPath: TestDisk.program)
        attempt.arguments = ["disk", "manifest", guest.monitor, "--scratch", folder.path]
        attempt.standardOutput = FileHandle.nullDevice
        attempt.standardError = FileHandle.nullDevice
        attempt.standardInput = FileHandle.nullDevice
        try attempt.run()
        let end = ContinuousClock.now + .seconds(10)
        while attempt.isRunning, ContinuousClock.now < end {
          if try !ours(guest).isEmpty {
            isSeen = true
            break
          }
        }
        _ = kill(attempt.processIdentifier, SIGKILL)
        attempt.waitUntilExit()
      }
      #expect(isSeen, "the program was killed while the guest's QEMU held what it asked for")
      let end = ContinuousClock.now + .seconds(60)
      while try !ours(guest).isEmpty, ContinuousClock.now < end { usleep(100_000) }
      #expect(try ours(guest) == [])
      while try !FileManager.default.contentsOfDirectory(atPath: folder.path).filter({ $0.hasPrefix("ringwall") }).isEmpty,
        ContinuousClock.now < end
      { usleep(100_000) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("ringwall-") }.isEmpty)
      #expect(try counter(guest) > 0, "the guest runs on")
    }
  }

  /// What is left of ours on the host.
  private func files(_ folder: DiskFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("ringwall-") }
  }

  /// The program at work on a drive, by a monitor of its own.
  private func launch(_ monitor: String, _ folder: DiskFolder, scratch: String? = nil, output: String? = nil) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: TestDisk.program)
    process.arguments = ["disk", "manifest", monitor, "--scratch", scratch ?? folder.path] + (output.map { ["-o", $0] } ?? [])
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test("Killed at any command to QEMU, before and after it, it leaves nothing, and the guest goes on", .timeLimit(.minutes(10)))
  func stages() async throws {
    try await withGuest { guest, folder in
      let commands = [
        "query-block", "blockdev-add", "blockdev-backup", "nbd-server-start", "block-export-add", "query-block-jobs", "query-block-exports",
        "block-export-del", "nbd-server-stop", "block-job-cancel", "query-named-block-nodes", "blockdev-del",
      ]
      // The guest begins to count after its shell answers.
      let start = ContinuousClock.now + .seconds(60)
      while (try? counter(guest)) ?? 0 < 5, ContinuousClock.now < start {}
      var last = try counter(guest)
      for (number, command) in commands.enumerated() {
        for moment in MonitorProxy.Moment.allCases {
          let started = Mutex<Int32>(0)
          // The process starts right below, and is there before it says anything.
          let proxy = try MonitorProxy(folder.file("m\(number)\(moment)"), to: guest.monitor, at: command, moment) {
            while started.withLock({ $0 }) == 0 { usleep(1000) }
            _ = kill(started.withLock { $0 }, SIGKILL)
          }
          let process = try launch(proxy.path, folder)
          started.withLock { $0 = process.processIdentifier }
          process.waitUntilExit()
          #expect(proxy.hasActed && process.terminationReason == .uncaughtSignal, "\(command) \(moment): it was killed there")
          let end = ContinuousClock.now + .seconds(60)
          while try !ours(guest).isEmpty || !files(folder).isEmpty, ContinuousClock.now < end { usleep(50_000) }
          #expect(try ours(guest) == [] && files(folder) == [], "\(command) \(moment)")
          #expect(try !TestDisk.ask(guest.secondMonitor, "query-block").contains("dirty-bitmaps"), "\(command) \(moment)")
          proxy.end()
        }
        let counts = ContinuousClock.now + .seconds(60)
        while try counter(guest) <= last, ContinuousClock.now < counts {}
        let now = try counter(guest)
        #expect(now > last, "\(command): the guest writes on")
        last = now
      }
    }
  }

  @Test("Killed as soon as its folder is there, it leaves none; and a folder that is named from here is found by QEMU", .timeLimit(.minutes(5)))
  func folders() async throws {
    try await withMachine { guest, folder in
      for _ in 0..<5 {
        let process = try launch(guest.monitor, folder)
        let seen = ContinuousClock.now + .seconds(30)
        while try files(folder).isEmpty, process.isRunning, ContinuousClock.now < seen {}
        _ = kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let end = ContinuousClock.now + .seconds(60)
        while try !ours(guest).isEmpty || !files(folder).isEmpty, ContinuousClock.now < end { usleep(50_000) }
        #expect(try ours(guest) == [] && files(folder) == [])
      }
      try FileManager.default.createDirectory(atPath: folder.file("room"), withIntermediateDirectories: true)
      let process = try launch(guest.monitor, folder, scratch: "room", output: folder.file("out"))
      process.waitUntilExit()
      // The drive is empty: it was read, and holds no file.
      #expect(process.terminationReason == .exit && process.terminationStatus == 0)
      #expect(try String(contentsOfFile: folder.file("out"), encoding: .utf8).contains("\"complete\":true"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("room")).isEmpty)
      let long = folder.file(String(repeating: "l", count: 100))
      try FileManager.default.createDirectory(atPath: long, withIntermediateDirectories: true)
      let error = #expect(throws: DiskError.self) {
        try Fleece(monitor: guest.monitor, drive: nil, folder: long).open(worker: TestDisk.worker)
      }
      #expect(error?.message.contains("too long for a socket") == true && error?.message.contains("--scratch") == true)
      let missing = #expect(throws: DiskError.self) {
        try Fleece(monitor: guest.monitor, drive: nil, folder: folder.file("none")).open(worker: TestDisk.worker)
      }
      #expect(missing?.message.contains("No such file") == true)
      #expect(try ours(guest) == [])
    }
  }

  @Test("A client that QEMU still greets leaves the guest running", .timeLimit(.minutes(5))) func greeted() async throws {
    try await withMachine { guest, folder in
      let names = FleeceNames(prefix: "ringwall-1-abc", folder: folder.path)
      try FileManager.default.createDirectory(atPath: folder.file("ringwall-1-abc"), withIntermediateDirectories: true)
      let monitor = try Monitor(path: guest.monitor, within: 30_000)
      let path = folder.file("ringwall-1-abc/nbd")
      try monitor.execute("nbd-server-start", ["addr": ["type": "unix", "data": ["path": .text(path)]], "max-connections": 1])
      var client = try LocalClient(path)
      // QEMU's first words: it waits for the client's answer now.
      #expect(client.read(18)?.starts(with: Array("NBDMAGICIHAVEOPT".utf8)) == true)
      #expect(names.takeAway(through: monitor, within: 1)?.contains("a client is connected to it") == true)
      #expect(try TestDisk.ask(guest.secondMonitor, "query-status").contains("prelaunch"))
      client.end()
      #expect(names.takeAway(through: monitor) == nil)
      names.removeFiles()
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("Taking away waits for the end of a client that dies meanwhile", .timeLimit(.minutes(5))) func dying() async throws {
    try await withMachine { guest, folder in
      let names = FleeceNames(prefix: "ringwall-1-abc", folder: folder.path)
      try FileManager.default.createDirectory(atPath: folder.file("ringwall-1-abc"), withIntermediateDirectories: true)
      let path = folder.file("ringwall-1-abc/nbd")
      let monitor = try Monitor(path: guest.monitor, within: 30_000)
      try monitor.execute("nbd-server-start", ["addr": ["type": "unix", "data": ["path": .text(path)]], "max-connections": 1])
      let client = try LocalClient(path)
      #expect(client.read(18) != nil)
      let death = Thread {
        usleep(500_000)
        var client = client
        client.end()
      }
      death.start()
      #expect(names.takeAway(through: monitor) == nil)
      #expect(!FileManager.default.fileExists(atPath: path), "the server is gone, and its socket with it")
      #expect(try TestDisk.ask(guest.secondMonitor, "query-status").contains("prelaunch"))
    }
  }

  @Test("A drive that is not there, and a monitor that is none, are told") func refusals() async throws {
    try await withGuest { guest, folder in
      let error = #expect(throws: DiskError.self) { try Fleece(monitor: guest.monitor, drive: "nope", folder: folder.path) }
      #expect(error?.message.contains("no drive nope: there are disk0") == true)
      #expect(throws: DiskError.self) { try Fleece(monitor: folder.file("none"), drive: nil) }
      let fleece = try Fleece(monitor: guest.monitor, drive: "disk0", folder: folder.file("missing"))
      #expect(throws: DiskError.self) { try fleece.open(worker: TestDisk.worker) }
      #expect(try ours(guest) == [])
    }
  }
}

/// A bare connection to a local socket.
private struct LocalClient: Sendable {
  private var descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw TestDisk.Failure(description: "\(path) is too long") }
    // SAFETY: the path is shorter than sun_path, which is zero behind it.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw TestDisk.Failure(description: "\(path): errno \(errno)") }
  }

  func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let found = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, count, Int32(MSG_WAITALL)) }
    return found == count ? bytes : nil
  }

  mutating func end() {
    if descriptor >= 0 { _ = close(descriptor) }
    descriptor = -1
  }
}
