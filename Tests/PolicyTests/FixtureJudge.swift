import Domain
import Foundation
import Judgement
import Platforms
import Synchronization
import Yams

/// Judges the raw input of fixtures: written to a temporary folder, read by the real collectors, judged by the shipped policies.
final class FixtureJudge: Sendable {
  let folder: DataFolder
  let policies: Policies
  let baseline: Baseline
  /// Compiling every policy takes longer than judging: one judge for each set of parameters.
  private let judges = Mutex<[String: Judge]>([:])
  static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  init() throws {
    folder = try DataFolder(named: Self.source)
    policies = try Policies.load(from: folder)
    baseline = try Baseline.load(Baseline.defaultName, from: folder)
  }

  /// Findings of one control over every asset that the input gave, with the assets' names.
  func findings(_ id: String, package: String, _ input: ControlFixture.Input, parameters: [String: Node]) throws -> [Finding] {
    let temporary = FileManager.default.temporaryDirectory.appending(path: "ringwall-fixture-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    let collection = try collect(input, package: package, in: temporary)
    let extra = parameters.map { FactValue.Member($0.key, Self.value($0.value)) }
    let judge = try judge(with: extra)
    let collected = Collected(at: "2026-01-01T00:00:00Z", by: "test", uid: 0)
    return collection.assets.flatMap { judge.judge($0, collected: collected) }.filter { $0.control.id == id }
  }

  private func judge(with extra: [FactValue.Member]) throws -> Judge {
    let key = JSONText.string(.object(extra.sorted { $0.key < $1.key }))
    if let known = judges.withLock({ $0[key] }) { return known }
    let made = try Judge(policies: policies, parameters: baseline.parameters + extra)
    judges.withLock { $0[key] = made }
    return made
  }

  private func collect(_ input: ControlFixture.Input, package: String, in temporary: String) throws -> Collection {
    switch input {
    case .root(let files):
      for (path, text) in files {
        let full = temporary + path
        let parent = (full as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
          atPath: text == nil || path.hasSuffix("/") ? full : parent, withIntermediateDirectories: true)
        if let text, !path.hasSuffix("/") { try Data(text.utf8).write(to: URL(filePath: full)) }
      }
      return machine(Tree(root: temporary), package: package)
    case .file(let name, let text):
      return file(Array(text.utf8), name: name, package: package)
    }
  }

  private func machine(_ tree: Tree, package: String) -> Collection {
    switch package {
    case "host": LinuxHostCollector(tree: tree).collect(target: "fixture")
    case "libvirtd", "qemu_driver": LibvirtDaemonCollector(tree: tree).collect(target: "fixture")
    case "domain": DomainCollector(tree: tree).collect(target: "fixture")
    case "container", "docker", "gvisor": ContainerCollector(tree: tree).collect(target: "fixture")
    case "vmware_guest": GuestToolsCollector(tree: tree).collect(target: "fixture")
    default: QEMUCollector(tree: tree).collect(target: "fixture")
    }
  }

  private func file(_ bytes: [UInt8], name: String, package: String) -> Collection {
    let tree = Tree()
    return switch package {
    case "host": LinuxHostCollector(tree: tree).collect(target: "fixture")
    case "libvirtd", "qemu_driver": LibvirtDaemonCollector(tree: tree).collect(configuration: bytes, path: name, target: name)
    case "domain": DomainCollector(tree: tree).collect(document: bytes, path: name, target: name)
    case "container", "docker", "gvisor":
      name.hasSuffix(".toml")
        ? ContainerCollector(tree: tree).collect(toml: bytes, path: name, target: name)
        : ContainerCollector(tree: tree).collect(document: bytes, path: name, target: name)
    case "vmware_vm", "vmware_guest": vmware(bytes, name: name)
    case "vmware_esxi", "vmware_vcenter", "vmware_vsan": InventoryCollector().collect(inventory: bytes, path: name, target: name)
    case "hyperv_vm", "hyperv_host", "windows": WindowsFile.collect(bytes, name: name)
    default: QEMUCollector(tree: tree).collect(arguments: bytes, path: name, target: name)
    }
  }

  /// By what the file is, as an audit tells it: an inventory gives facts of machines and guests alike.
  private func vmware(_ bytes: [UInt8], name: String) -> Collection {
    switch FileKind.recognise(bytes, path: name) {
    case .inventory: InventoryCollector().collect(inventory: bytes, path: name, target: name)
    case .ovf: VirtualMachineCollector(tree: Tree()).collect(descriptor: bytes, path: name, target: name)
    case .guestTools: GuestToolsCollector(tree: Tree()).collect(configuration: bytes, path: name, target: name)
    default: VirtualMachineCollector(tree: Tree()).collect(configuration: bytes, path: name, target: name)
    }
  }

  private static func value(_ node: Node) -> FactValue {
    switch node {
    case .sequence(let items): return .array(items.map(value))
    case .mapping(let members): return .object(members.map { .init($0.key.string ?? "", value($0.value)) })
    default:
      if let integer = node.int, node.scalar?.style == .plain { return .int(Int64(integer)) }
      if let flag = node.bool, node.scalar?.style == .plain { return .bool(flag) }
      return .string(node.string ?? "")
    }
  }
}
