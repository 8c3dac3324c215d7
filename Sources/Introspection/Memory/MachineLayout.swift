/// Where QEMU's x86 machines put the RAM of one backend: up to some address below the hole for PCI, and the rest from 4 GiB on.
///
/// Sources: QEMU hw/i386/pc_piix.c and pc_q35.c, `pc_init1` and `pc_q35_init`, "lowmem" and "below_4g_mem_size".
public struct MachineLayout: Sendable, Hashable {
  /// Bytes of RAM below 4 GiB.
  public let low: UInt64
  /// Bytes of RAM from 4 GiB on.
  public let high: UInt64

  static let fourGiB: UInt64 = 1 << 32

  /// - Parameters:
  ///   - size: RAM of the machine, bytes.
  ///   - limit: where the RAM below 4 GiB ends at the latest.
  public init(size: UInt64, limit: UInt64) {
    low = min(size, limit)
    high = size - low
  }

  /// The ranges of guest-physical addresses, each with its offset in a RAM file that holds both parts one after the other.
  public var ranges: [(fileOffset: UInt64, range: PhysicalRange)] {
    var found: [(UInt64, PhysicalRange)] = []
    if let range = PhysicalRange(start: 0, count: low) { found.append((0, range)) }
    if let range = PhysicalRange(start: Self.fourGiB, count: high) { found.append((low, range)) }
    return found
  }

  /// Layouts that a machine with `size` bytes may have, the likeliest first and none twice: pc and microvm (3 GiB where the RAM has 3.5 GiB
  /// or more, else whole), q35 (2 GiB where it has 2.75 GiB or more), and those with max-ram-below-4g at the other of these limits.
  public static func candidates(size: UInt64) -> [MachineLayout] {
    let q35: UInt64 = size >= 0xB000_0000 ? 0x8000_0000 : 0xB000_0000
    let pc: UInt64 = size >= 0xE000_0000 ? 0xC000_0000 : 0xE000_0000
    var found: [MachineLayout] = []
    for limit in [q35, pc, 0xB000_0000, 0xE000_0000, 0x8000_0000, 0xC000_0000] {
      let layout = MachineLayout(size: size, limit: limit)
      if !found.contains(layout) { found.append(layout) }
    }
    return found
  }
}
