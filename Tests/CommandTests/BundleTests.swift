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
    for (target, code) in [("rego", 0), ("plan", 1), ("rego -O 1", 1)] {
      #expect(try run("build -t \(target) -e a/b/nothing -o none.tar.gz p").code == code, "\(target)")
    }
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

  @Test("METADATA blocks name entry points") func annotatedEntryPoints() throws {
    let folder = try ScratchFolder()
    let module = "package a.b\n# METADATA\n# entrypoint: true\nallow if input.x == 3\nother := 1\n"
    try folder.file("p/rules.rego", Data(module.utf8))
    try folder.file("q/rules.rego", Data(("# METADATA\n# scope: package\n# entrypoint: true\n" + module).utf8))
    func plans(_ line: String) throws -> [String] {
      let built = try Program.run(line.split(separator: " ").map(String.init), in: folder.path)
      #expect(built.code == 0, "\(built.error)")
      let entry = try #require(try Bundle.entries(at: folder.path + "/bundle.tar.gz").first { $0.name == "plan.json" })
      let json = try JSONSerialization.jsonObject(with: Data(entry.bytes)) as? [String: Any]
      let plans = (json?["plans"] as? [String: Any])?["plans"] as? [[String: Any]]
      return try #require(plans).compactMap { $0["name"] as? String }
    }
    #expect(try plans("build -t plan p") == ["a/b/allow"])
    #expect(try plans("build -t plan -e a/b/other -e a/b/allow p") == ["a/b/other", "a/b/allow"])
    #expect(try plans("build -t plan -O 1 q") == ["a/b", "a/b/allow"])
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
