import Introspection

/// Page tables that show the kernel something else than lies there.
extension Change {
  static let memory: [Change] = [
    Change("code exchanged through the page tables", ["GST-052"], [.executable]) {
      let first = try $0.entry(of: try $0.symbol("commit_creds"))
      // The next two pages of code take each other's place.
      guard let one = $0.guest.memory.u64(first), let other = $0.guest.memory.u64(first + 8) else { return }
      try $0.write(physical: first, (0..<8).map { UInt8(truncatingIfNeeded: other >> ($0 * 8)) })
      try $0.write(physical: first + 8, (0..<8).map { UInt8(truncatingIfNeeded: one >> ($0 * 8)) })
    },
    Change("data of the kernel open to user programs", ["GST-053"], [.executable]) {
      for place in try $0.entries(of: try $0.symbol("init_task")) {
        try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) | 4])
      }
    },
    Change("code that can be written in the direct map", ["GST-054"], [.executable]) {
      guard let code = $0.guest.physical(try $0.symbol("commit_creds")) else { return }
      let place = try $0.entry(of: $0.guest.kernel.directMap &+ code)
      try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) | 2])
    },
  ]
}
