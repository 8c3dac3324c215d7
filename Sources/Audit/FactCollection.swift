internal import ContainerEngine
public import Domain
internal import Judgement
internal import Platforms

/// Collects the facts of one target: asks the platform that its kind belongs to.
public struct FactCollection {
  /// Files larger than this are refused unread; a status document of a large guest is the largest that is judged.
  private static let largestFile = 64 << 20
  /// Inventories of whole estates are larger: 10,000 machines take about 100 MiB.
  private static let largestInventory = 256 << 20

  /// Gives the document `ringwall.vsphere/1` of a server that a target names, or says why there is none.
  public typealias Inventories = @Sendable (_ target: String) -> Result<[UInt8], Refusal>

  private let inventories: Inventories?

  /// - Parameter inventories: nil where no servers are asked; targets that name one are then refused.
  public init(inventories: Inventories? = nil) { self.inventories = inventories }

  /// What a target gave, and whether it was a file that nobody named and that holds nothing to judge.
  public struct Outcome {
    public var collection: Collection
    public var isPassedOver = false
    /// Facts read from a document of ours keep the time and the user that it names.
    public var collected: [String: Int] = [:]

    init(_ collection: Collection, isPassedOver: Bool = false) {
      self.collection = collection
      self.isPassedOver = isPassedOver
    }
  }

  /// Secrets are masked here, once for all that judges, shows or keeps what was collected.
  public func collect(_ target: Target) -> Outcome {
    var outcome = unmasked(target)
    outcome.collection = Secrets.masked(outcome.collection)
    return outcome
  }

  private func unmasked(_ target: Target) -> Outcome {
    switch target {
    case .refused(let refusal): Outcome(Collection(refusals: [refusal]))
    case .machine(let name, let root): Outcome(machine(name, Tree(root: root)))
    case .server(let name): Outcome(server(name))
    case .process(let pid, let name): Outcome(QEMUCollector(tree: Tree()).collect(process: pid, target: name))
    case .engine(let socket, let name): Outcome(engine(socket, name))
    case .file(let path, let isNamed): file(path, isNamed: isNamed)
    }
  }

  private func server(_ name: String) -> Collection {
    switch inventories?(name) {
    case .success(let bytes)?:
      // Evidence cites properties of the server, by its address.
      let address = name.split(separator: "/").last.map(String.init) ?? name
      return InventoryCollector().collect(inventory: bytes, path: address, target: name, isLive: true)
    case .failure(let refusal)?: return Collection(refusals: [refusal])
    case nil:
      return Collection(refusals: [
        Refusal(
          target: name, code: "not-judged", message: "\(name): servers are not asked here; gather a file with ringwall collect vsphere")
      ])
    }
  }

  private func machine(_ name: String, _ tree: Tree) -> Collection {
    var collection = LinuxHostCollector(tree: tree).collect(target: name)
    collection += LibvirtDaemonCollector(tree: tree).collect(target: name)
    collection += GuestToolsCollector(tree: tree).collect(target: name)
    let processes = QEMUCollector(tree: tree).collect(target: name)
    var domains = DomainCollector(tree: tree).collect(target: name)
    for i in domains.assets.indices { joinCommandLine(of: processes, to: &domains.assets[i]) }
    collection += domains
    collection += processes
    collection += ContainerCollector(tree: tree).collect(target: name)
    let host = collection.assets.first { $0.asset.kind == .host }?.asset.name
    for i in collection.assets.indices {
      collection.assets[i].inventedSettings += inventedSettings(of: collection.assets[i], tree)
      // Every machine has its configuration at the same path: two of them are told apart by whose it is.
      let asset = collection.assets[i].asset
      if let host, [.libvirtd, .qemuDriver, .docker, .gvisor].contains(asset.kind) {
        let path = asset.id.dropFirst(asset.kind.rawValue.utf8.count + 1)
        collection.assets[i].asset = asset.identified("\(asset.kind.rawValue):\(host):\(path)")
      }
    }
    return collection
  }

  /// A running container engine, asked over its socket.
  private func engine(_ socket: String, _ name: String) -> Collection {
    let client = EngineClient(socket: socket, target: name)
    return EngineCollector(socket: socket, target: name, ask: client.get).collect()
  }

  /// A guest that this machine runs has the facts of its process's command line beside those of its documents.
  private func joinCommandLine(of processes: Collection, to domain: inout AssetFacts) {
    guard let uuid = domain.asset.uuid, let process = processes.assets.first(where: { $0.asset.uuid == uuid }) else { return }
    for (name, fact) in process.facts where name.hasPrefix("argv.") { domain.facts[name] = fact }
  }

