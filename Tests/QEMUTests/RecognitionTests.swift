import Domain
import Platforms
import Testing

/// Kinds of files, by content first and name second; settings that somebody made up.
@Suite("Recognition")
struct RecognitionTests {
  @Test(
    "kinds of files",
    arguments: [
      ("a.xml", "<domain type='kvm'/>", FileKind.domain),
      ("a.txt", "\u{FEFF}\n<!-- a <network> --><?xml version='1.0'?><domain/>", .domain),
      ("a.xml", "<domstatus state='running'><domain/></domstatus>", .domainStatus),
      ("a.xml", "<network/>", .libvirtXML("a libvirt network")),
      ("a.xml", "<filter name='x'/>", .libvirtXML("a libvirt network filter")), ("pom.xml", "<project/>", .xml(root: "project")),
      ("cut.xml", "<!-- never ends", .xml(root: nil)), ("qemu.conf", "user = \"root\"\n", .libvirtConfiguration(.driver)),
      ("copy.txt", "listen_tcp = 1\nauth_tcp = \"none\"\n", .libvirtConfiguration(.daemon(name: "libvirtd"))),
      ("qemu.conf", "", .libvirtConfiguration(.driver)),
      ("nginx.conf", "worker_processes 1;\n", .configuration), ("guest", "LC_ALL=C /usr/bin/qemu-system-x86_64 -m 1\n", .commandLine),
      ("run.sh", "#!/bin/sh\nset -e\nexec qemu-system-x86_64 -m 1\n", .commandLine), ("README.md", "qemu-system-x86_64 -m 1\n", .text),
      ("cmdline", "qemu-system-x86_64\0-m\01\0", .commandLine), ("a.vmx", ".encoding = \"UTF-8\"\n", .vmx),
      ("guest.txt", "config.version = \"8\"\nvirtualHW.version = \"4\"\n", .vmx), ("f.json", "{\"schema\":\"ringwall.facts/1\"}", .facts),
      ("f.json", " [ {\"schema\": \"ringwall.facts/1\"} ]", .facts), ("x.json", "{\"a\": 1}", .json), ("x", "[virtio]\nept=on\n", .text),
      ("x", "\u{1}\u{2}\u{3}\0\u{4}", .binary), ("x", " \n", .empty), ("x", "plain words\n", .text),
    ])
  func kinds(_ name: String, _ text: String, _ kind: FileKind) {
    #expect(FileKind.recognise(Array(text.utf8), path: "/tmp/" + name) == kind, "\(name): \(text.prefix(40))")
  }

  @Test("other encodings are told apart from binary data")
  func encodings() {
    #expect(FileKind.recognise([0xFF, 0xFE] + Array("<domain/>".utf16).flatMap { [UInt8($0), 0] }, path: "a.xml") == .wideText("UTF-16"))
    #expect(FileKind.recognise(Array("<domain type='kvm'/>".utf16).flatMap { [0, UInt8($0)] }, path: "a.xml") == .wideText("UTF-16"))
  }

  @Test(
    "made-up settings, with their lines",
    arguments: [
      ("[virtio]\nept=on\npt=on\n", ["CLM-16:2"]), ("[virtio] ept=on pt=on\n", ["CLM-16:1"]),
      ("echo 1 > /sys/bus/iommu/devices/iommu-passthrough/mode\n", ["CLM-17:1"]),
      ("esxcli system settings advanced set -o vmciUse=0\n", ["CLM-18:1"]),
      ("VMCIUSE = \"0\"\n", ["CLM-18:1"]), ("<vmx>\n<HwAccel><NoHwAccel/></HwAccel>\n</vmx>", ["CLM-19:2"]),
      ("[DC]\nDC=1;Hypervisor=0;Nested=0;DMA=0\n", ["CLM-20:2"]), ("DC=1;Hypervisor=0;Nested=0;DMA=0", ["CLM-20:1"]),
      ("see VMSA-23-033\n", ["CLM-28:1"]), ("load the BPF virtual hook\n", ["CLM-33:1"]), ("key exchange: VMSKE\n", ["CLM-39:1"]),
    ])
  func inventedSettings(_ text: String, _ expected: [String]) {
    #expect(InventedSettings.find(in: Array(text.utf8), path: "f").map { "\($0.id):\($0.source.line ?? 0)" } == expected, "\(text)")
  }

  @Test(
    "comments, real settings and longer words are none",
    arguments: [
      "# [virtio] ept=on\n", "[virtio]\n# ept=on\n; pt=on\n", "options kvm_intel ept=1 nested=0\n", "[virtio]\nept_foo=on\nmypt=on\n",
      "[other]\nept=on\n",
      "vmci0.present = \"TRUE\"\nvmci0.unrestricted = \"FALSE\"\n", "# vmciUse = \"0\"\n", "vmciUser = 1\n",
      "<!-- <HwAccel/>\n<NoHwAccel/> -->\n<domain/>",
      "<HwAcceleration/>\n", "// vmciUse=0\n", "/* vmciUse=0\n vmciUse=1 */\n", "REM vmciUse=0\n", ":: vmciUse=0\n", "VMSA-2025-0004\n",
      "VMSA-YYYY-NNNN\n",
      "/sys/bus/iommu/devices/dmar0\n", "/sys/bus/iommu/devices/iommu-passthrough-2\n", "[DC]\nHypervisor=0\n", "ls # BPF virtual hook\n",
      "monitor.virtual_exec = \"hardware\"\n", "NIST SP 800-77 VPN guide\n",
    ])
  func noInventedSettings(_ text: String) {
    #expect(InventedSettings.find(in: Array(text.utf8), path: "f").isEmpty, "\(text)")
  }
}
