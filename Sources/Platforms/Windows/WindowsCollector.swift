public import Domain

/// Collects Hyper-V hosts, their machines and Windows itself from files: the document of `ringwall collect hyperv`, JSON of single
/// cmdlets, registry exports, listings of bcdedit and reports of System Information. Nothing is asked over a network.
public struct WindowsCollector: Sendable {
  public init() {}

  /// The document of the collector, or the JSON of one cmdlet.
  public func collect(inventory bytes: [UInt8], path: String, target: String) -> Collection {
    let text = WindowsText.utf8(bytes)
    let places = PlaceIndex(of: text)
    let root: PlacedJSON
    do throws(JSONFault) {
      root = try PlacedJSON.whole(text)
    } catch {
      let place = places.place(of: error.offset)
      return Collection(refusals: [
        Refusal(
          target: target, code: "malformed", message: "\(path):\(place.line):\(place.column): \(error.what); write the file again",
          line: place.line, column: place.column)
      ])
    }
    guard let inventory = try? HyperVInventory(root, places: places, path: path) else {
      return Collection(refusals: [
        Refusal(
          target: target, code: "unknown-kind",
          message:
            "\(path): JSON of no cmdlet that is known here, or with errors that name nothing; write it with the script that ringwall collect hyperv prints"
        )
      ])
    }
    var duplicates = JSONDuplicates(places: places)
    duplicates.add(root.tree)
    // Of two lists of machines one would go unseen.
    if inventory.isDocument, let section = duplicates.found.first(where: { root[$0.way] != nil }) {
      let place = section.places.last ?? LinePlace(line: 1, column: 1)
      return Collection(refusals: [
        Refusal(
          target: target, code: "malformed",
          message:
            "\(path):\(place.line):\(place.column): \(section.way.prefix(60)) stands a second time, and only one of the two could be read; write the file again",
          line: place.line, column: place.column)
      ])
    }
    let registry = WindowsMachine.registry(inventory)
    let boot = bootConfiguration(inventory)
    let host = HyperVHost(inventory)
    var collection = Collection()
    if let asset = host.asset(target: target, registry: registry, boot: { boot($0) }) { collection.assets.append(asset) }
    if inventory.isDocument || inventory.object("Win32_DeviceGuard") != nil || inventory.object("Get-Tpm") != nil {
      var facts = WindowsMachine.facts(inventory)
      for value in RegistryValue.windows { facts[value.fact] = registry(value) }
      facts.merge(WindowsMachine.bootFacts { boot($0) }) { first, _ in first }
      facts["bcd.optOut"] = boot(nil)
      let name = inventory.root["computer"]?.text
      collection.assets.append(
        WindowsMachine.asset(id: name ?? path, name: name ?? TextPath.lastPart(of: path), facts: facts, target: target))
    }
    collection.assets += HyperVMachines(inventory, hostFacts: host.factsForMachines(registry: registry)).assets(target: target)
    if inventory.isDocument { collection.refusals += gaps(inventory, target: target) }
    return duplicates.marking(collection, path: path)
  }

  /// Why machines may be missing from the collector's document.
  private func gaps(_ inventory: HyperVInventory, target: String) -> [Refusal] {
    if inventory.root["elevated"]?.powerShellFlag == false {
      return [
        Refusal(
          target: target, code: "permission",
          message:
            "\(inventory.path): collected without elevation, where Windows shows neither machines nor the boot configuration; run the script as administrator"
        )
      ]
    }
    if let row = HyperVMachines.unnamed(inventory) {
      let line = inventory.line(of: row)
      return [
        Refusal(
          target: target, code: "malformed",
          message: "\(inventory.path):\(line): no machine with an Id or a name, where Get-VM lists machines; write the file again",
          line: line
        )
      ]
    }
    guard case .failed = inventory.section("Get-VM") else { return [] }
    return [
      Refusal(
        target: target, code: "io",
        message: "\(inventory.path): Get-VM failed where this was collected, so that machines are missing; run the script again")
    ]
  }

