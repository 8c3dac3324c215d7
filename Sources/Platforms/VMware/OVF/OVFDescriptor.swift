internal import Domain

/// An OVF descriptor (DSP0243): the virtual systems in it, each with its hardware and VMware's own settings.
///
/// Namespaces are read as the standard's versions 1 and 2 write them; elements of other vendors are passed over.
struct OVFDescriptor {
  static let envelopes: Set<String> = ["http://schemas.dmtf.org/ovf/envelope/1", "http://schemas.dmtf.org/ovf/envelope/2"]
  private static let vmware = "http://www.vmware.com/schema/ovf"
  /// True for a text that names the standard's namespace near its beginning; other formats have envelopes too.
  static func isEnvelope(_ text: ArraySlice<UInt8>) -> Bool {
    ByteSearch.firstIndex(of: Array("http://schemas.dmtf.org/ovf/envelope/".utf8), in: text.prefix(16 << 10)) != nil
  }

  /// Systems and items of hardware at most.
  private static let largest = 10_000

  /// One piece of hardware (CIM_ResourceAllocationSettingData).
  struct Item {
    let element: XMLElement
    /// CIM's ResourceType; 0 where none is written.
    let type: Int
    let subtype: String
    let name: String
    let instance: String
    let parent: String
    /// Value of AutomaticAllocation: whether the device is connected at power on.
    let isConnected: Bool
    /// vmw:Config of the item, by key.
    let settings: [String: XMLAttribute]
    let typePlace: XMLElement
  }

  struct System {
    let element: XMLElement
    let name: String
    /// "vmx-19", or another product's; nil where none is written.
    let hardware: XMLElement?
    let osType: XMLAttribute?
    let items: [Item]
    /// vmw:Config by key.
    let settings: [String: XMLAttribute]
    /// vmw:ExtraConfig by key in lower case; the last of a key counts.
    let extra: [String: XMLAttribute]
    let duplicates: [(key: String, lines: [Int])]
  }

  let systems: [System]

  /// - Throws: "malformed" for an envelope without a virtual system that has hardware.
  init(_ document: XMLDocument, path: String) throws(Refusal) {
    let root = document.root
    var systems: [System] = []
    Self.visit(root, depth: 0) { element in
      guard element.name == "VirtualSystem", systems.count < Self.largest else { return }
      systems.append(contentsOf: Self.systems(of: element))
    }
    guard !systems.isEmpty else {
      throw Refusal(
        target: path, code: "malformed",
        message: "\(path):\(root.line): an OVF descriptor without virtual hardware; name the descriptor of a virtual machine",
        line: root.line, column: root.column)
    }
    self.systems = systems
  }

  /// Systems stand in collections of collections; XMLReader bounds the depth.
  private static func visit(_ element: XMLElement, depth: Int, _ body: (XMLElement) -> Void) {
    for child in element.children where envelopes.contains(child.namespace) {
      body(child)
      if child.name == "VirtualSystemCollection", depth < 32 { visit(child, depth: depth + 1, body) }
    }
  }

  /// One system for each section of hardware: a descriptor may hold several to choose from.
  private static func systems(of element: XMLElement) -> [System] {
    let id = element.attributes.first { $0.name == "id" }?.value
    let name = element.children.first { $0.name == "Name" }?.text
    let system = element.children.first { $0.name == "OperatingSystemSection" }
    let osType = system?.attributes.first { $0.name == "osType" }
    return element.children.filter { $0.name == "VirtualHardwareSection" }.map { section in
      var extra: [String: XMLAttribute] = [:]
      var lines: [String: [Int]] = [:]
      var settings: [String: XMLAttribute] = [:]
      for child in section.children where child.namespace == vmware {
        guard let key = child.attributes.first(where: { $0.name == "key" })?.value,
          let value = child.attributes.first(where: { $0.name == "value" })
        else { continue }
        if child.name == "Config" { settings[key] = value }
        if child.name == "ExtraConfig" {
          extra[key.lowercased()] = value
          lines[key.lowercased(), default: []].append(value.line)
        }
      }
      let type = section.children.first { $0.name == "System" }?.children.first { $0.name == "VirtualSystemType" }
      return System(
        element: section, name: name.flatMap { $0.isEmpty ? nil : $0 } ?? id ?? "", hardware: type, osType: osType,
        items: section.children.filter { ["Item", "EthernetPortItem", "StorageItem"].contains($0.name) }.prefix(largest).map(item),
        settings: settings, extra: extra,
        duplicates: lines.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
  }

  private static func item(_ element: XMLElement) -> Item {
    func text(_ name: String) -> String { element.children.first { $0.name == name }?.text ?? "" }
    var settings: [String: XMLAttribute] = [:]
    for child in element.children where child.namespace == vmware && child.name == "Config" {
      if let key = child.attributes.first(where: { $0.name == "key" })?.value {
        settings[key] = child.attributes.first { $0.name == "value" }
      }
    }
    return Item(
      element: element, type: Int(text("ResourceType")) ?? 0, subtype: text("ResourceSubType"), name: text("ElementName"),
      instance: text("InstanceID"), parent: text("Parent"), isConnected: text("AutomaticAllocation").lowercased() != "false",
      settings: settings,
      typePlace: element.children.first { $0.name == "ResourceSubType" } ?? element.children.first { $0.name == "ResourceType" } ?? element)
  }
}
