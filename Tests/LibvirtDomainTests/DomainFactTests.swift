internal import Domain
internal import Foundation
internal import Platforms
internal import Testing

/// Known answers: what libvirt fills in, and where a value was read.
@Suite struct DomainFactTests {
  private func asset(
    _ devices: String, type: String = "<type arch='x86_64' machine='pc-q35-7.2'>hvm</type>", more: String = ""
  ) throws -> AssetFacts {
    let text = """
      <domain type='kvm'>
        <name>guest</name><uuid>C7A5FDBD-EDAF-9455-926A-D65C16DB1809</uuid>
        <os>\(type)</os>
        <devices>
      \(devices)
        </devices>
        \(more)
      </domain>
      """
    let collection = DomainCollector(tree: Tree()).collect(document: Array(text.utf8), path: "guest.xml", target: "guest.xml")
    #expect(collection.refusals == [])
    return try #require(collection.assets.first)
  }

  private func list(_ asset: AssetFacts, _ name: String) throws -> [FactValue] {
    try #require(asset.facts["configured." + name]?.value?.elements)
  }

  @Test func identity() throws {
    let asset = try asset("")
    #expect(asset.asset.id == "domain:c7a5fdbd-edaf-9455-926a-d65c16db1809")
    #expect(asset.asset.name == "guest")
    #expect(asset.facts["configured.document"]?.value == "file")
    #expect(asset.facts["running.document"]?.state == .notCollected)
    #expect(asset.facts["running.nics"] == nil)
  }

  @Test(arguments: [
    ("x86_64", "pc", "rtl8139", "cirrus"), ("i686", "isapc", "rtl8139", "cirrus"), ("aarch64", "virt-6.0", "virtio", "virtio"),
    ("aarch64", "vexpress-a15", "lan9118", "cirrus"), ("armv7l", "versatilepb", "smc91c111", "cirrus"),
    ("s390x", "s390-ccw-virtio", "virtio", "virtio"), ("ppc64", "pseries", "rtl8139", "vga"), ("riscv64", "virt", "virtio", "virtio"),
  ])
  func defaultModels(_ architecture: String, _ machine: String, _ network: String, _ video: String) throws {
    let asset = try asset(
      "<interface type='bridge'><source bridge='b'/></interface>\n<video/>",
      type: "<type arch='\(architecture)' machine='\(machine)'>hvm</type>")
    #expect(try list(asset, "nics")[0]["model"]?.text == network)
    #expect(try list(asset, "nics")[0]["given"] == false)
    #expect(try list(asset, "video")[0]["model"]?.text == video)
  }

  @Test func graphicsWithoutVideoGetOne() throws {
    let asset = try asset("<graphics type='vnc'/>")
    #expect(try list(asset, "video")[0]["model"] == "cirrus")
    #expect(asset.facts["configured.video"]?.source == [.path("guest.xml", line: 5, column: 1)])
    #expect(try self.asset("").facts["configured.video"]?.state == .absent)
  }

  @Test func listens() throws {
    let asset = try asset(
      """
      <graphics type='vnc' port='5904' autoport='no' listen='192.0.2.1'/>
      <graphics type='vnc' socket='/run/vnc.sock'/>
      <graphics type='spice' autoport='yes' tlsPort='5905'>
        <listen type='address'/>
        <listen type='network' network='default'/>
        <listen type='none'/>
      </graphics>
      <graphics type='spice' listen=''/>
      <graphics type='sdl'/>
      """)
    let graphics = try list(asset, "graphics")
    #expect(graphics.map { $0["kind"]?.text } == ["address", "socket", "address", "network", "none", "address", "none"])
    #expect(graphics.map { $0["address"]?.text } == ["192.0.2.1", nil, "127.0.0.1", nil, nil, "127.0.0.1", nil])
    #expect(graphics.map { $0["device"]?.text } == ["vnc", "vnc2", "spice", "spice", "spice", "spice2", "sdl"])
    #expect(graphics[0]["port"] == 5904 && graphics[2]["tlsPort"] == nil)
    #expect(asset.facts["configured.graphics"]?.source.map(\.line) == [5, 6, 8, 9, 10, 12, 13])
  }

  @Test func passwordsAreNeverFacts() throws {
    let asset = try asset(
      "<graphics type='vnc' passwd='s3cr3t-word' passwdValidTo='2030-01-01T00:00:00'/>\n<graphics type='spice' passwd=''/>")
    #expect(try list(asset, "graphics.passwords") == [.object(["device": "vnc", "validTo": "2030-01-01T00:00:00"])])
    #expect(!"\(asset.facts)".contains("s3cr3t-word"))
  }

