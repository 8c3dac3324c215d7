internal import Domain

/// What a domain's controls need to know of the machine: nested virtualization, CPU flags, and where networks lead.
struct MachineFacts {
  private(set) var facts: [String: Fact] = [:]
  private let tree: Tree?
  private let graphics: GraphicsDefaults?

  private static let networks = "/etc/libvirt/qemu/networks"
  private static let vendorModules = ["/sys/module/kvm_intel/parameters/nested", "/sys/module/kvm_amd/parameters/nested"]

  /// No machine: a document was named.
  static let none = MachineFacts(nil)

  init(_ tree: Tree?) {
    self.tree = tree
    graphics = tree.map(GraphicsDefaults.init)
    guard let tree else {
      facts["host.nested"] = .notCollected("not-given")
      facts["host.cpu.flags"] = .notCollected("not-given")
      return
    }
    let module = Self.vendorModules.first { tree.exists($0) } ?? Self.vendorModules[0]
    facts["host.nested"] = tree.fact(module)
    facts["host.cpu.flags"] = Self.flags(tree)
  }

  /// Flags of the first processor.
  private static func flags(_ tree: Tree) -> Fact {
    let path = "/proc/cpuinfo"
    do throws(Tree.Failure) {
      let text = String(decoding: try tree.bytes(path), as: UTF8.self)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where line.hasPrefix("flags") {
        guard let colon = line.firstIndex(of: ":") else { continue }
        let flags = line[line.index(after: colon)...].split(separator: " ").map { FactValue.string(String($0)) }
        return .present(.array(flags), .path(path, line: number + 1, column: 1))
      }
      return .absent(.path(path))
    } catch {
      return tree.fact(path, failed: error)
    }
  }

  /// A list of graphics with the addresses that qemu.conf gives to those that name none.
  func resolved(graphics fact: Fact) -> Fact { graphics?.resolved(fact) ?? fact }

  /// A list of `{device, network}` with the forward mode of each network whose definition can be read.
  func resolved(_ networks: Fact) -> Fact {
    guard let tree, let elements = networks.value?.elements else { return networks }
    let resolved = elements.map { element -> FactValue in
      guard var members = element.members, let name = element["network"]?.text, let mode = Self.forward(of: name, tree) else {
        return element
      }
      members.append(.init("forward", text: mode))
      return .object(members)
    }
    return .present(.array(resolved), sources: networks.source)
  }

  /// The mode of a network: "nat", "bridge", "hostdev", ...; "isolated" for one that forwards nothing; nil where it cannot be read.
  private static func forward(of name: String, _ tree: Tree) -> String? {
    guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else { return nil }
    let path = networks + "/" + name + ".xml"
    guard let bytes = try? tree.bytes(path), let document = try? XMLReader.read(bytes, path: path), document.root.name == "network" else {
      return nil
    }
    guard let forward = document.root.first("forward") else { return "isolated" }
    return forward["mode"] ?? "nat"
  }
}
