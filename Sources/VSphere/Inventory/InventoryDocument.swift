internal import Domain

/// The document `ringwall.vsphere/1` while it is gathered.
struct InventoryDocument {
  static let schema = "ringwall.vsphere/1"

  var about: FactValue = .object([])
  var options: FactValue = .object([])
  var hosts: [FactValue] = []
  var machines: [FactValue] = []
  var portgroups: [FactValue] = []
  var switches: [FactValue] = []
  /// Clusters with vSAN.
  var clusters: [FactValue] = []
  /// What the appliance of a vCenter says, by path.
  var appliance: [FactValue.Member] = []
  var tasks: [FactValue] = []
  /// What could not be read, and why: facts of it are unreadable, not absent.
  private(set) var errors: [FactValue] = []

  mutating func miss(_ what: String, _ message: String) {
    errors.append(.object([.init("what", .string(what)), .init("message", .string(message))]))
  }

  func value(server: String, collected: String) -> FactValue {
    .object([
      .init("schema", .string(Self.schema)), .init("collected", .string(collected)), .init("server", .string(server)),
      .init("about", about),
      .init("options", options), .init("hosts", .array(hosts)), .init("vms", .array(machines)), .init("portgroups", .array(portgroups)),
      .init("switches", .array(switches)), .init("vsan", .object([.init("clusters", .array(clusters))])),
      .init("appliance", .object(appliance)), .init("tasks", .array(tasks)),
      .init("errors", .array(errors)),
    ])
  }
}

/// An object built from paths: `config.network.vswitch` becomes three levels. Members keep the order in which they came.
struct PathTree {
  private final class Level {
    var members: [(key: String, value: FactValue?, level: Level?)] = []
  }

  private let root = Level()

  /// What stands at a path is not replaced by what stands below it.
  func set(_ path: String, _ value: FactValue) {
    var level = root
    let parts = path.split(separator: ".").map(String.init)
    for part in parts.dropLast() {
      if let next = level.members.first(where: { $0.key == part }) {
        guard let below = next.level else { return }
        level = below
      } else {
        let below = Level()
        level.members.append((part, nil, below))
        level = below
      }
    }
    guard let last = parts.last, !level.members.contains(where: { $0.key == last }) else { return }
    level.members.append((last, value, nil))
  }

  var members: [FactValue.Member] { Self.members(root) }

  private static func members(_ level: Level) -> [FactValue.Member] {
    level.members.map { .init($0.key, $0.value ?? .object($0.level.map(members) ?? [])) }
  }
}
