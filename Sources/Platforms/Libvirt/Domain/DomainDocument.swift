internal import Domain

/// An XML document of libvirt, by what its root element says it is.
enum DomainDocument {
  /// A definition: the `<domain>` element.
  case definition(XMLElement)
  /// A live status document: the `<domain>` in it, and the guest's state ("running", "paused", ...).
  case status(XMLElement, state: String)

  /// Hypervisors whose domains this version judges: those that libvirt's QEMU driver runs.
  static let hypervisors: Set<String> = ["kvm", "qemu", "hvf", "kqemu"]

  /// Documents of libvirt that hold no domain to judge, by root element, in words.
  private static let otherKinds: [String: String] = [
    "network": "a libvirt network", "filter": "a libvirt network filter", "filterbinding": "a libvirt network filter binding",
    "networkport": "a libvirt network port", "pool": "a libvirt storage pool", "volume": "a libvirt storage volume",
    "secret": "a libvirt secret", "interface": "a libvirt interface", "device": "a libvirt node device",
    "capabilities": "capabilities of a libvirt host", "domainCapabilities": "libvirt domain capabilities",
    "storagepoolCapabilities": "libvirt storage capabilities", "qemuCaps": "a libvirt capabilities cache",
    "domainsnapshot": "a snapshot of a libvirt domain", "domaincheckpoint": "a checkpoint of a libvirt domain",
    "domainbackup": "a backup job of a libvirt domain", "cpu": "a libvirt CPU description", "sysinfo": "libvirt host information",
    "poolstate": "the state of a libvirt storage pool", "networkstatus": "the status of a libvirt network",
    "cliententry": "a client of a libvirt daemon", "save": "a saved libvirt guest", "domainstatus": "libvirt guest status",
  ]

  /// - Throws: "not-judged" for another kind of libvirt document, "unknown-kind" for any other XML, "foreign-hypervisor" for a domain
  ///   of another hypervisor, "malformed" for a domain that names no hypervisor.
  static func of(_ document: XMLDocument, path: String) throws(Refusal) -> DomainDocument {
    let root = document.root
    guard root.namespace.isEmpty else { throw unknown(root, path) }
    switch root.name {
    case "domain":
      try checkHypervisor(of: root, path: path)
      return .definition(root)
    case "domstatus":
      guard let domain = root.first("domain") else {
        throw Refusal(
          target: path, code: "malformed", message: "\(path):\(root.line): the status document holds no <domain>; copy the file again",
          line: root.line, column: root.column)
      }
      try checkHypervisor(of: domain, path: path)
      return .status(domain, state: root["state"] ?? "unknown")
    default:
      guard let kind = otherKinds[root.name] else { throw unknown(root, path) }
      throw Refusal(
        target: path, code: "not-judged", message: "\(path):\(root.line): \(kind), not judged by this version; name the XML of a domain",
        line: root.line, column: root.column)
    }
  }

  private static func checkHypervisor(of domain: XMLElement, path: String) throws(Refusal) {
    guard let type = domain["type"], !type.isEmpty else {
      throw Refusal(
        target: path, code: "malformed", message: "\(path):\(domain.line): <domain> has no type; write type='kvm'", line: domain.line,
        column: domain.column)
    }
    if !hypervisors.contains(type) {
      throw Refusal(
        target: path, code: "foreign-hypervisor",
        message:
          "\(path):\(domain.line): a domain of hypervisor \(shown(type)), not judged by this version; name a domain of type kvm or qemu",
        line: domain.line, column: domain.column)
    }
  }

  private static func unknown(_ root: XMLElement, _ path: String) -> Refusal {
    Refusal(
      target: path, code: "unknown-kind",
      message: "\(path):\(root.line): XML with the root element <\(shown(root.name))> is no libvirt document; name the XML of a domain",
      line: root.line, column: root.column)
  }

  /// A name from the document inside a sentence: short and printable.
  private static func shown(_ text: String) -> String {
    String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(40).map(Character.init))
  }
}
