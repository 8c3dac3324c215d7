internal import Domain

/// Gathers the facts of one `<domain>` under one prefix.
struct DomainFacts {
  /// "configured." or "running."
  let prefix: String
  /// The document, as the user would name it.
  let path: String
  let domain: XMLElement
  let defaults: DomainDefaults
  /// Where something that is not there would stand.
  private let place: FactSource
  private(set) var facts: [String: Fact] = [:]

  /// - Parameter architecture: of the machine, for a domain that names none.
  static func read(_ domain: XMLElement, prefix: String, path: String, architecture: String) -> [String: Fact] {
    var reading = DomainFacts(domain, prefix: prefix, path: path, architecture: architecture)
    reading.readPlatform()
    reading.readMemory()
    reading.readSecurity()
    let devices = DomainDevices(of: domain)
    reading.readDisks(devices)
    reading.readInterfaces(devices)
    reading.readConsoles(devices)
    reading.readCharacterDevices(devices)
    reading.readHostDevices(devices)
    reading.readOtherDevices(devices)
    return reading.facts
  }

  private init(_ domain: XMLElement, prefix: String, path: String, architecture: String) {
    self.prefix = prefix
    self.path = path
    self.domain = domain
    let type = domain.first("os", "type")
    defaults = DomainDefaults(architecture: type?["arch"] ?? architecture, machine: type?["machine"] ?? "")
    place = .path(path, line: domain.line, column: domain.column)
    facts.reserveCapacity(72)
  }

  // MARK: What the parts of the reading write

  /// One element of a list fact, with the place that decides.
  struct Entry {
    let value: FactValue
    let source: FactSource
  }

  func at(_ element: XMLElement) -> FactSource { .path(path, line: element.line, column: element.column) }
  func at(_ attribute: XMLAttribute) -> FactSource { .path(path, line: attribute.line, column: attribute.column) }
  /// The first of the attributes that is written, else the element.
  func at(_ element: XMLElement, _ attributes: XMLAttribute?...) -> FactSource {
    for case let attribute? in attributes { return at(attribute) }
    return at(element)
  }

  mutating func set(_ name: String, _ value: FactValue, at source: FactSource) {
    facts[prefix + name] = .present(value, source)
  }

  mutating func set(_ name: String, _ text: String?, at source: FactSource?) {
    if let text, let source { set(name, .string(text), at: source) } else { setAbsent(name) }
  }

  /// A value that libvirt fills in: cited where it would stand.
  mutating func setDefault(_ name: String, _ value: FactValue) { facts[prefix + name] = .present(value, place) }

  mutating func setAbsent(_ name: String) { facts[prefix + name] = .absent(place) }

  mutating func set(_ name: String, _ entries: [Entry]) {
    facts[prefix + name] = entries.isEmpty ? .absent(place) : .present(.array(entries.map(\.value)), sources: entries.map(\.source))
  }
}

/// The children of `<devices>`, by name.
struct DomainDevices {
  private var byName: [String: [XMLElement]] = [:]

  init(of domain: XMLElement) {
    // libvirt looks for ./devices/NAME: several <devices> elements count as one.
    for devices in domain.children where devices.name == "devices" && devices.namespace.isEmpty {
      for device in devices.children where device.namespace.isEmpty { byName[device.name, default: []].append(device) }
    }
  }

  subscript(name: String) -> [XMLElement] { byName[name] ?? [] }
}

extension XMLElement {
  /// The alias of a device, else the one that libvirt gives by position.
  func alias(_ kind: String, _ index: Int) -> String {
    if let name = first("alias")?["name"], !name.isEmpty { return name }
    return kind + String(index)
  }

  /// True for "yes", and for "on": libvirt's two kinds of switch.
  func isOn(_ attribute: String) -> Bool {
    let value = self[attribute]
    return value == "yes" || value == "on"
  }
}

extension FactValue.Member {
  init(_ key: String, text: String) { self.init(key, .string(text)) }
}
