internal import Domain
internal import Foundation
internal import Judgement
internal import Platforms
internal import TestSupport
internal import Testing

/// A guest of a real libvirtd: what libvirt fills in is no difference, what somebody changed is one.
@Suite(.enabled(if: LibvirtDaemon.obstacle == nil, "\(LibvirtDaemon.obstacle ?? "")"))
struct LiveDomainTests {
  private static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .path

  private func domain(listen: String) -> String {
    """
    <domain type='qemu'>
      <name>probe</name>
      <uuid>3f0a1f42-1111-4222-8333-94a5b6c7d8e9</uuid>
      <memory unit='MiB'>64</memory>
      <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
      <vcpu>1</vcpu>
      <os><type arch='x86_64' machine='pc'>hvm</type></os>
      <features><acpi/><vmport state='off'/></features>
      <devices>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
        <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
        <interface type='user'/>
        <serial type='pty'/>
        <serial type='tcp'><source mode='bind' host='127.0.0.1' service='0'/></serial>
        <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
        <graphics type='vnc' autoport='yes'><listen type='address' address='\(listen)'/></graphics>
        <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
        <watchdog model='i6300esb' action='reset'/>
      </devices>
    </domain>
    """
  }

  private func findings(_ daemon: LibvirtDaemon) throws -> [String: Finding] {
    var collection = DomainCollector(tree: Tree(root: daemon.root)).collect(target: "probe")
    #expect(collection.refusals == [])
    let process = try #require(daemon.guestProcess("probe"))
    let running = QEMUCollector(tree: Tree()).collect(process: process, target: "probe")
    #expect(collection.assets.count == 1 && running.assets.first?.asset.uuid == collection.assets.first?.asset.uuid)
    for (name, fact) in running.assets.first?.facts ?? [:] where name.hasPrefix("argv.") { collection.assets[0].facts[name] = fact }
    let folder = try DataFolder(named: Self.source)
    let judge = try Judge(policies: try Policies.load(from: folder), parameters: [])
    let findings = judge.judge(collection.assets[0], collected: Collected(at: "2026-01-01T00:00:00Z", by: "test", uid: 0))
    return Dictionary(uniqueKeysWithValues: findings.map { ($0.control.id, $0) })
  }

  @Test func onlyWhatSomebodyChangedDiffers() throws {
    let daemon = try LibvirtDaemon.start()
    defer { daemon.stop() }
    try daemon.define(domain(listen: "127.0.0.1"))
    try daemon.startDomain("probe")
    let before = try findings(daemon)
    #expect(before.count == 45)
    #expect(before.values.filter { $0.reason == "policyError" }.map(\.control.id) == [])
    let same = try #require(before["LVX-900"])
    #expect(same.verdict == .pass, "\(same.arguments)")
    #expect(before["LVX-014"]?.verdict == .pass)
    // The second interface names no model: libvirt wrote rtl8139 into both documents.
    #expect(before["LVX-002"]?.arguments["found"] == ["rtl8139"])
    #expect(before["LVX-002"]?.arguments["set"] == "both")
    #expect(before["LVX-013"]?.verdict == .fail)

    try daemon.attachLive(
      "<interface type='user'><mac address='52:54:00:00:00:03'/><model type='pcnet'/></interface>", to: "probe")
    try daemon.define(domain(listen: "0.0.0.0"))
    let after = try findings(daemon)
    let differs = try #require(after["LVX-900"])
    #expect(differs.verdict == .fail)
    let found = differs.arguments["found"]?.text ?? ""
    #expect(found.contains("52:54:00:00:00:03") && found.contains("0.0.0.0"), "\(found)")
    #expect(differs.arguments["device"] == ["graphics", "nics"], "\(found)")
    let console = try #require(after["LVX-014"])
    #expect(console.verdict == .fail && console.arguments["set"] == "configured")
    #expect(console.evidence.map(\.source?.name) == ["/etc/libvirt/qemu/probe.xml"])
    let line = try #require(console.evidence.first?.source?.line)
    let text = try String(contentsOfFile: daemon.root + "/etc/libvirt/qemu/probe.xml", encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false)[line - 1].contains("0.0.0.0"))
    #expect(after["LVX-002"]?.arguments["found"] == ["pcnet", "rtl8139"])
  }
}
