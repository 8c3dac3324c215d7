internal import Domain

/// Serial and parallel ports, consoles, channels, and everything else that talks through a character device of QEMU.
extension DomainFacts {
  mutating func readCharacterDevices(_ devices: DomainDevices) {
    var all: [Entry] = []
    var serials: [Entry] = []
    var agents: [Entry] = []
    for use in ["serial", "parallel"] {
      for (index, device) in devices[use].enumerated() {
        let entry = characterDevice(device, device.alias(use, index), use: use)
        all.append(entry)
        serials.append(entry)
      }
    }
    for (index, device) in devices["console"].enumerated() {
      // virDomainDefAddConsoleCompat: the first console of a serial port is the first serial port under a second name.
      let target = device.first("target")?["type"] ?? "serial"
      if index == 0, target == "serial", !devices["serial"].isEmpty { continue }
      let entry = characterDevice(device, device.alias("console", index), use: target == "serial" ? "serial" : "console")
      all.append(entry)
      serials.append(entry)
    }
    for (index, device) in devices["channel"].enumerated() {
      let name = device.alias("channel", index)
      all.append(characterDevice(device, name, use: "channel"))
      if let target = device.first("target")?.attribute("name"), target.value == "org.qemu.guest_agent.0" {
        agents.append(Entry(value: .object([.init("device", text: name)]), source: at(target)))
      }
    }
    for (index, device) in devices["smartcard"].enumerated() where device["mode"] == "passthrough" {
      all.append(characterDevice(device, device.alias("smartcard", index), use: "smartcard"))
    }
    for (index, device) in devices["redirdev"].enumerated() {
      all.append(characterDevice(device, device.alias("redir", index), use: "redirdev"))
    }
    for (index, device) in devices["rng"].enumerated() {
      guard let backend = device.first("backend"), backend["model"] == "egd" else { continue }
      all.append(characterDevice(backend, device.alias("rng", index), use: "rng"))
    }
    set("chardevs", all)
    set("serials", serials)
    set("agent", agents)
  }

  private func characterDevice(_ device: XMLElement, _ name: String, use: String) -> Entry {
    let type = device.attribute("type")
    let kind = type?.value ?? "pty"
    let sources = device.all("source")
    var mode: String?
    var address: String?
    switch kind {
    case "tcp":
      let source = sources.first
      mode = source?["mode"] ?? "connect"
      address = source.map(Self.hostAndPort)
    case "udp":
      // One source says where to send, the other where to listen.
      let bind = sources.first { $0["mode"] == "bind" }
      mode = bind == nil ? "connect" : "bind"
      address = (bind ?? sources.first).map(Self.hostAndPort)
    case "unix":
      // Without a path libvirt makes one up and listens on it.
      address = sources.first?["path"]
      mode = sources.first?["mode"] ?? (address == nil ? "bind" : "connect")
    case "dev", "file", "pipe": address = sources.first?["path"]
    case "nmdm": address = sources.first?["master"]
    case "spiceport": address = sources.first?["channel"]
    default: break
    }
    let tls = sources.lazy.compactMap { $0.attribute("tls") }.first
    return Entry(
      value: .object([
        "device": .string(name), "use": .string(use), "type": .string(kind), "mode": mode.map { .string($0) },
        "address": address.map { .string($0) }, "tls": .bool(tls?.value == "yes"),
      ]), source: at(device, type))
  }

  private static func hostAndPort(_ source: XMLElement) -> String { (source["host"] ?? "") + ":" + (source["service"] ?? "") }
}
