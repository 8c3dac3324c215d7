/// What the kernel knows of the stack at each of its instructions, so that it can unwind it: ORC, as objtool wrote it when the kernel was
/// built (arch/x86/include/asm/orc_types.h, kernels with CONFIG_UNWINDER_ORC).
package struct UnwindTable {
  /// Where the caller's frame lies.
  struct State: Hashable {
    /// Bytes above the register.
    let offset: Int
    /// 5 for RSP, 0 where nothing is known.
    let register: UInt8
    /// What kind of frame; its numbers depend on the kernel.
    let kind: UInt8
  }

  /// Offsets in the code from which on each state holds, ascending; the first may lie before the code.
  private let places: [Int]
  private let states: [UInt8]
  private let kindShift: UInt16
  private let kindMask: UInt16

  private static let limit: UInt64 = 1 << 22
  private static let size = 6

  /// That of the kernel's own code; nil for a kernel without the table, and for one that is not in order.
  init?(_ guest: Guest, _ text: Range<UInt64>) {
    guard let first = guest.symbol("__start_orc_unwind_ip"), let end = guest.symbol("__stop_orc_unwind_ip"), first < end,
      let start = guest.symbol("__start_orc_unwind")
    else { return nil }
    self.init(guest, text, places: first, states: start, count: (end - first) / 4)
  }

  /// That of a module, which came with it and is sorted when it is loaded (unwind_module_init, arch/x86/kernel/unwind_orc.c); nil for one without.
  init?(_ guest: Guest, _ text: Range<UInt64>, ofModule module: UInt64) {
    let kernel = guest.kernel
    guard let places = kernel.offset("module", "arch.orc_unwind_ip"), let states = kernel.offset("module", "arch.orc_unwind"),
      let number = kernel.offset("module", "arch.num_orcs"), let first = guest.pointer(module &+ places),
      let start = guest.pointer(module &+ states), let count = guest.u32(module &+ number), count > 0
    else { return nil }
    self.init(guest, text, places: first, states: start, count: UInt64(count))
  }

  private init?(_ guest: Guest, _ text: Range<UInt64>, places: UInt64, states: UInt64, count: UInt64) {
    guard count <= Self.limit, guest.kernel.size("orc_entry") == UInt64(Self.size),
      let register = guest.kernel.member("orc_entry", "sp_reg"), register.bitOffset == 32, register.bitSize == 4,
      let kind = guest.kernel.member("orc_entry", "type"), (36...44).contains(kind.bitOffset), (1...4).contains(kind.bitSize),
      guest.spend(Int(count) / 16, on: "orc_unwind_ip", at: places),
      let distances = guest.bytes(places, count: Int(count) * 4), let rows = guest.bytes(states, count: Int(count) * Self.size)
    else { return nil }
    self.init(
      distances: distances, states: rows, from: Int(truncatingIfNeeded: places &- text.lowerBound), kindAt: kind.bitOffset - 32,
      kindBits: kind.bitSize)
  }

  /// Nil for a table that is not in order.
  ///
  /// - Parameters:
  ///   - distances: four bytes for each place, its distance from where they stand.
  ///   - states: six bytes for each place.
  ///   - from: offset of the distances from the start of the code.
  ///   - kindAt: bit of the states' last two bytes at which the kind begins, 4 to 12.
  ///   - kindBits: 1 to 4.
  package init?(distances: [UInt8], states: [UInt8], from: Int, kindAt: Int, kindBits: Int) {
    let count = distances.count / 4
    guard states.count >= count * Self.size, (4...12).contains(kindAt), (1...4).contains(kindBits) else { return nil }
    var places: [Int] = []
    places.reserveCapacity(count)
    for index in 0..<count {
      let distance = Int(Int32(truncatingIfNeeded: PatchTable.word(distances, index * 4, 4)))
      let place = from &+ index * 4 &+ distance
      if let last = places.last, place < last { return nil }
      places.append(place)
    }
    self.places = places
    self.states = states
    kindShift = UInt16(kindAt)
    kindMask = 1 << UInt16(kindBits) - 1
  }

  /// Index of the state at an offset in the code; -1 before the first.
  func index(at place: Int) -> Int {
    var low = 0
    var high = places.count
    while low < high {
      let middle = (low + high) / 2
      if places[middle] <= place { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// Offset from which on the state behind an index holds; nil behind the last.
  func place(after index: Int) -> Int? { index + 1 < places.count ? places[index + 1] : nil }

  subscript(index: Int) -> State {
    let place = index * Self.size
    let bits = UInt16(states[place + 4]) | UInt16(states[place + 5]) << 8
    return State(
      offset: Int(Int16(bitPattern: UInt16(states[place]) | UInt16(states[place + 1]) << 8)), register: UInt8(bits & 15),
      kind: UInt8(truncatingIfNeeded: bits >> kindShift & kindMask))
  }
}
