public import Domain

/// Facts of VMware virtual machines that a file describes: a .vmx, an OVF descriptor or an OVA archive.
///
/// Fact names and shapes: docs/facts/vmware_vm.md. Nothing is thrown: what cannot be read or judged is a refusal or an unreadable fact.
public struct VirtualMachineCollector: Sendable {
  /// A .vmx is some KiB; the largest that VMware writes stay below 1 MiB.
  private static let largestConfiguration = 16 << 20

  private let tree: Tree

  public init(tree: Tree) { self.tree = tree }

  // MARK: .vmx

  /// - Parameters:
  ///   - bytes: a .vmx.
  ///   - path: how the user names it; the snapshots of a .vmsd of the same name beside it are read too.
  public func collect(configuration bytes: [UInt8], path: String, target: String) -> Collection {
    do throws(Refusal) {
      guard bytes.count <= Self.largestConfiguration else {
        throw Refusal(
          target: target, code: "too-large",
          message:
            "\(path): a .vmx of more than \(Self.largestConfiguration >> 20) MiB is not read; name the configuration of one virtual machine"
        )
      }
      let text = try DictionaryText.read(bytes, path: path)
      if let sealed = text["encryption.data"] {
        throw Refusal(
          target: target, code: "encrypted",
          message:
            "\(path):\(sealed.line): the configuration is encrypted, so that nothing in it can be judged; decrypt the virtual machine, or audit it through its host",
          line: sealed.line, column: sealed.column)
      }
      var facts = MachineNames.unread(.path(path))
      facts.merge(MachineConfigurationFacts(text, path: path).facts()) { $1 }
      var warnings = text.duplicates.map { Self.warning($0.key, lines: $0.lines, path: path) }
      if let sign = Self.signOfPart(text) {
        // What is not there may have stood in the part that is missing.
        facts = facts.mapValues { $0.state == .absent ? .notCollected("cut-off", sources: $0.source) : $0 }
        warnings.append(
          Warning(target: path, message: "\(path): \(sign), so that it may be a part of a .vmx; what it does not hold is unknown"))
      }
      facts["snapshots"] = snapshots(besides: path)
      let name = text["displayName"].map(\.value).flatMap { $0.isEmpty ? nil : $0 } ?? Self.baseName(path)
      let uuid = MachineNames.uuid(text["uuid.bios"]?.value)
      return Collection(
        assets: [Self.asset(name: name, uuid: uuid, fallback: path, target: target, facts)], warnings: warnings)
    } catch {
      return Collection(refusals: [error])
    }
  }

  /// What tells that the beginning or the end of a .vmx is missing: VMware writes these keys into each, the name far behind the others, and
  /// ends every line. nil where nothing tells.
  private static func signOfPart(_ text: DictionaryText) -> String? {
    if !text.isEnded { return "the last line has no end" }
    return ["config.version", "virtualHW.version", "displayName"].first { text[$0] == nil }.map { "\($0) is missing" }
  }

  /// The snapshots that VMware lists beside the configuration; the file is there as soon as there was one.
  private func snapshots(besides path: String) -> Fact {
    guard path.lowercased().hasSuffix(".vmx") else { return .notCollected("not-given", .path(path)) }
    let list = String(path.dropLast(4)) + ".vmsd"
    do throws(Tree.Failure) {
      let bytes = try tree.bytes(list, limit: Self.largestConfiguration)
      return (try? SnapshotList.fact(bytes, path: list)) ?? .unreadable("malformed", .path(list))
    } catch {
      return tree.fact(list, failed: error)
    }
  }

  // MARK: OVF

  /// - Parameter bytes: an OVF descriptor.
  public func collect(descriptor bytes: [UInt8], path: String, target: String) -> Collection {
    do throws(Refusal) {
      let descriptor = try OVFDescriptor(try XMLReader.read(bytes, path: path), path: path)
      var collection = Collection()
      for system in descriptor.systems {
        var facts = MachineNames.unread(.path(path))
        facts.merge(OVFFacts(system, path: path).facts()) { $1 }
        // Names are not unique across descriptors: the file tells machines apart.
        let isOnly = descriptor.systems.count == 1
        let name = system.name.isEmpty ? Self.baseName(path) : system.name
        collection.assets.append(
          Self.asset(name: name, uuid: nil, fallback: isOnly ? path : "\(path) \(name)", target: target, facts))
        collection.warnings += system.duplicates.map { Self.warning($0.key, lines: $0.lines, path: path) }
      }
      return collection
    } catch {
      return Collection(refusals: [error])
    }
  }

  /// - Parameters:
  ///   - bytes: the first `OVFArchive.beginning` bytes of an OVA.
  ///   - path: how the user names the archive; places inside it are those of its descriptor, "PATH/NAME.ovf".
  public func collect(archive bytes: [UInt8], path: String, target: String) -> Collection {
    do throws(Refusal) {
      let descriptor = try OVFArchive.descriptor(in: bytes, path: path)
      return collect(descriptor: descriptor.bytes, path: "\(path)/\(descriptor.name)", target: target)
    } catch {
      return Collection(refusals: [error])
    }
  }

  // MARK: -

  static func asset(name: String, uuid: String?, fallback: String, target: String, _ facts: [String: Fact]) -> AssetFacts {
    AssetFacts(
      asset: Asset(
        id: "\(Asset.Kind.vmwareVM.rawValue):\(uuid ?? fallback)", kind: .vmwareVM, platform: "vmware-vm", name: name, uuid: uuid),
      target: target, facts: facts)
  }

  static func warning(_ key: String, lines: [Int], path: String) -> Warning {
    let last = lines.last ?? 0
    let others = lines.dropLast().prefix(8).map(String.init).joined(separator: ", ")
    return Warning(
      target: path, message: "\(path):\(last): \(Self.shown(key)) stands also on line \(others); the last value counts", line: last)
  }

  /// A name from a file inside a sentence: short and printable.
  private static func shown(_ text: String) -> String {
    String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(80).map(Character.init))
  }

  static func baseName(_ path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    let parts = last.split(separator: ".")
    return parts.count > 1 ? parts.dropLast().joined(separator: ".") : last
  }
}