  /// Facts of the boot configuration that the collector's document holds; nil asks for the entry of an opt-out.
  private func bootConfiguration(_ inventory: HyperVInventory) -> (String?) -> Fact {
    let rows = inventory.section("bcdedit").rows
    guard let first = rows.first else { return { _ in inventory.missing("bcdedit") } }
    let start = inventory.line(of: first)
    // The lines stand one below the other in the document, so that a line of the listing has a line of the file.
    let lines = rows.enumerated().map { WindowsText.Line(number: $0.offset, text: $0.element.text ?? "") }
    let configuration = BootConfiguration(lines, isWhole: true)
    let path = inventory.path
    return { name in
      let fact = name.map { configuration.fact($0, path: path) } ?? configuration.optOutFact(path: path)
      let sources = fact.source.map { source in
        source.line.map { .path(path, line: rows.indices.contains($0) ? inventory.line(of: rows[$0]) : start) } ?? source
      }
      switch fact.state {
      case .present: return .present(fact.value ?? .null, sources: sources)
      case .absent: return .absent(sources: sources.contains { $0.line != nil } ? sources : [.path(path, line: start)])
      case .unreadable: return .unreadable(fact.why ?? "malformed", sources: sources)
      case .notCollected: return .notCollected(fact.why ?? "not-given", sources: sources)
      }
    }
  }

  /// A registry export in any of its forms.
  public func collect(registry bytes: [UInt8], path: String, target: String) -> Collection {
    let text = WindowsText.utf8(bytes)
    let export: RegistryExport
    do throws(RegistryExport.Failure) {
      export = try RegistryExport(text)
      if let refusal = cutOff(bytes, text, path, target, "export the keys again") { return Collection(refusals: [refusal]) }
    } catch {
      return Collection(refusals: [
        Refusal(target: target, code: "malformed", message: "\(path):\(error.line): \(error.what)", line: error.line)
      ])
    }
    var facts: [String: Fact] = [:]
    for value in RegistryValue.windows { facts[value.fact] = export.fact(value, path: path) }
    return machine(facts, name: nil, path: path, target: target)
  }

  /// What bcdedit printed.
  public func collect(boot bytes: [UInt8], path: String, target: String) -> Collection {
    let text = WindowsText.utf8(bytes)
    if let refusal = cutOff(bytes, text, path, target, "write it again with bcdedit /enum all") { return Collection(refusals: [refusal]) }
    let configuration = BootConfiguration(WindowsText.lines(text), isWhole: false)
    guard configuration.current != nil else {
      return Collection(refusals: [
        Refusal(
          target: target, code: "malformed",
          message: "\(path): no loader of Windows in the listing that could be the running one; write it with bcdedit /enum all")
      ])
    }
    var facts = WindowsMachine.bootFacts { configuration.fact($0, path: path) }
    facts["bcd.optOut"] = configuration.optOutFact(path: path)
    return machine(facts, name: nil, path: path, target: target)
  }

  /// A report of System Information.
  public func collect(report bytes: [UInt8], path: String, target: String) -> Collection {
    let text = WindowsText.utf8(bytes)
    if let refusal = cutOff(bytes, text, path, target, "write it again with msinfo32 /report") { return Collection(refusals: [refusal]) }
    let report = SystemInformation(WindowsText.lines(text))
    return machine(report.facts(path: path), name: report.systemName, path: path, target: target)
  }

  /// One sentence for a text whose end is missing.
  private func cutOff(_ bytes: [UInt8], _ text: [UInt8], _ path: String, _ target: String, _ remedy: String) -> Refusal? {
    guard let fault = WindowsText.fault(bytes, text) else { return nil }
    let line = WindowsText.lines(text).last?.number
    return Refusal(
      target: target, code: "malformed", message: "\(path):\(line ?? 1): \(fault); \(remedy)", line: line)
  }

  private func machine(_ facts: [String: Fact], name: String?, path: String, target: String) -> Collection {
    Collection(assets: [
      WindowsMachine.asset(id: name ?? path, name: name ?? TextPath.lastPart(of: path), facts: facts, target: target)
    ])
  }
}
