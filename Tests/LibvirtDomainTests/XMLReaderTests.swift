internal import Domain
internal import Foundation
internal import Platforms
internal import Testing

@Suite struct XMLReaderTests {
  private func read(_ text: String) throws(Refusal) -> XMLDocument { try XMLReader.read(Array(text.utf8), path: "a.xml") }

  @Test func placesOfElementsAndAttributes() throws {
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- <not an="element"> -->
      <domain type='kvm'
              xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>
        <name>ä &amp; b</name><os  arch = "x86_64"/>
        <q:arg value='a &lt; b'/>
      </domain>
      """
    let root = try read(text).root
    #expect(root.name == "domain" && root.line == 3 && root.column == 1)
    let type = try #require(root.attribute("type"))
    #expect(type.value == "kvm" && type.line == 3 && type.column == 15)
    let name = try #require(root.first("name"))
    #expect(name.text == "ä & b" && name.line == 5 && name.column == 3)
    let os = try #require(root.first("os"))
    // The column counts code points: "ä" is one, of two bytes.
    #expect(os.line == 5 && os.column == 25)
    let architecture = try #require(os.attribute("arch"))
    #expect(architecture.line == 5 && architecture.column == 38)
    #expect(root.first("arg") == nil)
    let argument = try #require(root.all("arg", namespace: "http://libvirt.org/schemas/domain/qemu/1.0").first)
    let value = try #require(argument.attribute("value"))
    #expect(value.value == "a < b" && value.line == 6 && value.column == 17)
  }

  @Test func textAndSectionsBelongToTheirElement() throws {
    let root = try read("<a> one <b>two</b><![CDATA[<three>]]>\n</a>").root
    #expect(root.text == "one<three>")
    #expect(root.text("b") == "two")
    #expect(root.text("c") == nil)
  }

  struct Hostile: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let code: String
    let line: Int?
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ code: String, line: Int?) {
      self.name = name
      self.bytes = bytes
      self.code = code
      self.line = line
    }
    init(_ name: String, _ text: String, _ code: String, line: Int?) { self.init(name, Array(text.utf8), code, line: line) }
  }

  static let hostile: [Hostile] = {
    let laughs =
      "<?xml version='1.0'?>\n<!DOCTYPE d [\n<!ENTITY a 'ha'>\n<!ENTITY b '&a;&a;&a;&a;'>\n]>\n<domain type='kvm'><name>&b;</name></domain>"
    return [
      Hostile("more than the limit of a status document", [UInt8](repeating: 0x20, count: 100 << 20), "too-large", line: nil),
      Hostile(
        "more than the limit of a definition", Array("<domain>".utf8) + [UInt8](repeating: 0x20, count: 17 << 20), "too-large", line: nil),
      Hostile("truncated", "<domain type='kvm'>\n <name>a</name>\n <devices>\n", "malformed", line: 3),
      Hostile("truncated inside a tag", "<domain type='kvm'>\n <name", "malformed", line: 2),
      Hostile("binary", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0], "malformed", line: 1),
      Hostile("binary behind a tag", Array("<a>\n".utf8) + [0, 1, 2, 3], "malformed", line: 2),
      Hostile("random bytes", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 0x91) }, "not-utf8", line: 1),
      Hostile("empty", "", "malformed", line: 1),
      Hostile("white space", " \n \n", "malformed", line: 1),
      Hostile("entities that grow", laughs, "entity", line: 3),
      Hostile("entity from a file", "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>\n<d>&e;</d>", "entity", line: 1),
      Hostile("entity as a parameter", "<!DOCTYPE d [<!ENTITY % e SYSTEM 'http://192.0.2.1/x'> %e;]>\n<d/>", "entity", line: 1),
      Hostile("undeclared entity", "<d>\n&e;</d>", "malformed", line: 2),
      Hostile("200,000 nested elements", String(repeating: "<a>", count: 200_000), "too-deep", line: 1),
      Hostile("nested, a line each", String(repeating: "<a>\n", count: 300), "too-deep", line: 257),
      Hostile("too many elements", "<a>" + String(repeating: "<b/>", count: 600_000) + "</a>", "too-large", line: 1),
      Hostile("invalid UTF-8", Array("<domain>\n<name>".utf8) + [0xC3, 0x28] + Array("</name></domain>".utf8), "not-utf8", line: 2),
      Hostile("a surrogate", Array("<a>".utf8) + [0xED, 0xA0, 0x80] + Array("</a>".utf8), "not-utf8", line: 1),
      Hostile("Latin-1", "<?xml version='1.0' encoding='ISO-8859-1'?>\n<domain/>", "not-utf8", line: 1),
      Hostile("an encoding of several lines", "<?xml version='1.0' encoding='a\n\u{1B}[2Jb'?>\n<domain/>", "not-utf8", line: 1),
      Hostile("UTF-16", [0xFF, 0xFE, 0x3C, 0x00], "not-utf8", line: 1),
      Hostile("text", "hello\n", "malformed", line: 1),
      Hostile("two roots", "<a/>\n<b/>", "malformed", line: 2),
      Hostile("one attribute twice", "<a>\n<b c='1' c='2'/></a>", "malformed", line: 2),
      Hostile("tags that cross", "<a>\n<b></a></b>", "malformed", line: 2),
    ]
  }()

  @Test(arguments: hostile) func hostileInput(_ input: Hostile) throws {
    let collection = DomainCollector(tree: Tree()).collect(document: input.bytes, path: "folder/bad.xml", target: "folder")
    #expect(collection.assets.isEmpty)
    let refusal = try #require(collection.refusals.first)
    #expect(collection.refusals.count == 1)
    #expect(refusal.code == input.code, "\(refusal.message)")
    #expect(refusal.line == input.line, "\(refusal.message)")
    #expect(refusal.message.hasPrefix("folder/bad.xml"))
    #expect(!refusal.message.contains { $0.isNewline })
    #expect(refusal.message.utf8.count < 400)
    if let line = input.line { #expect(refusal.message.contains("bad.xml:\(line):")) }
  }

  @Test func nothingIsLoaded() throws {
    // A document type without declarations is passed over: its file does not exist.
    let root = try read("<!DOCTYPE domain SYSTEM 'file:///nowhere/domain.dtd'>\n<domain type='kvm'/>").root
    #expect(root["type"] == "kvm" && root.line == 2)
  }

  @Test func depthUpToTheLimitIsRead() throws {
    let deep = String(repeating: "<a>", count: XMLReader.depth) + String(repeating: "</a>", count: XMLReader.depth)
    #expect(try read(deep).count == XMLReader.depth)
  }
}
