internal import Foundation
internal import TestSupport
internal import Testing

@Suite(.enabled(if: LibvirtDaemon.obstacle == nil, "\(LibvirtDaemon.obstacle ?? "")"))
struct LibvirtDaemonStarterTests {
  @Test func startsAGuestAndLeavesNothingBehind() throws {
    let daemon = try LibvirtDaemon.start()
    let root = daemon.root
    defer { daemon.stop() }
    try daemon.define(
      """
      <domain type='qemu'><name>probe</name><uuid>3f0a1f42-1111-4222-8333-94a5b6c7d8e9</uuid>
      <memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>
      """)
    try daemon.startDomain("probe")
    #expect(try daemon.virsh("domstate", "probe").contains("paused"))
    #expect(FileManager.default.fileExists(atPath: root + "/etc/libvirt/qemu/probe.xml"))
    #expect(FileManager.default.fileExists(atPath: root + "/run/libvirt/qemu/probe.xml"))
    let guest = try #require(daemon.guestProcess("probe"))
    #expect(FileManager.default.fileExists(atPath: "/proc/\(guest)/cmdline"))
    daemon.stop()
    #expect(!FileManager.default.fileExists(atPath: root))
    #expect(!FileManager.default.fileExists(atPath: "/proc/\(guest)/cmdline"))
  }
}
