internal import Domain
internal import Foundation
internal import Platforms
internal import TestSupport
internal import Testing

/// Domains of a saved system tree: definitions and status documents joined.
@Suite struct MachineTests {
  private static let first = "0e2a7c64-5b11-4b7e-9d3a-7f5f3f0f2a01"
  private static let second = "0e2a7c64-5b11-4b7e-9d3a-7f5f3f0f2a02"

  private func domain(_ name: String, _ uuid: String, _ devices: String = "") -> String {
    "<domain type='kvm'>\n<name>\(name)</name><uuid>\(uuid)</uuid>\n<os><type arch='x86_64'>hvm</type></os>\n<devices>\(devices)</devices>\n</domain>\n"
  }

  private func status(_ domain: String) -> String { "<domstatus state='paused'>\n\(domain)</domstatus>\n" }

  private func collect(_ files: [String: String?]) throws -> Collection {
    let root = FileManager.default.temporaryDirectory.appending(path: "ringwall-domains-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    for (path, text) in files {
      let full = root + path
      let folder = text == nil ? full : (full as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      if let text { try text.write(toFile: full, atomically: false, encoding: .utf8) }
    }
    return DomainCollector(tree: Tree(root: root)).collect(target: "tree")
  }

  @Test func joinedByUUID() throws {
    let collection = try collect([
      "/etc/libvirt/qemu/a.xml": domain("a", Self.first), "/etc/libvirt/qemu/b.xml": domain("b", Self.second),
      "/etc/libvirt/qemu/autostart/a.xml": domain("a", Self.first), "/etc/libvirt/qemu/networks/default.xml": "<network/>",
      "/run/libvirt/qemu/renamed.xml": status(domain("a", Self.first, "<sound model='ich9'/>")),
      "/run/libvirt/qemu/a.pid": "1\n",
    ])
    #expect(collection.refusals == [])
    #expect(collection.assets.map(\.asset.name) == ["a", "b"])
    let facts = collection.assets[0].facts
    #expect(facts["configured.document"]?.value == "persistent")
    #expect(facts["running.document"]?.value == "paused")
    #expect(facts["configured.sounds"]?.state == .absent)
    #expect(facts["running.sounds"]?.source == [.path("/run/libvirt/qemu/renamed.xml", line: 5, column: 24)])
    #expect(collection.assets[1].facts["running.document"]?.state == .absent)
  }

  @Test("Graphics without an address listen where qemu.conf says")
  func graphicsDefaults() throws {
    let guest = domain("a", Self.first, "<graphics type='vnc'/><graphics type='spice'><listen type='address' address='::1'/></graphics>")
    func graphics(_ configuration: String?) throws -> Fact? {
      var files: [String: String?] = ["/etc/libvirt/qemu/a.xml": guest]
      if let configuration { files["/etc/libvirt/qemu.conf"] = configuration }
      return try collect(files).assets[0].facts["configured.graphics"]
    }
    #expect(try graphics(nil)?.value?.elements?.first?["address"] == "127.0.0.1")
    #expect(try graphics("# vnc_listen = \"0.0.0.0\"\n")?.value?.elements?.first?["address"] == "127.0.0.1")
    let open = try graphics("spice_listen = \"0.0.0.0\"\nvnc_listen = \"0.0.0.0\"\n")
    #expect(open?.value?.elements?.map { $0["address"] } == ["0.0.0.0", "::1"])
    #expect(open?.source.first == .path("/etc/libvirt/qemu.conf", line: 2, column: 1))
    #expect(try graphics("vnc_auto_unix_socket = 1\n")?.value?.elements?.first?["kind"] == "socket")
    #expect(try graphics("vnc_listen = \n")?.state == .unreadable)
  }

  @Test("A definition whose name is no UTF-8 is told, and the others are read")
  func unnamed() throws {
    let tree = try ScratchTree(["/etc/libvirt/qemu/a.xml": domain("a", Self.first), "/b": domain("b", Self.second)])
    let script = #"mv "$1/b" "$1/etc/libvirt/qemu/$(printf '\273\372').xml""#
    try #require(try HostProgram.run("sh", ["-c", script, "sh", tree.root]).status == 0)
    let collection = DomainCollector(tree: tree.tree).collect(target: "tree")
    #expect(collection.assets.map(\.asset.name) == ["a"])
    #expect(collection.refusals.map(\.code) == ["not-utf8"])
  }

  @Test func transientGuest() throws {
    let collection = try collect([
      "/etc/libvirt/qemu/networks": nil, "/var/run/libvirt/qemu/t.xml": status(domain("t", Self.first)),
    ])
    #expect(collection.assets.map(\.asset.id) == ["domain:" + Self.first])
    #expect(collection.assets[0].facts["configured.document"]?.state == .absent)
  }

  @Test func whatCannotBeReadStaysAnAsset() throws {
    let collection = try collect(["/etc/libvirt/qemu/a.xml": nil, "/etc/libvirt/qemu/b.xml": domain("b", Self.second)])
    #expect(collection.assets.map(\.asset.name) == ["a", "b"])
    #expect(collection.assets[0].facts["configured.document"]?.state == .unreadable)
    // The tree holds no /run: whether b runs was not looked at.
    #expect(collection.assets[1].facts["running.document"]?.state == .notCollected)
  }

  @Test func badDefinitionsAreRefusedAlone() throws {
    let collection = try collect(["/etc/libvirt/qemu/a.xml": "<domain", "/etc/libvirt/qemu/b.xml": domain("b", Self.second)])
    #expect(collection.assets.map(\.asset.name) == ["b"])
    #expect(collection.refusals.map(\.target) == ["/etc/libvirt/qemu/a.xml"])
  }

  @Test func networksAreResolved() throws {
    let interface = "<interface type='network'><source network='n'/></interface>"
    for (network, forward) in [
      ("<network><forward mode='hostdev'/></network>", "hostdev"), ("<network><forward/></network>", "nat"), ("<network/>", "isolated"),
    ] {
      let collection = try collect([
        "/etc/libvirt/qemu/a.xml": domain("a", Self.first, interface), "/etc/libvirt/qemu/networks/n.xml": network,
      ])
      #expect(collection.assets[0].facts["configured.nics.networks"]?.value?.elements?[0]["forward"]?.text == forward)
    }
  }
}
