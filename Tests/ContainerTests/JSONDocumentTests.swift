internal import Testing

@testable internal import Domain
@testable internal import Platforms

struct JSONDocumentTests {
  private func document(_ text: String) throws -> JSONNode { try JSONDocument(Array(text.utf8)).root }

  private func fault(_ text: String) -> JSONDocument.Fault? {
    do throws(JSONDocument.Fault) {
      _ = try JSONDocument(Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test func valuesKnowTheirPlaces() throws {
    let root = try document("{\n  \"a\": [1,\n    {\"b\": \"é\", \"c\": null}]\n}\n")
    let second = try #require(root["a"]?.elements.last)
    #expect(second.place == LinePlace(line: 3, column: 5))
    #expect(second["b"]?.text == "é")
    #expect(second["c"]?.place == LinePlace(line: 3, column: 21))
    #expect(root.given("a")?.elements.first?.integer == 1)
    #expect(second.given("c") == nil && second["c"]?.isNull == true)
  }

  @Test func valuesAreExact() throws {
    let root = try document(#"{"n": [-1, 0, 1.5, 2e3, 9223372036854775807, 1e400], "t": true, "f": false, "x": {}, "y": []}"#)
    #expect(root["n"]?.value == .array([.int(-1), .int(0), .double(1.5), .double(2000), .int(.max), .double(.infinity)]))
    #expect(root["t"]?.flag == true && root["f"]?.flag == false)
    #expect(root["x"]?.members.isEmpty == true && root["y"]?.elements.isEmpty == true)
  }

  @Test func escapesAreDecoded() throws {
    let root = try document(#"{"a\u0062": "x\n\"\\\/\t\ud83d\ude00\ud83dz"}"#)
    #expect(root["ab"]?.text == "x\n\"\\/\t\u{1F600}\u{FFFD}z")
  }

  @Test func theLastOfTwoKeysCounts() throws {
    let root = try document(#"{"a": 1, "b": 2, "a": 3}"#)
    #expect(root["a"]?.integer == 3)
    #expect(root.value == .object([.init("a", 3), .init("b", 2)]))
  }

  @Test(arguments: ["", " ", "{", "[1", "{\"a\"", "{\"a\":", "\"x", "tru", "-", "[1,", "\"\\u12"])
  func whatBreaksOffIsSaid(_ text: String) {
    #expect(fault(text) == .truncated)
  }

  @Test(arguments: ["{a}", "[1 2]", "[1,]", "{\"a\" 1}", "{\"a\":1,}", "nul!", "01", "1x", "[]]", "\"\n\"", "\"\\x\"", "+1", ".5", "1.e"])
  func whatIsNoJSONIsRefused(_ text: String) {
    guard case .syntax(let offset)? = fault(text) else {
      #expect(fault(text) == .truncated && text == "1.e", "\(text)")
      return
    }
    #expect(offset < text.utf8.count)
  }

  @Test func depthIsBounded() {
    #expect(fault(String(repeating: "[", count: 128) + String(repeating: "]", count: 128)) == nil)
    #expect(fault(String(repeating: "[", count: 200_000)) == .tooDeep(offset: 128))
  }

  @Test func manyKeysTakeTimeOfTheirNumber() throws {
    let text = "{" + (0..<200_000).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"
    #expect(try document(text).value.members?.count == 200_000)
  }
}

struct TOMLDocumentTests {
  private func document(_ text: String) throws -> TOMLDocument { try TOMLDocument(Array(text.utf8), path: "f.toml") }

  @Test func valuesAndPlaces() throws {
    let text = "version = 2\n[plugins.\"io.x\".a]\n  b = \"c\" # d\n  'e f' = [1, true]\n[[list]]\nx.y = 1.5\n"
    let found = try document(text)
    #expect(found[["version"]] == 2)
    #expect(found[["plugins", "io.x", "a", "b"]] == "c")
    #expect(found[["plugins", "io.x", "a", "e f"]] == .array([1, true]))
    #expect(found.source(["plugins", "io.x", "a", "b"]) == .path("f.toml", line: 3, column: 1))
    #expect(found.source(["plugins", "io.x", "a", "e f"]) == .path("f.toml", line: 4, column: 1))
    #expect(found.source(["nothing"]) == .path("f.toml"))
  }

  @Test(arguments: ["a = ", "[a", "a = 1\na = 2", "= 3", "a = \"x"])
  func mistakesNameTheirLine(_ text: String) {
    #expect(throws: TOMLDocument.Fault.self) { try document(text) }
  }

  @Test func hostileTextsAreRefused() {
    let deepKey = String(repeating: "a.", count: 50_000) + "a = 1"
    let deepArray = "a = " + String(repeating: "[", count: 100_000)
    for text in [deepKey, deepArray, "a = \u{0}", String(repeating: "a", count: 2 << 20)] {
      #expect(throws: TOMLDocument.Fault.self) { try document(text) }
    }
  }
}
