public import Domain

/// Collects a vSphere inventory (`ringwall.vsphere/1`): one asset for each ESXi host, for the server itself and for each vSAN cluster.
///
/// The same document comes from a file and from the live API, so that both lead to the same facts (docs/facts/vmware.md).
public struct InventoryCollector: Sendable {
  public init() {}

  /// - Parameters:
  ///   - bytes: the document.
  ///   - path: the file as the user would name it, or the server of a live inventory.
  ///   - isLive: true where there is no file: facts then cite properties of the server.
  public func collect(inventory bytes: [UInt8], path: String, target: String, isLive: Bool = false) -> Collection {
    if let refusal = TextForm.refusal(bytes, path: path, target: target) { return Collection(refusals: [refusal]) }
    let document: InventoryDocument
    do throws(JSONFault) {
      document = try InventoryDocument(bytes, name: path, isLive: isLive)
    } catch {
      return Collection(refusals: [Self.refusal(error, bytes, path: path, target: target)])
    }
    var duplicates = document.sectionDuplicates
    var collection = Collection()
    collection.assets += server(document, target: target)
    var products: [String: Fact] = [:]
    for offset in document.hosts {
      add(document, "hosts", offset, to: &collection, &duplicates) { entity, name in
        let made = host(entity, name, target: target)
        if let moid = entity.at(["moid"])?.text { products[moid] = made.facts["product"] }
        return [made]
      }
    }
    collection.assets += vsan(document, target: target)
    var warnings: [Warning] = []
    for offset in document.machines {
      add(document, "vms", offset, to: &collection, &duplicates) { entity, name in
        let made = machine(entity, name, products: products, target: target)
        if case .array(let keys)? = made.first?.facts["duplicates"]?.value {
          warnings += keys.map { key in
            let end = key["differs"] == true ? "with different values; what rests on it is unknown" : "; the last value counts"
            let holds = "\(path): \(name): extraConfig holds \(key["key"]?.text ?? "") more than once"
            return Warning(target: path, message: holds + (end.hasPrefix(";") ? "" : " ") + end)
          }
        }
        return made
      }
    }
    collection.warnings += warnings
    return duplicates.marking(collection, path: path)
  }

  /// Advanced settings that PowerCLI exported: one asset for each host, vCenter and machine that they belong to.
  public func collect(settings bytes: [UInt8], path: String, target: String) -> Collection {
    if let refusal = TextForm.refusal(bytes, path: path, target: target) { return Collection(refusals: [refusal]) }
    do throws(JSONFault) {
      let settings = try ExportedSettings(bytes, name: path)
      let assets = settings.assets(target: target)
      guard assets.isEmpty else { return settings.duplicates.marking(Collection(assets: assets), path: path) }
      return Collection(refusals: [
        Refusal(
          target: target, code: "unknown-kind",
          message: "\(path): settings of no host, vCenter or virtual machine; export Get-AdvancedSetting -Entity with one of them")
      ])
    } catch {
      return Collection(refusals: [Self.refusal(error, bytes, path: path, target: target)])
    }
  }

  private static func refusal(_ fault: JSONFault, _ bytes: [UInt8], path: String, target: String) -> Refusal {
    let place = LinePlace.of(offset: fault.offset, in: bytes)
    return Refusal(
      target: target, code: "malformed", message: "\(path):\(place.line):\(place.column): \(fault.what); export the inventory again",
      line: place.line, column: place.column)
  }

  /// Hosts and machines need a name that their findings can carry; the managed object id tells two of one name apart.
  private func add(
    _ document: InventoryDocument, _ section: String, _ offset: Int, to collection: inout Collection,
    _ duplicates: inout JSONDuplicates, _ assets: (InventoryEntity, String) -> [AssetFacts]
  ) {
    do throws(JSONFault) {
      let json = try document.element(at: offset)
      let moid = json["moid"]?.text ?? ""
      let name = json["name"]?.text ?? moid
      guard !name.isEmpty else { throw JSONFault(offset: offset, what: "an element of \(section) has neither a name nor a moid") }
      let entity = InventoryEntity(document, json, place: "\(section)[\(moid.isEmpty ? name : moid)]")
      duplicates.add(json.tree, way: entity.place)
      collection.assets += assets(entity, name)
    } catch {
      let place = document.place(of: error)
      // One sentence for a broken estate, not one for each of its parts.
      guard collection.refusals.isEmpty else { return }
      collection.refusals.append(
        Refusal(
          target: document.name, code: "malformed",
          message: "\(document.name):\(place.line):\(place.column): \(error.what); export the inventory again", line: place.line,
          column: place.column))
    }
  }

  private func host(_ entity: InventoryEntity, _ name: String, target: String) -> AssetFacts {
    let uuid = entity.at(["summary", "hardware", "uuid"])?.text ?? entity.at(["hardware", "systemInfo", "uuid"])?.text
    let id = uuid.map { $0.lowercased() } ?? "\(entity.document.server.map { $0 + "/" } ?? "")\(name)"
    let kind = Asset.Kind.vmwareESXi
    return AssetFacts(
      asset: Asset(id: "\(kind.rawValue):\(id)", kind: kind, platform: "vmware-esxi", name: name), target: target,
      facts: ESXiFacts(entity).facts())
  }

  /// The vCenter; none where the document is that of one ESXi host, or says nothing of its server.
  private func server(_ document: InventoryDocument, target: String) -> [AssetFacts] {
    guard document["about"]?["apiType"]?.text != "HostAgent",
      ["about", "options", "sso", "appliance"].contains(where: { document[$0] != nil })
    else { return [] }
    let name = document.server ?? document["about"]?["name"]?.text ?? document.name
    let id = document["about"]?["instanceUuid"]?.text?.lowercased() ?? name
    let kind = Asset.Kind.vmwareVCenter
    return [
      AssetFacts(
        asset: Asset(id: "\(kind.rawValue):\(id)", kind: kind, platform: "vmware-vcenter", name: name), target: target,
        facts: VCenterFacts(document).facts())
    ]
  }

  private func vsan(_ document: InventoryDocument, target: String) -> [AssetFacts] {
    guard let vsan = document["vsan"] else { return [] }
    return (vsan["clusters"]?.list ?? []).enumerated().compactMap { index, cluster in
      guard cluster.isObject else { return nil }
      let moid = cluster["moid"]?.text ?? "\(index)"
      let name = cluster["name"]?.text ?? moid
      let entity = InventoryEntity(document, cluster, place: "vsan[\(moid)]")
      let id = cluster["uuid"]?.text?.lowercased() ?? "\(document.server.map { $0 + "/" } ?? "")\(moid)"
      return AssetFacts(
        asset: Asset(id: "vmware-vsan:\(id)", kind: .vmwareVSAN, platform: "vmware-vsan", name: name), target: target,
        facts: VSANFacts(entity).facts())
    }
  }
}
