internal import Domain

/// Displays of a QEMU, and where their servers listen.
struct Graphics {
  static func fact(_ arguments: Arguments) -> Fact {
    var list = FactList()
    for option in arguments.options.all {
      switch option.name {
      case "vnc": list.append(vnc(OptionValues(option.text, implied: "vnc"), arguments), option.source)
      case "spice": list.append(spice(OptionValues(option.text, implied: nil)), option.source)
      case "display":
        let values = OptionValues(option.text, implied: "type")
        if let server = values["vnc"] {
          // `-display vnc=ADDRESS,...` is -vnc with another name.
          list.append(vnc(OptionValues(pairs: [.init(key: "vnc", value: server)] + values.pairs), arguments), option.source)
        } else if let members = local(values) {
          list.append(members, option.source)
        }
      case "sdl", "curses": list.append([.init("type", .string(option.name)), .init("kind", "none")], option.source)
      default: break
      }
    }
    return list.fact(emptyAt: arguments.line.source)
  }

  /// Displays that open a window or hand frames on; nil for none at all.
  private static func local(_ values: OptionValues) -> [FactValue.Member]? {
    guard let type = values["type"], type != "none" else { return nil }
    guard type == "dbus" else { return [.init("type", .string(type)), .init("kind", "none")] }
    var members: [FactValue.Member] = [.init("type", "dbus"), .init("kind", values["addr"] == nil ? "none" : "socket")]
    if let address = values["addr"] { members.append(.init("path", .string(address))) }
    return members
  }

  /// Source: qemu-options.hx `-vnc`; ui/vnc.c (vnc_display_get_addresses): no host means every address, port is 5900 and the display's number.
  private static func vnc(_ values: OptionValues, _ arguments: Arguments) -> [FactValue.Member] {
    let text = values["vnc"] ?? ""
    var members: [FactValue.Member] = []
    if let id = values["id"] { members.append(.init("device", .string(id))) }
    members.append(.init("type", "vnc"))
    if text == "none" {
      members.append(.init("kind", "none"))
    } else if text.hasPrefix("unix:") {
      members += [.init("kind", "socket"), .init("path", .string(String(text.dropFirst(5))))]
    } else {
      let (host, display) = split(text)
      members += [.init("kind", "address"), .init("address", .string(host.isEmpty ? "*" : host))]
      if let number = Int64(display) { members.append(.init("port", .int(values.flag("reverse") ?? false ? number : 5900 + number))) }
    }
    if values.flag("reverse") ?? false { members.append(.init("reverse", true)) }
    if let websocket = values["websocket"], websocket != "off" { members.append(.init("websocket", .string(websocket))) }
    let credentials = values["tls-creds"]
    let isEncrypted = credentials != nil || values.flag("tls") ?? false || values["x509"] != nil || values["x509verify"] != nil
    members += [
      .init("tls", .bool(isEncrypted)), .init("sasl", .bool(values.flag("sasl") ?? false)),
      .init("password", .bool(values.flag("password") ?? (values["password-secret"] != nil))),
    ]
    if let object = credentials.flatMap(arguments.object(id:)) {
      members.append(.init("verifiesPeer", .bool(object.type == "tls-creds-x509" && object.values.flag("verify-peer") ?? true)))
    }
    return members
  }

  /// Source: qemu-options.hx `-spice`; ui/spice-core.c: no address means every address, port 0 opens no plain port.
  private static func spice(_ values: OptionValues) -> [FactValue.Member] {
    var members: [FactValue.Member] = []
    if let id = values["id"] { members.append(.init("device", .string(id))) }
    members.append(.init("type", "spice"))
    let port = values["port"].flatMap(Int64.init) ?? 0
    let encryptedPort = values["tls-port"].flatMap(Int64.init) ?? 0
    let isUnresolved = [values["port"], values["tls-port"]].contains { $0 != nil && Int64($0 ?? "") == nil }
    if values.flag("unix") ?? false {
      members += [.init("kind", "socket"), .init("path", .string(values["addr"] ?? ""))]
    } else if port == 0, encryptedPort == 0, !isUnresolved {
      members.append(.init("kind", "none"))
    } else {
      members += [.init("kind", "address"), .init("address", .string(values["addr"].flatMap { $0.isEmpty ? nil : $0 } ?? "*"))]
      if port != 0 { members.append(.init("port", .int(port))) }
      if encryptedPort != 0 { members.append(.init("tlsPort", .int(encryptedPort))) }
    }
    members += [
      .init("tls", .bool(encryptedPort != 0)), .init("sasl", .bool(values.flag("sasl") ?? false)),
      .init("ticketing", .bool(!(values.flag("disable-ticketing") ?? false))),
    ]
    return members
  }

  /// Host and display of `host:display`; brackets around a version 6 address are dropped.
  private static func split(_ text: String) -> (host: String, display: String) {
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return (text, "") }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return (String(host), String(text[text.utf8.index(after: colon)...]))
  }
}
