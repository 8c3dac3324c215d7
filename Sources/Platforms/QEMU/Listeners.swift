internal import Domain

/// TCP ports that a command line tells QEMU to listen on, whatever for.
struct Listeners {
  /// argv.listeners: `{option, port, to?}`; `to` is the last port where QEMU may take a higher one than it was told.
  static func fact(_ arguments: Arguments) -> Fact {
    var list = FactList()
    func append(_ option: String, _ port: Int64?, to: Int64? = nil, _ source: FactSource) {
      guard let port, port > 0 else { return }
      var members: [FactValue.Member] = [.init("option", .string(option)), .init("port", .int(port))]
      if let to { members.append(.init("to", .int(to))) }
      list.append(members, source)
    }
    for option in arguments.options.all {
      let name = "-" + option.name
      switch option.name {
      case "vnc", "display":
        let values = OptionValues(option.text, implied: option.name == "vnc" ? "vnc" : "type")
        guard let server = values["vnc"], values.flag("reverse") != true, let display = port(of: server) else { break }
        // `to` counts displays above 0.
        append(name, 5900 + display, to: values["to"].flatMap(Int64.init).map { 5900 + $0 }, option.source)
        if let websocket = values["websocket"], websocket != "off" {
          append(name, Int64(websocket) ?? port(of: websocket) ?? 5700 + display, option.source)
        }
      case "spice":
        let values = OptionValues(option.text, implied: nil)
        for key in ["port", "tls-port"] { append(name, values[key].flatMap(Int64.init), option.source) }
      case "chardev":
        let values = OptionValues(option.text, implied: "backend")
        guard values.flag("server") == true else { break }
        append(name, values["port"].flatMap(Int64.init), to: values["to"].flatMap(Int64.init), option.source)
      case "netdev", "net", "nic":
        let values = OptionValues(option.text, implied: "type")
        append(name, values["listen"].flatMap(port(of:)), option.source)
        if values.flag("server") == true { append(name, values["addr.port"].flatMap(Int64.init), option.source) }
        for rule in values.all("hostfwd") + values.pairs.filter({ $0.key.hasPrefix("hostfwd.") }).map(\.value) {
          append(name, port(ofForwarding: rule), option.source)
        }
      case "incoming":
        if option.text.hasPrefix("tcp:") {
          let values = OptionValues(String(option.text.dropFirst(4)), implied: "address")
          append(name, values["address"].flatMap(port(of:)), to: values["to"].flatMap(Int64.init), option.source)
        }
      case "s": append(name, 1234, option.source)
      case "qmp", "qmp-pretty", "monitor", "serial", "parallel", "debugcon", "gdb", "qtest", "virtioconsole":
        let text = option.text.hasPrefix("mon:") ? String(option.text.dropFirst(4)) : option.text
        let device = CharacterDevice(compat: text, among: [:], source: option.source)
        guard device.type == "tcp", device.mode == "bind" || option.name == "gdb" else { break }
        append(name, device.address.flatMap(port(of:)), option.source)
      default: break
      }
    }
    return list.fact(emptyAt: arguments.line.source)
  }

  /// Number behind the last colon.
  private static func port(of address: String) -> Int64? {
    guard let colon = address.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    return Int64(address[address.utf8.index(after: colon)...])
  }

  /// The host's port of `tcp:HOST:PORT-GUEST:PORT`.
  private static func port(ofForwarding rule: String) -> Int64? {
    guard !rule.hasPrefix("udp:"), let dash = rule.utf8.lastIndex(of: UInt8(ascii: "-")) else { return nil }
    return port(of: String(rule[..<dash]))
  }
}
