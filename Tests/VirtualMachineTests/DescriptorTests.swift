import Domain
import Foundation
import Platforms
import Testing

/// OVF descriptors and OVA archives.
@Suite("OVF") struct DescriptorTests {
  static let descriptor = """
    <?xml version="1.0" encoding="UTF-8"?>
    <Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" \
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" \
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
      <VirtualSystem ovf:id="appliance">
        <Info>A virtual machine</Info>
        <Name>appliance-1</Name>
        <OperatingSystemSection ovf:id="94" vmw:osType="ubuntu64Guest"><Info/></OperatingSystemSection>
        <VirtualHardwareSection>
          <Info/>
          <System><vssd:VirtualSystemType>vmx-19</vssd:VirtualSystemType></System>
          <Item><rasd:ElementName>SATA 0</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID>
            <rasd:ResourceSubType>vmware.sata.ahci</rasd:ResourceSubType><rasd:ResourceType>20</rasd:ResourceType></Item>
          <Item><rasd:AutomaticAllocation>true</rasd:AutomaticAllocation><rasd:ElementName>CD/DVD 1</rasd:ElementName>
            <rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>15</rasd:ResourceType></Item>
          <Item><rasd:ElementName>Network adapter 1</rasd:ElementName><rasd:InstanceID>5</rasd:InstanceID>
            <rasd:ResourceSubType>E1000</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>
          <Item><rasd:ElementName>Hard disk 1</rasd:ElementName><rasd:InstanceID>6</rasd:InstanceID><rasd:Parent>9</rasd:Parent>
            <rasd:ResourceType>17</rasd:ResourceType></Item>
          <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
          <vmw:Config ovf:required="false" vmw:key="bootOptions.efiSecureBootEnabled" vmw:value="true"/>
          <vmw:Config ovf:required="false" vmw:key="flags.vbsEnabled" vmw:value="false"/>
          <vmw:ExtraConfig ovf:required="false" vmw:key="Isolation.Tools.Copy.disable" vmw:value="FALSE"/>
          <vmw:ExtraConfig ovf:required="false" vmw:key="isolation.tools.copy.disable" vmw:value="TRUE"/>
        </VirtualHardwareSection>
      </VirtualSystem>
    </Envelope>
    """

  @Test("facts of a descriptor have the names and shapes of a .vmx")
  func facts() throws {
    let bytes = Array(Self.descriptor.utf8)
    #expect(FileKind.recognise(bytes, path: "a.ovf") == .ovf)
    let collection = VirtualMachineCollector(tree: Tree()).collect(descriptor: bytes, path: "a.ovf", target: "a.ovf")
    let asset = try #require(collection.assets.first)
    #expect(collection.refusals.isEmpty && asset.asset.name == "appliance-1" && asset.asset.kind == .vmwareVM)
    #expect(asset.facts["firmware"]?.value == "efi" && asset.facts["secureBoot"]?.value == true && asset.facts["vbs"]?.value == false)
    #expect(asset.facts["hardwareVersion"]?.value == 19 && asset.facts["guestOS"]?.value == "ubuntu64Guest")
    #expect(asset.facts["setting.isolation.tools.copy.disable"]?.value == "TRUE")
    #expect(asset.facts["nics"]?.value == [["device": "Network adapter 1", "model": "e1000", "given": true]])
    #expect(asset.facts["sataControllers"]?.value == [["device": "SATA 0", "hasDisk": false]])
    #expect(asset.facts["floppies"]?.state == .absent && asset.facts["nestedVirtualization"]?.state == .absent)
    #expect(asset.facts["host.version"]?.source == [.property("host.version")])
    #expect(collection.warnings.count == 1)
    // As many facts as a .vmx gives, so that no rule meets one that is missing.
    let vmx = VirtualMachineCollector(tree: Tree()).collect(
      configuration: Array("config.version = \"8\"\n".utf8), path: "a.vmx", target: "a.vmx")
    #expect(Set(asset.facts.keys) == Set(try #require(vmx.assets.first).facts.keys))
  }

