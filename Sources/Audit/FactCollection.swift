public import Domain
internal import Judgement
internal import Platforms

/// Collects the facts of one target: asks the platform that its kind belongs to.
public struct FactCollection {
  /// Files larger than this are refused unread; a status document of a large guest is the largest that is judged.
  private static let largestFile = 64 << 20

  public init() {}

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

  public func collect(_ target: Target) -> Outcome {
    switch target {
    case .refused(let refusal): Outcome(Collection(refusals: [refusal]))
    case .machine(let name, let root): Outcome(machine(name, Tree(root: root)))
    case .process(let pid, let name): Outcome(QEMUCollector(tree: Tree()).collect(process: pid, target: name))
    case .file(let path, let isNamed): file(path, isNamed: isNamed)
    }
  }

  private func machine(_ name: String, _ tree: Tree) -> Collection {
    var collection = LinuxHostCollector(tree: tree).collect(target: name)
    collection += LibvirtDaemonCollector(tree: tree).collect(target: name)
    collection += DomainCollector(tree: tree).collect(target: name)
    collection += QEMUCollector(tree: tree).collect(target: name)
    return collection
  }

  private func file(_ path: String, isNamed: Bool) -> Outcome {
    let bytes: [UInt8]
    do throws(Tree.Failure) {
      bytes = try Tree().bytes(TargetResolver.absolute(path), limit: Self.largestFile)
    } catch {
      return Outcome(Collection(refusals: [TargetResolver.refusal(path, error)]))
    }
    let kind = FileKind.recognise(bytes, path: path)
    var collection = judged(kind, bytes, path) ?? Collection()
    // Invented settings are looked for in every text, whether or not this version judges its kind.
    let invented = InventedSettings.find(in: bytes, path: path)
    if !invented.isEmpty {
      if collection.assets.count == 1 {
        if collection.assets[0].inventedSettings.isEmpty { collection.assets[0].inventedSettings = invented }
      } else {
        let asset = Asset(id: "text:\(path)", kind: .text, platform: Controls.platform(of: .text), name: lastPart(of: path))
        collection.assets.append(AssetFacts(asset: asset, target: path, inventedSettings: invented))
      }
    }
    if collection.assets.isEmpty && collection.refusals.isEmpty {
      if !isNamed && !promisesConfiguration(path) { return Outcome(collection, isPassedOver: true) }
      collection.refusals.append(
        Refusal(
          target: path, code: "unknown-kind",
          message: "\(path): \(kind.name); nothing in it can be judged. Name domain XML, a libvirt configuration file, a QEMU command line or facts"))
    }
    return Outcome(collection)
  }

  /// The collection of a kind that this version judges or names as not judged; nil for text and unknown data.
  private func judged(_ kind: FileKind, _ bytes: [UInt8], _ path: String) -> Collection? {
    nil
  }

  /// The name ends like configuration, so that not understanding it is worth a word.
  private func promisesConfiguration(_ path: String) -> Bool {
    [".xml", ".args", ".conf", ".vmx", ".json", ".nvram"].contains { path.lowercased().hasSuffix($0) }
  }

  private func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
