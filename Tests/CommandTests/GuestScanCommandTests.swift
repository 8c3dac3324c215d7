import Foundation
import Testing

@Suite("ringwall guest scan")
struct GuestScanCommandTests {
  /// Bare RAM of 8 MiB, most of it a hole, without a kernel.
  private static func memory(_ scratch: ScratchFolder, _ marks: [(text: String, offset: UInt64)]) throws -> String {
    let path = try scratch.file("guest.ram", "")
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: 8 << 20)
    for (text, offset) in marks {
      try handle.seek(toOffset: offset)
      try handle.write(contentsOf: Data(text.utf8))
    }
    try handle.close()
    return path
  }

  private static let rule = #"rule mark : one two { meta: severity = "high" score = 7 strings: $a = "MarkInMemory" condition: $a }"#

  @Test("A match exits with 1, shows where it lies, and shows nothing of the memory")
  func match() throws {
    let scratch = try ScratchFolder()
    let memory = try Self.memory(scratch, [("around MarkInMemory secret", 0x40_1000)])
    let rules = try scratch.file("mine.yar", Self.rule)
    let table = try Program.run(["guest", "scan", memory, "--rules", rules])
    #expect(table.code == 1, "\(table.error)")
    #expect(table.output.contains("0x401007") && table.output.contains("mark") && table.output.contains("high"))
    #expect(!table.output.contains("secret") && !table.output.contains("around"))
    #expect(table.error.contains("1 of 1 rules") && table.error.contains("cannot be told"))

    let document = try Program.run(["guest", "scan", memory, "--rules", rules, "--format", "json"])
    #expect(document.code == 1 && !document.output.contains("MarkInMemory") && !document.output.contains("secret"))
    let found = try #require((try document.json()["matches"] as? [[String: Any]])?.first)
    #expect(found["namespace"] as? String == "mine" && found["tags"] as? [String] == ["one", "two"])
    let place = try #require((found["strings"] as? [[String: Any]])?.first)
    #expect(place["physical"] as? String == "0x401007" && place["length"] as? Int == 12 && place["context"] == nil)
  }

  @Test("Context is shown as hexadecimal digits and escaped text, and only as much as was asked for")
  func context() throws {
    let scratch = try ScratchFolder()
    let memory = try Self.memory(scratch, [("far \u{1B}]0;MarkInMemory\\ end far", 0x10_0000)])
    let rules = try scratch.file("mine.yar", Self.rule)
    let document = try Program.run(["guest", "scan", memory, "--rules", rules, "--format", "json", "--context", "4"])
    let strings = (try document.json()["matches"] as? [[String: Any]])?.first?["strings"] as? [[String: Any]]
    let context = try #require(strings?.first?["context"] as? [String: Any])
    #expect(context["text"] as? String == #"\x1b]0;MarkInMemory\\ en"#)
    #expect(context["start"] as? String == "0x100004" && (context["hex"] as? String)?.hasPrefix("1b5d303b4d61") == true)
    let table = try Program.run(["guest", "scan", memory, "--rules", rules, "--context", "4"])
    #expect(table.output.contains("1b5d303b") && !table.output.contains("\u{1B}") && !table.output.contains("far"))
  }

  @Test("The shipped rules find nothing in nothing, and a needle of theirs")
  func shipped() throws {
    let scratch = try ScratchFolder()
    let clean = try Program.run(["guest", "scan", try Self.memory(scratch, [("nothing here", 4096)])])
    #expect(clean.code == 0 && clean.output.isEmpty, "\(clean.error)")
    let infected = try Program.run(["guest", "scan", try Self.memory(scratch, [("diamorphine" + "_secret", 4096)])])
    #expect(infected.code == 1 && infected.output.contains("Diamorphine") && infected.output.contains("critical"))
  }

  @Test("Memory without a kernel is searched, and it is said that it cannot be told whose it is", arguments: ["nothing here", "MarkInMemory"])
  func kernel(text: String) throws {
    let scratch = try ScratchFolder()
    let memory = try Self.memory(scratch, [(text, 0x1000)])
    let rules = try scratch.file("mine.yar", Self.rule)
    let table = try Program.run(["guest", "scan", memory, "--rules", rules])
    #expect(table.code == (text == "MarkInMemory" ? 1 : 0) && table.error.contains("no Linux kernel for x86-64 was found"), "\(table.error)")
    let document = try Program.run(["guest", "scan", memory, "--rules", rules, "--format", "json"])
    let found = try document.json()
    #expect(found["kernel"] is NSNull && (found["ownersUnknown"] as? String)?.contains("no Linux kernel") == true)
  }

  @Test("What cannot be used exits with 2 and names the place")
  func errors() throws {
    let scratch = try ScratchFolder()
    let memory = try Self.memory(scratch, [])
    let rules = try scratch.file("bad.yar", "rule a {\n condition: nobody }\n")
    let bad = try Program.run(["guest", "scan", memory, "--rules", rules])
    #expect(bad.code == 2 && bad.error.contains("bad.yar:2: ") && bad.error.contains("nobody"), "\(bad.error)")
    for arguments in [["--rules", "/nonexistent"], ["--context", "5000"], ["--threads", "0"], ["--threads", "33"], ["--timeout", "0"]] {
      #expect(try Program.run(["guest", "scan", memory] + arguments).code == 2)
    }
    #expect(try Program.run(["guest", "scan", "/nonexistent"]).code == 2)
  }

  @Test("A rule with a million places is bounded in the table, and more threads find the same")
  func many() throws {
    let scratch = try ScratchFolder()
    let memory = try Self.memory(scratch, [(String(repeating: "MarkInMemory....", count: 20_000), 0x1000)])
    let rules = try scratch.file("mine.yar", Self.rule)
    let one = try Program.run(["guest", "scan", memory, "--rules", rules, "--threads", "1"])
    #expect(one.code == 1 && one.output.split(separator: "\n").count == 21 && one.error.contains("19980"))
    let four = try Program.run(["guest", "scan", memory, "--rules", rules, "--threads", "4"])
    #expect(four.output == one.output)
  }
}
