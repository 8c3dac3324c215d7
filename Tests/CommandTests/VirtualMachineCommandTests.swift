import Foundation
import Testing

/// VMware's files as a user audits them.
@Suite("Audit of VMware files")
struct VirtualMachineCommandTests {
  private static let machine =
    ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"21\"\ndisplayName = \"web01\"\nvhv.enable = \"FALSE\"\nVHV.enable = \"TRUE\"\n"

  @Test("a .vmx is judged, the place is cited, a key that stands twice is told and changes no exit code")
  func machine() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.file("web01.vmx", Self.machine)
    let result = try Program.run(["audit", "--format", "json", "--only", "VMX-001", path])
    #expect(result.code == 0, "\(result.error)")
    #expect(result.errorLines.contains("ringwall: \(path):6: VHV.enable stands also on line 5; the last value counts"), "\(result.error)")
    let results = try #require(try result.json()["results"] as? [[String: Any]])
    #expect(results.map { $0["verdict"] as? String } == ["fail"])
    #expect(result.output.contains("\"line\": 6") || result.output.contains("\"line\":6"))
    let chinese = try Program.run(["audit", "--only", "VMX-001", "--lang", "zh-CN", path])
    #expect(chinese.error.contains("以最后的值为准"), "\(chinese.error)")
  }

  @Test("a folder of a datastore: disks, snapshots and logs are passed over, each machine is judged once")
  func folder() throws {
    let scratch = try ScratchFolder()
    _ = try scratch.file("web01.vmx", Self.machine)
    _ = try scratch.file("web01.vmsd", ".encoding = \"UTF-8\"\nsnapshot.numSnapshots = \"0\"\n")
    _ = try scratch.file("web01.vmxf", "<?xml version=\"1.0\"?>\n<Foundry><VM/></Foundry>\n")
    let disk = try scratch.file("web01-flat.vmdk", "")
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: disk))
    try handle.truncate(atOffset: 100 << 20)
    try handle.close()
    let result = try Program.run(["audit", "--format", "json", "--only", "VMX-001", scratch.url.path])
    #expect(result.code == 0, "\(result.error)")
    let assets = try #require(try result.json()["assets"] as? [[String: Any]])
    #expect(assets.compactMap { $0["kind"] as? String } == ["vmware-vm"])
  }

  @Test("XML in a .vmx, and a configuration that is encrypted, end in one sentence each")
  func refusals() throws {
    let scratch = try ScratchFolder()
    let xml = try scratch.file("a.vmx", "config.version = \"8\"\n<vmx><HwAccel><NoHwAccel/></HwAccel></vmx>\n")
    // Wide enough that no line is broken.
    let wide = ["COLUMNS": "400"]
    let result = try Program.run(["audit", xml], environment: wide)
    #expect(result.code == 2 && result.output.contains("\(xml):2:1: XML, which no VMware product reads here"), "\(result.output)")
    let sealed = try scratch.file("b.vmx", "displayName = \"x\"\nencryption.data = \"AAAA\"\n")
    let refused = try Program.run(["audit", sealed], environment: wide)
    #expect(refused.code == 2 && refused.output.contains("encrypted"), "\(refused.output)")
  }
}
