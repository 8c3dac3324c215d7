internal import Foundation
internal import TestSupport
import Testing

@testable internal import Domain
@testable internal import Platforms

struct LibvirtDaemonCollectorTests {
  private func assets(_ files: [String: String]) throws -> [String: AssetFacts] {
    let scratch = try ScratchTree(files)
    let collection = LibvirtDaemonCollector(tree: scratch.tree).collect(target: "t")
    #expect(collection.refusals.isEmpty)
    return Dictionary(uniqueKeysWithValues: collection.assets.map { ($0.asset.name, $0) })
  }

  private func named(_ text: String, _ name: String) -> Collection {
    LibvirtDaemonCollector(tree: Tree()).collect(configuration: Array(text.utf8), path: name, target: name)
  }

  @Test func aHostWithoutLibvirtGivesNothing() throws {
    #expect(try assets(["/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/lib/systemd/system/ssh.service": "[Service]\n"]).isEmpty)
  }

  @Test func aMissingFileOfAnInstalledDaemonMeansDefaults() throws {
    let found = try assets([
      "/usr/lib/systemd/system/virtqemud.service": "[Service]\nExecStart=/usr/sbin/virtqemud\n", "/etc/hostname": "h\n",
    ])
    #expect(found.keys.sorted() == ["virtqemud"])
    let facts = try #require(found["virtqemud"]).facts
    #expect(facts["conf.auth_unix_rw"] == .absent(.path("/etc/libvirt/virtqemud.conf")))
    #expect(facts["conf.listen_tcp"] == nil)
    #expect(facts["socket.tcp"] == nil)
    #expect(facts["units.activation"]?.value == .bool(false))
  }

  @Test func eachDaemonReadsItsOwnFile() throws {
    let found = try assets([
      "/etc/libvirt/libvirtd.conf": "log_level = 1\n", "/etc/libvirt/virtproxyd.conf": "log_level = 2\nlisten_tcp = 1\n",
      "/etc/libvirt/virtqemud.conf": "log_level = 4\nlisten_tcp = 1\n", "/etc/libvirt/qemu.conf": "",
    ])
    #expect(found.keys.sorted() == ["libvirtd", "qemu.conf", "virtproxyd", "virtqemud"])
    #expect(found["libvirtd"]?.facts["conf.log_level"]?.value == .int(1))
    #expect(found["virtproxyd"]?.facts["conf.listen_tcp"]?.value == .int(1))
    // A daemon of one driver knows no network.
    #expect(found["virtqemud"]?.facts["conf.unknown"]?.value?.elements?.first?["name"]?.text == "listen_tcp")
  }

  @Test func aTreeWithoutUnitsKnowsNothingOfThem() throws {
    let facts = try #require(try assets(["/etc/libvirt/libvirtd.conf": ""])["libvirtd"]).facts
    for name in ["socket.tcp", "socket.rw.mode", "units.activation", "service.listen", "process.listen", "live.tcp"] {
      #expect(facts[name]?.state == .notCollected || name == "live.tcp", "\(name)")
    }
  }

  @Test func maskedSocketsEndActivation() throws {
    let unit = "/lib/systemd/system/libvirtd.socket"
    let open = try assets([unit: "[Socket]\nListenStream=/run/libvirt/libvirt-sock\n"])
    #expect(open["libvirtd"]?.facts["units.activation"]?.value == .bool(true))
    #expect(open["libvirtd"]?.facts["socket.rw.mode"] == .present("0666", .path(unit)))
    let masked = try assets([unit: "[Socket]\n", "/etc/systemd/system/libvirtd.socket": "->/dev/null"])
    #expect(masked["libvirtd"]?.facts["units.activation"]?.value == .bool(false))
  }

  @Test func aNamedFileKnowsNothingBeside() throws {
    let collection = named("listen_tpc = 1\nlog_level = 4\nlog_level = 1\n", "libvirtd.conf")
    let facts = try #require(collection.assets.first).facts
    #expect(facts["conf.log_level"] == .present(4, .path("libvirtd.conf", line: 2, column: 1)))
    #expect(facts["conf.unknown"]?.value == [["name": "listen_tpc", "line": 1, "resembles": "listen_tcp"]])
    #expect(facts["conf.repeated"]?.value == [["name": "log_level", "line": 3, "effective": 2]])
    #expect(facts["socket.tcp"]?.state == .notCollected)
    #expect(facts["socket.tcp"]?.why == "not-given")
  }

  @Test(arguments: [
    ("libvirtd.conf", "", "libvirtd"), ("qemu.conf", "", "qemu-driver"), ("virtqemud.conf", "#x = 1\n", "libvirtd"),
    ("case-1.conf", "#listen_tcp = 1\n", "libvirtd"), ("case-2.conf", "seccomp_sandbox = 1\n", "qemu-driver"),
    ("host7-qemu.conf.bak", "max_core = 0\n", "qemu-driver"), ("old.libvirtd.conf", "\n", "libvirtd"),
  ])
  func filesAreRecognisedByNameOrContent(name: String, text: String, kind: String) {
    #expect(named(text, name).assets.map(\.asset.kind.rawValue) == [kind])
  }

  @Test(arguments: ["libvirt.conf", "virtlogd.conf", "virtlockd.conf", "lxc.conf"])
  func otherFilesOfLibvirtAreNotJudged(name: String) {
    #expect(named("log_level = 1\n", name).refusals.map(\.code) == ["not-judged"])
  }

