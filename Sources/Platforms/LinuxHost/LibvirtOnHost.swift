internal import Domain

extension HostFacts {
  private static let driverFile = "/etc/libvirt/qemu.conf"

  /// What host controls ask of libvirt: `libvirt.installed` (true), `libvirt.driver.KEY` of qemu.conf, and `libvirt.guests`
  /// ([{name, uuid, launchSecurity, nosharepages, interfaces: [{type, filter}]}]).
  mutating func readLibvirt() {
    let folder = "/etc/libvirt"
    self["libvirt.installed"] = tree.exists(folder) ? .present(true, .path(folder)) : missing(.path(folder), within: "/etc")
    readDriver()
    readGuests()
  }

  private mutating func readDriver() {
    let path = Self.driverFile
    let keys = ["sched_core", "dump_guest_core"]
    let failed: Fact
    do throws(Tree.Failure) {
      let bytes = try tree.bytes(path, limit: ConfigurationText.largestFile)
      do throws(ConfigurationError) {
        let text = try ConfigurationText(bytes)
        for key in keys { self["libvirt.driver." + key] = Self.setting(text[key], path) }
        return
      } catch {
        failed = .unreadable("malformed", .path(path, line: error.line, column: error.column))
      }
    } catch {
      failed = fact(path, failed: error, within: "/etc")
    }
    for key in keys { self["libvirt.driver." + key] = failed }
  }

  private static func setting(_ entry: ConfigurationText.Entry?, _ path: String) -> Fact {
    guard let entry else { return .absent(.path(path)) }
    let source = FactSource.path(path, line: entry.line, column: entry.column)
    switch entry.value {
    case .string(let text): return .present(.string(text), source)
    case .number(let number, _): return .present(.int(number), source)
    case .list, .overflow: return .unreadable("malformed", source)
    }
  }

  private mutating func readGuests() {
    let folder = "/etc/libvirt/qemu"
    let names: [String]
    do throws(Tree.Failure) {
      names = try tree.names(in: folder).filter { $0.hasSuffix(".xml") }
    } catch {
      self["libvirt.guests"] = fact(folder, failed: error, within: "/etc")
      return
    }
    var guests: [FactValue] = []
    var sources: [FactSource] = []
    for name in names {
      let path = folder + "/" + name
      do throws(Tree.Failure) {
        let bytes = try tree.bytes(path, limit: XMLReader.limit)
        do throws(Refusal) {
          let root = try XMLReader.read(bytes, path: path).root
          guard root.name == "domain" else { continue }
          guests.append(Self.guest(root))
          sources.append(.path(path, line: (root.first("memoryBacking") ?? root.first("launchSecurity") ?? root).line))
        } catch {
          self["libvirt.guests"] = .unreadable(error.code, .path(path, line: error.line, column: error.column))
          return
        }
      } catch {
        self["libvirt.guests"] = .unreadable(error.why, .path(path))
        return
      }
    }
    self["libvirt.guests"] = .present(.array(guests), sources: guests.isEmpty ? [.path(folder)] : sources)
  }

  private static func guest(_ root: XMLElement) -> FactValue {
    let interfaces: [FactValue] = (root.first("devices")?.all("interface") ?? []).map { interface in
      [
        "type": .string(interface["type"] ?? ""),
        "filter": interface.first("filterref")?["filter"].map { .string($0) } ?? .null,
      ]
    }
    return [
      "name": .string(root.text("name") ?? ""), "uuid": .string(root.text("uuid")?.lowercased() ?? ""),
      "launchSecurity": root.first("launchSecurity")?["type"].map { .string($0) } ?? .null,
      "nosharepages": .bool(root.first("memoryBacking", "nosharepages") != nil), "interfaces": .array(interfaces),
    ]
  }
}
