public import Domain

/// Facts of containers, of the engine that runs them and of gVisor: from a machine's files, from one file, or from an engine's answers.
///
/// A machine without Docker and containerd gives no asset. Names of facts stand in docs/facts/containers.md.
public struct ContainerCollector {
  private let tree: Tree

  public init(tree: Tree) { self.tree = tree }

  // MARK: - A machine

  /// The engine of a machine, its gVisor runtimes, and Docker's containers from the files of its data root.
  public func collect(target: String) -> Collection {
    var collection = Collection()
    let units = SystemdUnits(tree)
    let unit = units.unit("docker.service")
    let flags = DockerDaemon.flags(tree, unit: unit)
    let (file, fault, bytes) = DaemonSettings.File.read(tree)
    if let fault { collection.refusals.append(fault.refusal(bytes, path: DockerDaemon.configuration, target: target)) }
    let containerd = readContainerd(target: target, into: &collection)
    let root = dataRoot(file, flags)
    let isDocker =
      unit.file != nil || flags != nil || tree.exists(DockerDaemon.configuration) || tree.exists(root)
      || ["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"].contains { tree.exists($0) }
    guard isDocker || containerd != nil else { return collection }

    var facts = EngineHostFacts(tree, units: units, containerd: containerd).facts
    if isDocker {
      facts["engine"] = .present("docker", unit.file.map { .path($0) } ?? .path(DockerDaemon.configuration))
      facts.merge(DaemonSettings(file, flags: flags).facts) { $1 }
    } else {
      facts["engine"] = .present("containerd", .path(ContainerdConfiguration.usualPath))
    }
    let path = isDocker ? DockerDaemon.configuration : ContainerdConfiguration.usualPath
    collection.assets.append(
      AssetFacts(asset: engine("docker:\(path)", name: isDocker ? "docker" : "containerd"), target: target, facts: facts))

    let gVisor = GVisorCollector(tree: tree, target: target)
    if case .settings(let settings) = file {
      collection.assets += gVisor.collect(docker: settings, key: "runtimes", place: DockerDaemon.configuration)
    }
    if let containerd { collection.assets += gVisor.collect(containerd, place: ContainerdConfiguration.usualPath) }
    if case .settings(let settings) = file, let duplicates = settings.duplicates {
      collection = duplicates.marking(collection, path: DockerDaemon.configuration, keeping: Self.undecided)
    }
    collection += StoredContainers(tree: tree, target: target).collect(below: root)
    return collection
  }

  private func readContainerd(target: String, into collection: inout Collection) -> ContainerdConfiguration? {
    let path = ContainerdConfiguration.usualPath
    guard let bytes = try? tree.bytes(path, limit: TOMLDocument.largest) else { return nil }
    do throws(TOMLDocument.Fault) {
      return ContainerdConfiguration(try TOMLDocument(bytes, path: path))
    } catch {
      collection.refusals.append(error.refusal(path: path, target: target))
      return nil
    }
  }

  private func dataRoot(_ file: DaemonSettings.File, _ flags: DaemonFlags?) -> String {
    var root = flags?.values["data-root"]?.text
    if root == nil, case .settings(let settings) = file { root = (settings["data-root"] ?? settings["graph"])?.text }
    return ContainerPath.normal(root ?? "/var/lib/docker")
  }

  private func engine(_ id: String, name: String) -> Asset { Asset(id: id, kind: .docker, platform: "docker", name: name) }

  // MARK: - One file

  /// One JSON document by itself: what `docker inspect`, `docker info` or `docker version` wrote, daemon.json, or config.json of a bundle.
  public func collect(document bytes: [UInt8], path: String, target: String) -> Collection {
    if let refusal = TextForm.refusal(bytes, path: path, target: target) { return Collection(refusals: [refusal]) }
    let top: SourcedJSON
    do throws(JSONFault) {
      top = try SourcedJSON.read(bytes, file: path)
    } catch {
      return Collection(refusals: [error.refusal(bytes, path: path, target: target)])
    }
    let collection = described(top, path: path, target: target)
    return top.duplicates?.marking(collection, path: path, keeping: Self.undecided) ?? collection
  }

  /// Facts that tell what was given and rest on its form, not on one key.
  static let undecided: Set<String> = ["object", "engine"]

  private func described(_ top: SourcedJSON, path: String, target: String) -> Collection {
    if let asset = single(top, path: path, target: target) { return Collection(assets: asset) }
    guard top.node.isArray else { return unknown(path, target, "holds no container, image, engine or bundle") }
    var collection = Collection()
    for element in top.elements {
      if let found = inspected(element, target: target) {
        collection.assets.append(found)
      } else {
        collection += unknown(path, target, "\(element.path) is no container and no image; networks, volumes and others are not judged")
      }
    }
    if collection.assets.isEmpty && collection.refusals.isEmpty {
      return unknown(path, target, "an empty list; there was nothing to inspect")
    }
    return collection
  }

