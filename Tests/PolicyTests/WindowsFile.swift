import Domain
import Platforms

/// Files of fixtures that Windows wrote, read as an audit does: the kind is told by what they hold.
enum WindowsFile {
  static func collect(_ bytes: [UInt8], name: String) -> Collection {
    let collector = WindowsCollector()
    return switch FileKind.recognise(bytes, path: name) {
    case .hyperV: collector.collect(inventory: bytes, path: name, target: name)
    case .registryExport: collector.collect(registry: bytes, path: name, target: name)
    case .bootConfiguration: collector.collect(boot: bytes, path: name, target: name)
    case .systemInformation: collector.collect(report: bytes, path: name, target: name)
    case let other: Collection(refusals: [Refusal(target: name, code: "unknown-kind", message: "\(name): \(other.name)")])
    }
  }
}
