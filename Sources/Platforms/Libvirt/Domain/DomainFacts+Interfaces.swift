internal import Domain

/// Network interfaces.
extension DomainFacts {
  mutating func readInterfaces(_ devices: DomainDevices) {
    var cards: [Entry] = []
    var filters: [Entry] = []
    var isolation: [Entry] = []
    var trusted: [Entry] = []
    var modes: [Entry] = []
    var networks: [Entry] = []
    var userMode: [Entry] = []
    for (index, interface) in devices["interface"].enumerated() {
      let device = interface.alias("net", index)
      let name = FactValue.Member("device", text: device)
      // A running guest says what became of an interface of type network.
      let actual = interface.first("actual")
      let typeAttribute = actual?.attribute("type") ?? interface.attribute("type")
      let type = typeAttribute?.value ?? ""
      cards.append(card(interface, device: device, type: type, typePlace: typeAttribute))
      if type == "user" {
        // Without a backend the stack is QEMU's own, SLIRP.
        let backend = interface.first("backend")?["type"] ?? "slirp"
        userMode.append(
          Entry(value: .object([name, .init("backend", text: backend)]), source: at(interface, typeAttribute)))
      }
      if ["network", "bridge", "ethernet"].contains(type) {
        let filter = interface.first("filterref")?.attribute("filter")
        filters.append(
          Entry(
            value: .object(["device": .string(device), "type": .string(type), "filter": filter.map { .string($0.value) }]),
            source: filter.map { at($0) } ?? at(interface)))
      }
      if type == "network" || type == "bridge" {
        let port = actual?.first("port") ?? interface.first("port")
        isolation.append(
          Entry(
            value: .object([name, .init("isolated", .bool(port?["isolated"] == "yes"))]),
            source: port.map { at($0, $0.attribute("isolated")) } ?? at(interface)))
      }
      if let trust = actual?.attribute("trustGuestRxFilters") ?? interface.attribute("trustGuestRxFilters"), trust.value == "yes" {
        trusted.append(Entry(value: .object([name]), source: at(trust)))
      }
      if type == "direct" {
        let source = actual?.first("source") ?? interface.first("source")
        let mode = source?.attribute("mode")
        modes.append(
          Entry(
            value: .object([name, .init("mode", text: mode?.value ?? "vepa"), .init("given", .bool(mode != nil))]),
            source: mode.map { at($0) } ?? source.map { at($0) } ?? at(interface)))
      }
      if interface["type"] == "network", actual == nil, let network = interface.first("source")?.attribute("network") {
        networks.append(Entry(value: .object([name, .init("network", text: network.value)]), source: at(network)))
      }
    }
    set("nics", cards)
    set("nics.filters", filters)
    set("nics.isolation", isolation)
    set("nics.trusted", trusted)
    set("nics.modes", modes)
    set("nics.networks", networks)
    set("nics.user", userMode)
  }

  private func card(_ interface: XMLElement, device: String, type: String, typePlace: XMLAttribute?) -> Entry {
    let model = interface.first("model")?.attribute("type")
    let isGiven = model?.value.isEmpty == false
    // A host device has no model of QEMU's.
    let name = type == "hostdev" ? nil : isGiven ? model?.value.lowercased() : defaults.networkModel
    return Entry(
      value: .object([
        "device": .string(device), "type": .string(type),
        "mac": interface.first("mac")?["address"].map { .string($0.lowercased()) }, "model": name.map { .string($0) },
        "given": .bool(isGiven),
      ]), source: model.map { at($0) } ?? at(interface, typePlace))
  }
}