  /// containerd's configuration or the file of gVisor's shim by itself.
  public func collect(toml bytes: [UInt8], path: String, target: String) -> Collection {
    let document: TOMLDocument
    do throws(TOMLDocument.Fault) {
      document = try TOMLDocument(bytes, path: path)
    } catch {
      return Collection(refusals: [error.refusal(path: path, target: target)])
    }
    let gVisor = GVisorCollector(tree: nil, target: target)
    if document.root["runsc_config"] != nil { return Collection(assets: [gVisor.collect(document, path: path)]) }
    guard ContainerdConfiguration.isContainerd(document) else {
      return unknown(path, target, "TOML that is neither containerd's configuration nor flags of gVisor")
    }
    let containerd = ContainerdConfiguration(document)
    let facts: [String: Fact] = [
      "engine": .present("containerd", .path(path)), "socket.containerd": containerd.socket(Accounts(Tree(root: "/nonexistent"))),
    ]
    let asset = AssetFacts(asset: engine("docker:\(path)", name: TextPath.lastPart(of: path)), target: target, facts: facts)
    return Collection(assets: [asset] + gVisor.collect(containerd, place: path))
  }

  private func unknown(_ path: String, _ target: String, _ what: String) -> Collection {
    Collection(refusals: [Refusal(target: target, code: "unknown-kind", message: "\(path): \(what)")])
  }

  /// Assets of an object that is a document of its own; nil where it is none that is known.
  private func single(_ top: SourcedJSON, path: String, target: String) -> [AssetFacts]? {
    if let found = inspected(top, target: target) { return [found] }
    if BundleFacts.isBundle(top.node) {
      var facts = BundleFacts(top)
      let asset = Asset(id: "container:\(path)", kind: .container, platform: "docker", name: bundleName(path))
      return [AssetFacts(asset: asset, target: target, facts: facts.collect())]
    }
    let gVisor = GVisorCollector(tree: nil, target: target)
    if EngineReport.isInfo(top.node) {
      let asset = AssetFacts(
        asset: engine("docker:\(path)", name: top["Name"]?.text ?? TextPath.lastPart(of: path)), target: target,
        facts: EngineReport.facts(info: top, version: nil))
      return [asset] + gVisor.collect(docker: top, key: "Runtimes", place: path)
    }
    if EngineReport.isVersion(top.node) {
      let facts = EngineReport.facts(info: nil, version: top)
      return [AssetFacts(asset: engine("docker:\(path)", name: TextPath.lastPart(of: path)), target: target, facts: facts)]
    }
    guard DaemonSettings.isDaemonConfiguration(top.node, path: path) else { return nil }
    var facts = DaemonSettings(.settings(top), flags: nil).facts
    facts["engine"] = .present("docker", .path(path))
    let asset = AssetFacts(asset: engine("docker:\(path)", name: TextPath.lastPart(of: path)), target: target, facts: facts)
    return [asset] + gVisor.collect(docker: top, key: "runtimes", place: path)
  }

  private func bundleName(_ path: String) -> String {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[parts.count - 2]) : path
  }

  /// A container or an image, from one object of what `docker inspect` gives.
  func inspected(_ object: SourcedJSON, target: String) -> AssetFacts? {
    if InspectFacts.isContainer(object.node) {
      var facts = InspectFacts(object)
      return AssetFacts(asset: Self.container(object), target: target, facts: facts.collect())
    }
    guard ImageFacts.isImage(object.node) else { return nil }
    let id = object["Id"]?.text ?? object.path
    return AssetFacts(
      asset: Asset(id: "image:\(id)", kind: .container, platform: "docker", name: ImageFacts.name(object)), target: target,
      facts: ImageFacts.collect(object))
  }

  static func container(_ object: SourcedJSON) -> Asset {
    let id = (object["Id"] ?? object["ID"])?.text ?? object.path
    let name = object["Name"]?.text.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 } ?? ""
    return Asset(id: "container:\(id)", kind: .container, platform: "docker", name: name.isEmpty ? String(id.prefix(12)) : name)
  }
}

extension DaemonSettings {
  /// By its name, or because it holds settings of the daemon that no other file has.
  static func isDaemonConfiguration(_ node: PlacedJSON, path: String) -> Bool {
    guard node.isObject else { return false }
    let name = TextPath.lastPart(of: path).lowercased()
    if name.hasPrefix("daemon") && name.hasSuffix(".json") { return true }
    let telling = [
      "userns-remap", "userland-proxy", "live-restore", "insecure-registries", "registry-mirrors", "log-driver", "authorization-plugins",
      "default-runtime", "no-new-privileges", "seccomp-profile", "storage-driver", "tlsverify", "selinux-enabled", "icc",
    ]
    return telling.contains { node[$0] != nil }
  }
}
