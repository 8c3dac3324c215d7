internal import Foundation
internal import Glibc
internal import TestSupport
internal import Testing

@testable internal import Domain
@testable internal import Judgement
@testable internal import Platforms

/// A real libvirtd that listens on TCP without asking who calls, judged from outside.
@Suite(.enabled(if: LibvirtDaemon.obstacle == nil, "\(LibvirtDaemon.obstacle ?? "")"))
struct LiveLibvirtDaemonTests {
  private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  @Test func aListeningDaemonGivesExactlyItsFindings() throws {
    let port = try freePort()
    let daemon = try LibvirtDaemon.start(
      configuration: LibvirtDaemon.plainConfiguration.replacingOccurrences(of: "0700", with: "0777") + """
        listen_tls = 0
        listen_tcp = 1
        listen_addr = "127.0.0.1"
        tcp_port = "\(port)"
        auth_tcp = "none"

        """, arguments: ["--listen"])
    defer { daemon.stop() }
    let collection = LibvirtDaemonCollector(tree: Tree()).collect(target: "this host")
    let mine = collection.assets.filter { $0.facts["process.pid"]?.value == .int(Int64(daemon.processIdentifier)) }
    let asset = try #require(mine.first)
    #expect(mine.count == 1)
    #expect(asset.facts["process.listen"]?.value == .bool(true))
    #expect(asset.facts["process.activated"]?.value == .bool(false))
    #expect(asset.facts["live.tcp"]?.value == .array([.string("127.0.0.1 port \(port)")]))
    #expect(asset.facts["live.rw"]?.value?["mode"]?.text == "0777")

    let policies = try Policies.load(from: DataFolder(named: Self.package))
    let judge = try Judge(policies: policies, parameters: [.init("tenants", "untrusted")])
    let findings = judge.judge(asset, collected: Collected(at: "2026-01-01T00:00:00Z", by: "test", uid: 0))
    let failing = findings.filter { $0.verdict == .fail }.map { "\($0.control.id) \($0.messageCase)" }
    #expect(
      failing == [
        "LVD-001 listening", "LVD-002 open", "LVD-005 none", "LVD-006 open", "LVD-007 wide", "LVD-009 wide", "LVD-011 unset",
        "LVD-015 unsafe",
      ])
    #expect(findings.filter { $0.verdict == .unknown }.map(\.control.id) == ["LVD-010"])
  }

  private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // SAFETY: the address outlives both calls, and its size is given.
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    #expect(isBound)
    return UInt16(bigEndian: address.sin_port)
  }
}
