import Introspection
import TestSupport
import Testing

@Suite("Guests of libvirt", .enabled(if: LibvirtDaemon.obstacle == nil, "\(LibvirtDaemon.obstacle ?? "")"))
struct LibvirtGuestTests {
  private static func domain(_ backing: String, uuid: String) -> String {
    """
    <domain type='qemu'><name>probe,one</name><uuid>\(uuid)</uuid>
    <memory unit='MiB'>3072</memory>\(backing)<vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>
    """
  }

  @Test("memory is read although libvirt holds the monitor, once its element says that it is shared") func shared() throws {
    let daemon = try LibvirtDaemon.start()
    defer { daemon.stop() }
    try daemon.create(Self.domain(ShareableRAM.libvirtElement, uuid: "3f0a1f42-1111-4222-8333-94a5b6c7d8e9"))
    let process = try #require(QEMUProcess.all().first { $0.uuid == "3f0a1f42-1111-4222-8333-94a5b6c7d8e9" })
    #expect(process.name == "probe,one" && process.memory == 3 << 30 && process.machine.contains("q35"))
    #expect(process.monitors.count == 1 && process.monitors.first?.speaksQMP == true)
    #expect(process.access == .shared(bytes: 3 << 30, kinds: ["memfd"]))
    let machine = try LiveMachine(process)
    #expect(machine.monitor == nil && machine.monitorFailures.first?.contains("libvirt") == true)
    #expect(machine.layoutSource == .commandLine && machine.memory.count == 3 << 30)
    #expect(machine.memory.segments.map(\.range.end) == [2 << 30, 5 << 30])
    #expect(try machine.pauseWindow().method == .signal)
    #expect(throws: MachineError.self) { try machine.pauseWindow(.monitor) }
  }

  @Test("without the element the error says which one is missing") func privateMemory() throws {
    let daemon = try LibvirtDaemon.start()
    defer { daemon.stop() }
    try daemon.create(Self.domain("", uuid: "3f0a1f42-1111-4222-8333-94a5b6c7d8ea"))
    let process = try #require(QEMUProcess.all().first { $0.uuid == "3f0a1f42-1111-4222-8333-94a5b6c7d8ea" })
    let error = #expect(throws: MachineError.self) { try LiveMachine(process) }
    #expect(error?.description.contains(ShareableRAM.libvirtElement) == true)
  }
}
