public import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Collects what a Linux host with KVM shows of its own protection: one asset of kind host.
///
/// Nothing is changed and nothing is asked over the network. On the live system a handful of read-only programs of the system is run for
/// what no file shows; in a saved tree their recorded output is read. docs/facts/host.md lists every fact.
public struct LinuxHostCollector: Sendable {
  private let tree: Tree

  public init(tree: Tree) { self.tree = tree }

  /// - Parameter target: the target as the user named it.
  public func collect(target: String) -> Collection {
    var host = HostFacts(tree: tree)
    host.readCommandLine()
    host.readProcessor()
    host.readKernelConfiguration()
    host.readVulnerabilities()
    host.readModules()
    host.readDeviceIsolation()
    host.readSysctls()
    host.readMandatoryAccess()
    host.readGuestProcesses()
    host.readFirmware()
    host.readMemory()
    host.readDeviceAccess()
    host.readAccounts()
    host.readLibvirt()
    host.readRecords()
    host.readNetwork()
    let name = hostName
    let asset = Asset(id: "host:\(name)", kind: .host, platform: "linux-kvm", name: name)
    return Collection(assets: [AssetFacts(asset: asset, target: target, facts: host.facts)])
  }

  /// The host's own name; that of the folder where a saved tree does not tell.
  private var hostName: String {
    for path in ["/proc/sys/kernel/hostname", "/etc/hostname"] {
      if let name = try? tree.line(path).trimmed, !name.isEmpty { return name }
    }
    return tree.root.split(separator: "/").last.map(String.init) ?? "host"
  }
}
