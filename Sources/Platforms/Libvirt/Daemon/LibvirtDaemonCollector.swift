public import Domain

/// Facts of libvirt's daemons and of its QEMU driver: their configuration files, the systemd units that override them, and what runs.
///
/// A machine gives one asset per daemon that is installed, has a configuration file or runs, and one of the QEMU driver.
/// A machine without libvirt gives none. Names of facts stand in docs/facts/libvirtd.md.
public struct LibvirtDaemonCollector {
  private let tree: Tree

  public init(tree: Tree) { self.tree = tree }

  public func collect(target: String) -> Collection {
    var collection = Collection()
    let units = SystemdUnits(tree)
    let processes = DaemonProcess.all(in: tree)
    let ports = ListeningPorts(tree)
    let version = LibvirtVersion.fact(tree)
    var isAnyDaemonInstalled = false
    let unitFacts = Dictionary(uniqueKeysWithValues: LibvirtDaemon.all.map { ($0.name, DaemonUnitFacts($0, units, tree: tree)) })
    for daemon in LibvirtDaemon.all {
      guard let units = unitFacts[daemon.name] else { continue }
      let running = processes?.filter { $0.daemon == daemon.name } ?? []
      let isInstalled = units.isInstalled || ["/usr/sbin/", "/usr/bin/"].contains { tree.exists($0 + daemon.name) }
      let usual = running.filter { $0.configuration == daemon.configuration }
      isAnyDaemonInstalled = isAnyDaemonInstalled || isInstalled || !usual.isEmpty
      if isInstalled || tree.exists(daemon.configuration) || !usual.isEmpty {
        // libvirtd and virtproxyd share sockets and ports: what is open belongs to the one in use, and to either while neither is.
        let isOtherInUse = LibvirtDaemon.all.contains { other in
          other != daemon && other.servesNetwork && daemon.servesNetwork
            && (unitFacts[other.name]?.isEnabled == true || processes?.contains { $0.daemon == other.name && $0.root.isEmpty } == true)
        }
        var facts = DaemonFacts(daemon, path: daemon.configuration, tree: tree, target: target)
        facts.add(units)
        facts.add(
          usual, areProcessesGiven: processes != nil, units: units, ports: ports,
          isInUse: !usual.isEmpty || units.isEnabled || !isOtherInUse)
        facts.add("libvirt.version", version)
        collection += facts.collection(name: daemon.name)
      }
      // A daemon that was told to read another file is another asset: that file's settings hold for it, and no unit's.
      for path in Set(running.map(\.configuration)).subtracting([daemon.configuration]).sorted() {
        var facts = DaemonFacts(daemon, path: path, tree: tree, target: target)
        facts.addNoUnits()
        facts.add(running.filter { $0.configuration == path }, areProcessesGiven: true, units: nil, ports: ports, isInUse: true)
        facts.add("libvirt.version", version)
        collection += facts.collection(name: "\(daemon.name) \(path)")
      }
    }
    collection += DriverFacts(tree: tree, target: target, version: version).collection(isDaemonInstalled: isAnyDaemonInstalled)
    return collection
  }

  /// One configuration file by itself. Nothing is known of units, processes, accounts or domains beside it.
  public func collect(configuration: [UInt8], path: String, target: String) -> Collection {
    let text: ConfigurationText
    do throws(ConfigurationError) {
      text = try ConfigurationText(configuration)
    } catch {
      return Collection(refusals: [error.refusal(of: path)])
    }
    switch ConfigurationFileKind.recognise(configuration, path: path) {
    case .daemon(let name)?:
      let daemon = LibvirtDaemon.named(name) ?? LibvirtDaemon.all[0]
      return DaemonFacts(daemon, text, path: path, target: target).collection(name: TextPath.lastPart(of: path))
    case .driver?:
      return DriverFacts.collection(text, path: path, target: target)
    case .other(let what)?:
      return Collection(refusals: [
        Refusal(target: path, code: "not-judged", message: "\(path): \(what); not judged by this version")
      ])
    case nil:
      return Collection(refusals: [
        Refusal(
          target: path, code: "unknown-kind",
          message:
            "\(path): holds no setting of libvirt's daemons or its QEMU driver; name the file as libvirt does, such as libvirtd.conf or qemu.conf"
        )
      ])
    }
  }
}

/// The release of libvirt from the name of its library file.
enum LibvirtVersion {
  private static let prefix = "libvirt.so.0."

  /// "9.0.0" from libvirt.so.0.9000.0.
  static func fact(_ tree: Tree) -> Fact {
    var folders = ["/usr/lib64", "/usr/lib"]
    for name in (try? tree.names(in: "/usr/lib")) ?? [] where name.hasSuffix("-linux-gnu") { folders.append("/usr/lib/" + name) }
    for folder in folders {
      for name in (try? tree.names(in: folder)) ?? [] where name.hasPrefix(prefix) {
        let parts = name.dropFirst(prefix.count).split(separator: ".").compactMap { Int($0) }
        guard parts.count == 2 else { continue }
        return .present(.string("\(parts[0] / 1000).\(parts[0] % 1000).\(parts[1])"), .path("\(folder)/\(name)"))
      }
    }
    return .notCollected("not-given", .path("/usr/lib"))
  }
}

enum TextPath {
  static func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
