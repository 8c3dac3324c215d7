internal import Domain

extension HostFacts {
  /// Options that decide a default when the command line says nothing.
  private static let options = [
    "CPU_MITIGATIONS", "SPECULATION_MITIGATIONS", "IOMMU_DEFAULT_PASSTHROUGH", "IOMMU_DEFAULT_DMA_STRICT", "IOMMU_DEFAULT_DMA_LAZY",
    "EFI_DISABLE_PCI_DMA", "INIT_ON_ALLOC_DEFAULT_ON", "INIT_ON_FREE_DEFAULT_ON", "MODULE_SIG_FORCE",
  ]

  /// Facts `config.NAME` in lower case: "y", "m", "n" for one that is not set, or text; absent for an option that this kernel does not know. Call after `readProcessor`.
  mutating func readKernelConfiguration() {
    let (text, source) = kernelConfiguration()
    for option in Self.options {
      let name = "config." + option.lowercased()
      guard let text else {
        self[name] = source
        continue
      }
      self[name] = .absent(sources: source.source)
      for (number, line) in NumberedLines(text) {
        let isOff = line == "# CONFIG_\(option) is not set"
        guard isOff || line.hasPrefix("CONFIG_\(option)=") else { continue }
        let value = isOff ? "n" : line.dropFirst(option.count + 8).trimmed
        self[name] = .present(.string(value), sources: source.source.map { $0.kind == .path ? .path($0.name, line: number) : $0 })
      }
    }
  }

  /// The running kernel's configuration; without one, the fact that says why not. A distribution keeps it in /boot or beside the modules; a
  /// kernel built with IKCONFIG_PROC holds it itself.
  private func kernelConfiguration() -> (String?, Fact) {
    var release = self["kernel.release"]?.value?.text
    if release == nil, !tree.isLive, let names = try? tree.names(in: "/boot") {
      // One kernel in a saved tree can only be the one that ran.
      let configurations = names.filter { $0.hasPrefix("config-") }
      if configurations.count == 1 { release = String(configurations[0].dropFirst(7)) }
    }
    var places = ["/proc/config"]
    if let release {
      places = ["/boot/config-\(release)", "/lib/modules/\(release)/config", "/usr/lib/modules/\(release)/config"] + places
    }
    var failure: Fact?
    for path in places {
      do throws(Tree.Failure) {
        return (String(decoding: try tree.bytes(path, limit: 4 << 20), as: UTF8.self), .absent(.path(path)))
      } catch {
        if error != .notFound && error != .notGiven { failure = .unreadable(error.why, .path(path)) }
      }
    }
    if tree.isLive, tree.exists("/proc/config.gz"), let bytes = try? Command.output("gzip", ["-dc", "/proc/config.gz"]) {
      return (String(decoding: bytes, as: UTF8.self), .absent(.command("gzip -dc /proc/config.gz")))
    }
    return (nil, failure ?? .notCollected("not-given", .path(places[0])))
  }
}
