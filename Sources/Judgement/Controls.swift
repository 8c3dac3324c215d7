public import Domain

/// The catalogue of controls: one per rule whose METADATA names an id.
public struct Controls: Sendable {
  /// Sorted by id.
  public let all: [Control]
  private let byID: [String: Control]
  private let byKind: [Asset.Kind: [Control]]
  /// Rules that were meant as controls and cannot be: file, line and what is wrong.
  public let problems: [String]

  /// The package segment of a kind and the catalogue's platform.
  public static func package(of kind: Asset.Kind) -> String? {
    switch kind {
    case .host: "host"
    case .libvirtd: "libvirtd"
    case .qemuDriver: "qemu_driver"
    case .domain: "domain"
    case .vmwareVM: "vmware_vm"
    case .vmwareGuest: "vmware_guest"
    case .qemu: "qemu"
    case .container: "container"
    case .docker: "docker"
    case .gvisor: "gvisor"
    case .vmwareESXi: "vmware_esxi"
    case .vmwareVCenter: "vmware_vcenter"
    case .vmwareVSAN: "vmware_vsan"
    case .hyperVHost: "hyperv_host"
    case .hyperVMachine: "hyperv_vm"
    case .windows: "windows"
    case .text, .waiver: nil
    }
  }

  public static func platform(of kind: Asset.Kind) -> String {
    switch kind {
    case .host: "linux-kvm"
    case .libvirtd, .qemuDriver: "libvirt"
    case .domain: "libvirt-domain"
    case .vmwareVM, .vmwareGuest: kind.rawValue
    case .qemu: "qemu"
    case .container, .docker: "docker"
    case .gvisor: "gvisor"
    case .vmwareESXi, .vmwareVCenter, .vmwareVSAN: kind.rawValue
    case .hyperVHost, .hyperVMachine: "hyper-v"
    case .windows: "windows-vbs"
    case .text: "text"
    case .waiver: "waiver"
    }
  }

  init(rules: [PolicyEngine.AnnotatedRule], layers: Layers) {
    var all: [String: Control] = [:]
    var problems: [String] = []
    for rule in rules where rule.path.count == 5 && rule.path[0] == "ringwall" && rule.path[1] == "controls" {
      do throws(DataError) {
        let control = try Self.control(rule, layers: layers)
        if let other = all[control.id.uppercased()] {
          throw DataError(
            """
            \(rule.file):\(rule.line): the id \(control.id) is taken by \(other.location.name):\(other.location.line ?? 0); name another id, \
            or judge without the shipped controls (--replace-policy)
            """
          )
        }
        all[control.id.uppercased()] = control
      } catch {
        problems.append(error.message)
      }
    }
    self.all = all.values.sorted { $0.id < $1.id }
    byID = all
    byKind = Dictionary(grouping: self.all, by: \.kind)
    self.problems = problems
  }

  /// The control of an id, however its letters are cased.
  public subscript(id: String) -> Control? { byID[id.uppercased()] }

  /// The name of the rule of a control: its id in lower case, with "_" for each "-" and ".".
  public static func ruleName(of id: String) -> String { id.lowercased().replacing("-", with: "_").replacing(".", with: "_") }

  /// Controls that judge a kind of asset, sorted by id.
  public func judging(_ kind: Asset.Kind) -> [Control] { byKind[kind] ?? [] }

  /// The table of rules by kind that `policies/main.rego` walks, as a Rego module.
  public var catalogModule: String {
    var text =
      "# Every control by kind of asset, from the METADATA of the rules. Written by `make catalog`; a test holds it against the rules.\n"
    text += "package ringwall.catalog\n\ncontrols := {\n"
    for kind in Asset.Kind.allCases {
      let controls = judging(kind)
      guard !controls.isEmpty else { continue }
      text += "\t\"\(kind.rawValue)\": {\n"
      for control in controls {
        let path = control.rule.split(separator: ".")
        text += "\t\t\"\(control.id)\": {\"package\": \"\(path[3])\", \"family\": \"\(path[4])\", \"rule\": \"\(path[5])\"},\n"
      }
      text += "\t},\n"
    }
    return text + "}\n"
  }

