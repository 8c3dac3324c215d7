import Domain
import Platforms
import Testing

/// What is read of a command line, in each of its notations.
@Suite("Command lines")
struct CommandLineTests {
  private func assets(_ text: String, path: String = "guest.args") -> [AssetFacts] {
    QEMUCollector(tree: Tree()).collect(arguments: Array(text.utf8), path: path, target: path).assets
  }

  private func facts(_ arguments: String) throws -> [String: Fact] {
    try #require(assets("qemu-system-x86_64 \(arguments)\n").first).facts
  }

  private func element(_ arguments: String, _ fact: String) throws -> FactValue {
    try #require(try facts(arguments)["argv." + fact]?.value?.elements?.first)
  }

  // MARK: - Shell text

  @Test("quotes, escapes, continuations and comments; every value has its place")
  func shell() throws {
    let text =
      "# a guest\nLC_ALL=C HOME='/var/lib/a b' \\\n/usr/bin/qemu-system-x86_64 -name \"guest=a \\\"b\\\"\" \\\n  -uuid C7A5FDBD-EDAF-9455-926A-D65C16DB1809 # no more -vnc :0\n"
    let asset = try #require(assets(text).first)
    #expect(asset.asset.name == "a \"b\"")
    #expect(asset.asset.id == "qemu:c7a5fdbd-edaf-9455-926a-d65c16db1809")
    #expect(asset.facts["argv.uuid"]?.source == [.path("guest.args", line: 4, column: 9)])
    #expect(asset.facts["argv.graphics"]?.state == .absent)
  }

  @Test("variables and arrays of the text are followed; what it does not settle is listed")
  func expansion() throws {
    let text =
      "#!/bin/bash\nRAM=\"-m 512 -vnc :1\"\nARGS=(-nodefaults\n  -qmp tcp::4444,server)\nexec qemu-system-x86_64 $RAM \"${ARGS[@]}\" -drive file=$DISK \"$@\"\n"
    let asset = try #require(assets(text, path: "run.sh").first)
    #expect(asset.facts["argv.graphics"]?.value?.elements?.first?["port"] == 5901)
    #expect(asset.facts["argv.monitors"]?.source == [.path("run.sh", line: 4, column: 8)])
    #expect(asset.facts["argv.nodefaults"]?.value == true)
    #expect(asset.facts["argv.unresolved"]?.value == ["$@"])
  }

  @Test("a variable in a text that branches is not settled")
  func branches() throws {
    let asset = try #require(assets("V=':0'\nif test -e x; then V='unix:/x'; fi\nqemu-system-x86_64 -vnc $V\n").first)
    #expect(asset.facts["argv.unresolved"]?.value == ["$V"])
  }

