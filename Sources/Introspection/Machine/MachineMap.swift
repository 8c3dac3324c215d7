/// Where a machine's RAM lies: ranges of guest-physical addresses, each a part of one back end of memory.
public struct MachineMap: Sendable, Hashable {
  public struct Part: Sendable, Hashable {
    public let range: PhysicalRange
    /// Id of the back end, as "ram" or "pc.ram".
    public let backend: String
    /// Offset in the back end of the range's first byte.
    public let offset: UInt64
  }

  /// Ascending, without overlap.
  public let parts: [Part]

  init(parts: [Part]) { self.parts = parts }

  /// From what `info mtree -f` prints: the address space "memory", whose ranges of the kinds ram and rom belong to the back ends named.
  ///
  /// ROM that a back end holds is RAM that the chipset has made read-only, as it does with the BIOS's shadow.
  /// Nil for a text that is not understood, or whose ranges overlap or belong to none of them.
  public init?(flatView text: String, backends: Set<String>) {
    var parts: [Part] = []
    var isMemory = false
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("FlatView") {
        if isMemory { break }
      } else if line.hasPrefix(" AS \"memory\", root: system") {
        isMemory = true
      } else if isMemory, let part = Self.part(line, backends) {
        if let last = parts.last {
          guard part.range.start >= last.range.end else { return nil }
          if last.backend == part.backend, last.range.end == part.range.start, last.offset + last.range.count == part.offset,
            let joined = PhysicalRange(start: last.range.start, count: last.range.count + part.range.count)
          {
            parts[parts.count - 1] = Part(range: joined, backend: last.backend, offset: last.offset)
            continue
          }
        }
        parts.append(part)
      }
    }
    guard !parts.isEmpty else { return nil }
    self.parts = parts
  }

  /// `  0000000000100000-000000001fffffff (prio 0, ram): ram @0000000000100000 KVM`
  private static func part(_ line: Substring, _ backends: Set<String>) -> Part? {
    let text = line.drop { $0 == " " }
    guard let dash = text.firstIndex(of: "-"), let space = text.firstIndex(of: " "), dash < space,
      let start = UInt64(text[..<dash], radix: 16), let last = UInt64(text[text.index(after: dash)..<space], radix: 16), last >= start,
      last < PhysicalRange.limit, let range = PhysicalRange(start: start, count: last - start + 1), let close = text.firstIndex(of: ")")
    else { return nil }
    let kind = text[..<close].split(separator: " ").last
    guard kind == "ram" || kind == "rom" || kind == "romd" else { return nil }
    // A name may hold anything; what follows it is known.
    var name = text[close...].dropFirst(3)
    if name.hasSuffix(" KVM") { name = name.dropLast(4) }
    var offset: UInt64 = 0
    if let at = name.lastIndex(of: "@"), let number = UInt64(name[name.index(after: at)...], radix: 16) {
      offset = number
      name = name[..<at].dropLast()
    }
    let id = name.hasPrefix("/objects/") ? name.dropFirst(9) : name
    guard backends.contains(String(id)) else { return nil }
    return Part(range: range, backend: String(id), offset: offset)
  }

  /// For a machine that cannot be asked: its back ends one after the other around the hole for PCI, as pc and q35 have it.
  ///
  /// - Parameters:
  ///   - backends: ids and sizes in bytes, in the order of their nodes.
  ///   - machine: type as on the command line.
  ///   - limit: `max-ram-below-4g`, bytes.
  public init?(backends: [(id: String, bytes: UInt64)], machine: String, limit: UInt64?) {
    var size: UInt64 = 0
    for backend in backends {
      let (sum, overflow) = size.addingReportingOverflow(backend.bytes)
      guard !overflow, sum <= PhysicalRange.limit / 2 else { return nil }
      size = sum
    }
    let low = min(size, Self.lowLimit(size: size, machine: machine, limit: limit))
    var parts: [Part] = []
    var position: UInt64 = 0
    for backend in backends {
      let below = position < low ? min(backend.bytes, low - position) : 0
      if let range = PhysicalRange(start: position, count: below) { parts.append(Part(range: range, backend: backend.id, offset: 0)) }
      let high = max(position, low) - low + (1 << 32)
      if let range = PhysicalRange(start: high, count: backend.bytes - below) {
        parts.append(Part(range: range, backend: backend.id, offset: below))
      }
      position += backend.bytes
    }
    guard !parts.isEmpty else { return nil }
    self.parts = parts.sorted { $0.range.start < $1.range.start }
  }

  /// Where the RAM below 4 GiB ends at the latest. Sources: QEMU hw/i386/pc_piix.c, `pc_init1`; pc_q35.c, `pc_q35_init`; microvm.c,
  /// `microvm_memory_init`.
  private static func lowLimit(size: UInt64, machine: String, limit: UInt64?) -> UInt64 {
    if machine.contains("q35") { return min(size >= 0xB000_0000 ? 0x8000_0000 : 0xB000_0000, limit ?? .max) }
    let low = limit ?? 0xE000_0000
    return size >= low && low > 0xC000_0000 ? 0xC000_0000 : low
  }
}