  /// Settings that no product reads, in the configuration that the asset's facts were read from.
  private func inventedSettings(of asset: AssetFacts, _ tree: Tree) -> [InventedSetting] {
    var paths: Set<String> = []
    for fact in asset.facts.values {
      for source in fact.source where source.kind == .path && source.name.hasPrefix("/etc/") { paths.insert(source.name) }
    }
    if asset.asset.kind == .host {
      for folder in ["/etc/modprobe.d", "/etc/kvm"] {
        for name in (try? tree.names(in: folder)) ?? [] { paths.insert(folder + "/" + name) }
      }
      paths.formUnion(["/etc/kvm.conf", "/etc/default/grub", "/etc/default/qemu-kvm", "/etc/rc.local"])
    }
    return paths.sorted().flatMap { path in
      (try? tree.bytes(path, limit: 1 << 20)).map { InventedSettings.find(in: $0, path: path) } ?? []
    }
  }

  private func file(_ path: String, isNamed: Bool) -> Outcome {
    // Disks make an archive far larger than what is read of it.
    if path.lowercased().hasSuffix(".ova") { return Outcome(archive(path)) }
    let bytes: [UInt8]
    do throws(Tree.Failure) {
      bytes = try Self.bytes(path)
    } catch {
      // Disks and memory of guests lie beside their configuration.
      if error == .tooLarge, !isNamed, !promisesConfiguration(path) { return Outcome(Collection(), isPassedOver: true) }
      if error == .tooLarge, Self.isInventory(path) {
        let message = "\(path): larger than what is read of one inventory (256 MiB); export the estate in several files"
        return Outcome(Collection(refusals: [Refusal(target: path, code: "too-large", message: message)]))
      }
      return Outcome(Collection(refusals: [TargetResolver.refusal(path, error)]))
    }
    let kind = FileKind.recognise(bytes, path: path)
    var collection = judged(kind, bytes, path) ?? Collection()
    // Invented settings are looked for in every text, whether or not this version judges its kind. Facts carry theirs.
    // An inventory is what the product itself answered, in lines of any length.
    let isAnswer = kind == .facts || kind == .inventory || kind == .vmwareSettings
    let invented = isAnswer || kind == .binary ? [] : InventedSettings.find(in: bytes, path: path)
    if !invented.isEmpty {
      if collection.assets.count == 1 {
        collection.assets[0].inventedSettings = invented
      } else {
        let asset = Asset(id: "text:\(path)", kind: .text, platform: Controls.platform(of: .text), name: lastPart(of: path))
        collection.assets.append(AssetFacts(asset: asset, target: path, inventedSettings: invented))
      }
    }
    // What is known by its path alone is the same thing however the path is written.
    for i in collection.assets.indices {
      let asset = collection.assets[i].asset
      let own = "\(asset.kind.rawValue):\(path)"
      if asset.id == own || asset.id.hasPrefix(own + ":") {
        let rest = asset.id.dropFirst(own.count)
        collection.assets[i].asset = asset.identified("\(asset.kind.rawValue):\(TargetResolver.canonical(path))\(rest)")
      }
    }
    if collection.assets.isEmpty && collection.refusals.isEmpty {
      if !isNamed && !promisesConfiguration(path) { return Outcome(collection, isPassedOver: true) }
      let unknown = Refusal(
        target: path, code: "unknown-kind",
        message:
          "\(path): \(kind == .empty && !isFile(path) ? "a pipe or device that gave nothing" : kind.name); nothing in it can be judged. What can be judged is listed by ringwall audit --help"
      )
      // What would tell its kind may stand behind the place where it breaks off.
      collection.refusals.append(kind == .json ? FileKind.jsonFault(bytes, path: path) ?? unknown : unknown)
    }
    return Outcome(collection)
  }

  private static func bytes(_ path: String) throws(Tree.Failure) -> [UInt8] {
    let absolute = TargetResolver.absolute(path)
    do throws(Tree.Failure) {
      return try Tree().bytes(absolute, limit: largestFile)
    } catch {
      guard error == .tooLarge, isInventory(path) else { throw error }
      return try Tree().bytes(absolute, limit: largestInventory)
    }
  }

  /// By its beginning; a pipe that gave its beginning once cannot be asked again and is none.
  private static func isInventory(_ path: String) -> Bool {
    let absolute = TargetResolver.absolute(path)
    guard (try? Tree().attributes(absolute).isRegular) ?? false, let start = try? Tree().beginning(absolute, count: 64 << 10) else {
      return false
    }
    return FileKind.recognise(start, path: path) == .inventory
  }