  @Test("wrappers, several commands, a saved vector, options alone")
  func forms() {
    #expect(assets("sudo -u root nice -n 5 qemu-system-aarch64 -M virt\nqemu-kvm -m 1G &\necho qemu-system-x86_64\n").count == 2)
    #expect(
      assets("qemu-system-x86_64\0-name\0guest=x\0-s\0").first?.facts["argv.monitors"]?.source.first
        == .path("guest.args", line: 1, column: 34))
    #expect(assets("-machine q35\n-m 512\n").first?.facts["argv.machine.type"]?.value == "q35")
    #expect(assets("/opt/renamed -name guest=x,debug-threads=on -machine q35\n").first?.asset.name == "x")
    #expect(assets("ls -la\n").isEmpty)
  }

  @Test(
    "what is no text is refused with its place",
    arguments: [
      ("qemu-system-x86_64 -name 'open\n", "malformed", 1, 26), ("qemu-system-x86_64 \\\n -name \"open", "malformed", 2, 8),
    ])
  func refused(_ text: String, _ code: String, _ line: Int, _ column: Int) {
    let refusal = QEMUCollector(tree: Tree()).collect(arguments: Array(text.utf8), path: "a", target: "a").refusals.first
    #expect(refusal?.code == code && refusal?.line == line && refusal?.column == column, "\(String(describing: refusal))")
  }

  @Test("other encodings are named")
  func encodings() {
    func code(_ bytes: [UInt8]) -> String? {
      QEMUCollector(tree: Tree()).collect(arguments: bytes, path: "a", target: "a").refusals.first?.code
    }
    #expect(code([0xFF, 0xFE, 0x71, 0, 0x65, 0, 0x6D, 0]) == "not-utf8")
    #expect(code(Array("qemu-system-x86_64 -name ".utf8) + [0xC3, 0x28]) == "not-utf8")
  }

  // MARK: - Options

  @Test("the three notations of a device are one")
  func notations() throws {
    for text in [
      "-device rtl8139,netdev=n,id=a", "-device driver=rtl8139,netdev=n,id=a",
      "-device '{\"driver\":\"rtl8139\",\"netdev\":\"n\",\"id\":\"a\"}'", "--device rtl8139,id=a",
    ] {
      let device = try element(text, "devices")
      #expect(device["driver"] == "rtl8139" && device["device"] == "a", "\(text)")
    }
  }

  @Test("a doubled comma stands for itself")
  func commas() throws {
    #expect(try element("-drive file=/srv/a,,b.img,format=raw,if=virtio", "disks")["source"] == "/srv/a,b.img")
  }

  @Test(
    "where a monitor leads",
    arguments: [
      ("-qmp tcp:127.0.0.1:4444,server,nowait", "qmp", "tcp", "127.0.0.1:4444"), ("-qmp tcp::4444,server=on", "qmp", "tcp", "*:4444"),
      ("-qmp tcp:[::1]:4444,server=on", "qmp", "tcp", "[::1]:4444"), ("-monitor telnet:0.0.0.0:23,server", "hmp", "tcp", "0.0.0.0:23"),
      ("-monitor websocket::80", "hmp", "tcp", "*:80"), ("-qmp unix:/run/q,server", "qmp", "unix", "/run/q"),
      ("-s", "gdb", "tcp", "*:1234"),
      ("-gdb tcp::9000", "gdb", "tcp", "*:9000"), ("-gdb unix:/run/g", "gdb", "unix", "/run/g"),
      ("-chardev socket,id=c,host=10.0.0.1,port=1,server=on -mon c,mode=control", "qmp", "tcp", "10.0.0.1:1"),
      ("-chardev socket,id=c,fd=12,server=on -mon chardev=c,mode=control", "qmp", "fd", "fd 12"),
      ("-serial mon:tcp::5555,server -nodefaults", "hmp", "tcp", "*:5555"), ("-mon chardev=missing", "hmp", "unresolved", "missing"),
    ])
  func monitors(_ text: String, _ interface: String, _ type: String, _ address: String) throws {
    let monitor = try element("-nodefaults " + text, "monitors")
    #expect(monitor["interface"]?.text == interface && monitor["type"]?.text == type && monitor["address"]?.text == address, "\(monitor)")
  }

  @Test("no monitor is none; without any option there is one")
  func monitorsByDefault() throws {
    #expect(try facts("-nodefaults -monitor none -gdb none")["argv.monitors"]?.state == .absent)
    #expect(try element("-m 512", "monitors")["type"] == "vc")
    #expect(try element("-nographic", "monitors")["type"] == "stdio")
  }

  @Test(
    "where a display listens",
    arguments: [
      ("-vnc :0", "address", "*", 5900), ("-vnc 127.0.0.1:3", "address", "127.0.0.1", 5903),
      ("-vnc [::]:1,tls-creds=t,sasl=on", "address", "::", 5901),
      ("-display vnc=:2", "address", "*", 5902), ("-vnc none", "none", nil, nil), ("-vnc unix:/run/v", "socket", nil, nil),
      ("-vnc vnc=unix:/run/a=b", "socket", nil, nil), ("-spice port=5930,addr=10.0.0.1", "address", "10.0.0.1", 5930),
      ("-spice port=5930", "address", "*", 5930), ("-spice unix=on,addr=/run/s", "socket", nil, nil), ("-spice port=0", "none", nil, nil),
    ])
  func displays(_ text: String, _ kind: String, _ address: String?, _ port: Int64?) throws {
    let display = try element(text, "graphics")
    #expect(display["kind"]?.text == kind && display["address"]?.text == address && display["port"]?.integer == port, "\(display)")
  }

  @Test("the system call filter adds up over its options")
  func sandbox() throws {
    let value = try facts("-sandbox on,spawn=deny -sandbox on,resourcecontrol=deny")["argv.sandbox"]?.value
    #expect(value == ["enable": "on", "obsolete": "deny", "elevateprivileges": "allow", "spawn": "deny", "resourcecontrol": "deny"])
    #expect(try facts("-sandbox off")["argv.sandbox"]?.value?["enable"] == "off")
  }

  @Test(
    "memory shared by default, by word, and not at all",
    arguments: [
      ("memory-backend-memfd,id=m,size=1G", true), ("memory-backend-memfd,id=m,size=1G,share=off", false),
      ("memory-backend-ram,id=m,size=1G", false),
      ("memory-backend-file,id=m,size=1G,mem-path=/x,share=on", true),
    ])
  func memory(_ object: String, _ isShared: Bool) throws {
    #expect(try element("-object \(object)", "memory.backends")["shared"] == .bool(isShared))
  }

  @Test("accelerators in the order in which they are tried")
  func accelerators() throws {
    #expect(try facts("-machine q35,accel=kvm:tcg")["argv.accel"]?.value == ["kvm", "tcg"])
    #expect(try facts("-enable-kvm")["argv.accel"]?.value == ["kvm"])
    #expect(try facts("-m 1")["argv.accel"]?.state == .absent)
    #expect(assets("kvm -m 1\n").first?.facts["argv.accel"]?.value == ["kvm", "tcg"])
  }

  @Test("no secret becomes a fact")
  func secrets() throws {
    #expect(try element("-drive file=https://u:hunter2hunter2@h/a.img,format=raw", "disks")["source"] == "https://u:...@h/a.img")
    let value = try facts("-object secret,id=s,data=hunter2hunter2 -iscsi user=a,password=hunter2hunter2")["argv.raw"]?.value
    #expect(JSONText.string(value ?? .null).contains("hunter2") == false)
    #expect(value?.elements?.count == 4)
  }

  @Test("hostile text ends in an answer")
  func hostile() {
    let nested = "qemu-system-x86_64 -device '" + String(repeating: "{\"a\":", count: 10_000) + "'"
    #expect(assets(nested).count == 1)
    #expect(
      assets("qemu-system-x86_64 -nodefaults " + String(repeating: "-s ", count: 50_000)).first?.facts["argv.monitors"]?.value?.elements?
        .count == 50_000)
    #expect(assets("qemu-system-x86_64 " + String(repeating: "$(", count: 100_000)).isEmpty)
  }
}
