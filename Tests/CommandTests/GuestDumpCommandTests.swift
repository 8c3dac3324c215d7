import Foundation
import TestSupport
import Testing

@Suite("ringwall guest dump")
struct GuestDumpCommandTests {
  /// Bare RAM of 8 MiB without a kernel, of which one is filled.
  private static func memory(_ scratch: ScratchFolder) throws -> String {
    let path = try scratch.file("guest.ram", "")
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: 8 << 20)
    try handle.seek(toOffset: 0)
    try handle.write(contentsOf: Data(repeating: 0x41, count: 1 << 20))
    try handle.close()
    return path
  }

  private func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  @Test("a file appears whole, for its owner alone, and replaces another only with --force") func write() throws {
    let scratch = try ScratchFolder()
    let memory = try Self.memory(scratch)
    let target = scratch.path + "/out.ram"
    let first = try Program.run(["guest", "dump", memory, "--output", target])
    #expect(first.code == 0 && first.errorLines.count == 1, "\(first.error)")
    let attributes = try FileManager.default.attributesOfItem(atPath: target)
    #expect(attributes[.posixPermissions] as? Int == 0o600 && attributes[.size] as? UInt64 == 8 << 20)
    let second = try Program.run(["guest", "dump", memory, "--output", target])
    #expect(second.code == 2 && second.error.contains("exists; name another file"), "\(second.error)")
    #expect(try Program.run(["guest", "dump", memory, "--output", target, "--force", "--format", "lime"]).code == 0)
    #expect(try names(scratch.path) == ["guest.ram", "out.ram"])
    for path in ["/dev/null", scratch.path] {
      let refused = try Program.run(["guest", "dump", memory, "--output", path, "--force"])
      #expect(refused.code == 2 && refused.error.contains("no file that could be replaced"), "\(refused.error)")
    }
    let still = try Program.run(["guest", "dump", memory, "--output", scratch.path + "/p", "--pause"])
    #expect(still.code == 2 && still.error.contains("only a running guest can be paused"))
  }

  @Test("nothing is left of a file that was not finished", arguments: [["dump", "--output"], ["isf", "-o"], ["facts", "-o"]])
  func unfinished(command: [String]) throws {
    let scratch = try ScratchFolder()
    let memory = try Self.memory(scratch)
    let folder = scratch.path + "/results"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A file of 64 KiB at most: the kernel ends the program with SIGXFSZ in the middle of it.
    let line = "ulimit -f 64; exec \"$0\" guest \(command[0]) \"$1\" \(command[1]) \"$2\""
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line, Program.path, memory, folder + "/out"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus != 0)
    #expect(try names(folder).isEmpty)
  }
}

@Suite(
  "ringwall guest dump of a running guest", .serialized,
  .enabled(if: TestGuest.obstacle(.cloud) == nil, "\(TestGuest.obstacle(.cloud) ?? "")"),
  .guest(GuestRecipe { $0.workload = [.fork, .tmpfs, .network] }))
struct RunningDumpTests {
  @Test("a dump with a pause is of one moment, and the guest runs on") func pause() throws {
    let guest = try TestGuest.shared()
    let scratch = try ScratchFolder()
    let path = scratch.path + "/paused.ram"
    let result = try Program.run(["guest", "dump", "pid:\(guest.process)", "--output", path, "--pause"])
    #expect(result.code == 0 && result.error.contains("stood still for"), "\(result.error)")
    let check = try Program.run(["guest", "check", path])
    #expect(check.code == 0, "\(check.output)\(check.error)")
    let facts = try Program.run(["guest", "facts", path]).json()
    #expect((facts["moments"] as? [String: Any])?["torn"] as? Bool == false, "\(facts["moments"] ?? "no moments")")
    #expect(try guest.run("echo alive") == "alive\n")
    // What is missing accuses nobody, and is no pass.
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let size = try handle.seekToEnd()
    for share in [63, 60, 50, 20] as [UInt64] {
      try handle.truncate(atOffset: size / 64 * share)
      let cut = try Program.run(["guest", "check", path])
      #expect(cut.code == 2 && (share < 60 || cut.error.contains(": it ends at")), "\(share): \(cut.output)\(cut.error.prefix(2000))")
    }
    try handle.close()
  }

  @Test("dumps without a pause accuse nobody") func torn() throws {
    let guest = try TestGuest.shared()
    let scratch = try ScratchFolder()
    for number in 0..<4 {
      let path = scratch.path + "/running-\(number).ram"
      let result = try Program.run(["guest", "dump", "pid:\(guest.process)", "--output", path])
      #expect(result.code == 0 && result.error.contains("The guest ran on meanwhile"), "\(result.error)")
      let check = try Program.run(["guest", "check", path])
      #expect(check.code != 1, "\(check.output)\(check.error)")
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("an image whose halves are of different moments is told as a doubt") func halves() throws {
    let guest = try TestGuest.shared()
    let early = try guest.ramImage(named: "early.raw")
    try guest.run("for i in 1 2 3 4 5 6; do sleep 60 & done; sleep 2")
    let late = try guest.ramImage(named: "late.raw")
    for share in [1, 2, 3] {
      for (first, second) in [(early, late), (late, early)] {
        let path = guest.folder + "/halves.raw"
        try SparseFile.copy(first, to: path)
        let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: second))
        let target = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try source.seekToEnd()
        var place = size / 4 * UInt64(share)
        while place < size {
          try source.seek(toOffset: place)
          try target.seek(toOffset: place)
          let bytes = try source.read(upToCount: 1 << 20) ?? Data()
          try target.write(contentsOf: bytes)
          place += UInt64(bytes.count)
        }
        try target.close()
        let check = try Program.run(["guest", "check", path, "--format", "json"])
        #expect(check.code != 1, "\(share): \(check.alarms) \(check.error)")
        try FileManager.default.removeItem(atPath: path)
      }
    }
  }

  @Test(
    "no view says anything in English when it is asked in Chinese",
    arguments: [
      ["ps"], ["modules"], ["mounts"], ["files"], ["sockets"], ["bpf"], ["log", "--last", "3"], ["maps", "1"], ["check"], ["scan"],
      ["state"],
      ["dirty", "--rounds", "1"], ["pause", "--samples", "2"],
    ])
  func chinese(command: [String]) throws {
    let guest = try TestGuest.shared()
    var arguments = ["guest", command[0], "pid:\(guest.process)"]
    arguments += command.dropFirst() + ["--lang", "zh-CN"]
    let result = try Program.run(arguments, environment: ["COLUMNS": "400"])
    #expect(result.code == 0, "\(result.error)")
    let head = command[0] == "log" ? "" : result.output.split(separator: "\n").first.map(String.init) ?? ""
    for line in [head] + result.errorLines {
      #expect(line.firstMatch(of: /[A-Za-z]{3,}( [a-z]{2,}){2}/) == nil, "\(line)")
    }
  }
}
