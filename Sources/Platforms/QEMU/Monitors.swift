internal import Domain

/// Ways to command a QEMU from outside: its monitors, the gdb stub and the test protocol.
struct Monitors {
  struct Monitor {
    /// "qmp", "hmp", "gdb" or "qtest".
    let interface: String
    /// The option that opens it, with its dash; "" for the one that QEMU opens when no option says otherwise.
    let option: String
    let device: CharacterDevice
    /// Where its far end is written: the chardev that it names, or the option itself.
    let source: FactSource

    var members: [FactValue.Member] {
      [.init("interface", .string(interface)), .init("option", .string(option))] + device.members + [
        .init("abstract", .bool(device.isAbstract)), .init("authz", .bool(device.hasAccessList)),
      ]
    }
  }

  /// Source: softmmu/vl.c (default_monitor, -nographic), monitor_parse, gdbserver_start of QEMU 7.2.
  static func all(_ arguments: Arguments) -> [Monitor] {
    var found: [Monitor] = []
    func add(_ interface: String, _ option: Option, _ text: String) {
      let device = CharacterDevice(compat: text, among: arguments.chardevs, source: option.source)
      guard device.type != "none" else { return }
      found.append(Monitor(interface: interface, option: "-" + option.name, device: device, source: device.source))
    }
    for option in arguments.options.all {
      switch option.name {
      case "qmp", "qmp-pretty": add("qmp", option, option.text)
      case "monitor": add("hmp", option, option.text)
      case "mon":
        let values = OptionValues(option.text, implied: "chardev")
        add(values["mode"] == "control" ? "qmp" : "hmp", option, "chardev:" + (values["chardev"] ?? ""))
      case "s": found.append(gdb(option, "tcp::1234"))
      case "gdb" where option.text != "none": found.append(gdb(option, option.text))
      case "qtest": add("qtest", option, option.text)
      case "serial", "parallel", "debugcon", "virtioconsole":
        // "mon:" puts a monitor and the device on one line.
        if option.text.hasPrefix("mon:") { add("hmp", option, String(option.text.dropFirst(4))) }
      default: break
      }
    }
    if let monitor = implicit(arguments) { found.append(monitor) }
    return found
  }

  /// The gdb stub listens whatever its address says about serving.
  private static func gdb(_ option: Option, _ text: String) -> Monitor {
    var device = CharacterDevice(compat: text, among: [:], source: option.source)
    if device.type == "tcp" || device.type == "unix" { device.mode = "bind" }
    return Monitor(interface: "gdb", option: "-" + option.name, device: device, source: option.source)
  }

  /// The human monitor that QEMU opens by itself: on the terminal with -nographic, else on a virtual console of the display.
  private static func implicit(_ arguments: Arguments) -> Monitor? {
    let options = arguments.options
    guard !options.has("nodefaults"), !["monitor", "qmp", "qmp-pretty", "mon"].contains(where: options.has) else { return nil }
    let place = options.named("nographic").first?.source ?? arguments.line.source
    let type = options.has("nographic") ? "stdio" : "vc"
    return Monitor(interface: "hmp", option: "", device: CharacterDevice(type: type, source: place), source: place)
  }
}
