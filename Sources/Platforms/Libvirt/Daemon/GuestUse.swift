internal import Domain

/// What the guests of the machine use that a setting of the QEMU driver protects: facts `guests.nbd` (disks on NBD servers) and
/// `guests.tcp_chardevs` (character devices on TCP), each the list of the guests' names; absent where none does.
struct GuestUse {
  static let names = ["guests.nbd", "guests.tcp_chardevs"]
  static let definitions = "/etc/libvirt/qemu"
  private(set) var facts: [String: Fact] = [:]

  init(tree: Tree, target: String) {
    // A folder that is not there holds no definitions, as long as the place it would lie in was looked at.
    if case .failure(let failure) = Result(catching: { () throws(Tree.Failure) in try tree.names(in: Self.definitions) }),
      failure != .notFound
    {
      for name in Self.names { facts[name] = tree.fact(Self.definitions, failed: failure) }
      return
    }
    let guests = DomainCollector(tree: tree).collect(target: target)
    let rules: [(name: String, set: String, isUse: (FactValue) -> Bool)] = [
      ("guests.nbd", "disks", { $0["source"]?.text?.hasPrefix("nbd:") == true }),
      ("guests.tcp_chardevs", "chardevs", { $0["type"]?.text == "tcp" }),
    ]
    for rule in rules {
      var users: [FactValue] = []
      var sources: [FactSource] = []
      for guest in guests.assets {
        for state in ["configured.", "running."] {
          guard let fact = guest.facts[state + rule.set], let elements = fact.value?.elements else { continue }
          let first = elements.firstIndex(where: rule.isUse)
          guard let first, !users.contains(.string(guest.asset.name)) else { continue }
          users.append(.string(guest.asset.name))
          if fact.source.indices.contains(first) { sources.append(fact.source[first]) }
        }
      }
      if !users.isEmpty {
        facts[rule.name] = .present(.array(users), sources: sources)
      } else if let refusal = guests.refusals.first {
        // A guest that could not be read may be the one.
        facts[rule.name] = .unreadable(refusal.code, .path(refusal.target, line: refusal.line, column: refusal.column))
      } else {
        facts[rule.name] = .absent(.path(Self.definitions))
      }
    }
  }
}
