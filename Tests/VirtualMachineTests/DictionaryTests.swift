import Domain
import Platforms
import Testing

/// Readers of VMware's dictionary text.
@Suite("Dictionary text") struct DictionaryTests {
  private static func read(_ text: String) throws -> DictionaryText { try DictionaryText.read(Array(text.utf8), path: "x.vmx") }

  @Test("keys in any case, escapes, comments, spaces, values without quotation marks")
  func forms() throws {
    let text = try Self.read(
      "#!/usr/bin/vmware\n.encoding = \"UTF-8\"\r\n\n  Annotation = \"a |22b|22 |7C c|0Ad = e\"  # remark\nmemsize=1024 # MiB\nempty = \"\"\nhalf = \"|2\"\n"
    )
    #expect(text["annotation"]?.value == "a \"b\" | c\nd = e")
    #expect(text["ANNOTATION"]?.line == 4 && text["annotation"]?.column == 17)
    #expect(text["MemSize"]?.value == "1024" && text["empty"]?.value == "" && text["half"]?.value == "|2")
    #expect(text["missing"] == nil && text.duplicates.isEmpty)
  }

  @Test("of a key that stands twice the last value counts, and every line is named")
  func duplicates() throws {
    let text = try Self.read("a = \"1\"\nb = \"2\"\nA = \"3\"\na = \"4\"\n")
    #expect(text["a"]?.value == "4" && text.entries.count == 2)
    #expect(text.duplicates.map(\.key) == ["a"] && text.duplicates.first?.lines == [1, 3, 4])
    let collection = Self.collect(Self.head + "vhv.enable = \"FALSE\"\nVHV.enable = \"TRUE\"\n")
    #expect(collection.warnings.map(\.message) == ["x.vmx:5: VHV.enable stands also on line 4; the last value counts"])
    #expect(collection.assets.first?.facts["nestedVirtualization"]?.value == .bool(true))
  }

  @Test(
    "a line that is no key = \"value\" is refused with its place",
    arguments: [
      ("config.version = \"8\"\n<HwAccel><NoHwAccel/></HwAccel>\n", 2, 1), ("config.version = \"8\"\nvmciUse\n", 2, 1), ("= \"1\"\n", 1, 1),
      ("a = \"1\n", 1, 5), ("a = \"1\" \"2\"\n", 1, 9), ("a = 1\"\n", 1, 6), ("a b = \"1\"\n", 1, 1),
    ])
  func mistakes(_ text: String, _ line: Int, _ column: Int) {
    let collection = Self.collect(text)
    #expect(collection.assets.isEmpty && collection.refusals.count == 1)
    #expect(collection.refusals.first?.code == "malformed" && collection.refusals.first?.line == line, "\(collection.refusals)")
    #expect(collection.refusals.first?.column == column)
  }

  @Test("text is read in the encoding that it declares")
  func encodings() throws {
    func name(_ encoding: String, _ bytes: [UInt8]) throws -> String? {
      let text = Array(".encoding = \"\(encoding)\"\ndisplayName = \"".utf8) + bytes + Array("\"\nafter = \"1\"\n".utf8)
      let read = try DictionaryText.read(text, path: "x.vmx")
      #expect(read["after"]?.line == 3)
      return read["displayname"]?.value
    }
    #expect(try name("windows-1252", [0x4D, 0xFC, 0x6C, 0x6C]) == "Müll")
    #expect(try name("GBK", [0xD0, 0xE9, 0xC4, 0xE2, 0xBB, 0xFA]) == "虚拟机")
    #expect(try name("windows-936", [0xD0, 0xE9]) == "虚")
    // A bar inside a character of two bytes opens no escape.
    #expect(try name("Shift_JIS", [0x83, 0x7C, 0x32, 0x32]) == "ポ22")
    #expect(try name("windows-1252", [0x81]) == "\u{FFFD}")
    #expect(try DictionaryText.read(Array("a = \"".utf8) + [0xE9] + Array("\"\n".utf8), path: "x.vmx")["a"]?.value == "é")
  }

  @Test("an encoding that is not known, or not kept, is refused", arguments: ["KLINGON-8", "UTF-16", "UTF-8//TRANSLIT", "UTF-8"])
  func unknownEncodings(_ encoding: String) {
    let text = Array("a = \"1\"\n.encoding = \"\(encoding)\"\nb = \"".utf8) + [0xFC] + Array("\"\n".utf8)
    let collection = VirtualMachineCollector(tree: Tree()).collect(configuration: text, path: "x.vmx", target: "x.vmx")
    #expect(collection.refusals.map(\.code) == ["not-utf8"], "\(collection)")
  }

