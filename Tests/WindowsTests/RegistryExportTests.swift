internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// What reg export and the registry editor write, in both forms.
@Suite("Registry exports")
struct RegistryExportTests {
  private func export(_ text: String) throws -> RegistryExport { try RegistryExport(Array(text.utf8)) }

  private func failure(_ text: String) -> String? {
    do {
      _ = try export(text)
      return nil
    } catch let error as RegistryExport.Failure {
      return "\(error.line): \(error.what)"
    } catch {
      return "\(error)"
    }
  }

  private static let five = "Windows Registry Editor Version 5.00\r\n\r\n"
  private static let key = #"[HKEY_LOCAL_MACHINE\SOFTWARE\X]"# + "\r\n"

  private func data(_ line: String, head: String = five) throws -> RegistryData? {
    try export(head + Self.key + line + "\r\n\r\n").entries[#"software\x!v"#]?.data
  }

  @Test("every kind of data") func kinds() throws {
    #expect(try data(#""V"=dword:0000002a"#) == .number(42))
    #expect(try data(#""V"=dword:ffffffff"#) == .number(4_294_967_295))
    #expect(try data(#""V"="C:\\Windows \"x\"""#) == .text(#"C:\Windows "x""#))
    #expect(try data(#""V"=hex:0a,ff"#) == .binary([10, 255]))
    #expect(try data(#""V"=hex(b):01,00,00,00,00,00,00,00"#) == .number(1))
    #expect(try data(#""V"=hex(4):02,00,00,00"#) == .number(2))
    #expect(try data(#""V"=hex(2):31,00,2e,00,30,00,00,00"#) == .text("1.0"))
    #expect(try data(#""V"=hex(7):61,00,00,00,62,00,00,00,00,00"#) == .texts(["a", "b"]))
    #expect(try data(#""V"=hex(7):61,00,62,00,00"#, head: "REGEDIT4\r\n\r\n") == .texts(["a", "b"]))
    #expect(try data(#""V"=hex(2):31,2e,30,00"#, head: "REGEDIT4\r\n\r\n") == .text("1.0"))
    #expect(try data(#""v"="case""#) == .text("case"))
  }

  @Test("a list of bytes goes on behind a backslash") func continuation() throws {
    #expect(try data("\"V\"=hex:01,02,\\\r\n  03,\\\r\n  04") == .binary([1, 2, 3, 4]))
    let read = try export(Self.five + Self.key + "\"A\"=hex:01,\\\r\n  02\r\n\"V\"=dword:00000001\r\n\r\n")
    #expect(read.entries[#"software\x!v"#]?.line == 6)
    #expect(try data("\"V\"=hex:01,\\") == .binary([1]))
  }

  @Test("what was exported and is not there is absent, what was not exported is not collected") func coverage() throws {
    let value = RegistryValue.windows.first { $0.fact == "reg.hvci.Enabled" }!
    func state(_ keys: String...) throws -> Fact.State {
      try export(Self.five + keys.map { "[\($0)]\r\n\r\n" }.joined()).fact(value, path: "x.reg").state
    }
    let guardKey = #"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\DeviceGuard"#
    #expect(try state(guardKey, guardKey + #"\Scenarios"#, guardKey + #"\Scenarios\KernelShadowStacks"#) == .absent)
    #expect(try state(#"HKLM\system\currentcontrolset"#, #"HKLM\system\currentcontrolset\Enum"#) == .absent)
    // Between two keys an export looks whole wherever it is cut: only what stands behind tells that a key was passed by.
    #expect(try state(guardKey) == .notCollected && state(guardKey, guardKey + #"\Capabilities"#) == .notCollected)
    #expect(
      try export(Self.five + "[\(guardKey)]\r\n\r\n\(Self.five)[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n\r\n").fact(value, path: "x").state
        == .absent)
    #expect(try state(value.path.components(before: "!").replacing("HKLM", with: "HKEY_LOCAL_MACHINE")) == .absent)
    #expect(try state(#"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\DeviceGuard\Scenarios\Other"#) == .notCollected)
    #expect(try state(#"HKEY_CURRENT_USER\SYSTEM\CurrentControlSet"#) == .notCollected)
    // Only what a heading is followed by was exported whole.
    let second = Self.five + #"[HKEY_LOCAL_MACHINE\SOFTWARE]"# + "\r\n" + #"[HKEY_LOCAL_MACHINE\SYSTEM]"# + "\r\n\r\n"
    #expect(try export(second).fact(value, path: "x.reg").state == .notCollected)
  }

  @Test("scripts and other texts are refused with their line") func refusals() {
    #expect(failure(Self.five + "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n")?.hasPrefix("3: a script that deletes a key") == true)
    #expect(failure(Self.five + Self.key + "\"V\"=-\r\n")?.hasPrefix("4: a script that deletes a value") == true)
    #expect(failure(Self.five + "[HKEY_LOCAL_MACHINE\r\n") == "3: a key without its closing bracket")
    #expect(failure(Self.five + Self.key + "\"V\"=dword:xyz\r\n")?.hasPrefix("4: the data of V") == true)
    #expect(failure(Self.five + Self.key + "\"V\"=hex:0g\r\n") != nil)
    #expect(failure(Self.five + Self.key + "\"V\"=\"two\nlines\"\r\n; note\r\nnonsense\r\n\r\n") == nil)
  }

  @Test("half an export is refused, wherever it breaks off in a key")
  func cutOff() throws {
    let whole = Self.five + Self.key + "\"A\"=hex:01,\\\r\n  02\r\n\"V\"=dword:00000001\r\n\r\n"
    #expect(failure(whole) == nil)
    // Of the last line end half is enough.
    for count in 1..<(whole.utf8.count - 1) {
      #expect(failure(String(decoding: Array(whole.utf8).prefix(count), as: UTF8.self)) != nil, "\(count)")
    }
    #expect(failure(Self.key + "\"V\"=dword:00000001\r\n\r\n")?.hasPrefix("1: no heading Windows Registry Editor") == true)
    #expect(failure("\"V\"=dword:00000001\r\n\r\n")?.contains("the beginning is missing") == true)
    let wide = WindowsTextTests.wide(whole)
    func message(_ bytes: [UInt8]) -> String? {
      let found = WindowsCollector().collect(registry: bytes, path: "x.reg", target: "x.reg")
      #expect(found.assets.isEmpty || found.refusals.isEmpty)
      return found.refusals.first?.message
    }
    #expect(message(wide) == nil)
    for count in 40..<wide.count where count != wide.count - 2 { #expect(message(Array(wide.prefix(count))) != nil, "\(count)") }
    #expect(FileKind.recognise(Array(Self.key.utf8), path: "x") == .registryExport)
    #expect(FileKind.recognise(Array("\"V\"=dword:1".utf8), path: "x.reg") == .registryExport)
  }

  @Test("a public key is shown by its length") func publicKey() {
    let blob = Array("RSA1".utf8) + [0, 8, 0, 0] + [UInt8](repeating: 0, count: 40)
    #expect(RegistryData.binary(blob).factValue["rsaBits"] == .int(2048))
    #expect(RegistryData.binary([1, 2, 3]).factValue == ["bytes": 3])
  }
}

extension String {
  fileprivate func components(before mark: Character) -> String { String(prefix { $0 != mark }) }
}
