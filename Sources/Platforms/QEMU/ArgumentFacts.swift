internal import Domain

/// Everything that a command line says, as facts `argv.*` (docs/facts/qemu.md).
struct ArgumentFacts {
  private let line: CommandLine
  private let arguments: Arguments
  private var options: Options { arguments.options }

  init(_ line: CommandLine) {
    self.line = line
    arguments = Arguments(line)
  }

  /// Lower-case UUID of the guest.
  var uuid: String? { arguments.last("uuid").map { $0.text.lowercased() }.flatMap { $0.utf8.count == 36 ? $0 : nil } }

  /// Name of the guest.
  var name: String? { arguments.last("name").flatMap { OptionValues($0.text, implied: "guest")["guest"] } }

  /// Files that the command line hands to the guest.
  var guestFiles: [(option: String, path: String, source: FactSource)] {
    var found: [(String, String, FactSource)] = []
    for option in options.all {
      switch option.name {
      case "kernel", "initrd", "dtb", "option-rom":
        found.append(("-" + option.name, OptionValues(option.text, implied: "file")["file"] ?? option.text, option.source))
      case "fw_cfg":
        if let path = OptionValues(option.text, implied: "name")["file"] { found.append(("-fw_cfg", path, option.source)) }
      case "acpitable", "smbios":
        let values = OptionValues(option.text, implied: nil)
        for path in values.all("file") + values.all("data") + values.all("path") { found.append(("-" + option.name, path, option.source)) }
      default: break
      }
    }
    for device in arguments.devices where device.driver == "loader" || device.driver == "guest-loader" {
      if let path = device.values.first("file", "kernel", "initrd") { found.append(("-device " + device.driver, path, device.source)) }
    }
    return found
  }

  /// Monitors, for what else is known of their sockets.
  var monitors: [Monitors.Monitor] { Monitors.all(arguments) }

  /// Names of all facts `argv.*`.
  static let names: [String] = {
    let empty = CommandLine(process: 0, cmdline: Array("qemu".utf8))
    return empty.map { ArgumentFacts($0).facts().keys.sorted() } ?? []
  }()

  func facts() -> [String: Fact] {
    let devices = Devices(arguments)
    let storage = Storage(arguments)
    let memory = Memory(arguments)
    return [
      "argv.program": line.program.map { .present(.string($0.text), $0.source) } ?? .absent(line.source),
      "argv.name": text(arguments.last("name"), name),
      "argv.uuid": text(arguments.last("uuid"), uuid),
      "argv.machine.type": machineType,
      "argv.accel": accelerators,
      "argv.cpu.model": cpu,
      "argv.sandbox": sandbox,
      "argv.runas": runWith("runas", "user"),
      "argv.chroot": runWith("chroot", "chroot"),
      "argv.nodefaults": flag("nodefaults"),
      "argv.noUserConfig": flag("no-user-config", "nodefconfig"),
      "argv.monitors": monitorFacts,
      "argv.guestFiles": handed,
      "argv.listeners": Listeners.fact(arguments),
      "argv.graphics": Graphics.fact(arguments),
      "argv.devices": devices.facts,
      "argv.shmem": devices.sharedMemory,
      "argv.vhostUser": devices.vhostUser,
      "argv.nics": devices.networkCards,
      "argv.video": devices.video,
      "argv.tpm": devices.tpm,
      "argv.hostdevs": devices.hostDevices(storage),
      "argv.chardevs": devices.characterDevices,
      "argv.disks": storage.disks(devices),
      "argv.loader": storage.loader,
      "argv.memory.backing": memory.backing,
      "argv.memory.backends": memory.facts(devices),
      "argv.trace": trace,
      "argv.raw": raw,
      "argv.unresolved": unresolved,
    ]
  }

  // MARK: - Single values

  private func text(_ option: Option?, _ value: String?) -> Fact {
    guard let option, let value else { return .absent(line.source) }
    return option.isResolved ? .present(.string(value), option.source) : .notCollected("not-given", option.source)
  }

  private func flag(_ names: String...) -> Fact {
    guard let option = options.all.last(where: { names.contains($0.name) }) else { return .absent(line.source) }
    return .present(true, option.source)
  }

