internal import Domain

/// What the guests of the machine use that a setting of the QEMU driver protects.
struct GuestUse {
  static let names = ["guests.nbd", "guests.tcp_chardevs"]
  let facts: [String: Fact]

  init(tree: Tree, target: String) {
    facts = Dictionary(uniqueKeysWithValues: Self.names.map { ($0, .notCollected("not-given", .path("/etc/libvirt/qemu"))) })
  }
}
