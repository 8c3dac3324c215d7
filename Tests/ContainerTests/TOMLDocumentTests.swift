internal import Testing

@testable internal import Domain
@testable internal import Platforms

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

  /// toml++ ends the process at these (its assertion in `parse_key`).
  @Test(arguments: [
    "[\n", "[", "[[\n", "a = 1\n[ \n]", "[=]", "[[.a]]", "[#]\n", "[a]\n[ \u{B}", "x = \"\"\"\na\"\"\"\"\"\n[", "y = '''\n'''\n[\r\n",
  ])
  func headsWithoutNames(_ text: String) {
    let fault = #expect(throws: TOMLDocument.Fault.self) { try document(text) }
    #expect(fault?.text == "not TOML: this table has no name")
  }

  @Test func headWithoutNameNamesItsPlace() {
    let fault = #expect(throws: TOMLDocument.Fault.self) { try document("a = [\n1 ]\n  [\n") }
    #expect(fault?.line == 3 && fault?.column == 3)
  }

  @Test(arguments: [
    "a = [\n [\n  1 ], # [\n [ '[', \"\\\"[\" ],\n]\n[b]", "a = \"\"\"\n[\n\\\"\"\"\"\"\n[ b ]", "a = '''\n[\n''''\n[[ 'b' ]]",
    "# [\n\"[\" = 1\n[\"b\"]",
  ])
  func bracketsThatAreNoHeads(_ text: String) throws {
    #expect(try document(text)[["b"]] != nil)
  }

  @Test func hostileTextsAreRefused() {
    let deepKey = String(repeating: "a.", count: 50_000) + "a = 1"
    let deepArray = "a = " + String(repeating: "[", count: 100_000)
    for text in [deepKey, deepArray, "a = \u{0}", String(repeating: "a", count: 2 << 20)] {
      #expect(throws: TOMLDocument.Fault.self) { try document(text) }
    }
  }
}
