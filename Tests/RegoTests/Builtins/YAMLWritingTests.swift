import Testing

/// What go-yaml v2, through which OPA writes, makes of texts and numbers.
@Suite("yaml.marshal")
struct YAMLWritingTests {
  private func check(_ operand: String, _ lines: [String]) {
    var quoted = ""
    for character in (lines + [""]).joined(separator: "\n").unicodeScalars {
      switch character {
      case "\n": quoted += "\\n"
      case "\u{2028}": quoted += "\\u2028"
      case "\"", "\\": quoted += "\\\(character)"
      default: quoted.unicodeScalars.append(character)
      }
    }
    #expect(Calling().result("yaml.marshal", operand) == "\"\(quoted)\"", "\(operand)")
  }

  @Test("Numbers are whole ones of 64 bits or the nearest Double")
  func numbers() {
    check("[1.0, 1e3, 1234567.5, 0.00001, 100000.5]", ["- 1", "- 1000", "- 1.2345675e+06", "- 1e-05", "- 100000.5"])
    check(
      "[123456789012345678901234567890, 18446744073709551615, -9223372036854775808]",
      ["- 1.2345678901234568e+29", "- 18446744073709551615", "- -9223372036854775808"])
  }

  @Test("Keys stand in the order of the numbers within them")
  func keys() {
    check(
      #"{"a10": 1, "a2": 2, "_a": 3, "A": 4, "a": 5, "1": 6, "a02": 7, "a100": 8}"#,
      ["_a: 3", #""1": 6"#, "A: 4", "a: 5", "a2: 2", "a02: 7", "a10: 1", "a100: 8"])
    check(#"{"1": 1, "[2]": [3], "true": {}}"#, ["'[2]':", "- 3", #""1": 1"#, #""true": {}"#])
  }

  @Test("Texts that read as something else stand in double quotes")
  func words() {
    check(
      #"["2024-01-01", "2024-01-01T00:00:00Z", "2024-1-1 3:4:5", "2024-13-01", "12:30", "80:443", "1_000", "0x1f", "08", "1e3", "1.2.3"]"#,
      [
        #"- "2024-01-01""#, #"- "2024-01-01T00:00:00Z""#, #"- "2024-1-1 3:4:5""#, "- 2024-13-01", #"- "12:30""#, "- 80:443", #"- "1_000""#,
        #"- "0x1f""#, #"- "08""#, #"- "1e3""#, "- 1.2.3",
      ])
    check(
      #"["", "~", "No", "nO", ".5", ".x", "+1", "-", "<<", "=", ".inf", "1e999", "1:2:3.4"]"#,
      [
        #"- """#, #"- "~""#, #"- "No""#, "- nO", #"- ".5""#, "- .x", #"- "+1""#, "- '-'", "- <<", "- =", #"- ".inf""#, "- 1e999",
        #"- "1:2:3.4""#,
      ])
  }

  @Test("Texts with signs of YAML stand in single quotes")
  func signs() {
    check(
      #"["a: b", "a:b", "a #b", "a#b", "-x", "- x", "it's", "'q'", " x", "x ", "x:", "@a", "---", "?a", "? a", "a, b", "[a"]"#,
      [
        "- 'a: b'", "- a:b", "- 'a #b'", "- a#b", "- -x", "- '- x'", "- it's", "- '''q'''", "- ' x'", "- 'x '", "- 'x:'", "- '@a'",
        "- '---'", "- ?a", "- '? a'", "- a, b", "- '[a'",
      ])
  }

  @Test("Characters beyond the printable ones are escaped")
  func escapes() {
    check(
      #"["tab\there", "\u0001\u001b", "😀", "é", "a\\b", "\"", "cr\r\nlf", "\ufeff", "a\u2028b"]"#,
      [
        #"- "tab\there""#, #"- "\x01\e""#, #"- "\U0001F600""#, "- é", #"- a\b"#, #"- '"'"#, #"- "cr\r\nlf""#, #"- "\uFEFF""#,
        "- 'a\u{2028}  b'",
      ])
    check(#"["\ufeffa b", ".1_9", ".1_"]"#, [#"- "\uFEFF\x61\x20\x62""#, #"- ".1_9""#, "- .1_"])
    #expect(Calling().result("yaml.marshal", #""del \u007f""#) == "error: yaml: control characters are not allowed")
  }

  @Test("Several lines are a block")
  func blocks() {
    check(
      #"["a\nb", "a\n\n", "\n", " a\nb\n", "a \nb", "a\n b", "a\nb "]"#,
      ["- |-", "  a", "  b", "- |+", "  a", "", "- |2+", "", "- |2", "   a", "  b", #"- "a \nb""#, "- |-", "  a", "   b", #"- "a\nb ""#])
    check(
      #"{"k\nl": [1, 2], "m": {"n\n": {"o": 1, "p": "x"}}}"#,
      ["? |-", "  k", "  l", ": - 1", "  - 2", "m:", "  ? |", "    n", "  : o: 1", "    p: x"])
  }

  @Test("A line is broken at the first space beyond its 80th character")
  func width() {
    let words = Array(repeating: "word", count: 20)
    // "k: " and 16 words end at character 82.
    let first = words[..<16].joined(separator: " "), second = words[16...].joined(separator: " ")
    check(#"{"k": "\#(first) \#(second)"}"#, ["k: \(first)", "  \(second)"])
    check(#"{"k": "'\#(first) \#(second)"}"#, ["k: '''\(first)", "  \(second)'"])
    check(#"{"k": "\u0007\#(first)  \#(second)"}"#, [#"k: "\a\#(first)"#, #"  \ \#(second)""#])
    check(#"{"k": "\#(first)  \#(second)"}"#, ["k: \(first)  word", "  \(words[17...].joined(separator: " "))"])
    let umlauts = first.replacing("o", with: "ö")
    check(#"[{"k": ["\#(umlauts) \#(second)"]}]"#, ["- k:", "  - \(umlauts)", "    \(second)"])
    // A key is never broken, but beyond 128 bytes it stands behind a question mark.
    let key = words.joined(separator: " ")
    check(#"{"\#(key)": 1}"#, ["\(key): 1"])
    let longKey = String(repeating: "k", count: 129)
    check(#"{"\#(longKey)": {"a": 1}}"#, ["? \(longKey)", ": a: 1"])
  }
}
