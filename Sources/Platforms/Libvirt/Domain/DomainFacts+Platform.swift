internal import Domain

/// Machine, processor, memory and firmware.
extension DomainFacts {
  mutating func readPlatform() {
    if let type = domain.attribute("type") { set("type", .string(type.value), at: at(type)) }
    let type = domain.first("os", "type")
    if let architecture = type?.attribute("arch") {
      set("arch", .string(architecture.value), at: at(architecture))
    } else {
      setDefault("arch", .string(defaults.architecture))
    }
    let machine = type?.attribute("machine")
    set("machine.type", machine?.value, at: machine.map { at($0) })
    readProcessor()
    readFirmware()
    readFeatures()
    let crash = domain.first("on_crash")
    set("on_crash", crash?.text, at: crash.map { at($0) })
  }

  private mutating func readProcessor() {
    let cpu = domain.first("cpu")
    let model = cpu?.first("model")
    switch cpu?["mode"] {
    case "host-passthrough": set("cpu.model", "host", at: cpu.map { at($0, $0.attribute("mode")) })
    case "maximum": set("cpu.model", "max", at: cpu.map { at($0, $0.attribute("mode")) })
    case "host-model": set("cpu.model", "host-model", at: cpu.map { at($0, $0.attribute("mode")) })
    default: set("cpu.model", model?.text.isEmpty == false ? model?.text : nil, at: model.map { at($0) })
    }
    let features = (cpu?.all("feature") ?? []).compactMap { feature -> Entry? in
      guard let name = feature["name"] else { return nil }
      let policy = feature.attribute("policy")
      return Entry(
        value: .object([.init("name", text: name), .init("policy", text: policy?.value ?? "require")]), source: at(feature, policy))
    }
    set("cpu.features", features)
  }

  private mutating func readFirmware() {
    let os = domain.first("os")
    let loader = os?.first("loader")
    let firmware = os?.attribute("firmware")
    if loader == nil && firmware == nil {
      setAbsent("loader")
    } else {
      let path = loader.flatMap { $0.text.isEmpty ? nil : $0.text }
      set(
        "loader",
        .object([
          "path": path.map { .string($0) }, "type": (loader?["type"] ?? (path == nil ? nil : "rom")).map { .string($0) },
          "readonly": .bool(loader?.isOn("readonly") ?? false), "secure": .bool(loader?.isOn("secure") ?? false),
          "firmware": firmware.map { .string($0.value) },
        ]), at: loader.map { at($0, $0.attribute("secure")) } ?? firmware.map { at($0) } ?? at(domain))
    }
    let features = (os?.first("firmware")?.all("feature") ?? []).compactMap { feature -> Entry? in
      guard let name = feature["name"] else { return nil }
      return Entry(
        value: .object([.init("name", text: name), .init("enabled", .bool(feature.isOn("enabled")))]),
        source: at(feature, feature.attribute("enabled")))
    }
    set("firmware.features", features)
  }

  private mutating func readFeatures() {
    let features = domain.first("features")
    for name in ["smm", "vmport"] {
      // The element without a state switches the feature on.
      let element = features?.first(name)
      set("features." + name, element.map { $0["state"] ?? "on" }, at: element.map { at($0, $0.attribute("state")) })
    }
  }

  mutating func readMemory() {
    let backing = domain.first("memoryBacking")
    let source = backing?.first("source")
    let access = backing?.first("access")
    let cells = domain.first("cpu", "numa")?.all("cell") ?? []
    let sharedCell = cells.first { $0["memAccess"] == "shared" }
    let hugePages = backing?.first("hugepages")
    let value: FactValue = .object([
      .init("source", text: source?["type"] ?? "anonymous"), .init("shared", .bool(access?["mode"] == "shared" || sharedCell != nil)),
      .init("hugepages", .bool(hugePages != nil)),
    ])
    if let place = access ?? sharedCell ?? source ?? hugePages ?? backing {
      set("memory.backing", value, at: at(place))
    } else {
      setDefault("memory.backing", value)
    }
    let dump = domain.first("memory")?.attribute("dumpCore")
    set("memory.dump", dump?.value, at: dump.map { at($0) })
    var limits: [Entry] = []
    if let limit = domain.first("memtune", "hard_limit"), isLimit(limit) {
      limits.append(Entry(value: "hard_limit", source: at(limit)))
    }
    if let partition = domain.first("resource", "partition"), !partition.text.isEmpty, partition.text != "/machine" {
      // "/machine" is what libvirt writes into every running guest.
      limits.append(Entry(value: .string("partition " + partition.text), source: at(partition)))
    }
    set("memory.limit", limits)
  }

  /// libvirt reports "no limit" as 2^53 - 1 KiB.
  private func isLimit(_ element: XMLElement) -> Bool {
    guard let number = UInt64(element.text) else { return false }
    return number > 0 && number < 9_007_199_254_740_991
  }
}
