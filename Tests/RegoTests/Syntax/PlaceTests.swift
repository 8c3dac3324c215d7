import Rego
import Testing

@Suite("Places")
struct PlaceTests {
  private func place(_ location: Location) -> String { "\(location.row):\(location.column) \(location.offset)-\(location.end)" }

  @Test("rows, columns and extents")
  func extents() throws {
    let module = try Reading.module("package p\n\nallow := x if {\n\tx := [1,\n\t2]\n}\n")
    let rule = module.rules[0]
    #expect(place(module.packageLocation) == "1:1 0-9")
    #expect(place(rule.location) == "3:1 11-42")
    #expect(place(rule.head.location) == "3:1 11-21")
    #expect(place(rule.body[0].location) == "4:2 28-40")
    guard case .term(let term) = rule.body[0].kind, case .call(let function, let operands) = term.node else {
      Issue.record("not an assignment")
      return
    }
    #expect(place(function.location) == "4:4 30-32")
    #expect(place(operands[1].location) == "4:7 33-40")
  }

  @Test("columns count code points, offsets count bytes")
  func codePoints() throws {
    let body = try Parser.query(Array("\"\u{E9}\u{1F600}\" == x".utf8))
    guard case .term(let term) = body[0].kind, case .call(let function, let operands) = term.node else {
      Issue.record("not a comparison")
      return
    }
    #expect(place(function.location) == "1:6 9-11")
    #expect(place(operands[1].location) == "1:9 12-13")
  }

  @Test("the end of the text, line ends and a byte-order mark")
  func ends() {
    #expect(Reading.errors(of: "package p\nx if {") == ["2:6 unexpected eof token"])
    #expect(Reading.errors(of: "package p\nx if {\n").first?.hasPrefix("3:0 ") == true)
    #expect(Reading.errors(of: "package p\r\nx := 1\r\ny := ]\r\n").first?.hasPrefix("3:6 ") == true)
    #expect(Reading.errors(of: "\u{FEFF}package p\nx := 1").isEmpty)
    #expect(Reading.errors(of: "package p\nx := \u{FEFF}1").contains { $0.hasSuffix("illegal byte-order mark") })
  }

  @Test("an error shows its line")
  func details() {
    do throws(RegoErrors) {
      _ = try Reading.module("package p\n\tx := ]")
      Issue.record("accepted")
    } catch {
      #expect(error.errors[0].details == ["x := ]", "     ^"])
      #expect(error.errors[0].description == "m.rego:2: rego_parse_error: unexpected ] token\n\tx := ]\n\t     ^")
    }
  }

  @Test("comments keep their text")
  func comments() throws {
    let module = try Reading.module("# one\npackage p # two\n#\nx if { # three\r\n  y # four\n}\n#five")
    #expect(module.comments.map(\.text) == [" one", " two", "", " three", " four", "five"])
    #expect(module.comments.map(\.location.row) == [1, 2, 3, 4, 5, 7])
  }

  @Test("parentheses are remembered")
  func grouping() throws {
    let body = try Parser.query(Array("(1 + 2) * 3".utf8))
    guard case .term(let term) = body[0].kind, case .call(_, let operands) = term.node else {
      Issue.record("not a product")
      return
    }
    #expect(operands.map(\.isGrouped) == [true, false])
    #expect(place(operands[0].location) == "1:2 1-6")
  }
}
