import TestSupport
import Testing

/// Input that comes when another program has it ready.
@Suite("Input from pipes")
struct PipeInputTests {
  /// Output and errors of a line of bash, in which `$0` is the program.
  private func shell(_ line: String) throws -> HostProgram.Result { try HostProgram.run("bash", ["-c", line, Program.path]) }

  @Test(
    "A writer that has nothing yet is waited for",
    arguments: [
      (#"(sleep 0.5; echo '{"a": '; sleep 0.5; echo '12}') | "$0" eval -I -f raw input.a"#, "12\n"),
      (#"(sleep 0.5; echo '1 +'; sleep 0.5; echo 1) | "$0" eval --stdin -f raw"#, "2\n"),
      (#""$0" eval -f raw -i <(sleep 0.5; echo '{"a": 1}') -d <(echo '{}') input.a"#, "1\n"),
      (#""$0" eval -f raw -i <(yes ' ' | head -c 300000; sleep 0.5; echo '{"a": 1}') input.a"#, "1\n"),
      (#""$0" eval -f raw -i /dev/null 1 2>&1"#, "ringwall: /dev/null:1:1: not JSON: unexpected end of JSON input\n"),
    ])
  func documents(line: String, expected: String) throws {
    #expect(try shell(line).output == expected)
  }

  @Test("A guest's XML from a program that takes its time is judged, one that stops in between too")
  func audited() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.file("guest.xml", Inputs.domain)
    let whole = try shell("\"$0\" audit --no-progress --format json <(sleep 0.5; head -c 200 \(path); sleep 0.5; tail -c +201 \(path))")
    #expect(whole.status == 1 && whole.output.contains("build-03"), "\(whole.output)")
  }
}
