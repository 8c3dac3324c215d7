internal import Domain

/// Confinement, confidential computing, and what is handed past libvirt.
extension DomainFacts {
  /// The namespace of elements for QEMU, whatever its prefix.
  private static let qemuNamespace = "http://libvirt.org/schemas/domain/qemu/1.0"

  mutating func readSecurity() {
    let labels = domain.all("seclabel").map { label -> Entry in
      let type = label.attribute("type")
      let relabel = label.attribute("relabel")
      return Entry(
        value: .object([
          "model": .string(label["model"] ?? ""), "type": .string(type?.value ?? "dynamic"),
          "relabel": relabel.map { .bool($0.value == "yes") }, "label": label.text("label").map { .string($0) },
        ]), source: type?.value == "none" || relabel?.value != "no" ? at(label, type) : at(label, relabel))
    }
    set("seclabels", labels)
    readLaunchSecurity()
    readRaw()
  }

  private mutating func readLaunchSecurity() {
    guard let security = domain.first("launchSecurity") else {
      setAbsent("launchsecurity")
      return
    }
    let policy = security.first("policy")
    let text = policy?.text
    var bits: [FactValue]?
    if let text, let number = Self.hexadecimal(text) {
      bits = (0..<64).filter { number >> UInt64($0) & 1 == 1 }.map { .int(Int64($0)) }
    }
    set(
      "launchsecurity",
      .object([
        "type": .string(security["type"] ?? ""), "policy": text.map { .string($0) }, "bits": bits.map { .array($0) },
      ]), at: policy.map { at($0) } ?? at(security, security.attribute("type")))
  }

  /// libvirt reads the policy as hexadecimal, with or without 0x.
  static func hexadecimal(_ text: String) -> UInt64? {
    UInt64(text.hasPrefix("0x") || text.hasPrefix("0X") ? String(text.dropFirst(2)) : text, radix: 16)
  }

  private mutating func readRaw() {
    var entries: [Entry] = []
    func add(_ text: String, _ element: XMLElement, _ attribute: String? = nil) {
      entries.append(Entry(value: .string(Secrets.masked(text)), source: at(element, attribute.flatMap { element.attribute($0) })))
    }
    for element in domain.children where element.namespace == Self.qemuNamespace {
      switch element.name {
      case "commandline":
        let before = entries.count
        for child in element.children where child.namespace == Self.qemuNamespace {
          if child.name == "arg", let value = child["value"] { add(value, child, "value") }
          if child.name == "env", let name = child["name"] { add("env " + name, child, "name") }
        }
        if entries.count == before { add("<commandline>", element) }
      case "capabilities":
        let before = entries.count
        for child in element.children where child.namespace == Self.qemuNamespace && (child.name == "add" || child.name == "del") {
          add(child.name + " " + (child["capability"] ?? ""), child, "capability")
        }
        if entries.count == before { add("<capabilities>", element) }
      case "override":
        let before = entries.count
        for device in element.all("device", namespace: Self.qemuNamespace) {
          for end in device.children where end.namespace == Self.qemuNamespace {
            for property in end.all("property", namespace: Self.qemuNamespace) {
              add("\(device["alias"] ?? "").\(property["name"] ?? "")=\(property["value"] ?? "")", property, "name")
            }
          }
        }
        if entries.count == before { add("<override>", element) }
      default: break
      }
    }
    set("raw", entries)
  }
}