  @Test func hostDevices() throws {
    let asset = try asset(
      """
      <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='6' slot='0x1f' function='2'/></source></hostdev>
      <hostdev mode='subsystem' type='usb'><source><vendor id='0x951'/><product id='0x1625'/></source></hostdev>
      <hostdev mode='subsystem' type='usb'><source><address bus='14' device='6'/></source></hostdev>
      <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='C2177883-F1BB-47F0-914D-32A22E3A8804'/></source></hostdev>
      <interface type='hostdev' managed='yes'><source><address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x1'/></source></interface>
      <interface type='network'><source network='n'/><actual type='hostdev'><source><address type='pci' bus='0x03' slot='0x10' function='0x2'/></source></actual></interface>
      """)
    let devices = try list(asset, "hostdevs")
    #expect(
      devices.map { $0["address"]?.text }
        == ["0000:06:1f.2", "0951:1625", "14.6", "c2177883-f1bb-47f0-914d-32a22e3a8804", "0000:03:10.1", "0000:03:10.2"])
    #expect(devices.map { $0["via"]?.text } == ["hostdev", "hostdev", "hostdev", "hostdev", "interface", "interface"])
    #expect(try list(asset, "nics").map { $0["type"]?.text } == ["hostdev", "hostdev"])
    #expect(asset.facts["configured.nics.networks"]?.state == .absent)
  }

  @Test func rawInAnyPrefix() throws {
    let asset = try asset(
      "",
      more: """
        <commandline><arg value='ignored'/></commandline>
        <x:commandline xmlns:x='http://libvirt.org/schemas/domain/qemu/1.0'>
          <x:arg value='-s'/><x:env name='A' value='b'/><arg value='ignored'/>
        </x:commandline>
        <capabilities xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><add capability='c'/></capabilities>
        <x:override xmlns:x='http://libvirt.org/schemas/domain/qemu/1.0'>
          <x:device alias='ua-disk'><x:frontend><x:property name='p' type='string' value='v'/></x:frontend></x:device>
        </x:override>
        <x:commandline xmlns:x='http://libvirt.org/schemas/domain/xen/1.0'><x:arg value='foreign'/></x:commandline>
        """)
    #expect(try list(asset, "raw") == ["-s", "env A", "add c", "ua-disk.p=v"])
  }

  @Test func rawWithoutSecrets() throws {
    let asset = try asset(
      "",
      more: """
        <x:commandline xmlns:x='http://libvirt.org/schemas/domain/qemu/1.0'>
          <x:arg value='-object'/><x:arg value='secret,id=s,data=hunter2hunter2'/>
          <x:arg value='-drive'/><x:arg value='file=https://u:hunter2hunter2@h/a.img,format=raw'/>
        </x:commandline>
        """)
    #expect(
      try list(asset, "raw") == ["-object", "secret,id=s,data=...", "-drive", "file=https://u:...@h/a.img,format=raw"])
  }

  @Test func consoleOfASerialPortIsNotCountedTwice() throws {
    let both = try asset(
      "<serial type='tcp'><source mode='bind' host='h' service='1'/></serial>\n<console type='tcp'><target type='serial'/></console>")
    #expect(try list(both, "serials").count == 1)
    #expect(try list(both, "serials")[0]["address"] == "h:1")
    let alone = try asset(
      "<console type='tcp'><source host='h' service='1'/></console>\n<console type='pty'><target type='virtio'/></console>")
    #expect(try list(alone, "serials").map { $0["use"]?.text } == ["serial", "console"])
  }

  @Test func launchPolicyIsHexadecimal() throws {
    for (text, bits) in [("0x0007", [0, 1, 2]), ("11", [0, 4]), ("0x30000", [16, 17])] as [(String, [Int64])] {
      let asset = try asset("", more: "<launchSecurity type='sev'><policy>\(text)</policy></launchSecurity>")
      #expect(asset.facts["configured.launchsecurity"]?.value?["bits"] == .array(bits.map { .int($0) }))
    }
  }

  @Test func formatsOfDisks() throws {
    let asset = try asset(
      """
      <disk type='file'><source file='/a'/><target dev='hda'/></disk>
      <disk type='block' device='cdrom'><driver type='raw' cache='none'/><target dev='sdb' bus='sata'/></disk>
      <disk type='network' device='lun'><driver type='aio'/><source protocol='iscsi' name='iqn'/><target dev='sdc'/></disk>
      <disk type='volume'><source pool='p' volume='v'/><target dev='vdd'/></disk>
      """)
    let disks = try list(asset, "disks")
    #expect(disks.map { $0["format"]?.text } == ["raw", "raw", "raw", "raw"])
    #expect(disks.map { $0["given"]?.flag } == [false, true, true, false])
    #expect(disks.map { $0["bus"]?.text } == ["ide", "sata", "scsi", "virtio"])
    #expect(disks.map { $0["source"]?.text } == ["/a", nil, "iscsi:iqn", "p/v"])
    #expect(try list(asset, "scsi") == [.object(["device": "sdc", "how": "lun"])])
  }

  @Test func otherDocumentsAreNamed() {
    for (text, code, word) in [
      ("<network/>", "not-judged", "network"), ("<filter/>", "not-judged", "filter"), ("<domainsnapshot/>", "not-judged", "snapshot"),
      ("<capabilities/>", "not-judged", "capabilities"), ("<svg/>", "unknown-kind", "svg"),
      ("<domain type='xen'/>", "foreign-hypervisor", "xen"),
      ("<domain type='vmware'/>", "foreign-hypervisor", "vmware"), ("<domain/>", "malformed", "type"),
      ("<domstatus/>", "malformed", "domain"),
    ] {
      let collection = DomainCollector(tree: Tree()).collect(document: Array(text.utf8), path: "x.xml", target: "x.xml")
      #expect(collection.assets.isEmpty)
      #expect(collection.refusals.map(\.code) == [code])
      #expect(collection.refusals.first?.message.contains(word) == true)
    }
  }
}
