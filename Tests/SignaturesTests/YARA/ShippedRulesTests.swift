import Foundation
import Signatures
import Testing

/// The rules of data/yara: each of them holds on what it is written for and on nothing that only looks like it.
@Suite("Shipped rules") struct ShippedRulesTests {
  /// Bytes that one rule must find, and bytes that no rule may find.
  struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    let found: [[UInt8]]
    let missed: [[UInt8]]
    var testDescription: String { rule }

    init(_ rule: String, _ found: [String], not missed: [String]) {
      self.rule = rule
      self.found = found.map { Array($0.utf8) }
      self.missed = missed.map { Array($0.utf8) }
    }

    init(_ rule: String, bytes found: [[UInt8]], not missed: [[UInt8]]) {
      self.rule = rule
      self.found = found
      self.missed = missed
    }
  }

  static let folder =
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../data/yara").standardizedFileURL.path
  static let rules = Result { try RuleSet(paths: [folder]) }

  /// Names of the rules that hold on some bytes, with zeros around them as memory has.
  static func names(_ bytes: [UInt8]) throws -> [String] {
    let memory = Memory(64 << 10)
    memory.write(bytes, at: 4096)
    return try MemoryScan(try rules.get()).scan([memory.region(0..<64 << 10, at: 0x10_0000)]).matches.map(\.rule.name)
  }

  @Test("each rule holds on its bytes and not on their near misses", arguments: ShippedRuleCases.all)
  func cases(_ entry: Case) throws {
    #expect(!entry.found.isEmpty && !entry.missed.isEmpty)
    for bytes in entry.found { #expect(try Self.names(bytes) == [entry.rule], "\(String(decoding: bytes, as: UTF8.self))") }
    for bytes in entry.missed { #expect(try Self.names(bytes) == [], "\(String(decoding: bytes, as: UTF8.self))") }
  }

  @Test("every rule has a case and says who, what, since when and where it is described") func complete() throws {
    let rules = try Self.rules.get().rules
    #expect(Set(rules.map(\.name)) == Set(ShippedRuleCases.all.map(\.rule)))
    #expect(rules.count == ShippedRuleCases.all.count)
    for rule in rules {
      #expect(rule.text("author") == "Ringwall", "\(rule.name)")
      #expect((rule.text("description") ?? "").count > 20, "\(rule.name)")
      #expect(rule.text("reference")?.hasPrefix("https://") == true, "\(rule.name)")
      #expect(["info", "low", "medium", "high", "critical"].contains(rule.text("severity")), "\(rule.name)")
      #expect(try /T\d{4}(\.\d{3})?/.wholeMatch(in: rule.text("attack") ?? "") != nil, "\(rule.name)")
      #expect(try /20\d\d-\d\d-\d\d/.wholeMatch(in: rule.text("date") ?? "") != nil, "\(rule.name)")
    }
    #expect(try Self.rules.get().warnings.isEmpty)
  }

  static let clean = [
    "/bin/busybox", "/usr/bin/busybox", "/bin/bash", "/usr/sbin/sshd", "/usr/bin/python3", "/usr/bin/gnutls-cli", "/usr/bin/openssl",
    "/usr/bin/qemu-system-x86_64", "/usr/sbin/iptables", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
    "/usr/lib/x86_64-linux-gnu/libgnutls.so.30", "/usr/lib/x86_64-linux-gnu/liblzma.so.5", "/usr/lib/x86_64-linux-gnu/libsystemd.so.0",
  ]

  /// Kernels that lie here: those of the machine, and of a shared store of test kernels where there is one.
  static var kernels: [String] {
    let shared = URL(filePath: folder).appending(path: "../../../shared/kernels").standardizedFileURL.path
    return ["/boot", shared].flatMap { place in
      ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).filter { $0.hasPrefix("vmlinu") }.map { "\(place)/\($0)" }
    }
  }

  @Test("no rule holds on a clean system's programs, libraries and kernel") func cleanFiles() throws {
    let scan = try FileScan(try Self.rules.get())
    var seen = 0
    for path in Self.clean + Self.kernels {
      guard let bytes = try? Data(contentsOf: URL(filePath: path), options: .alwaysMapped) else { continue }
      seen += 1
      let result = try unsafe bytes.withUnsafeBytes { try unsafe scan.scan($0) }
      #expect(result.matches.map(\.rule.name) == [], "\(path)")
    }
    #expect(seen > 0)
  }
}