  @Test("an encrypted configuration is refused by its own sentence")
  func encrypted() {
    let collection = Self.collect("displayName = \"x\"\nencryption.keySafe = \"vmware:key/list/(pair/(x))\"\nencryption.data = \"AAAA\"\n")
    #expect(collection.assets.isEmpty && collection.refusals.map(\.code) == ["encrypted"] && collection.refusals.first?.line == 3)
  }

  @Test("an enormous file is refused in one sentence")
  func enormous() {
    let many = Self.collect(String(repeating: "a=1\n", count: DictionaryText.largest + 1))
    #expect(many.refusals.map(\.code) == ["too-large"])
    let large = Self.collect(String(repeating: " ", count: 17 << 20))
    #expect(large.refusals.map(\.code) == ["too-large"])
  }

  private static let head = "config.version = \"8\"\nvirtualHW.version = \"21\"\ndisplayName = \"x\"\n"

  @Test("a part of a .vmx says nothing of what it does not hold, and the file is named")
  func parts() throws {
    let whole = Self.head + "vhv.enable = \"FALSE\"\nisolation.tools.copy.disable = TRUE\n"
    #expect(Self.collect(whole).warnings.isEmpty)
    #expect(Self.collect(whole).assets.first?.facts["setting.isolation.tools.paste.disable"]?.state == .absent)
    for count in 1..<whole.utf8.count {
      let half = String(decoding: Array(whole.utf8).prefix(count), as: UTF8.self)
      // Where a line ends behind the keys that each has, nothing tells.
      let isWhole = ["\n", "x\"", "FALSE\""].contains { half.hasSuffix($0) }
      if isWhole, half.hasPrefix(Self.head.dropLast()) { continue }
      let found = Self.collect(half)
      #expect(
        found.refusals.count + found.warnings.count == 1
          && (found.refusals.map(\.message) + found.warnings.map(\.message)).allSatisfy { $0.hasPrefix("x.vmx") })
      for asset in found.assets { #expect(asset.facts["setting.isolation.tools.paste.disable"]?.state == .notCollected, "\(half)") }
    }
    let tail = Self.collect("vhv.enable = \"FALSE\"\n")
    #expect(
      tail.warnings.map(\.message) == [
        "x.vmx: config.version is missing, so that it may be a part of a .vmx; what it does not hold is unknown"
      ])
    #expect(tail.assets.first?.facts["vbs"]?.why == "cut-off" && tail.assets.first?.facts["nestedVirtualization"]?.value == false)
  }

  @Test(
    "a last line without an end is whole where a quotation mark closes its value",
    arguments: [
      ("vhv.enable = \"FALSE\"", true), ("vhv.enable = \"FALSE\" \t", true), ("vhv.enable = \"FALSE\"\n  ", true),
      ("vhv.enable = FALSE", false), ("vhv.enable = \"FALSE\" # \"a", false), ("# \"end\"", false),
    ])
  func lastLine(_ last: String, _ isWhole: Bool) {
    let found = Self.collect(Self.head + last)
    #expect(found.warnings.isEmpty == isWhole)
    #expect(found.assets.first?.facts["setting.isolation.tools.paste.disable"]?.state == (isWhole ? .absent : .notCollected))
  }

  @Test("a list of snapshots that breaks off is none that was read")
  func snapshots() throws {
    func fact(_ text: String) throws -> Fact { try SnapshotList.fact(Array(text.utf8), path: "x.vmsd") }
    for end in ["", "\n"] {
      #expect(try fact(".encoding = \"UTF-8\"\nsnapshot.numSnapshots = \"0\"" + end).state == .absent)
    }
    #expect(try fact("").state == .absent)
    for text in [
      "snapshot.numSnapshots = \"2\"\nsnapshot0.uid = \"1\"\n", "snapshot.numSnapshots = \"1\"\n", "snapshot0.uid = \"1\"\n",
      "snapshot.numSnapshots = \"many\"\n", "snapshot.lastUID = \"3\"\nsnapshot.numSnapshots = 0",
    ] { #expect(try fact(text).state == .unreadable, "\(text)") }
  }

  static func collect(_ text: String, path: String = "x.vmx") -> Collection {
    VirtualMachineCollector(tree: Tree()).collect(configuration: Array(text.utf8), path: path, target: path)
  }
}
