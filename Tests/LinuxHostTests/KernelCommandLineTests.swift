import Testing

@testable internal import Domain
@testable internal import Platforms

@Suite("Kernel command line")
struct KernelCommandLineTests {
  private static func parse(_ text: String) -> [KernelCommandLine.Parameter] { KernelCommandLine(Array(text.utf8)).parameters }

  @Test("names, values and columns")
  func places() {
    let found = Self.parse("ro  mitigations=auto,nosmt kvm-intel.nested=0\n")
    #expect(found.map(\.name) == ["ro", "mitigations", "kvm_intel.nested"])
    #expect(found.map(\.value) == ["", "auto,nosmt", "0"])
    #expect(found.map(\.column) == [1, 5, 28])
  }

  @Test("words after a lone -- belong to init")
  func initArguments() {
    #expect(Self.parse("quiet -- mitigations=off").map(\.name) == ["quiet"])
    #expect(Self.parse("quiet --x=1 y").map(\.name) == ["quiet", "__x", "y"])
  }

  @Test("quotes keep blanks together and are dropped")
  func quotes() {
    let found = Self.parse("a=\"b c\" \"d=e f\" g")
    #expect(found.map(\.name) == ["a", "d", "g"])
    #expect(found.map(\.value) == ["b c", "e f", ""])
  }

  @Test("no text, and bytes that are no text")
  func oddities() {
    #expect(Self.parse("").isEmpty)
    #expect(Self.parse("   \n").isEmpty)
    #expect(KernelCommandLine([0xFF, 0xFE, 0x3D, 0x80]).parameters.count == 1)
    #expect(Self.parse("\"unterminated x=1").count == 1)
  }
}

@Suite("modprobe.d")
struct ModuleOptionsTests {
  @Test("options, continuations, comments and barred modules")
  func statements() {
    var options = ModuleOptions()
    options.read(
      "# options kvm_intel ept=0\noptions kvm-intel nested=0 \\\n  ept=1 nested=1\nblacklist kvm_amd\ninstall vfio /bin/false\ninstall x /sbin/modprobe y\noptions\n",
      file: "/etc/modprobe.d/a.conf")
    #expect(
      options.options.map { "\($0.module).\($0.parameter)=\($0.value)" } == ["kvm_intel.nested=0", "kvm_intel.ept=1", "kvm_intel.nested=1"])
    #expect(options.options.map(\.source.line) == [2, 2, 2])
    #expect(options.options[0].source.column == 19)
    #expect(options.barred.map(\.module) == ["kvm_amd", "vfio"])
  }
}

@Suite("Access control lists")
struct AccessControlListTests {
  @Test("named entries, cut by the mask")
  func entries() throws {
    let bytes: [UInt8] =
      [2, 0, 0, 0] + [1, 0, 6, 0, 255, 255, 255, 255] + [2, 0, 6, 0, 0xE8, 3, 0, 0] + [4, 0, 6, 0, 255, 255, 255, 255]
      + [8, 0, 4, 0, 44, 0, 0, 0] + [0x10, 0, 4, 0, 255, 255, 255, 255] + [0x20, 0, 0, 0, 255, 255, 255, 255]
    let list = try #require(AccessControlList(bytes))
    #expect(list.entries == [.init(kind: "user", id: 1000, permissions: 4), .init(kind: "group", id: 44, permissions: 4)])
    #expect(AccessControlList([2, 0, 0]) == nil)
    #expect(AccessControlList([3, 0, 0, 0]) == nil)
    #expect(AccessControlList(Array(bytes.dropLast(3))) == nil)
  }
}

@Suite("JSON of programs")
struct JSONReaderTests {
  @Test("values")
  func values() {
    #expect(JSONReader.read("[{\"a\":true,\"b\":[1,-2.5,null,\"x\\u0041\\n\"]}] ") == [["a": true, "b": [1, .double(-2.5), nil, "xA\n"]]])
    #expect(JSONReader.read("{}") == .object([]))
  }

  @Test(
    "what is not one whole document",
    arguments: ["", "tru", "[nul]", "[1,]", "{\"a\" 1}", "[1] x", "\"open", "{\"a\":}", String(repeating: "[", count: 100_000)])
  func refused(_ text: String) { #expect(JSONReader.read(text) == FactValue?.none) }
}
