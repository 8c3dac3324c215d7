internal import Domain

/// One option of a QEMU command line.
struct Option: Sendable, Hashable {
  /// Name without dashes, as QEMU's table has it; "" for a disk image given without an option.
  let name: String
  let value: CommandLine.Argument?
  /// Place of the value, else of the option.
  let source: FactSource

  var text: String { value?.text ?? "" }
  var isResolved: Bool { value?.isResolved ?? true }
}

/// The options of a command line in order, and the words that hide further options.
struct Options: Sendable {
  let all: [Option]
  /// Words that may add options nobody here can see: option files, shell expansions in the place of an option.
  private(set) var hidden: [CommandLine.Argument] = []

  private let byName: [String: [Int]]

  /// As QEMU reads them: one dash or two, a value when the table says so, anything else is a disk image.
  /// An option that no table knows takes the next word unless that is an option itself.
  /// Source: qemu-options.hx of 7.2 and of the releases around it; lookup_opt in softmmu/vl.c.
  init(_ line: CommandLine) {
    var all: [Option] = []
    var hidden: [CommandLine.Argument] = []
    let words = line.arguments
    var at = 0
    while at < words.count {
      let word = words[at]
      at += 1
      if !word.isResolved, word.text.utf8.first == UInt8(ascii: "$") || word.text.utf8.first == UInt8(ascii: "`") {
        hidden.append(word)
        continue
      }
      guard CommandLine.isOption(word.text) else {
        all.append(Option(name: "", value: word, source: word.source))
        continue
      }
      let name = Self.name(word.text)
      let takesValue =
        Self.flags.contains(name) ? false : Self.valued.contains(name) || (at < words.count && !CommandLine.isOption(words[at].text))
      let value = takesValue && at < words.count ? words[at] : nil
      if value != nil { at += 1 }
      if name == "readconfig", let value { hidden.append(value) }
      all.append(Option(name: name, value: value, source: value?.source ?? word.source))
    }
    self.all = all
    self.hidden = hidden
    byName = Dictionary(grouping: all.indices, by: { all[$0].name })
  }

  func named(_ names: String...) -> [Option] {
    if names.count == 1 { return (byName[names[0]] ?? []).map { all[$0] } }
    return names.flatMap { byName[$0] ?? [] }.sorted().map { all[$0] }
  }

  func has(_ name: String) -> Bool { byName[name] != nil }

  /// The table's name of an option that has several.
  private static func name(_ word: String) -> String {
    let name = String(word.drop { $0 == "-" })
    switch name {
    case "M": return "machine"
    case "help", "?": return "h"
    case "sd", "mtdblock", "pflash", "hda", "hdb", "hdc", "hdd", "cdrom", "fda", "fdb": return name
    default: return name
    }
  }

  private static let flags: Set<String> = words(
    """
    h version S s snapshot nographic usb no-acpi no-hpet no-fd-bootchk win2k-hack full-screen alt-grab ctrl-grab no-frame no-quit portrait
    enable-kvm no-kvm no-kvm-irqchip no-kvm-pit no-kvm-pit-reinjection daemonize nodefaults no-user-config nodefconfig no-reboot no-shutdown
    mem-prealloc singlestep only-migratable enable-fips xen-attach xen-create xen-domid-restrict audio-help async-teardown
    enable-sync-profile preconfig show-cursor tdf localtime rtc-td-hack old-param semihosting sdl curses perfmap jitdump
    one-insn-per-tb no-acpi-table
    """)

  private static let valued: Set<String> = words(
    """
    machine cpu accel smp numa add-fd set global boot m mem-path k audio audiodev soundhw device name uuid fda fdb hda hdb hdc hdd cdrom
    blockdev drive mtdblock sd hdachs fsdev virtfs virtfs_synth iscsi usbdevice display spice rotate vga g vnc acpitable smbios netdev nic net chardev
    tpmdev bios pflash kernel append initrd dtb compat fw_cfg serial parallel monitor qmp qmp-pretty mon debugcon pidfile overcommit realtime
    gdb d D dfilter seed L xen-domid action loadvm option-rom rtc startdate icount watchdog watchdog-action echr incoming chroot runas sandbox
    readconfig writeconfig trace plugin msg dump-vmstate object balloon prom-env semihosting-config run-with tb-size clock bt qtest
    qtest-log virtioconsole drive-mirror nouserconf cpu-pm igd-passthru shim vcpu
    """)

  private static func words(_ text: String) -> Set<String> {
    Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
  }
}
