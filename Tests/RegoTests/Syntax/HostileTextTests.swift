import Rego
import Testing

@Suite("Hostile texts")
struct HostileTextTests {
  private static let forms = [
    ("[", "1", "]"), ("(", "1", ")"), ("{", "1", "}"), ("{1: ", "1", "}"), ("f(", "1", ")"), ("a[", "1", "]"), ("[1 | ", "1", "]"),
    ("{x | ", "1", "}"), ("1 + ", "1", ""), ("1 + (2 * [", "1", "])"),
    ("every y in z {", "1", "}"), ("$\"{", "1", "}\""), ("{1 + ", "1", "}"), ("f().a", "", ""), ("[{(", "", ""), ("{ x | {", "", ""),
    ("-", "1", ""), ("not ", "x", ""), ("a or {", "b", "}"), ("(", "a and b", ")"), ("{", "a", "} and b"), ("(a or b) and ", "c", ""),
  ]

  @Test("nesting without end is an error, not a crash", arguments: forms)
  func nesting(_ open: String, _ middle: String, _ close: String) {
    for count in [400, 1001, 50_000] {
      let text = String(repeating: open, count: count) + middle + String(repeating: close, count: count)
      for statement in ["x := \(text)", "x if \(text)", "x if {\n\(text)\n}"] {
        let errors = Reading.errors(of: "package p\n" + statement, Reading.logical)
        if count == 50_000, open != "f().a", open != "(a or b) and ", open != "-", open != "not " { #expect(!errors.isEmpty) }
      }
    }
  }

  @Test("a thousand levels are read", arguments: [("[", "]"), ("(", ")"), ("{", "}"), ("f(", ")"), ("a[", "]")])
  func thousand(_ open: String, _ close: String) {
    func text(_ count: Int) -> String {
      "package p\nx := " + String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
    }
    #expect(Reading.errors(of: text(999)) == [])
    #expect(Reading.errors(of: text(1000)).map { $0.drop { $0 != " " } } == [" max parsing recursion depth exceeded"])
    #expect(Reading.errors(of: text(10), Parser.Options(maximumDepth: 10)).count == 1)
  }

  @Test(
    "bytes that are no UTF-8",
    arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80]] as [[UInt8]])
  func encoding(_ bytes: [UInt8]) {
    for (before, after) in [
      ("package p\nx := ", ""), ("package p\nx := \"", "\""), ("package p\n# ", "\nx := 1"), ("", "package p"),
      ("package p\nx := $\"{a}", "\""),
    ] {
      do throws(RegoErrors) {
        _ = try Parser.module(Array(before.utf8) + bytes + Array(after.utf8), file: "m.rego")
        Issue.record("accepted \(bytes) behind \(before)")
      } catch {
        #expect(error.errors.contains { $0.message == "illegal utf-8 character" })
      }
    }
  }

  @Test("a text that is too large, or wrong throughout")
  func size() {
    #expect(Reading.errors(of: "package p\nx := 1", Parser.Options(maximumSize: 5)) == ["1:1 text has 16 bytes, at most 5 are read"])
    let wrong = "package p\nx := [" + String(repeating: "1 + ,", count: 20_000)
    #expect(Reading.errors(of: wrong).count == RegoErrors.limit)
    #expect(Reading.errors(of: String(repeating: "package p\n", count: 5000)).count == RegoErrors.limit)
  }

  @Test("any cut or changed text is read or refused, with places inside it")
  func mutations() {
    let text = Array(
      """
      package p
      import data.x as y
      # METADATA
      # title: a
      default a := {"k": [1, -2.5e3], "s": {`r`, "\\u00e9"}}
      a[b].c contains $"t {f(x.y[_])} u" if { some i, v in y; not i == v with input as {} } else := 3 if every z in [q | q := 1] { z }
      """.utf8)
    let noise = Array("[](){}:=.,;\"`$|&#\n\\ifnot0é\0".utf8)
    var seed: UInt64 = 42
    func next(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    for round in 0..<3000 {
      var bytes = text
      for _ in 0...next(4) {
        let place = next(bytes.count)
        switch next(4) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(noise[next(noise.count)], at: place)
        case 2: bytes[place] = noise[next(noise.count)]
        default: bytes.removeSubrange(place..<min(place + next(40), bytes.count))
        }
        if bytes.isEmpty { bytes = text }
      }
      do throws(RegoErrors) {
        _ = try Parser.module(
          bytes, file: "m.rego", options: Parser.Options(version: round % 2 == 0 ? .v1 : .v0, experimentalKeywords: true))
      } catch {
        #expect(error.errors.count <= RegoErrors.limit)
        for fault in error.errors { #expect(fault.location.offset >= 0 && Int(fault.location.offset) <= bytes.count) }
      }
    }
  }
}
