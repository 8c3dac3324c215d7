internal import Domain

extension HostFacts {
  private static let groupFolder = "/sys/kernel/iommu_groups"

  /// Facts `iommu.groups` ([{id, type, devices: [{address, driver, bridge}]}]) and `thunderbolt.domains` ([{name, protection}]).
  ///
  /// A group that VFIO made up for a device without an IOMMU (its name is vfio-noiommu) is none and is left out.
  mutating func readDeviceIsolation() {
    readGroups()
    readThunderbolt()
  }

  private mutating func readGroups() {
    let folder = Self.groupFolder
    let numbers: [String]
    do throws(Tree.Failure) {
      numbers = try tree.names(in: folder).filter { Int($0) != nil }.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
    } catch {
      self["iommu.groups"] =
        error == .notFound || error == .notGiven ? missingInstance(.path(folder)) : .unreadable(error.why, .path(folder))
      return
    }
    var groups: [FactValue] = []
    var sources = [FactSource.path(folder)]
    for number in numbers {
      let path = folder + "/" + number
      if let name = try? tree.line(path + "/name"), name == "vfio-noiommu" { continue }
      var members: [FactValue.Member] = [.init("id", .string(number))]
      do throws(Tree.Failure) {
        members.append(.init("type", .string(try tree.line(path + "/type").trimmed)))
        sources.append(.path(path + "/type", line: 1, column: 1))
      } catch {
        members.append(.init("type", .null))
        members.append(.init("why", .string(error.why)))
        sources.append(.path(path + "/type"))
      }
      members.append(.init("devices", .array(devices(in: path + "/devices"))))
      groups.append(.object(members))
    }
    self["iommu.groups"] = .present(.array(groups), sources: sources)
  }

  private func devices(in folder: String) -> [FactValue] {
    guard let addresses = try? tree.names(in: folder) else { return [] }
    return addresses.map { address in
      let places = ["\(folder)/\(address)", "/sys/bus/pci/devices/\(address)"]
      return [
        "address": .string(address), "driver": driver(places).map { .string($0) } ?? .null, "bridge": .bool(isBridge(places)),
      ]
    }
  }

  /// The driver a device is bound to: the link of that name, or the line of its uevent file.
  private func driver(_ places: [String]) -> String? {
    for place in places {
      if let target = try? tree.link(place + "/driver"), let name = target.split(separator: "/").last { return String(name) }
    }
    for place in places {
      guard let text = try? tree.line(place + "/uevent") else { continue }
      for (_, line) in NumberedLines(text) where line.hasPrefix("DRIVER=") { return line.dropFirst(7).trimmed }
    }
    return nil
  }

  /// PCI base class 06h is a bridge: never assigned to a guest itself.
  private func isBridge(_ places: [String]) -> Bool {
    for place in places {
      guard let text = try? tree.line(place + "/class") else { continue }
      return text.trimmed.lowercased().hasPrefix("0x06")
    }
    return false
  }

  private mutating func readThunderbolt() {
    let folder = "/sys/bus/thunderbolt/devices"
    let names: [String]
    do throws(Tree.Failure) {
      names = try tree.names(in: folder).filter { $0.hasPrefix("domain") }
    } catch {
      self["thunderbolt.domains"] = fact(folder, failed: error, within: "/sys/bus")
      return
    }
    var domains: [FactValue] = []
    var sources = [FactSource.path(folder)]
    for name in names {
      let path = "\(folder)/\(name)/iommu_dma_protection"
      let protection = try? tree.line(path)
      domains.append(["name": .string(name), "protection": protection.map { .string($0.trimmed) } ?? .null])
      sources.append(.path(path, line: 1, column: 1))
    }
    self["thunderbolt.domains"] = .present(.array(domains), sources: sources)
  }
}
