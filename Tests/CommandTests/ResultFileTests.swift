import Foundation
import Testing

/// Files that results are written to: whole, or not there; and one that was there stays until the new one is whole.
@Suite("Files of results") struct ResultFileTests {
  /// Commands that write to a file, with more than 4 KiB of result.
  static let commands: [[String]] = [
    ["facts", "examples/estate/kvm-07", "-o"], ["audit", "examples/estate/kvm-07", "--format", "json", "-o"], ["checklist", "-o"],
    ["collect", "hyperv", "-o"], ["build", "policies", "-o"],
  ]

  private func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  /// Runs the program with files of 1 KiB at most: the write that goes beyond fails, as one on a full disk does.
  private func limited(_ arguments: [String]) throws -> (code: Int32, error: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "ulimit -f 1; exec \"$0\" \"$@\"", Program.path] + arguments
    process.currentDirectoryURL = Program.packageRoot
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus, text)
  }

  @Test("A result that cannot be written to its end leaves the old file and nothing else", arguments: commands)
  func unfinished(_ command: [String]) throws {
    let scratch = try ScratchFolder()
    let target = try scratch.file("result", "what was there before")
    let result = try limited(command + [target])
    // As opa build has it, errors of build are 1.
    #expect(result.code == (command[0] == "build" ? 1 : 2), "\(command): \(result)")
    #expect(result.error.contains("cannot write \(target): the file would be larger"), "\(command): \(result.error)")
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "what was there before")
    #expect(try names(scratch.path) == ["result"])
  }

  @Test(
    "A manifest of a disk too, and also where it is interrupted",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/sbin/mke2fs"), "no e2fsprogs"))
  func manifest() throws {
    let scratch = try ScratchFolder()
    let results = scratch.path + "/results"
    let tree = scratch.path + "/tree"
    for folder in [results, tree] { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
    // Many small files fill the document, and a large one of zeros takes its time.
    for index in 0..<200 { try Data(count: 20).write(to: URL(fileURLWithPath: "\(tree)/file\(index)")) }
    let zeros = tree + "/zeros"
    _ = FileManager.default.createFile(atPath: zeros, contents: nil)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: zeros))
    try handle.truncate(atOffset: 60 << 30)
    try handle.close()
    let image = scratch.path + "/disk.raw"
    let make = Process()
    make.executableURL = URL(fileURLWithPath: "/sbin/mke2fs")
    make.arguments = ["-q", "-t", "ext4", "-d", tree, image, "64M"]
    try make.run()
    make.waitUntilExit()
    try #require(make.terminationStatus == 0)
    let target = results + "/disk.manifest"
    try "old".write(toFile: target, atomically: false, encoding: .utf8)
    let full = try limited(["disk", "manifest", image, "--max-file", "1", "-o", target])
    #expect(full.code == 2 && full.error.contains("cannot write \(target)"), "\(full)")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = ["disk", "manifest", image, "-o", target]
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    usleep(1_500_000)
    // Who runs the tests may have had other signals ignored.
    _ = kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "it was still at work")
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "old")
    #expect(try names(results) == ["disk.manifest"])
  }

  @Test("A name as long as names may be is written") func longName() throws {
    let scratch = try ScratchFolder()
    let name = String(repeating: "n", count: 255)
    let result = try Program.run(["collect", "hyperv", "-o", scratch.path + "/" + name])
    #expect(result.code == 0, "\(result.error)")
    #expect(try names(scratch.path) == [name])
    let longer = try Program.run(["collect", "hyperv", "-o", scratch.path + "/" + name + "n"])
    #expect(longer.code == 2 && longer.error.contains("the name is too long"), "\(longer.error)")
    #expect(try names(scratch.path) == [name])
  }

  /// A container engine that takes a connection and never answers: who asks it is at work until it is interrupted.
  private func silentEngine(_ path: String) throws -> Int32 {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    try #require(listener >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // SAFETY: the path is shorter than the address's room for it, which the require holds.
    try #require(path.utf8.count < 100)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in unsafe room.copyBytes(from: path.utf8) }
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    try #require(bound == 0 && listen(listener, 8) == 0)
    return listener
  }

  @Test(
    "An interrupt ends with a sentence and 2, and leaves the old file and nothing else",
    arguments: [SIGINT, SIGTERM, SIGHUP], [["audit", "--format", "html"], ["facts"], ["checklist"]])
  func interrupted(_ signal: Int32, _ command: [String]) throws {
    let scratch = try ScratchFolder()
    let sockets = try ScratchFolder()
    let listener = try silentEngine(sockets.path + "/s")
    defer { _ = close(listener) }
    let target = try scratch.file("result", "what was there before")
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Who runs the tests may have had the signals ignored.
    process.arguments = ["--default-signal=INT,TERM,HUP", Program.path] + command + ["docker://\(sockets.path)/s", "-o", target]
    process.currentDirectoryURL = Program.packageRoot
    process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = pipe
    try process.run()
    var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    // SAFETY: one entry, which outlives the call.
    try #require(unsafe poll(&waiting, 1, 60_000) == 1)
    let connection = accept(listener, nil, nil)
    defer { _ = close(connection) }
    _ = kill(process.processIdentifier, signal)
    let error = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 2, "\(process.terminationStatus)")
    #expect(error == "ringwall: interrupted before the result was complete\n")
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "what was there before")
    #expect(try names(scratch.path) == ["result"])
  }
}
