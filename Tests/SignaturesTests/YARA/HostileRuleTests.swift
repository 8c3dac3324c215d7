import Foundation
import Signatures
import Testing

/// Rules made to harm: each is refused in one sentence that names its line, or ends in its time and says what it did not see.
@Suite("Rules made to harm") struct HostileRuleTests {
  private static func nested(_ open: String, _ inner: String, _ close: String, _ count: Int) -> String {
    String(repeating: open, count: count) + inner + String(repeating: close, count: count)
  }

  @Test(
    "what cannot be compiled is refused in a sentence",
    arguments: [
      ("deep regex", "rule a { strings: $a = /\(nested("(", "a", ")", 20_000))/ condition: $a }"),
      ("many alternatives", "rule a { strings: $a = /\(String(repeating: "a|", count: 500_000))b/ condition: $a }"),
      ("far repetition", "rule a { strings: $a = /ab.{1,100000000}c/ condition: $a }"),
      ("deep hex", "rule a { strings: $a = { \(nested("( 01 | ", "02", ")", 5000)) } condition: $a }"),
      ("far jump", "rule a { strings: $a = { 01 02 [0-4000000000] 03 } condition: $a }"),
      ("deep condition", "rule a { condition: \(nested("(", "true", ")", 200_000)) }"),
      ("many nots", "rule a { condition: \(String(repeating: "not ", count: 200_000))true }"),
      ("deep loops", "rule a { condition: \(nested("for any i in (0..1) : ( ", "true", ")", 50)) }"),
      ("many strings", "rule a { strings: \((0..<20_000).map { "$a\($0) = \"abcd\($0)\"" }.joined(separator: " ")) condition: any of them }"),
      ("module that is none", "import \"nosuch\" rule a { condition: true }"),
      ("external variable", "rule a { condition: external_one == 1 }"),
      ("include", "include \"/etc/passwd\" rule a { condition: true }"),
      ("not ended", "rule a { strings: $a = \"abc"), ("escape codes", "rule a { condition: \u{1B}[31m }"),
    ])
  func refused(_ name: String, _ text: String) throws {
    let start = ContinuousClock.now
    let error = #expect(throws: RuleError.self) { try RuleSet(text: text, name: "mine.yar") }
    let summary = try #require(error?.summary)
    #expect(summary.hasPrefix("mine.yar") && summary.utf8.count < 400, "\(name): \(summary)")
    #expect(!summary.utf8.contains { $0 < 0x20 }, "\(name): \(summary)")
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test(
    "what has no end is ended, in memory and in a file, and is no answer",
    arguments: [
      "rule a { condition: for all i in (0..4611686018427387903) : (i >= 0) }",
      "rule a { condition: for all i in (0..1000000) : (for all j in (0..1000000) : (i + j >= 0)) }",
    ])
  func endless(_ text: String) throws {
    let rules = try RuleSet(text: text)
    let memory = Memory(4 << 20)
    memory.fill(0..<4 << 20)
    let start = ContinuousClock.now
    do throws(ScanError) {
      let result = try MemoryScan(rules, limits: ScanLimits(time: .seconds(1))).scan([memory.region(0..<4 << 20, at: 0)])
      #expect(!result.isComplete)
    } catch {
      #expect(error.message.contains("time"))
    }
    // A condition has ten seconds in any case, so that what was found is judged.
    #expect(ContinuousClock.now - start < .seconds(60))
    let scan = try FileScan(rules, limits: ScanLimits(time: .seconds(100)))
    let error = #expect(throws: ScanError.self) {
      try unsafe scan.scan(size: 4 << 20, within: .seconds(1)) { _, buffer in
        unsafe _ = memset(buffer.baseAddress!, 0x2E, buffer.count)
        return buffer.count
      }
    }
    #expect(error?.message.contains("time") == true)
    #expect(ContinuousClock.now - start < .seconds(90))
  }

  @Test("a regular expression that grows without bound on these bytes is a gap or an answer, within its memory") func growing() throws {
    let rules = try RuleSet(text: "rule a { strings: $a = /((((a{1,1000}){1,1000}){1,1000})b){1,1000}/ condition: $a }")
    let memory = Memory(1 << 20)
    memory.write([UInt8](repeating: 0x61, count: 5000), at: 4096)
    let result = try MemoryScan(rules, limits: ScanLimits(time: .seconds(20))).scan([memory.region(0..<1 << 20, at: 0)])
    #expect(result.matches.isEmpty && (result.isComplete || result.gaps.first?.contains("was not searched to its end") == true))
  }
}
