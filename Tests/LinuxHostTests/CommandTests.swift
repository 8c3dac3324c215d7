import Foundation
import Testing

@testable internal import Platforms

@Suite("Programs of the system")
struct CommandTests {
  @Test("standard output of a program that succeeds")
  func output() throws {
    #expect(try String(decoding: Command.output("printf", ["%s", "a b"]), as: UTF8.self) == "a b")
    #expect(try Command.output("true", []).isEmpty)
  }

  @Test("the environment is the fixed one, and standard input is empty")
  func environment() throws {
    let lines = try String(decoding: Command.output("env", []), as: UTF8.self).split(separator: "\n").map(String.init).sorted()
    #expect(lines == ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    #expect(try Command.output("cat", []).isEmpty)
  }

  @Test("each way to fail has its own name")
  func failures() {
    #expect(throws: Command.Failure.missing) { try Command.output("no-such-program", []) }
    #expect(throws: Command.Failure.status(1)) { try Command.output("false", []) }
    #expect(throws: Command.Failure.tooLarge) { try Command.output("yes", [], limit: 1000) }
    #expect(throws: Command.Failure.timeout) { try Command.output("sleep", ["60"], seconds: 1) }
  }

  @Test("arguments are not read by a shell")
  func noShell() throws {
    #expect(try String(decoding: Command.output("printf", ["%s", "$(id); `id` | x"]), as: UTF8.self) == "$(id); `id` | x")
  }
}
