internal import Domain

/// Graphical consoles and video.
extension DomainFacts {
  /// Graphics that listen on the network or a socket; the others draw on the host's own screen or through its bus.
  private static let servers: Set<String> = ["vnc", "spice", "rdp"]

  mutating func readConsoles(_ devices: DomainDevices) {
    var listens: [Entry] = []
    var passwords: [Entry] = []
    var clipboards: [Entry] = []
    var transfers: [Entry] = []
    var seen: [String: Int] = [:]
    for graphics in devices["graphics"] {
      let type = graphics["type"] ?? ""
      let number = seen[type, default: 0]
      seen[type] = number + 1
      let device = number == 0 ? type : type + String(number + 1)
      listens += listenEntries(graphics, device: device, type: type)
      if let password = graphics.attribute("passwd"), !password.value.isEmpty {
        let end = graphics.attribute("passwdValidTo")
        passwords.append(
          Entry(
            value: .object(["device": .string(device), "validTo": end.map { .string($0.value) }]), source: at(password)))
      }
      if type == "spice" {
        clipboards.append(toggle(graphics, device, "clipboard", "copypaste"))
        transfers.append(toggle(graphics, device, "filetransfer", "enable"))
      }
    }
    set("graphics", listens)
    set("graphics.passwords", passwords)
    set("graphics.clipboard", clipboards)
    set("graphics.filetransfer", transfers)
    readVideo(devices)
  }

  /// A SPICE channel that is on unless it says "no".
  private func toggle(_ graphics: XMLElement, _ device: String, _ element: String, _ attribute: String) -> Entry {
    let switched = graphics.first(element)?.attribute(attribute)
    return Entry(
      value: .object([
        .init("device", text: device), .init("enabled", .bool(switched?.value != "no")), .init("given", .bool(switched != nil)),
      ]), source: switched.map { at($0) } ?? at(graphics))
  }

  private func listenEntries(_ graphics: XMLElement, device: String, type: String) -> [Entry] {
    let common: [FactValue.Member] = [.init("device", text: device), .init("type", text: type)]
    guard Self.servers.contains(type) else {
      return [
        Entry(
          value: .object(common + [.init("kind", text: "none"), .init("given", .bool(true))]),
          source: at(graphics, graphics.attribute("type")))
      ]
    }
    let listens = graphics.all("listen")
    guard !listens.isEmpty else {
      if let socket = graphics.attribute("socket"), type == "vnc" {
        return [listen(common, graphics, kind: "socket", path: socket.value, given: true, at: at(socket))]
      }
      return [address(common, graphics, graphics.attribute("listen"), at: graphics)]
    }
    return listens.map { element in
      let kind = element.attribute("type")
      switch kind?.value {
      case "socket": return listen(common, graphics, kind: "socket", path: element["socket"], given: true, at: at(element, kind))
      case "none": return listen(common, graphics, kind: "none", given: true, at: at(element, kind))
      case "network":
        return listen(
          common, graphics, kind: "network", address: element["address"], network: element["network"], given: true, at: at(element, kind))
      default: return address(common, graphics, element.attribute("address") ?? graphics.attribute("listen"), at: element)
      }
    }
  }

  /// An address, or qemu.conf's default where none is written: the loopback address.
  private func address(
    _ common: [FactValue.Member], _ graphics: XMLElement, _ written: XMLAttribute?, at element: XMLElement
  ) -> Entry {
    let isGiven = written?.value.isEmpty == false
    return listen(
      common, graphics, kind: "address", address: isGiven ? written?.value : "127.0.0.1", given: isGiven, at: at(element, written))
  }

  private func listen(
    _ common: [FactValue.Member], _ graphics: XMLElement, kind: String, address: String? = nil, network: String? = nil,
    path: String? = nil, given: Bool, at source: FactSource
  ) -> Entry {
    var members = common + [.init("kind", text: kind)]
    if let address { members.append(.init("address", text: address)) }
    if let network { members.append(.init("network", text: network)) }
    if let path { members.append(.init("path", text: path)) }
    if kind == "address" || kind == "network", graphics["autoport"] != "yes" {
      if let port = graphics["port"].flatMap({ Int64($0) }), port > 0 { members.append(.init("port", .int(port))) }
      if let port = graphics["tlsPort"].flatMap({ Int64($0) }), port > 0 { members.append(.init("tlsPort", .int(port))) }
    }
    return Entry(value: .object(members + [.init("given", .bool(given))]), source: source)
  }

  private mutating func readVideo(_ devices: DomainDevices) {
    var video: [Entry] = []
    var acceleration: [Entry] = []
    for (index, element) in devices["video"].enumerated() {
      let device = element.alias("video", index)
      let model = element.first("model")
      let written = model?.attribute("type")
      let isGiven = written.map { !$0.value.isEmpty && $0.value != "default" } ?? false
      video.append(
        Entry(
          value: .object([
            .init("device", text: device), .init("model", text: isGiven ? written!.value : defaults.videoModel),
            .init("given", .bool(isGiven)),
          ]), source: at(element, written)))
      if let switched = (model?.first("acceleration") ?? element.first("acceleration"))?.attribute("accel3d") {
        acceleration.append(
          Entry(
            value: .object([.init("device", text: device), .init("accel3d", .bool(switched.value == "yes"))]), source: at(switched)))
      }
    }
    // virDomainDefAddImplicitVideo: graphics without video get one of the default model.
    if video.isEmpty, let graphics = devices["graphics"].first {
      video.append(
        Entry(
          value: .object([.init("device", text: "video0"), .init("model", text: defaults.videoModel), .init("given", .bool(false))]),
          source: at(graphics)))
    }
    set("video", video)
    set("video.acceleration", acceleration)
  }
}