  private var machineType: Fact {
    let option = options.named("machine").last { OptionValues($0.text, implied: "type")["type"] != nil }
    return text(option, option.flatMap { OptionValues($0.text, implied: "type")["type"] })
  }

  private var cpu: Fact {
    text(arguments.last("cpu"), arguments.last("cpu").map { String($0.text.prefix { $0 != "," }) })
  }

  /// Members as written, `enable` among them; several options add up, and each denial of any of them holds.
  /// Source: parse_sandbox in softmmu/qemu-seccomp.c: obsolete calls are denied unless allowed, the other groups allowed unless denied.
  private var sandbox: Fact {
    let given = options.named("sandbox")
    guard let last = given.last else { return .absent(line.source) }
    guard given.allSatisfy(\.isResolved) else { return .notCollected("not-given", last.source) }
    let values = given.map { OptionValues($0.text, implied: "enable") }.filter { $0.flag("enable") ?? false }
    var members: [FactValue.Member] = [
      .init("enable", .string(values.isEmpty ? OptionValues(last.text, implied: "enable")["enable"] ?? "off" : "on"))
    ]
    for (group, fallback) in [("obsolete", "deny"), ("elevateprivileges", "allow"), ("spawn", "allow"), ("resourcecontrol", "allow")] {
      let said = values.compactMap { $0[group] }
      members.append(.init(group, .string(said.first { $0 == "deny" } ?? said.last ?? fallback)))
    }
    return .present(.object(members), sources: given.map(\.source))
  }

  /// `-runas USER` or `-run-with user=USER`, `-chroot DIR` or `-run-with chroot=DIR`.
  private func runWith(_ name: String, _ key: String) -> Fact {
    if let option = arguments.last(name) { return text(option, option.text) }
    let option = options.named("run-with").last { OptionValues($0.text, implied: nil)[key] != nil }
    return text(option, option.flatMap { OptionValues($0.text, implied: nil)[key] })
  }

  /// In the order in which QEMU tries them.
  /// Source: softmmu/vl.c (configure_accelerators): without an option tcg, and kvm:tcg for a program whose name ends in kvm.
  private var accelerators: Fact {
    var list = FactList()
    for option in options.all {
      switch option.name {
      case "accel":
        if let name = OptionValues(option.text, implied: "accel")["accel"] { list.append(.string(name), option.source) }
      case "enable-kvm": list.append("kvm", option.source)
      case "no-kvm": list.append("tcg", option.source)
      case "machine":
        for name in OptionValues(option.text, implied: "type").all("accel").flatMap({ $0.split(separator: ":") }) {
          list.append(.string(String(name)), option.source)
        }
      default: break
      }
    }
    if list.isEmpty, let program = line.program, CommandLine.baseName(program.text).hasSuffix("kvm") {
      list.append("kvm", program.source)
      list.append("tcg", program.source)
    }
    return list.fact(emptyAt: line.source)
  }

  // MARK: - Lists

  private var handed: Fact {
    var list = FactList()
    for file in guestFiles { list.append([.init("option", .string(file.option)), .init("path", .string(file.path))], file.source) }
    return list.fact(emptyAt: line.source)
  }

  private var monitorFacts: Fact {
    var list = FactList()
    for monitor in monitors { list.append(monitor.members, monitor.source) }
    return list.fact(emptyAt: line.source)
  }

  private var trace: Fact {
    var list = FactList()
    for option in options.named("trace", "d", "D", "plugin") {
      list.append([.init("option", .string("-" + option.name)), .init("value", .string(option.text))], option.source)
    }
    return list.fact(emptyAt: line.source)
  }

  private var unresolved: Fact {
    var list = FactList()
    for argument in arguments.unresolved { list.append(.string(Secrets.masked(argument.text)), argument.source) }
    return list.fact(emptyAt: line.source)
  }

  /// Every argument, with what may be a secret left out.
  private var raw: Fact {
    var list = FactList()
    for argument in line.arguments { list.append(.string(Secrets.masked(argument.text)), argument.source) }
    return list.fact(emptyAt: line.source)
  }
}