  /// False for pipes and devices, which give nothing while nobody writes to them.
  private func isFile(_ path: String) -> Bool { (try? Tree().attributes(path).isRegular) ?? true }

  /// The collection of a kind that this version judges or names as not judged; nil for text and unknown data.
  private func judged(_ kind: FileKind, _ bytes: [UInt8], _ path: String) -> Collection? {
    let tree = Tree()
    switch kind {
    case .domain, .domainStatus, .xml(root: nil): return DomainCollector(tree: tree).collect(document: bytes, path: path, target: path)
    case .libvirtConfiguration(.daemon), .libvirtConfiguration(.driver):
      return LibvirtDaemonCollector(tree: tree).collect(configuration: bytes, path: path, target: path)
    case .commandLine: return QEMUCollector(tree: tree).collect(arguments: bytes, path: path, target: path)
    case .containers: return ContainerCollector(tree: tree).collect(document: bytes, path: path, target: path)
    case .containerConfiguration: return ContainerCollector(tree: tree).collect(toml: bytes, path: path, target: path)
    case .hyperV: return WindowsCollector().collect(inventory: bytes, path: path, target: path)
    case .registryExport: return WindowsCollector().collect(registry: bytes, path: path, target: path)
    case .bootConfiguration: return WindowsCollector().collect(boot: bytes, path: path, target: path)
    case .systemInformation: return WindowsCollector().collect(report: bytes, path: path, target: path)
    case .facts: return facts(bytes, path)
    case .vmx: return VirtualMachineCollector(tree: tree).collect(configuration: bytes, path: path, target: path)
    case .ovf: return VirtualMachineCollector(tree: tree).collect(descriptor: bytes, path: path, target: path)
    case .guestTools: return GuestToolsCollector(tree: tree).collect(configuration: bytes, path: path, target: path)
    case .inventory: return InventoryCollector().collect(inventory: bytes, path: path, target: path)
    case .vmwareSettings: return InventoryCollector().collect(settings: bytes, path: path, target: path)
    case .libvirtXML, .libvirtConfiguration(.other):
      return Collection(refusals: [Refusal(target: path, code: "not-judged", message: "\(path): \(kind.name), not judged by this version")])
    case .wideText(let encoding):
      return Collection(refusals: [Refusal(target: path, code: "not-utf8", message: "\(path): \(encoding) text; save it as UTF-8")])
    case .xml, .configuration, .json, .binary, .empty, .text, .vmsd: return nil
    }
  }

  /// The virtual machine that an OVA archive holds.
  private func archive(_ path: String) -> Collection {
    do throws(Tree.Failure) {
      let (tree, file) = (Tree(), TargetResolver.absolute(path))
      let collection = VirtualMachineCollector(tree: tree).collect(
        archive: try tree.beginning(file, count: OVFArchive.beginning), path: path, target: path)
      // An export that was cut off behind its descriptor is none that may be judged as whole.
      let attributes = try tree.attributes(file)
      guard collection.refusals.isEmpty, attributes.isRegular,
        let refusal = try OVFArchive.broken(path, size: attributes.size, header: { offset throws(Tree.Failure) in
          try tree.bytes(file, at: offset, count: 512)
        })
      else { return collection }
      return Collection(refusals: [refusal])
    } catch {
      return Collection(refusals: [TargetResolver.refusal(path, error)])
    }
  }

  /// Assets of facts written earlier: one document, or an array of them.
  private func facts(_ bytes: [UInt8], _ path: String) -> Collection {
    var collection = Collection()
    func refuse(_ error: DataError) {
      collection.refusals.append(Refusal(target: path, code: "malformed", message: error.message))
    }
    do throws(DataError) {
      let value = try PolicyEngine.readJSON(bytes, file: path)
      for (index, document) in (value.elements ?? [value]).enumerated() {
        do throws(DataError) {
          collection.assets.append(try FactsDocument.asset(document, target: path))
        } catch {
          refuse(DataError(value.elements == nil ? "\(path): \(error.message)" : "\(path): document \(index + 1): \(error.message)"))
        }
      }
    } catch {
      refuse(error)
    }
    return collection
  }

  /// The name ends like configuration, so that not understanding it is worth a word.
  private func promisesConfiguration(_ path: String) -> Bool {
    [".xml", ".args", ".conf", ".vmx", ".ovf", ".json", ".nvram", ".reg"].contains { path.lowercased().hasSuffix($0) }
  }

  private func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