  private static func control(_ rule: PolicyEngine.AnnotatedRule, layers: Layers) throws(DataError) -> Control {
    let metadata = rule.metadata
    let place = "\(rule.file):\(rule.line)"
    let custom = metadata["custom"] ?? .object([])
    guard let kind = Asset.Kind.allCases.first(where: { package(of: $0) == rule.path[2] }) else {
      throw DataError("\(place): no kind of asset has the package ringwall.controls.\(rule.path[2])")
    }
    func text(_ value: FactValue?, _ name: String) throws(DataError) -> String {
      guard let text = value.map(Self.text), !text.isEmpty else { throw DataError("\(place): METADATA of \(rule.path[4]) has no \(name)") }
      return text
    }
    let id = try text(custom["id"], "custom.id")
    guard rule.path[4] == ruleName(of: id) else {
      throw DataError("\(place): the rule of \(id) must be named \(ruleName(of: id))")
    }
    let severityText = try text(custom["severity"], "custom.severity")
    guard let severity = Severity(rawValue: severityText) else {
      throw DataError("\(place): severity \(severityText) of \(id) is none of info, low, medium, high, critical")
    }
    let family = try text(custom["family"], "custom.family").uppercased()
    guard let layer = layers.layer(id: id, family: family) else {
      throw DataError("\(place): data/layers.yaml names no layer for family \(family) of \(id)")
    }
    guard let messages = custom["messages"]?.members else { throw DataError("\(place): METADATA of \(id) has no custom.messages") }
    let disable = custom["disable"].map { value in
      Control.Disabling(
        how: value["how"].map(Self.text) ?? "", restart: value["restart"].map(Self.text) ?? "",
        rollback: value["rollback"].map(Self.text) ?? "")
    }
    return Control(
      id: id, rule: "data." + rule.path.joined(separator: "."), kind: kind, platform: custom["platform"]?.text ?? platform(of: kind),
      family: family, layer: layer,
      severity: severity, title: try text(metadata["title"], "title"), description: metadata["description"].map(Self.text) ?? "",
      facts: custom["facts"]?.elements?.map(Self.text) ?? [], safe: custom["safe"].map(Self.text) ?? "",
      defaultValue: custom["default"].map(Self.text) ?? "", remediation: custom["remediation"].map(Self.text) ?? "", disable: disable,
      messages: Dictionary(messages.map { ($0.key, Self.text($0.value)) }, uniquingKeysWith: { first, _ in first }),
      provenance: custom["source"].map(Self.text) ?? "", always: custom["always"]?.flag ?? false,
      keyIndicator: custom["key50"]?.integer.flatMap { Int(exactly: $0) }, location: .path(rule.file, line: rule.line))
  }

  private static func text(_ value: FactValue) -> String {
    if case .null = value { return "" }
    return value.shown
  }
}

/// Which layer of the boundary a control protects (data/layers.yaml).
struct Layers: Sendable {
  private let families: [String: Layer]
  private let overrides: [String: Layer]

  init(_ bytes: [UInt8], file: String) throws(DataError) {
    let document = try YAMLDocument.read(bytes, file: file)
    var families: [String: Layer] = [:]
    for member in document["families"]?.members ?? [] {
      guard let layer = member.value.text.flatMap(Layer.init(rawValue:)) else {
        throw DataError("\(file): family \(member.key) has no known layer")
      }
      families[member.key] = layer
    }
    var overrides: [String: Layer] = [:]
    for entry in document["overrides"]?.elements ?? [] {
      guard let id = entry["id"]?.text, let layer = entry["layer"]?.text.flatMap(Layer.init(rawValue:)), entry["reason"]?.text != nil else {
        throw DataError("\(file): an override needs id, layer and reason")
      }
      overrides[id] = layer
    }
    self.families = families
    self.overrides = overrides
  }

  func layer(id: String, family: String) -> Layer? { overrides[id] ?? families[family] }
}
