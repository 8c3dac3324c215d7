/// What interrupts run: handlers of devices, the ways that lead to them, and the clocks that raise them.
extension CallbackSearch {
  /// Handlers of interrupts, by their descriptors: a radix tree, from 6.5 on a maple tree (kernel/irq/irqdesc.c). Before a handler runs,
  /// and around it, come the flow of its descriptor and the functions of its chips.
  mutating func interrupts() {
    guard let action = offset("irq_desc", "action"), let handler = offset("irqaction", "handler"),
      let thread = offset("irqaction", "thread_fn"),
      let next = offset("irqaction", "next")
    else { return }
    var descriptors: [UInt64] = []
    if let tree = guest.symbol("sparse_irqs") {
      descriptors = guest.mapleTree(tree, structure: "sparse_irqs", limit: Self.limit).entries.map(\.entry)
    } else if let tree = guest.symbol("irq_desc_tree") {
      descriptors = guest.xarray(tree, structure: "irq_desc_tree", limit: Self.limit).entries.map(\.entry)
    }
    var chips: Set<UInt64> = []
    for descriptor in descriptors {
      follow("irq_desc.action", descriptor &+ action, next) {
        $0.add(.interrupt, "irq handler", $1, $1 &+ handler)
        $0.add(.interrupt, "irq thread_fn", $1, $1 &+ thread)
      }
      if let flow = offset("irq_desc", "handle_irq") { add(.interrupt, "irq flow", descriptor, descriptor &+ flow) }
      for chip in self.chips(of: descriptor) where chips.insert(chip).inserted { functions(.interrupt, "irq_chip", "irq_chip", at: chip) }
    }
  }

  /// Chips that are stacked upon each other at most.
  private static let stack = 8

  private func chips(of descriptor: UInt64) -> [UInt64] {
    guard let data = offset("irq_desc", "irq_data"), let chip = offset("irq_data", "chip") else { return [] }
    let parent = offset("irq_data", "parent_data")
    var found: [UInt64] = []
    var place: UInt64? = descriptor &+ data
    while let current = place, found.count < Self.stack {
      if let own = guest.pointer(current &+ chip) { found.append(own) }
      place = parent.flatMap { guest.pointer(current &+ $0) }
    }
    return found
  }

  /// The clock by whose interrupts each processor keeps time (struct tick_device, kernel/time/tick-common.c).
  mutating func clockEvents() {
    guard let place = guest.symbol("tick_cpu_device"), let device = offset("tick_device", "evtdev") else { return }
    for processor in processors() {
      guard let clock = guest.pointer(place &+ processor &+ device) else { continue }
      functions(.platform, "tick_cpu_device", "clock_event_device", at: clock)
    }
  }
}
