import Domain

/// Compares the facts of one guest from its XML and from its command line, element by element.
struct GuestComparison {
  static let facts = [
    "name", "machine.type", "cpu.model", "memory.backing", "graphics", "nics", "video", "tpm", "chardevs", "hostdevs", "disks", "loader",
    "shmem", "raw",
    "sandbox",
  ]

  struct Difference {
    let configured: String
    let argv: String
    /// nil for one that nobody explained.
    let reason: String?
  }

  let configured: [String: Fact]
  let argv: [String: Fact]
  let name: (configured: String, argv: String)

  init(_ domain: AssetFacts, _ process: AssetFacts) {
    configured = domain.facts
    argv = process.facts
    name = (domain.asset.name, process.asset.name)
  }

  /// Differences of one fact; none when the two agree.
  func differences(_ fact: String) -> [Difference] {
    switch fact {
    case "name": same(name.configured, name.argv) { nil }
    case "machine.type": machine
    case "cpu.model": processor
    case "memory.backing": memory
    case "loader": loader
    case "raw": raw
    case "sandbox": sandbox
    default: list(fact)
    }
  }

  private func same(_ configured: String, _ argv: String, _ reason: () -> String?) -> [Difference] {
    configured == argv ? [] : [Difference(configured: configured, argv: argv, reason: reason())]
  }

  private func configured(_ fact: String) -> FactValue? { configured["configured." + fact]?.value }
  private func argv(_ fact: String) -> FactValue? { argv["argv." + fact]?.value }
  private func shown(_ value: FactValue?) -> String { value.map { JSONText.string($0) } ?? "none" }

  // MARK: - Single values

  private var machine: [Difference] {
    let (xml, arguments) = (configured("machine.type")?.text, argv("machine.type")?.text ?? "none")
    return same(xml ?? "none", arguments) {
      guard let xml else { return "libvirt fills in the emulator's default machine" }
      let families = ["pc": "pc-i440fx-", "q35": "pc-q35-", "virt": "virt-", "s390-ccw-virtio": "s390-ccw-virtio-", "pseries": "pseries-"]
      return families[xml].map { arguments.hasPrefix($0) } == true ? "libvirt writes the versioned type that an alias stands for" : nil
    }
  }

  private var processor: [Difference] {
    let xml = configured("cpu.model")?.text
    return same(xml ?? "none", argv("cpu.model")?.text ?? "none") {
      switch xml {
      case nil: "libvirt names the emulator's default model, or the host's where only features are given"
      case "host-model": "libvirt writes the model that it finds for host-model"
      case "486", "qemu64": "match='minimum': libvirt writes the host's model, which has more"
      default: nil
      }
    }
  }

  private var memory: [Difference] {
    let (xml, arguments) = (configured("memory.backing"), argv("memory.backing"))
    return same(shown(xml), shown(arguments)) {
      if xml?["shared"] == true, xml?["source"] == "anonymous", arguments?["source"] == "file", arguments?["shared"] == true {
        return "shared memory without a source: libvirt makes a file of it"
      }
      if xml?["source"] == "file", arguments?["source"] == "file", arguments?["shared"] == false {
        return argv("memory.backends") == nil
          ? "-mem-path of an old emulator cannot share" : "a node of its own says otherwise than the guest as a whole"
      }
      if xml?["shared"] != arguments?["shared"] || xml?["hugepages"] != arguments?["hugepages"] {
        return argv("memory.backends")?.elements.map { $0.count > 1 } == true
          ? "nodes differ, and the XML speaks of the guest as a whole" : nil
      }
      return nil
    }
  }

  private var loader: [Difference] {
    let (xml, arguments) = (configured("loader"), argv("loader"))
    func key(_ value: FactValue?) -> String {
      guard let value else { return "none" }
      return
        "\(value["path"]?.text ?? "-") \(value["type"]?.text ?? "-") readonly \(value["readonly"] == true) secure \(value["secure"] == true)"
    }
    return same(key(xml), key(arguments)) {
      guard let xml else { return nil }
      if xml["path"] == nil, xml["firmware"] != nil { return "firmware is chosen by libvirt from the descriptions installed" }
      if xml["path"] == arguments?["path"], xml["type"] == nil || xml["type"] == "rom" { return "libvirt fills in the loader's type" }
      return nil
    }
  }

  /// Each argument handed past libvirt stands on the command line.
  private var raw: [Difference] {
    let words = Set((argv("raw")?.elements ?? []).compactMap(\.text))
    return (configured("raw")?.elements ?? []).compactMap(\.text).filter { !words.contains($0) }.map { text in
      let isElsewhere = ["env ", "add ", "del "].contains { text.hasPrefix($0) } || text.contains("=")
      return Difference(
        configured: text, argv: "none",
        reason: isElsewhere ? "an environment variable, a capability or a property of a device, which is no argument" : nil)
    }
  }

  /// libvirt's driver switches the filter on unless the emulator is too old or qemu.conf says otherwise.
  private var sandbox: [Difference] {
    guard let value = argv("sandbox") else {
      return [Difference(configured: "by qemu.conf", argv: "none", reason: "the emulator of this test has no seccomp filter")]
    }
    let isWhole =
      value["enable"] == "on" && ["obsolete", "elevateprivileges", "spawn", "resourcecontrol"].allSatisfy { value[$0] == "deny" }
    return same("on, all groups denied", isWhole ? "on, all groups denied" : shown(value)) { nil }
  }

  // MARK: - Lists

  /// Elements that both have are taken off; what is left is paired in order and explained.
  private func list(_ fact: String) -> [Difference] {
    var xml = (configured(fact)?.elements ?? []).map { (key(fact, $0), $0) }
    var arguments = (argv(fact)?.elements ?? []).map { (key(fact, $0), $0) }
    xml.removeAll { element in
      guard let match = arguments.firstIndex(where: { $0.0 == element.0 }) else { return false }
      arguments.remove(at: match)
      return true
    }
    return (0..<max(xml.count, arguments.count)).map { i in
      let (left, right) = (i < xml.count ? xml[i] : nil, i < arguments.count ? arguments[i] : nil)
      return Difference(
        configured: left?.0 ?? "none", argv: right?.0 ?? "none",
        reason: ListReasons.reason(fact, left?.1, right?.1, among: argv(fact)?.elements ?? []))
    }
  }

  /// What two elements must have in common to be the same.
  private func key(_ fact: String, _ value: FactValue) -> String {
    func text(_ names: String...) -> String { names.map { value[$0]?.shown ?? "-" }.joined(separator: " ") }
    switch fact {
    case "graphics": return text("type", "kind", "address", "path", "port", "tlsPort")
    case "nics": return text("type", "mac", "model")
    case "video", "shmem": return text("model")
    case "tpm": return text("model", "backend")
    case "chardevs": return text("use", "type", "mode", "address", "tls")
    case "hostdevs": return text("type", "address")
    default:
      // Without an image there is no format and nothing to write to.
      let hasImage = value["source"] != nil && value["type"] != "vhostuser"
      return text("device", "cache", "source") + " " + (hasImage ? text("type", "format", "readonly") : "-")
    }
  }
}
