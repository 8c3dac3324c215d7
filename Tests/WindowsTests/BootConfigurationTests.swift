internal import Foundation
internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// What bcdedit prints, in English and Chinese and in the encodings of consoles and files.
@Suite("Boot configuration")
struct BootConfigurationTests {
  private static func listing(_ elements: String, identifier: String = "identifier", current: String = "{current}") -> String {
    """

    Windows Boot Manager
    --------------------
    \(identifier)              {bootmgr}
    device                  partition=\\Device\\HarddiskVolume1
    default                 \(current)
    displayorder            {current}
                            {94254874-b1c9-11e1-bd5c-beae0a39fe08}

    Windows Boot Loader
    -------------------
    \(identifier)              \(current)
    path                    \\Windows\\system32\\winload.efi
    inherit                 {bootloadersettings}
    \(elements)

    Windows Boot Loader
    -------------------
    \(identifier)              {94254874-b1c9-11e1-bd5c-beae0a39fe08}
    path                    \\Windows\\system32\\winload.efi
    hypervisorlaunchtype    Off

    Boot Loader Settings
    --------------------
    \(identifier)              {bootloadersettings}

    Resume Loader Settings
    ----------------------
    \(identifier)              {resumeloadersettings}

    """
  }

  private func fact(_ name: String, _ text: String) -> Fact {
    BootConfiguration(WindowsText.lines(Array(text.utf8)), isWhole: false).fact(name, path: "b.txt")
  }

  @Test("the running system's element, not another loader's") func current() {
    let text = Self.listing("hypervisorlaunchtype    Auto")
    #expect(fact("hypervisorlaunchtype", text) == .present("Auto", .path("b.txt", line: 15)))
    #expect(fact("vsmlaunchtype", text).state == .absent)
    #expect(fact("hypervisorlaunchtype", Self.listing("nx  OptIn")).state == .absent)
  }

  @Test("identifiers in full are followed from the boot manager") func verbose() {
    let text = Self.listing("testsigning             Yes", current: "{AAAAAAAA-b1c9-11e1-bd5c-beae0a39fe08}")
    #expect(fact("testsigning", text).value == "Yes")
  }

  @Test(
    "switches in other languages",
    arguments: [
      ("Yes", "Yes"), ("No", "No"), ("是", "Yes"), ("否", "No"), ("Ja", "Yes"), ("Nein", "No"), ("OUI", "Yes"), ("vielleicht", "vielleicht"),
    ])
  func switches(_ written: String, _ expected: String) {
    #expect(fact("testsigning", Self.listing("testsigning             \(written)")).value?.text == expected)
  }

  @Test(arguments: [("Auto", "Auto"), ("Off", "Off"), ("关闭", "Off"), ("自动", "Auto"), ("On", "On")])
  func launchTypes(_ written: String, _ expected: String) {
    #expect(fact("vsmlaunchtype", Self.listing("vsmlaunchtype           \(written)")).value?.text == expected)
  }

  @Test("what a shorter listing leaves out is not known") func incomplete() {
    let text = Self.listing("testsigning             No").replacing(
      "Boot Loader Settings\n--------------------\nidentifier              {bootloadersettings}", with: "")
    #expect(fact("testsigning", text).value == "No")
    #expect(fact("vsmlaunchtype", text).state == .notCollected)
  }

  @Test("entries that inherit from each other end") func circle() {
    let text = Self.listing("nx  OptIn") + "\ninherit                 {current}\n"
    #expect(fact("vsmlaunchtype", text).state == .absent)
  }

  @Test("an entry of the opt-out tool is found") func optOut() {
    let entry =
      "\n\nDebugTool\n---------\nidentifier              {0CB3B571-2f2e-4343-a879-d86a476d7215}\nloadoptions             DISABLE-LSA-ISO,DISABLE-VBS\n"
    let configuration = BootConfiguration(WindowsText.lines(Array((Self.listing("nx  OptIn") + entry).utf8)), isWhole: false)
    #expect(configuration.optOutFact(path: "b").value == "DISABLE-LSA-ISO,DISABLE-VBS")
    let without = BootConfiguration(WindowsText.lines(Array(Self.listing("nx  OptIn").utf8)), isWhole: false)
    #expect(without.optOutFact(path: "b").state == .absent)
  }

  @Test("Chinese listings in UTF-16 and in code page 936") func encodings() throws {
    let text = Self.listing("hypervisorlaunchtype    Off", identifier: "标识符")
    for bytes in [WindowsTextTests.wide(text), Array(text.utf8)] {
      #expect(FileKind.recognise(bytes, path: "bcdedit.txt") == .bootConfiguration)
      let facts = WindowsCollector().collect(boot: bytes, path: "b.txt", target: "b.txt").assets[0].facts
      #expect(facts["bcd.hypervisorlaunchtype"]?.value == "Off")
    }
    // The same text as a Chinese console writes it: 标识符 is B1 EA CA B6 B7 FB.
    var console: [UInt8] = []
    for scalar in text.unicodeScalars {
      switch scalar {
      case "标": console += [0xB1, 0xEA]
      case "识": console += [0xCA, 0xB6]
      case "符": console += [0xB7, 0xFB]
      default: console.append(UInt8(scalar.value))
      }
    }
    #expect(FileKind.recognise(console, path: "bcdedit.txt") == .bootConfiguration)
    #expect(
      WindowsCollector().collect(boot: console, path: "b.txt", target: "b").assets.first?.facts["bcd.hypervisorlaunchtype"]?.value == "Off")
  }

  @Test("half a listing is refused, or what it may have held is not known") func cutOff() throws {
    let text = Self.listing("nx                      OptIn")
    let end = try #require(text.firstRange(of: "{bootloadersettings}\n\n"))
    let passed = text[..<end.upperBound].utf8.count
    let tools = try #require(text.range(of: "{bootloadersettings}", options: .backwards)).upperBound
    for count in 1..<text.utf8.count {
      let half = Array(text.utf8.prefix(count))
      let found = WindowsCollector().collect(boot: half, path: "b.txt", target: "b.txt")
      guard let facts = found.assets.first?.facts else {
        #expect(found.refusals.count == 1)
        continue
      }
      #expect(half.last == 0x0A, "\(count)")
      for name in ["bcd.testsigning", "bcd.vsmlaunchtype", "bcd.debug"] {
        #expect(facts[name]?.state == (count >= passed ? .absent : .notCollected), "\(count) \(name)")
      }
      if count < text[..<tools].utf8.count { #expect(facts["bcd.optOut"]?.state == .notCollected) }
    }
    let wide = WindowsTextTests.wide(text)
    let odd = WindowsCollector().collect(boot: Array(wide.dropLast()), path: "b.txt", target: "b.txt")
    #expect(
      odd.refusals.map(\.message) == ["b.txt:29: the text breaks off in the middle of a character; write it again with bcdedit /enum all"])
  }

  @Test("a listing without a loader is refused") func refused() {
    let text = "Windows Boot Manager\n--------------------\nidentifier   {bootmgr}\n"
    let collection = WindowsCollector().collect(boot: Array(text.utf8), path: "b.txt", target: "b.txt")
    #expect(collection.assets.isEmpty && collection.refusals.first?.code == "malformed")
  }
}
