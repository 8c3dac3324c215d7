import Foundation
import Testing

@testable import Judgement

@Suite("Hostile archives of bundles") struct HostileArchiveTests {
  private static func failure(_ bytes: [UInt8], limits: BundleLimits = BundleLimits()) -> String {
    do throws(DataError) { _ = try BundleArchive.read(bytes, name: "b.tar.gz", limits: limits) } catch { return error.message }
    return ""
  }

  @Test("names from the root stand below the bundle's root") func absolute() throws {
    let bytes = TarText.packed([TarText.Entry("/a/./data.json", "1"), TarText.Entry("./b.rego", "2")])
    #expect(try BundleArchive.read(bytes, name: "b").map(\.text) == ["/a/data.json", "/b.rego"])
  }

  @Test(
    "entries that are refused",
    arguments: [
      ([TarText.Entry("../data.json", "1")], "entry ../data.json: its name leads out of the bundle"),
      ([TarText.Entry("a/../../x.rego", "1")], "leads out of the bundle"),
      ([TarText.Entry("a/..", kind: "5")], "leads out of the bundle"),
      ([TarText.Entry("a", "1"), TarText.Entry("./a", "2")], "entry ./a: stands twice"),
      ([TarText.Entry("a", kind: "2", target: "/etc/passwd")], "entry a: a link"),
      ([TarText.Entry("b", "1"), TarText.Entry("a", kind: "1", target: "b")], "entry a: a link"),
      ([TarText.Entry("a", kind: "3")], "entry a: neither a file nor a folder"),
      ([TarText.Entry("a", kind: "6")], "entry a: neither a file nor a folder"),
      ([TarText.Entry([0x61, 0xFF, 0x62], "1")], "entry 1: its name is no UTF-8"),
      ([TarText.Entry(".", "1")], "entry 1: it has no name"),
    ])
  func refused(_ entries: [TarText.Entry], _ message: String) {
    let text = Self.failure(TarText.packed(entries))
    #expect(text.contains(message) && text.hasPrefix("b.tar.gz: "), "\(text)")
  }

  @Test("a bomb is refused by what it unpacks to") func bomb() throws {
    let bytes = try BundleArchive.write([BundleEntry(["data.json"], [UInt8](repeating: 0x20, count: 24 << 20))])
    #expect(bytes.count < 1 << 20)
    #expect(Self.failure(bytes).contains("entry /data.json: the bundle unpacks to more than 200 times its size"))
  }

  @Test("bounds of entries, sizes and names") func bounds() throws {
    let bytes = TarText.packed([TarText.Entry("a", "12345"), TarText.Entry("b", "12345"), TarText.Entry("c/d/e", "1")])
    func message(_ change: (inout BundleLimits) -> Void) -> String {
      var limits = BundleLimits()
      change(&limits)
      return Self.failure(bytes, limits: limits)
    }
    #expect(message { _ in } == "")
    #expect(message { $0.entries = 2 } == "b.tar.gz: more than 2 entries")
    #expect(message { $0.entry = 4 }.contains("entry a: larger than 4 bytes"))
    #expect(message { $0.total = 9 }.contains("entry b: the bundle unpacks to more than 9 bytes"))
    #expect(message { $0.depth = 2 }.contains("entry c/d/e: deeper than 2 folders"))
    #expect(message { $0.path = 4 }.contains("entry 3: its name is longer than 4 bytes"))
    #expect(message { $0.archive = 100 }.contains("the archive is larger than 100 bytes"))
  }

  @Test("what is no archive, or half of one") func broken() throws {
    #expect(Self.failure([]).contains("not a bundle"))
    #expect(Self.failure(Array("package a".utf8)).contains("not a bundle"))
    #expect(Self.failure([0x1F, 0x8B, 8, 0]).contains("not a bundle"))
    let whole = try BundleArchive.write([BundleEntry(["data.json"], (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })])
    for count in stride(from: 1, to: whole.count - 64, by: 9973) { #expect(Self.failure(Array(whole.prefix(count))) != "") }
  }

  @Test("headers that promise, repeat or grow without end")
  func headers() {
    let file = TarText.Entry("data.json", "{}")
    for kind in ["g", "x", "L", "K"] as [Character] {
      let many = (0..<5_000).map { _ in TarText.Entry("h", kind == "g" || kind == "x" ? "12 comment=a\n" : "name", kind: kind) }
      #expect(!Self.failure(TarText.packed(many + [file])).isEmpty, "many \(kind)")
      // 8 MiB of a name or of attributes.
      let long = TarText.Entry("h", String(repeating: "a", count: 8 << 20), kind: kind)
      let text = Self.failure(TarText.packed([long, file]))
      #expect(kind == "g" ? !text.contains("stands twice") : !text.isEmpty, "long \(kind): \(text)")
    }
    for size in [1 << 32, (1 << 33) - 1] {
      #expect(Self.failure(TarText.packed([TarText.Entry("data.json", "{}", size: size)])).contains("entry data.json: "), "\(size)")
    }
    #expect(Self.failure(TarText.packed([TarText.Entry("a", "1", sum: 7)])).contains("not a bundle"))
    let path = "../../etc/cron.d/x"
    let attributes = "\(9 + path.utf8.count) path=\(path)\n"
    #expect(Self.failure(TarText.packed([TarText.Entry("h", attributes, kind: "x"), file])).contains("leads out of the bundle"))
    let sparse = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n31 GNU.sparse.realsize=9999999999\n"
    #expect(!Self.failure(TarText.packed([TarText.Entry("h", sparse, kind: "x"), file])).isEmpty)
  }

  @Test("every hostile archive is one error and exit code 2", arguments: HostileBundle.all.map(\.name))
  func command(name: String) throws {
    let hostile = try #require(HostileBundle.all.first { $0.name == name })
    let folder = try ScratchFolder()
    try folder.file("b.tar.gz", Data(try hostile.bytes()))
    for (file, bytes) in hostile.beside { try folder.file(file, Data(bytes)) }
    let result = try Program.run(["eval", "-b", "b.tar.gz"] + hostile.options + ["data"], in: folder.path)
    #expect(result.code == 2, "\(result)")
    let errors = try #require(try result.json()["errors"] as? [[String: Any]])
    #expect(errors.count == 1)
    let message = try #require(errors.first?["message"] as? String)
    #expect(message.contains(hostile.message), "\(message)")
    #expect(message.contains("b.tar.gz") && !message.contains("\n"))
    #expect(!FileManager.default.fileExists(atPath: "/tmp/ringwall-escaped"))
  }
}
