import Foundation
import Rego
import Testing

@testable import Judgement

@Suite("Bundles") struct BundleTests {
  static let policy = Array("package a.b\n\nallow if input.x == data.a.limit\n".utf8)

  static let entries = [
    BundleEntry([".manifest"], Array(#"{"revision": "7", "roots": ["/a/"], "metadata": {"by": "us"}}"#.utf8)),
    BundleEntry(["a", "data.json"], Array(#"{"limit": 3}"#.utf8)),
    BundleEntry(["a", "b", "data.yaml"], Array("names: [x, y]\n".utf8)),
    BundleEntry(["a", "b", "rules.rego"], policy),
    BundleEntry(["a", "notes.json"], Array("no JSON".utf8)),
    BundleEntry(["policy.wasm"], [0, 1, 2]),
    BundleEntry([".signatures.json"], Array(#"{"signatures": ["x.y.z"]}"#.utf8)),
  ]

  @Test("an archive gives back what was written, and the same bytes for any order") func roundTrip() throws {
    let bytes = try BundleArchive.write(Self.entries)
    #expect(try BundleArchive.write(Self.entries.reversed()) == bytes)
    let sorted = Self.entries.sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
    #expect(try BundleArchive.read(bytes, name: "b") == sorted)
    let long = [
      BundleEntry(Array(repeating: "folder", count: 40) + ["data.json"], [0x31]), BundleEntry(["ü", "数据.rego"], [0x32]),
      BundleEntry(["empty"], []),
    ]
    #expect(Set(try BundleArchive.read(try BundleArchive.write(long), name: "b")) == Set(long))
  }

  @Test("contents") func contents() throws {
    let bundle = try Bundle(Self.entries, name: "b.tar.gz")
    #expect(bundle.manifest?.revision == "7")
    #expect(bundle.manifest?.roots == ["a"])
    #expect(bundle.manifest?.metadata?["by"] == .string("us"))
    #expect(bundle.policies.map(\.module.file) == ["/a/b/rules.rego"])
    #expect(bundle.data["a"]?["limit"] == .integer(3))
    #expect(bundle.data["a"]?["b"]?["names"] == .array([.string("x"), .string("y")]))
    #expect(bundle.wasmEntries.map(\.name) == ["policy.wasm"])
    #expect(bundle.signatures?["signatures"] == .array([.string("x.y.z")]))
  }

  @Test("versions of files") func versions() throws {
    let manifest = #"{"rego_version": 0, "file_rego_versions": {"/new/*.rego": 1}}"#
    let bundle = try Bundle(
      [
        BundleEntry([".manifest"], Array(manifest.utf8)), BundleEntry(["old.rego"], Array("package old\nallow { true }".utf8)),
        BundleEntry(["new", "p.rego"], Array("package new\nallow if true".utf8)),
      ], name: "b")
    #expect(bundle.policies.map(\.module.version) == [.v0, .v1])
  }

  @Test(
    "refused contents, with bundle and entry",
    arguments: [
      ([(".manifest", #"{"roots": ["x"]}"#), ("p.rego", "package a.b")], "manifest roots [x] do not permit 'package a.b'"),
      ([(".manifest", #"{"roots": ["x/y"]}"#), ("data.json", #"{"x": {"z": 1}}"#)], "do not permit data at path '/x/z'"),
      ([(".manifest", #"{"roots": ["x"]}"#), ("data.json", #"{"xy": 1}"#)], "do not permit data at path '/xy'"),
      ([(".manifest", #"{"roots": ["a", "a/b"]}"#)], "overlapped roots: 'a' and 'a/b'"),
      ([(".manifest", #"{"roots": "a"}"#)], "/.manifest: roots has a value of a wrong kind"),
      ([(".manifest", #"{"rego_version": 2}"#)], "a version of Rego is 0 or 1"),
      ([(".manifest", "[")], "/.manifest"),
      ([("patch.json", "{}")], "/patch.json: a delta bundle"),
      ([("data.json", "[1]")], "/data.json: data at the root must be an object"),
      ([("a/data.json", "1"), ("a/data.yaml", "2")], "/a/data.yaml: data.a is already set"),
    ])
  func refusedContents(_ files: [(String, String)], _ message: String) throws {
    let entries = files.map { BundleEntry($0.0.split(separator: "/").map(String.init), Array($0.1.utf8)) }
    let text = failure { () throws(RegoSources.Failure) in _ = try Bundle(entries, name: "b.tar.gz") }
    #expect(text.contains(message) && text.hasPrefix("b.tar.gz"), "\(text)")
  }

  @Test("bundles with overlapping roots do not go together") func overlap() throws {
    let folder = try ScratchFolder()
    for (name, roots) in [("one", #"["a"]"#), ("two", #"["a/b"]"#), ("three", #"["ab"]"#)] {
      try folder.file("\(name)/.manifest", Data(#"{"roots": \#(roots)}"#.utf8))
    }
    let paths = ["one", "two", "three"].map { folder.path + "/" + $0 }
    #expect(throws: Never.self) { try RegoSources([], bundles: [paths[0], paths[2]]) }
    let text = failure { () throws(RegoSources.Failure) in _ = try RegoSources([], bundles: [paths[0], paths[1]]) }
    #expect(text.contains("overlapping roots") && text.contains("/one") && text.contains("/two"), "\(text)")
  }

  @Test("build, inspect and eval of an archive") func commands() throws {
    let folder = try ScratchFolder()
    try folder.file("p/a/b/rules.rego", Data(Self.policy))
    try folder.file("p/a/data.json", Data(#"{"limit": 3}"#.utf8))
    try folder.file("p/.manifest", Data(#"{"revision": "r1", "roots": ["a"]}"#.utf8))
    try folder.file("in.json", Data(#"{"x": 3}"#.utf8))
    func run(_ line: String) throws -> Program.Result { try Program.run(line.split(separator: " ").map(String.init), in: folder.path) }
    for name in ["one", "two"] { #expect(try run("build -b p -o \(name).tar.gz -e a/b/allow").code == 0) }
    let files = try ["one", "two"].map { try Data(contentsOf: folder.url.appendingPathComponent($0 + ".tar.gz")) }
    #expect(files[0] == files[1])
    #expect(try run("eval -b one.tar.gz -i in.json -f raw data.a").output == #"{"b":{"allow":true},"limit":3}"# + "\n")
    let shown = try run("inspect -f json one.tar.gz").json()
    #expect(shown["namespaces"] as? [String: [String]] == ["data": ["/data.json"], "data.a.b": ["/a/b/rules.rego"]])
    let manifest = try #require(shown["manifest"] as? [String: Any])
    #expect(manifest["revision"] as? String == "r1" && manifest["roots"] as? [String] == ["a"] && manifest["rego_version"] as? Int == 1)
    #expect(try run("build -b p -r r2 -o three.tar.gz").code == 0)
    #expect(try run("inspect three.tar.gz").output.contains("r2"))
    let both = try run("eval -b one.tar.gz -b three.tar.gz data")
    #expect(both.code == 2 && both.output.contains("overlapping roots"))
    let refused = try run("build -t wasm p")
    #expect(refused.code == 1 && refused.error.contains("rego and plan are the targets"))
    #expect(try run("build -e a/b/nothing p").code == 1)
    #expect(try run("eval -b one.tar.gz --verification-key secret --signing-alg HS256 data").output.contains(".signatures.json"))
  }

  @Test("plans and optimized modules answer as the policies do") func targets() throws {
    let folder = try ScratchFolder()
    try folder.file("p/a/b/rules.rego", Data(Self.policy))
    try folder.file("p/a/data.json", Data(#"{"limit": 3}"#.utf8))
    try folder.file("p/.manifest", Data(#"{"roots": ["a"]}"#.utf8))
    try folder.file("in.json", Data(#"{"x": 3}"#.utf8))
    func run(_ line: String) throws -> Program.Result { try Program.run(line.split(separator: " ").map(String.init), in: folder.path) }
    for options in ["-t plan", "-O 1", "-O 2", "-O 2 -t plan"] {
      let built = try run("build -b p -o out.tar.gz -e a/b/allow \(options)")
      #expect(built.code == 0, "\(options): \(built.error)")
      #expect(try run("eval -b out.tar.gz -i in.json -f raw data.a.b.allow").output == "true\n", "\(options)")
      #expect(try run("eval -b out.tar.gz -f raw data.a.b.allow").output != "true\n", "\(options)")
    }
    let archive = try Bundle(folder.path + "/out.tar.gz")
    #expect(archive.policies.contains { $0.entry.text.hasPrefix("/optimized/") })
    for options in ["-t plan", "-O 1", "-O 3 -e a/b/allow"] { #expect(try run("build -b p \(options)").code == 1, "\(options)") }
  }

  private func failure(_ body: () throws(RegoSources.Failure) -> Void) -> String {
    do throws(RegoSources.Failure) { try body() } catch {
      switch error {
      case .unreadable(let error): return error.message
      case .errors(let errors): return errors.description
      }
    }
    return ""
  }
}

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
}

/// Archives as an attacker makes them: tar by hand, in a gzip that stores.
enum TarText {
  struct Entry: Sendable, CustomTestStringConvertible {
    let name: [UInt8]
    let content: [UInt8]
    let kind: Character
    let target: String

    init(_ name: [UInt8], _ content: String = "", kind: Character = "0", target: String = "") {
      self.name = name
      self.content = Array(content.utf8)
      self.kind = kind
      self.target = target
    }

    init(_ name: String, _ content: String = "", kind: Character = "0", target: String = "") {
      self.init(Array(name.utf8), content, kind: kind, target: target)
    }

    var testDescription: String { "\(String(decoding: name, as: UTF8.self)) of kind \(kind)" }
  }

  private static func block(_ entry: Entry) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
      header.replaceSubrange(offset..<(offset + bytes.count), with: Array(bytes))
    }
    func octal(_ number: Int, _ width: Int) -> [UInt8] {
      let digits = String(number, radix: 8)
      return Array((String(repeating: "0", count: width - digits.count) + digits).utf8)
    }
    put(entry.name, at: 0)
    put("0000644".utf8, at: 100)
    put("0000000".utf8, at: 108)
    put("0000000".utf8, at: 116)
    put(octal(entry.content.count, 11), at: 124)
    put(octal(0, 11), at: 136)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    put(String(entry.kind).utf8, at: 156)
    put(entry.target.utf8, at: 157)
    put("ustar".utf8, at: 257)
    put("00".utf8, at: 263)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + [0], at: 148)
    let padding = (512 - entry.content.count % 512) % 512
    return header + entry.content + [UInt8](repeating: 0, count: padding)
  }

  static func packed(_ entries: [Entry]) -> [UInt8] {
    stored(entries.flatMap(block) + [UInt8](repeating: 0, count: 1024))
  }

  /// RFC 1952 around RFC 1951's stored blocks.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ number: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
      let part = rest.prefix(65_535)
      rest = rest.dropFirst(part.count)
      result += [rest.isEmpty ? 1 : 0] + little(UInt32(part.count), 2) + little(~UInt32(part.count), 2) + part
    } while !rest.isEmpty
    var sum: UInt32 = ~0
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return result + little(~sum, 4) + little(UInt32(bytes.count), 4)
  }
}
