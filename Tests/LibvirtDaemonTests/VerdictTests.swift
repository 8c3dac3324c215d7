internal import Foundation
internal import TestSupport
import Testing

@testable internal import Domain
@testable internal import Judgement
@testable internal import Platforms

/// What an operator would expect of a configuration, control by control: raw files in, verdicts out.
struct VerdictTests {
  private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  private static let judge = Result {
    try Judge(policies: try Policies.load(from: DataFolder(named: package)), parameters: [.init("tenants", "untrusted")])
  }

  private func verdicts(_ asset: AssetFacts) throws -> [String: String] {
    let findings = try Self.judge.get().judge(asset, collected: Collected(at: "2026-01-01T00:00:00Z", by: "test", uid: 0))
    return Dictionary(uniqueKeysWithValues: findings.map { ($0.control.id, "\($0.verdict.rawValue) \($0.messageCase)") })
  }

  private func judged(_ text: String, _ name: String) throws -> [String: String] {
    let collection = LibvirtDaemonCollector(tree: Tree()).collect(configuration: Array(text.utf8), path: name, target: name)
    return try verdicts(try #require(collection.assets.first))
  }

  @Test(arguments: [
    ("user = \"+0\"", "LVQ-001", "fail root"), ("user = \"0\"", "LVQ-001", "fail root"), ("user = \"root\"", "LVQ-001", "fail root"),
    ("user = \"+00\"", "LVQ-001", "fail root"), ("user = \"qemu\"", "LVQ-001", "pass other"), ("user = \"107\"", "LVQ-001", "pass other"),
    ("#user = \"root\"", "LVQ-001", "pass other"), ("user = \"\"", "LVQ-001", "unknown unknown"),
    ("user = \"+\"", "LVQ-001", "unknown unknown"), ("user = \"qemu\"\nuser = \"root\"", "LVQ-001", "pass other"),
    ("group = \"root\"", "LVQ-002", "fail root"), ("group = \"kvm\"", "LVQ-002", "pass other"),
    ("", "LVQ-003", "pass automatic"), ("security_driver = \"selinux\"", "LVQ-003", "pass safe"),
    ("security_driver = [ \"selinux\", \"apparmor\" ]", "LVQ-003", "pass safe"), ("security_driver = [ \"none\" ]", "LVQ-003", "fail none"),
    ("security_driver = [\n \"apparmor\",\n \"none\"\n]", "LVQ-003", "fail none"), ("security_driver = [ ]", "LVQ-003", "pass automatic"),
    ("security_driver = \"dac\"", "LVQ-003", "fail unknown_driver"),
    ("seccomp_sandbox = -1", "LVQ-006", "pass safe"), ("seccomp_sandbox = 0", "LVQ-006", "fail unsafe"),
    ("namespaces = [ ]", "LVQ-007", "fail unsafe"), ("cgroup_controllers = [ ]", "LVQ-008", "fail unsafe"),
    ("cgroup_device_acl = [ ]", "LVQ-009", "pass safe"),
    ("cgroup_device_acl = [ \"/dev/null\", \"/dev/vfio/vfio\" ]", "LVQ-009", "fail unsafe"),
    ("vnc_listen = \"0.0.0.0\"", "LVQ-011", "fail clear"), ("vnc_listen = \"::\"", "LVQ-011", "fail clear"),
    ("vnc_listen = \"\"", "LVQ-011", "fail clear"), ("vnc_listen = \"::1\"", "LVQ-011", "pass local"),
    ("vnc_listen = \"127.0.0.2\"", "LVQ-011", "pass local"), ("vnc_listen = \"localhost\"", "LVQ-011", "pass local"),
    ("vnc_listen = \"0.0.0.0\"\nvnc_auto_unix_socket = 1", "LVQ-011", "pass socket"),
    ("vnc_listen = \"0.0.0.0\"\nvnc_tls = 1", "LVQ-011", "fail unverified"),
    ("vnc_listen = \"0.0.0.0\"\nvnc_tls = 1\ndefault_tls_x509_verify = 1", "LVQ-011", "pass protected"),
    ("vnc_listen = \"0.0.0.0\"\nvnc_tls = 1\ndefault_tls_x509_verify = 1\nvnc_tls_x509_verify = 0", "LVQ-011", "fail unverified"),
    ("vnc_listen = \"10.1.2.3\"", "LVQ-012", "fail off"), ("vnc_tls = 1", "LVQ-012", "pass on"), ("", "LVQ-012", "notApplicable local"),
    ("vnc_tls = 1", "LVQ-013", "fail unverified"), ("", "LVQ-013", "notApplicable no_tls"), ("", "LVQ-014", "notApplicable local"),
    ("vnc_password = \"\"", "LVQ-015", "pass empty"), ("vnc_password = \"XYZ12345\"", "LVQ-015", "fail set"),
    ("spice_listen = \"0.0.0.0\"\nspice_tls = 1", "LVQ-016", "pass protected"), ("spice_listen = \"::\"", "LVQ-016", "fail clear"),
    ("rdp_listen = \"0.0.0.0\"", "LVQ-019", "fail open"), ("rdp_password = \"x\"", "LVQ-019", "fail password"),
    ("", "LVQ-019", "pass local"),
    ("", "LVQ-020", "fail unsafe"), ("migrate_tls_force = 1", "LVQ-020", "pass safe"),
    ("", "LVQ-021", "pass verified"), ("default_tls_x509_verify = 0", "LVQ-021", "fail unverified"),
    ("default_tls_x509_verify = 0\nmigrate_tls_x509_verify = 1", "LVQ-021", "pass verified"),
    ("", "LVQ-022", "fail everywhere"), ("migration_address = \"::\"", "LVQ-022", "fail everywhere"),
    ("migration_address = \"192.0.2.1\"", "LVQ-022", "unknown parameter"),
    ("", "LVQ-023", "unknown unknown"), ("nbd_tls = 1", "LVQ-023", "pass on"), ("chardev_tls = 1", "LVQ-025", "pass on"),
    ("default_tls_x509_verify = 0", "LVQ-024", "fail unverified"), ("", "LVQ-026", "fail unsafe"), ("", "LVQ-027", "pass safe"),
    ("stdio_handler = \"file\"", "LVQ-028", "fail unsafe"), ("max_core = \"unlimited\"", "LVQ-029", "fail unsafe"),
    ("max_core = 1073741824", "LVQ-029", "pass safe"), ("", "LVQ-029", "pass safe"), ("#max_core = \"unlimited\"", "LVQ-029", "pass safe"),
    ("sched_core = \"emulator\"", "LVQ-030", "pass safe"), ("", "LVQ-030", "unknown unknown"),
    ("", "LVQ-031", "pass other"), ("swtpm_user = \"root\"", "LVQ-031", "fail root"),
    ("capability_filters = [ ]", "LVQ-032", "pass safe"), ("deprecation_behavior = \"crash\"", "LVQ-032", "fail deprecation"),
    ("lock_manager = \"sanlock\"", "LVQ-033", "pass safe"), ("", "LVQ-033", "unknown parameter"),
    ("default_tls_priority = \"@SYSTEM\"", "LVQ-034", "pass safe"), ("nbd_tls_priority = \"NORMAL:+VERS-TLS1.0\"", "LVQ-034", "fail weak"),
  ])
  func driver(text: String, id: String, expected: String) throws {
    #expect(try judged(text + "\n", "qemu.conf")[id] == expected)
  }

  @Test(arguments: [
    ("", "LVD-001", "unknown unknown"), ("listen_tcp = 1", "LVD-001", "unknown unknown"),
    ("auth_tcp = \"none\"", "LVD-002", "fail none"), ("", "LVD-002", "pass safe"), ("#auth_tcp = \"none\"", "LVD-002", "pass safe"),
    ("tls_no_verify_certificate = 1", "LVD-003", "fail unsafe"),
    ("", "LVD-004", "unknown unknown"), ("tls_allowed_dn_list = []", "LVD-004", "pass set"),
    ("", "LVD-005", "fail none"), ("tls_allowed_dn_list = [\"CN=a\"]", "LVD-005", "pass list"),
    ("auth_tls = \"sasl\"", "LVD-005", "pass sasl"),
    ("", "LVD-006", "pass authenticated"), ("auth_unix_rw = \"none\"", "LVD-006", "unknown unknown"),
    ("auth_unix_rw = \"none\"\nunix_sock_rw_perms = \"0777\"", "LVD-006", "fail file"),
    ("auth_unix_rw = \"none\"\nunix_sock_rw_perms = \"0777\"", "LVD-007", "fail file"), ("", "LVD-007", "pass authenticated"),
    ("unix_sock_rw_perms = \"0777\"", "LVD-007", "pass authenticated"),
    ("unix_sock_admin_perms = \"0777\"", "LVD-008", "unknown unknown"), ("unix_sock_ro_perms = \"0700\"", "LVD-009", "unknown unknown"),
    ("", "LVD-010", "unknown parameter"), ("access_drivers = [ \"polkit\" ]", "LVD-010", "pass set"),
    ("", "LVD-011", "fail unset"), ("tcp_min_ssf = 112", "LVD-011", "pass safe"), ("tcp_min_ssf = 256", "LVD-011", "pass safe"),
    ("", "LVD-012", "pass safe"), ("tls_priority = \"@LIBVIRT,SYSTEM\"", "LVD-012", "pass safe"),
    ("tls_priority = \"NORMAL:-VERS-ALL:+VERS-TLS1.2\"", "LVD-012", "pass safe"),
    ("tls_priority = \"NORMAL:+VERS-ALL:-VERS-TLS1.0\"", "LVD-012", "pass safe"),
    ("tls_priority = \"NORMAL:-VERS-ALL:+VERS-TLS1.0\"", "LVD-012", "fail weak"), ("tls_priority = \"LEGACY\"", "LVD-012", "fail weak"),
    ("", "LVD-013", "unknown unknown"), ("audit_level = 0", "LVD-014", "fail unsafe"), ("", "LVD-014", "pass safe"),
    ("", "LVD-015", "fail unsafe"), ("log_level = 4", "LVD-016", "fail unsafe"), ("log_level = 0", "LVD-016", "pass safe"),
    ("log_outputs = \"4:syslog:libvirtd\"", "LVD-016", "fail outputs"),
    ("log_outputs = \"4:stderr 3:journald\"", "LVD-016", "pass safe"),
    ("max_anonymous_clients = 0", "LVD-017", "fail unlimited"), ("max_anonymous_clients = 21", "LVD-017", "fail high"),
    ("max_clients = 10000", "LVD-017", "pass safe"), ("", "LVD-018", "unknown unknown"),
  ])
  func daemon(text: String, id: String, expected: String) throws {
    #expect(try judged(text + "\n", "libvirtd.conf")[id] == expected)
  }

  @Test func aDaemonOfOneDriverHasNoNetwork() throws {
    let found = try judged("auth_tcp = \"none\"\ntls_no_verify_certificate = 1\n", "virtqemud.conf")
    for id in ["LVD-001", "LVD-002", "LVD-003", "LVD-004", "LVD-005", "LVD-011", "LVD-012", "LVD-013", "LVD-018"] {
      #expect(found[id] == "notApplicable local", "\(id)")
    }
    #expect(found["LVD-006"] == "pass authenticated")
  }

  // MARK: Machines

  private static let units = [
    "/lib/systemd/system/libvirtd.service":
      "[Unit]\nWants=libvirtd.socket\n[Service]\nEnvironmentFile=-/etc/default/libvirtd\nExecStart=/usr/sbin/libvirtd $LIBVIRTD_ARGS\n",
    "/lib/systemd/system/libvirtd.socket": "[Socket]\nListenStream=/run/libvirt/libvirt-sock\nSocketMode=0666\n",
    "/lib/systemd/system/libvirtd-ro.socket": "[Socket]\nListenStream=/run/libvirt/libvirt-sock-ro\nSocketMode=0666\n",
    "/lib/systemd/system/libvirtd-admin.socket": "[Socket]\nListenStream=/run/libvirt/libvirt-admin-sock\nSocketMode=0600\n",
    "/lib/systemd/system/libvirtd-tcp.socket": "[Socket]\nListenStream=16509\n",
    "/lib/systemd/system/libvirtd-tls.socket": "[Socket]\nListenStream=16514\n",
  ]
  private static let masked = Dictionary(
    uniqueKeysWithValues: ["", "-ro", "-admin", "-tcp", "-tls"].map { ("/etc/systemd/system/libvirtd\($0).socket", "->/dev/null") })

  private func machine(_ text: String, _ more: [String: String], name: String = "libvirtd") throws -> [String: String] {
    let scratch = try ScratchTree(Self.units.merging(more) { _, new in new }.merging(["/etc/libvirt/\(name).conf": text]) { _, new in new })
    let collection = LibvirtDaemonCollector(tree: scratch.tree).collect(target: "t")
    return try verdicts(try #require(collection.assets.first { $0.asset.name == name }))
  }

  @Test func debiansDefaultsWithSocketActivation() throws {
    let found = try machine("#listen_tcp = 1\n", [:])
    #expect(
      found == [
        "LVD-001": "pass off", "LVD-002": "pass safe", "LVD-003": "pass safe", "LVD-004": "notApplicable off", "LVD-005": "fail none",
        "LVD-006": "pass authenticated", "LVD-007": "pass authenticated", "LVD-008": "pass narrow", "LVD-009": "fail wide",
        "LVD-010": "unknown parameter", "LVD-011": "fail unset", "LVD-012": "pass safe", "LVD-013": "notApplicable off",
        "LVD-014": "pass safe", "LVD-015": "fail unsafe", "LVD-016": "pass safe", "LVD-017": "pass safe", "LVD-018": "notApplicable no_key",
      ])
  }

  @Test func activationMakesTheFileSilent() throws {
    let found = try machine("listen_tcp = 1\nunix_sock_admin_perms = \"0777\"\nunix_sock_ro_perms = \"0700\"\n", [:])
    #expect(found["LVD-001"] == "pass ignored")
    #expect(found["LVD-008"] == "pass narrow")
    #expect(found["LVD-009"] == "fail wide")
  }

  @Test func maskedSocketsMakeTheFileCount() throws {
    let text = "listen_tcp = 1\nunix_sock_admin_perms = \"0777\"\nunix_sock_ro_perms = \"0700\"\n"
    let quiet = try machine(text, Self.masked)
    #expect(quiet["LVD-001"] == "pass ignored")
    #expect(quiet["LVD-008"] == "fail wide")
    #expect(quiet["LVD-009"] == "pass narrow")
    let loud = try machine(text, Self.masked.merging(["/etc/default/libvirtd": "LIBVIRTD_ARGS=\"-l\"\n"]) { a, _ in a })
    #expect(loud["LVD-001"] == "fail configured")
  }

  @Test func anEnabledSocketOpensThePort() throws {
    let wants = "/etc/systemd/system/sockets.target.wants/libvirtd-tcp.socket"
    #expect(try machine("listen_tcp = 0\n", [wants: "->/lib/systemd/system/libvirtd-tcp.socket"])["LVD-001"] == "fail unit")
    #expect(
      try machine("auth_tcp = \"none\"\n", [wants: "->/lib/systemd/system/libvirtd-tcp.socket"])["LVD-002"] == "fail open")
    #expect(
      try machine("", [wants: "->/lib/systemd/system/libvirtd-tcp.socket", "/etc/systemd/system/libvirtd-tcp.socket": "->/dev/null"])[
        "LVD-001"]
        == "pass off")
  }

  @Test func theProxyNeedsNoListen() throws {
    let proxy = [
      "/lib/systemd/system/virtproxyd.service": "[Service]\nExecStart=/usr/sbin/virtproxyd $VIRTPROXYD_ARGS\n",
      "/lib/systemd/system/virtproxyd.socket": "[Socket]\nListenStream=/run/libvirt/libvirt-sock\n",
    ]
    #expect(try machine("listen_tcp = 1\n", proxy, name: "virtproxyd")["LVD-001"] == "pass ignored")
    let masked = proxy.merging(["/etc/systemd/system/virtproxyd.socket": "->/dev/null"]) { a, _ in a }
    #expect(try machine("listen_tcp = 1\n", masked, name: "virtproxyd")["LVD-001"] == "fail configured")
    #expect(try machine("listen_tls = 1\n", masked, name: "virtproxyd")["LVD-004"] == "fail unset")
  }

  @Test(arguments: [
    ("SocketMode=0600", "pass restricted", "pass narrow"), ("SocketMode=0660\nSocketGroup=libvirt", "pass restricted", "pass narrow"),
    ("SocketMode=0770\nSocketGroup=libvirt", "pass restricted", "pass narrow"),
    ("SocketMode=0660\nSocketGroup=users", "fail group", "pass narrow"),
    ("SocketMode=0666", "fail open", "fail wide"), ("SocketMode=0777", "fail open", "fail wide"),
    ("SocketMode=0606", "fail open", "fail wide"),
    ("SocketMode=", "fail open", "fail wide"),
  ])
  func withoutAuthenticationTheModeDecides(setting: String, authentication: String, permissions: String) throws {
    let found = try machine("auth_unix_rw = \"none\"\n", ["/etc/systemd/system/libvirtd.socket.d/a.conf": "[Socket]\n\(setting)\n"])
    #expect(found["LVD-006"] == authentication)
    #expect(found["LVD-007"] == permissions)
  }

  @Test func libvirtWithoutPolkitAsksNobody() throws {
    let found = try machine("", ["/usr/share/polkit-1/actions/org.example.policy": "<policyconfig/>\n"])
    #expect(found["LVD-006"] == "fail open")
    let built = try machine("", ["/usr/share/polkit-1/actions/org.libvirt.unix.policy": "<policyconfig/>\n"])
    #expect(built["LVD-006"] == "pass authenticated")
  }

  @Test func revocationsCountWhereLibvirtReadsThem() throws {
    let tls = ["/etc/systemd/system/sockets.target.wants/libvirtd-tls.socket": "->/lib/systemd/system/libvirtd-tls.socket"]
    #expect(try machine("crl_file = \"/x\"\n", tls)["LVD-013"] == "fail unread")
    #expect(try machine("ca_file = \"/a\"\ncrl_file = \"/x\"\n", tls)["LVD-013"] == "pass set")
    #expect(try machine("", tls.merging(["/etc/pki/CA/cacrl.pem": "x\n"]) { a, _ in a })["LVD-013"] == "pass set")
    #expect(try machine("", tls)["LVD-013"] == "fail unset")
  }
}
