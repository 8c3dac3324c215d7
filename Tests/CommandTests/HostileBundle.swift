@testable import Judgement

/// A bundle that no command may take.
struct HostileBundle: Sendable {
  let name: String
  /// Part of the one error.
  let message: String
  let bytes: @Sendable () throws -> [UInt8]
  var options: [String] = []
  var beside: [(String, [UInt8])] = []

  private static func tar(_ name: String, _ message: String, _ entries: [TarText.Entry]) -> HostileBundle {
    HostileBundle(name: name, message: message) { TarText.packed(entries) }
  }

  private static func files(_ name: String, _ message: String, _ files: [(String, String)]) -> HostileBundle {
    HostileBundle(name: name, message: message) {
      try BundleArchive.write(files.map { BundleEntry($0.0.split(separator: "/").map(String.init), Array($0.1.utf8)) })
    }
  }

  /// - Parameter change: what is done to the files after they were signed.
  private static func signed(
    _ name: String, _ message: String, token: String = BundleSignatureTests.hs256, options: [String] = [],
    change: @escaping @Sendable (inout [BundleEntry]) -> Void = { _ in }
  ) -> HostileBundle {
    var result = HostileBundle(name: name, message: message) {
      var entries = BundleSignatureTests.entries + [BundleEntry([".signatures.json"], Array("{\"signatures\": [\"\(token)\"]}".utf8))]
      change(&entries)
      return try BundleArchive.write(entries)
    }
    let usual = ["--verification-key", "secret", "--signing-alg", "HS256", "--scope", "write"]
    result.options = options.isEmpty ? usual : options
    return result
  }

  static let all: [HostileBundle] = [
    tar("traversal", "leads out of the bundle", [.init("../../tmp/ringwall-escaped", "1")]),
    tar("traversal of a folder", "leads out of the bundle", [.init("a/../..", kind: "5")]),
    tar("link to a file", "a link", [.init("data.json", kind: "2", target: "/etc/passwd")]),
    tar("link to a folder", "a link", [.init("a", kind: "2", target: "/"), .init("a/data.json", "1")]),
    tar("hard link", "a link", [.init("b", "1"), .init("data.json", kind: "1", target: "/etc/passwd")]),
    tar("character device", "neither a file nor a folder", [.init("data.json", kind: "3")]),
    tar("block device", "neither a file nor a folder", [.init("data.json", kind: "4")]),
    tar("pipe", "neither a file nor a folder", [.init("data.json", kind: "6")]),
    tar("twice", "stands twice", [.init("data.json", "{}"), .init("/data.json", "{}")]),
    tar("promised size", "entry data.json", [.init("data.json", "{}", size: 1 << 32)]),
    tar("many headers", "entry ", (0..<1000).map { _ in .init("h", "name", kind: "L") } + [.init("data.json", "{}")]),
    HostileBundle(name: "more entries than anybody has", message: "more than 20000 entries") {
      TarText.packed((0..<25_000).map { .init("f\($0)") })
    },
    HostileBundle(name: "bomb", message: "more than 200 times its size") {
      try BundleArchive.write([BundleEntry(["data.json"], [UInt8](repeating: 0x20, count: 48 << 20))])
    },
    HostileBundle(name: "half", message: "truncated") {
      let bytes = try BundleArchive.write([BundleEntry(["data.json"], (0..<90_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })])
      return Array(bytes.prefix(bytes.count / 2))
    },
    HostileBundle(name: "no archive", message: "not a bundle") { Array("package a".utf8) },
    HostileBundle(name: "nothing", message: "not a bundle") { [] },
    files("two roots that overlap", "overlapped roots", [(".manifest", #"{"roots": ["a", "a/b"]}"#)]),
    files("outside of its roots", "do not permit", [(".manifest", #"{"roots": ["x"]}"#), ("data.json", #"{"y": 1}"#)]),
    files("a module outside of its roots", "do not permit", [(".manifest", #"{"roots": ["x"]}"#), ("p.rego", "package y")]),
    files("no manifest", "/.manifest", [(".manifest", "[")]),
    files("broken data", "/data.json", [("data.json", "{")]),
    {
      var result = files("overlaps another bundle", "overlapping roots", [("data.json", "{}")])
      result.options = ["-b", "other.tar.gz"]
      result.beside = [("other.tar.gz", TarText.packed([.init("data.json", "{}")]))]
      return result
    }(),
    signed("not signed", "bundle missing .signatures.json file") { $0.removeLast() },
    signed(
      "signed by another", "not made with the key", options: ["--verification-key", "other", "--signing-alg", "HS256", "--scope", "write"]),
    signed("another scope", "scope mismatch", options: ["--verification-key", "secret", "--signing-alg", "HS256", "--scope", "read"]),
    signed("signed without a key", "not made with the key", token: "eyJhbGciOiJub25lIn0.\(BundleSignatureTests.payload)."),
    signed("a changed file", "digest mismatch") { $0[2] = BundleEntry(["p", "a.rego"], Array("package a".utf8)) },
    signed("a file more", "not included in bundle signature") { $0.append(BundleEntry(["q.rego"], Array("package q".utf8))) },
    signed("a file less", "is not in the bundle") { $0.remove(at: 1) },
  ]
}