  @Test("an envelope without a machine, and broken XML, are refused")
  func mistakes() {
    let collector = VirtualMachineCollector(tree: Tree())
    let empty = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"><References/></Envelope>"
    #expect(collector.collect(descriptor: Array(empty.utf8), path: "a.ovf", target: "a.ovf").refusals.map(\.code) == ["malformed"])
    let broken = Array(Self.descriptor.utf8.prefix(900))
    #expect(collector.collect(descriptor: broken, path: "a.ovf", target: "a.ovf").refusals.map(\.code) == ["malformed"])
  }

  @Test("a descriptor that was cut off anywhere says so, in both languages' one sentence")
  func cutOff() {
    let whole = Array(Self.descriptor.utf8)
    let end = (whole.lastIndex(of: UInt8(ascii: ">")) ?? 0) + 1
    for count in stride(from: 60, to: end, by: 7) {
      let found = VirtualMachineCollector(tree: Tree()).collect(descriptor: Array(whole.prefix(count)), path: "a.ovf", target: "a.ovf")
      #expect(found.assets.isEmpty && found.refusals.count == 1, "\(count)")
      #expect(
        found.refusals.allSatisfy { $0.message.contains("the document ends before its root element does; copy the file again") },
        "\(count): \(found.refusals)")
    }
  }

  @Test("the descriptor of an archive is read, its disks are not")
  func archive() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-ova-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(Self.descriptor.utf8).write(to: folder.appending(path: "appliance.ovf"))
    try Data(repeating: 7, count: 300_000).write(to: folder.appending(path: "disk1.vmdk"))
    let tar = Process()
    tar.executableURL = URL(filePath: "/bin/tar")
    tar.arguments = ["--format=ustar", "-C", folder.path, "-cf", folder.path + "/a.ova", "appliance.ovf", "disk1.vmdk"]
    try tar.run()
    tar.waitUntilExit()
    let bytes = Array(try Data(contentsOf: folder.appending(path: "a.ova")))
    let collector = VirtualMachineCollector(tree: Tree())
    let whole = collector.collect(archive: bytes, path: "a.ova", target: "a.ova")
    #expect(whole.assets.first?.facts["firmware"]?.source.first?.name == "a.ova/appliance.ovf", "\(whole.refusals)")
    #expect(collector.collect(archive: Array(bytes.prefix(20_000)), path: "a.ova", target: "a.ova").assets.count == 1)
    #expect(collector.collect(archive: Array(bytes.prefix(1500)), path: "a.ova", target: "a.ova").refusals.map(\.code) == ["malformed"])
    #expect(
      collector.collect(archive: Array(repeating: 0x41, count: 4096), path: "a.ova", target: "a.ova").refusals.map(\.code) == ["malformed"])
    // Cut off at any place that the headers announce something behind: said, with the file in which it happens.
    func broken(_ bytes: [UInt8]) -> String? {
      OVFArchive.broken("a.ova", size: Int64(bytes.count)) { offset in Array(bytes[Int(offset)...].prefix(512)) }?.message
    }
    #expect(broken(bytes) == nil && broken(bytes + [0, 0, 0]) == nil)
    let disk = 512 + (Self.descriptor.utf8.count + 511) / 512 * 512
    for count in [disk + 100, disk + 512, disk + 513, 20_000, disk + 512 + 299_999] {
      #expect(broken(Array(bytes.prefix(count))) == "a.ova: the archive breaks off inside disk1.vmdk; copy the file again", "\(count)")
    }
    #expect(broken(Array(bytes.prefix(700))) == "a.ova: the archive breaks off inside appliance.ovf; copy the file again")
    // Between two files nothing is announced any more; only the blocks that end an archive tell that there was a second.
    let behind = "a.ova: the archive breaks off behind one of its files: the empty blocks that end it are missing; copy the file again"
    let last = disk + 512 + (300_000 + 511) / 512 * 512
    for count in [disk, disk + 512 + 300_000, last] { #expect(broken(Array(bytes.prefix(count))) == behind, "\(count)") }
    #expect(broken(Array(bytes.prefix(last + 512))) == nil)
    #expect(collector.collect(archive: [], path: "a.ova", target: "a.ova").refusals.map(\.code) == ["malformed"])
  }
}
