import TestSupport

@testable import Rego

/// Documents of machines and hosts, and edits of them that mostly fit.
struct RandomDocuments {
  var random: SplitMix

  init(_ seed: UInt64) { random = SplitMix(seed) }

  static func object(_ members: [(String, RegoValue)]) -> RegoValue { .object(members.map { RegoValue.Member(.string($0.0), $0.1) }) }

  mutating func pick<T>(_ items: [T]) -> T { items[random.below(items.count)] }

  mutating func scalar() -> RegoValue {
    switch random.below(8) {
    case 0: .null
    case 1: .boolean(random.below(2) == 0)
    case 2: .number(pick(["1.0", "2.5", "1e2"]))
    case 3: .string(pick(["a", "b", "a longer text than fits", "kvm", "esxi"]))
    case 4: .array([.integer(1), .integer(Int64(random.below(3)))])
    default: .integer(Int64(random.below(5)))
    }
  }

  mutating func machine() -> RegoValue {
    var members: [(String, RegoValue)] = [
      ("id", .string("vm\(random.below(12))")), ("host", .string("h\(random.below(4))")),
      ("platform", .string(pick(["kvm", "esxi", "hyperv"]))),
      ("cpus", .integer(Int64(random.below(6)))),
      (
        "nics",
        .array(
          (0..<random.below(3)).map { _ in
            Self.object([("model", .string(pick(["virtio", "e1000"]))), ("net", .string("n\(random.below(3))"))])
          })
      ),
    ]
    if random.below(2) == 0 { members.append(("tls", .boolean(random.below(2) == 0))) }
    if random.below(5) == 0 { members.append(("extra", scalar())) }
    return Self.object(members)
  }

  mutating func host() -> RegoValue {
    Self.object([("iommu", .boolean(random.below(2) == 0)), ("version", .integer(Int64(random.below(4))))])
  }

  mutating func input(machines count: Int) -> RegoValue {
    Self.object([
      ("vms", .array((0..<count).map { _ in machine() })), ("limit", .integer(Int64(random.below(5)))),
      ("named", Self.object((0..<count).map { ("name\($0)", machine()) })),
      ("nets", .array((0..<3).map { .string("n\($0)") })),
    ])
  }

  mutating func data() -> RegoValue {
    Self.object([
      ("hosts", Self.object((0..<4).map { ("h\($0)", host()) })),
      ("exceptions", Self.object([("R1", Self.object([("vm1", .boolean(true))])), ("R2", Self.object([]))])),
      ("baseline", Self.object([("nets", .array([.string("n0"), .string("n1")])), ("max", .integer(3))])),
    ])
  }

  /// - Parameter document: what is edited; undefined as nil.
  mutating func edit(_ document: RegoValue?, of root: DocumentEdit.Root) -> DocumentEdit {
    guard let document else { return DocumentEdit(.add(input(machines: 3)), at: [String](), of: root) }
    if random.below(60) == 0 { return DocumentEdit(.replace(root == .input ? input(machines: 4) : data()), at: [String](), of: root) }
    var path: [String] = []
    var node = document
    let depth = 1 + random.below(5)
    for _ in 0..<depth {
      switch node {
      case .array(let elements):
        if elements.isEmpty { return DocumentEdit(.add(machine()), at: path + ["-"], of: root) }
        let index = random.below(elements.count)
        path.append(String(index))
        node = elements[index]
      case .object(let members):
        if members.isEmpty { return DocumentEdit(.add(.boolean(true)), at: path + ["vm\(random.below(6))"], of: root) }
        let member = members[random.below(members.count)]
        guard case .string(let key) = member.key else { continue }
        path.append(key)
        node = member.value
      default: break
      }
    }
    switch random.below(10) {
    case 0: return DocumentEdit(.remove, at: path, of: root)
    case 1:
      let isMachine = path.count == 2 && (path[0] == "vms" || path[0] == "named")
      if isMachine, path[0] == "named" { path[1] = "name\(random.below(200))" }
      return DocumentEdit(.add(isMachine ? machine() : scalar()), at: path, of: root)
    case 2 where path.count == 2 && path[0] == "vms": return DocumentEdit(.add(machine()), at: ["vms", "-"], of: root)
    case 3: return DocumentEdit(.replace(path.count == 2 && path[0] != "nets" ? machine() : scalar()), at: path, of: root)
    case 4 where path.count > 1: return DocumentEdit(.add(scalar()), at: path.dropLast() + [pick(["tls", "cpus", "vm2", "0"])], of: root)
    default: return DocumentEdit(.replace(like(node)), at: path, of: root)
    }
  }

  /// A value of the same kind.
  mutating func like(_ value: RegoValue) -> RegoValue {
    switch value {
    case .boolean: .boolean(random.below(2) == 0)
    case .integer: .integer(Int64(random.below(6)))
    case .string(let text):
      text.hasPrefix("vm")
        ? .string("vm\(random.below(12))")
        : text.hasPrefix("h") ? .string("h\(random.below(5))") : .string(pick(["kvm", "esxi", "e1000", "n1", "n2", "virtio"]))
    case .object(let members): members.count > 3 ? machine() : host()
    default: scalar()
    }
  }
}