  @Test func valuesOfTheWrongTypeAreUnreadableAndRefused() throws {
    let collection = named(
      "listen_tcp = \"1\"\nmax_clients = -1\naudit_logging = 2\ntls_allowed_dn_list = \"x\"\nlog_level = 1\n", "libvirtd.conf")
    let facts = try #require(collection.assets.first).facts
    for name in ["listen_tcp", "max_clients", "audit_logging", "tls_allowed_dn_list"] {
      #expect(facts["conf." + name]?.state == .unreadable, "\(name)")
    }
    #expect(collection.refusals.map(\.line) == [1, 2, 3, 4])
    #expect(facts["conf.log_level"]?.value == .int(1))
  }

  @Test func passwordsAreNoFacts() throws {
    let collection = named("vnc_password = \"hunter22\"\nspice_password = \"\"\n", "qemu.conf")
    let facts = try #require(collection.assets.first).facts
    #expect(facts["conf.vnc_password"]?.value == ["set": true, "empty": false])
    #expect(facts["conf.spice_password"]?.value == ["set": true, "empty": true])
    #expect(!"\(collection)".contains("hunter22"))
  }

  @Test func refusedFilesLeaveTheAssetUnknown() throws {
    let scratch = try ScratchTree(["/etc/libvirt/libvirtd.conf": "auth_tcp = none\n"])
    let collection = LibvirtDaemonCollector(tree: scratch.tree).collect(target: "t")
    #expect(collection.assets.first?.facts["conf.auth_tcp"]?.state == .unreadable)
    #expect(collection.assets.first?.facts["conf.auth_tcp"]?.source == [.path("/etc/libvirt/libvirtd.conf", line: 1, column: 12)])
    #expect(collection.refusals.map(\.code) == ["malformed"])
  }

  @Test func accountsAreResolvedAsLibvirtDoes() throws {
    let passwd = "root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n107:x:64055:64055::/:/bin/false\n"
    for (user, uid) in [("toor", 0), ("+0", 0), ("0", 0), ("root", 0), ("107", 64055), ("+107", 107), ("108", 108)] as [(String, Int64)] {
      let facts = try assets(["/etc/libvirt/qemu.conf": "user = \"\(user)\"\n", "/etc/passwd": passwd])["qemu.conf"]?.facts
      #expect(facts?["account.user"]?.value == .int(uid), "\(user)")
    }
    let unknown = try assets(["/etc/libvirt/qemu.conf": "user = \"nobody7\"\n", "/etc/passwd": passwd])["qemu.conf"]?.facts
    #expect(unknown?["account.user"]?.state == .notCollected)
    #expect(unknown?["account.swtpm_user"]?.value == .int(0))
  }

  @Test func listeningPortsAreReadFromTheKernel() throws {
    let scratch = try ScratchTree([
      "/proc/net/tcp":
        "  sl  local_address rem_address   st\n   0: 0100007F:407D 00000000:0000 0A 0\n   1: 0100007F:407D 0100007F:9999 01 0\n",
      "/proc/net/tcp6": "  sl\n   0: 00000000000000000000000000000000:4082 00000000000000000000000000000000:0000 0A 0\n",
    ])
    let listeners = try #require(ListeningPorts(scratch.tree).listeners)
    #expect(listeners.map { "\($0.address) \($0.port)" } == ["127.0.0.1 16509", ":: 16514"])
    #expect(listeners.map(\.source.line) == [2, 2])
  }

  /// libvirtd and virtproxyd use the same port: what listens belongs to the one that the machine uses.
  @Test func anOpenPortBelongsToTheDaemonInUse() throws {
    let tcp = "  sl  local_address\n   0: 00000000:407D 00000000:0000 0A 0\n"
    let socket = "[Socket]\nListenStream=/run/libvirt/libvirt-sock\n"
    let both = [
      "/lib/systemd/system/libvirtd.socket": socket, "/lib/systemd/system/virtproxyd.socket": socket, "/proc/net/tcp": tcp,
      "/proc/1/comm": "init\n",
    ]
    let neither = try assets(both)
    #expect(neither["libvirtd"]?.facts["live.tcp"]?.state == .present)
    #expect(neither["virtproxyd"]?.facts["live.tcp"]?.state == .present)
    let one = try assets(both.merging(["/etc/systemd/system/sockets.target.wants/virtproxyd.socket": socket]) { a, _ in a })
    #expect(one["libvirtd"]?.facts["live.tcp"]?.state == .absent)
    #expect(one["virtproxyd"]?.facts["live.tcp"]?.value == [.string("0.0.0.0 port 16509")])
  }

  @Test func aProcessSaysWhatItWasGiven() throws {
    let found = try assets([
      "/lib/systemd/system/libvirtd.socket": "[Socket]\n", "/proc/7/comm": "libvirtd\n",
      "/proc/7/cmdline": "/usr/sbin/libvirtd\0--listen\0",
      "/proc/7/environ": "PATH=/bin\0LISTEN_FDS=3\0", "/proc/9/comm": "libvirtd\n",
      "/proc/9/cmdline": "libvirtd\0-f\0/srv/other.conf\0", "/proc/9/environ": "A=1\0", "/srv/other.conf": "log_level = 1\n",
      "/proc/11/comm": "libvirtd\n", "/proc/11/cmdline": "",
    ])
    #expect(found.keys.sorted() == ["libvirtd", "libvirtd /srv/other.conf"])
    #expect(found["libvirtd"]?.facts["process.listen"] == .present(true, .path("/proc/7/cmdline", line: 1, column: 1)))
    #expect(found["libvirtd"]?.facts["units.activation"]?.value == .bool(true))
    let other = try #require(found["libvirtd /srv/other.conf"]).facts
    #expect(other["units.activation"]?.value == .bool(false))
    #expect(other["conf.log_level"]?.value == .int(1))
    #expect(other["socket.tcp"]?.state == .absent)
  }
}
