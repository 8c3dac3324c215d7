import Foundation
import Testing

/// Passwords in what is audited reach no report, no store and no line of a follower.
@Suite("Secrets in what is audited")
struct SecretsCommandTests {
  private static let files = [
    "daemon.json": """
    {"insecure-registries": ["bob:hunter2hunter2@reg.example:5000"], "hosts": ["tcp://bob:hunter2hunter2@0.0.0.0:2375"],
     "registry-mirrors": ["https://bob:hunter2hunter2@m"], "proxies": {"http-proxy": "http://bob:hunter2hunter2@p:3128"}, "log-driver": "journald"}
    """,
    "guest.args": """
    qemu-system-x86_64 -name g -object secret,id=s0,data=hunter2hunter2 -vnc 0.0.0.0:1 -spice port=5900,password=hunter2hunter2 \
    -iscsi user=bob,password=hunter2hunter2 -drive file=rbd:pool/img:id=admin:key=hunter2hunter2==,if=virtio \
    -drive 'file=json:{"driver":"https","password":"hunter2hunter2","url":"https://bob:hunter2hunter2@h/a"},if=virtio' \
    -drive file=iscsi://bob%hunter2hunter2@10.0.0.1/iqn.2026-01.org:d/0,if=virtio -fw_cfg name=opt/x,string=DB_PASSWORD=hunter2hunter2
    """,
    "inspect.json": """
    [{"Id": "4c01", "Name": "/web", "HostConfig": {"Privileged": false}, "Mounts": [], "Config": {"Env": ["DB_PASSWORD=hunter2hunter2"],
      "Healthcheck": {"Test": ["CMD-SHELL", "mysqladmin -phunter2hunter2 ping"]}, "Cmd": ["--password=hunter2hunter2"]}}]
    """,
    "bundle/config.json": """
    {"ociVersion": "1.0.2", "process": {"env": ["TOKEN=hunter2hunter2"], "args": ["--password", "hunter2hunter2"]}, "root": {"path": "r"},
     "linux": {}}
    """,
    "guest.xml": """
    <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>x</name><memory>1</memory><os><type>hvm</type></os><devices>
    <graphics type='vnc' port='5901' listen='0.0.0.0' passwd='hunter2hunter2'/><graphics type='spice' passwd='hunter2hunter2'/></devices>
    <qemu:commandline><qemu:arg value='-object'/><qemu:arg value='secret,id=s,data=hunter2hunter2'/>
    <qemu:env name='P' value='hunter2hunter2'/></qemu:commandline></domain>
    """,
    "host.json": """
    {"schema": "ringwall.vsphere/1", "hosts": [{"name": "e", "options": {"Syslog.global.logHost": "tcp://bob:hunter2hunter2@log:514"},
      "config": {"storageDevice": {"hostBusAdapter": [{"_type": "HostInternetScsiHba", "device": "vmhba64", "authenticationProperties":
      {"chapAuthEnabled": true, "chapName": "bob", "chapSecret": "hunter2hunter2", "mutualChapSecret": "hunter2hunter2"}}]}}}],
     "vms": [{"name": "v", "config": {}, "extraConfig": {"RemoteDisplay.vnc.password": "hunter2hunter2", "guestinfo.userdata": "hunter2hunter2"}}]}
    """,
  ]

  private func folder() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    for (name, text) in Self.files { try folder.file(name, text) }
    return folder
  }

  @Test(
    "no form of the result, and no facts",
    arguments: [
      "table", "json", "sarif", "html", "junit", "markdown", "csv", "sonarqube", "sonarqube-old", "oscal", "xccdf", "arf", "ocsf",
      "navigator",
    ])
  func reports(_ format: String) throws {
    let folder = try folder()
    defer { withExtendedLifetime(folder) {} }
    let result = try Program.run(["audit", "--all", "--format", format, folder.path])
    #expect(result.output.utf8.count > 100 && !(result.output + result.error).contains("hunter2"), "\(result.error)")
  }

  @Test("no facts, no store, no comparison")
  func store() throws {
    let folder = try folder()
    defer { withExtendedLifetime(folder) {} }
    let facts = try Program.run(["facts", folder.path])
    #expect(facts.output.contains("reg.example:5000") && !(facts.output + facts.error).contains("hunter2"))
    let data = try ScratchFolder()
    let store = ["--store", "--history", data.path + "/store"]
    for earlier in [[], ["--since", "last"]] {
      let result = try Program.run(["audit", folder.path] + store + earlier)
      #expect(!(result.output + result.error).contains("hunter2"))
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: data.path)
    #expect(!files.isEmpty)
    for file in files {
      let kept = try Data(contentsOf: data.url.appendingPathComponent(file))
      #expect(kept.firstRange(of: Data("hunter2".utf8)) == nil, "\(file)")
    }
  }

  @Test("no line of a follower, and none of a refused address")
  func follow() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let running = try FollowCommandTests.Running([folder.path])
    #expect(running.errorLine() != nil)
    for (name, text) in Self.files { try folder.file(name, text) }
    var lines: [String] = []
    while let line = running.line(), lines.count < 12 { lines.append(line) }
    #expect(running.end() >= 0 && lines.count == 12)
    #expect(lines.allSatisfy { !$0.contains("hunter2") }, "\(lines)")
    let refused = try Program.run(["audit", "esx://bob:hunter2hunter2@host", "--format", "json"])
    #expect(refused.code == 2 && refused.output.contains("esx://bob:...@host") && !(refused.output + refused.error).contains("hunter2"))
  }
}
