public import Domain

/// Facts about VMware Tools inside a guest: from its tools.conf, or from what its command-line tool printed.
///
/// Fact names: docs/facts/vmware_guest.md. What the API says of a guest (version, Secure Boot, virtual hardware) comes from an inventory.
public struct GuestToolsCollector: Sendable {
  /// Where Linux guests have the file; a guest without it runs with the defaults.
  private static let folder = "/etc/vmware-tools"

  private let tree: Tree

  public init(tree: Tree) { self.tree = tree }

  /// Settings that controls read, by group and key; the fact is "tools.GROUP.KEY".
  static let settings: [(group: String, key: String)] = [
    ("appinfo", "disabled"), ("appinfo", "poll-interval"), ("autoupgrade", "allow-add-feature"), ("autoupgrade", "allow-msi-transforms"),
    ("autoupgrade", "allow-remove-feature"), ("autoupgrade", "allow-upgrade"), ("containerinfo", "poll-interval"),
    ("deployPkg", "enable-customization"), ("globalconf", "enabled"), ("guestoperations", "disabled"), ("gueststoreupgrade", "policy"),
    ("logging", "log"), ("logging", "toolboxcmd.handler"), ("logging", "vgauthsvc.handler"), ("logging", "vmsvc.handler"),
    ("logging", "vmtoolsd.handler"), ("servicediscovery", "disabled"),
  ]

  /// Facts that only vSphere knows.
  static let outside = ["secureBoot", "hardwareVersion", "tools.version", "tools.versionStatus"]

  static func fact(_ group: String, _ key: String) -> String { "tools.\(group).\(key)" }

  /// Every fact of the kind, as one that nobody could read.
  static func all(as fact: Fact) -> [String: Fact] {
    var facts: [String: Fact] = [:]
    for (group, key) in settings { facts[Self.fact(group, key)] = fact }
    for name in outside { facts[name] = fact }
    return facts
  }

  // MARK: - A named file

  /// - Parameter bytes: tools.conf, or what vmware-toolbox-cmd printed.
  public func collect(configuration bytes: [UInt8], path: String, target: String) -> Collection {
    if let output = ToolsOutput(bytes) { return Collection(assets: [asset(path, target, facts(output, path))]) }
    do throws(Refusal) {
      let configuration = try ToolsConfiguration(bytes, path: path)
      return Collection(
        assets: [asset(path, target, facts(configuration, path))],
        warnings: configuration.duplicates.map { VirtualMachineCollector.warning($0.name, lines: $0.lines, path: path) })
    } catch {
      return Collection(refusals: [error])
    }
  }

  /// True for what `vmware-toolbox-cmd config get` or `-v` printed.
  static func isOutput(_ bytes: [UInt8]) -> Bool { ToolsOutput(bytes) != nil }

  // MARK: - This guest, or its saved tree

  /// One asset where VMware Tools is set up here, none elsewhere.
  public func collect(target: String) -> Collection {
    guard tree.exists(Self.folder) else { return Collection() }
    let path = Self.folder + "/tools.conf"
    let name = (try? tree.line("/etc/hostname")).flatMap { $0.isEmpty ? nil : $0 } ?? target
    func found(_ facts: [String: Fact]) -> Collection { Collection(assets: [asset(name, target, facts, name: name)]) }
    do throws(Tree.Failure) {
      let bytes = try tree.bytes(path, limit: 1 << 20)
      do throws(Refusal) {
        return found(facts(try ToolsConfiguration(bytes, path: path), path))
      } catch {
        var collection = found(Self.all(as: .unreadable("malformed", .path(path))))
        collection.refusals.append(error)
        return collection
      }
    } catch {
      var facts = Self.all(as: tree.fact(path, failed: error))
      for name in Self.outside { facts[name] = .notCollected("not-given", .path(path)) }
      return found(facts)
    }
  }

  // MARK: -

  private func asset(_ id: String, _ target: String, _ facts: [String: Fact], name: String? = nil) -> AssetFacts {
    let kind = Asset.Kind.vmwareGuest
    return AssetFacts(
      asset: Asset(
        id: "\(kind.rawValue):\(id)", kind: kind, platform: "vmware-guest",
        name: name ?? id.split(separator: "/").last.map(String.init) ?? id),
      target: target, facts: facts)
  }

  private func facts(_ configuration: ToolsConfiguration, _ path: String) -> [String: Fact] {
    var facts = Self.all(as: .absent(.path(path)))
    for name in Self.outside { facts[name] = .notCollected("not-given", .path(path)) }
    for (group, key) in Self.settings {
      guard let entry = configuration[group, key] else { continue }
      facts[Self.fact(group, key)] = .present(.string(entry.value), .path(path, line: entry.line, column: entry.column))
    }
    return facts
  }

  /// Only what was asked for is known.
  private func facts(_ output: ToolsOutput, _ path: String) -> [String: Fact] {
    var facts = Self.all(as: .notCollected("not-given", .path(path)))
    for (group, key) in Self.settings {
      guard let answer = output[group, key] else { continue }
      let place = FactSource.path(path, line: answer.line, column: 1)
      facts[Self.fact(group, key)] = answer.value.map { .present(.string($0), place) } ?? .absent(place)
    }
    if let version = output.version { facts["tools.version"] = .present(.string(version.text), .path(path, line: version.line, column: 1)) }
    return facts
  }
}
