import Foundation
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
