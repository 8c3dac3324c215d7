import Testing

@testable import VSphere

@Suite("Addresses of vSphere servers") struct AddressTests {
  @Test(
    "host and port",
    arguments: [
      ("vcenter.example.net", "vcenter.example.net:443"), ("vsphere://vcenter.example.net/", "vcenter.example.net:443"),
      ("VSPHERE://10.0.0.7:8443", "10.0.0.7:8443"), ("[2001:db8::7]:8443", "[2001:db8::7]:8443"), ("vsphere://[::1]", "[::1]:443"),
    ])
  func read(_ text: String, _ expected: String) throws {
    #expect(try ServiceAddress(text).text == expected)
  }

  @Test(
    "what is no address is refused in one sentence",
    arguments: [
      "", "vsphere://", "https://vcenter", "vcenter:0", "vcenter:65536", "vcenter:+1", "a:b:c", "[::1", "[vcenter]", "[::1]x",
      "vcenter/sdk", "a b",
      "-host", "user@vcenter", "user:secret@vcenter",
    ])
  func refused(_ text: String) throws {
    let failure = try #require(throws: ServiceFailure.self) { _ = try ServiceAddress(text) }
    #expect(failure.code == .usage)
    #expect(!failure.message.contains("secret"))
    #expect(!failure.message.contains("\n"))
  }
}
