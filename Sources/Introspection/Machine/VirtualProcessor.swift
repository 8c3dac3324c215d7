/// Registers of one virtual processor that decide where a kernel's entries lie, as QEMU's monitor prints them or a note of its dump holds them.
public struct VirtualProcessor: Sendable, Hashable {
  /// Base and limit of a descriptor table.
  public struct Table: Sendable, Hashable {
    public let base: UInt64
    /// Size of the table minus 1, bytes.
    public let limit: UInt32
  }

  /// As QEMU counts it, from 0.
  public let index: Int
  public let rip: UInt64
  public let cr0: UInt64
  public let cr2: UInt64
  public let cr3: UInt64
  public let cr4: UInt64
  /// Nil where it is not known.
  public let efer: UInt64?
  public let idt: Table
  public let gdt: Table
  /// The task state segment; nil where it is not known.
  public let task: Table?
  /// Base of the GS segment: in the kernel its per-processor area.
  public let gsBase: UInt64
  /// Current privilege level, 0 to 3.
  public let privilege: Int

  /// CR4.LA57 (Intel SDM volume 3A, section 2.5): page tables have five levels.
  public var hasFiveLevels: Bool { cr4 & (1 << 12) != 0 }
  /// CR4.SMEP and CR4.SMAP.
  public var hasSMEP: Bool { cr4 & (1 << 20) != 0 }
  public var hasSMAP: Bool { cr4 & (1 << 21) != 0 }
  /// CR0.WP: the kernel, too, cannot write to read-only pages.
  public var isWriteProtected: Bool { cr0 & (1 << 16) != 0 }
  /// EFER.NXE: pages can be made not executable; nil where EFER is not known.
  public var hasNoExecute: Bool? { efer.map { $0 & (1 << 11) != 0 } }

  /// All processors of `info registers -a`. Those whose registers are not all there are left out, as in 32-bit or halted-at-reset states of which
  /// QEMU prints other forms.
  ///
  /// Source: QEMU target/i386/cpu-dump.c, `x86_cpu_dump_state`.
  public static func all(in text: String) -> [VirtualProcessor] {
    var blocks: [(Int, [Substring])] = []
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("CPU#") {
        blocks.append((Int(line.dropFirst(4)) ?? blocks.count, []))
      } else {
        // Older versions print one processor without its heading.
        if blocks.isEmpty { blocks.append((0, [])) }
        blocks[blocks.count - 1].1.append(line)
      }
    }
    return blocks.prefix(4096).compactMap { VirtualProcessor(index: $0, lines: $1) }
  }

  private init?(index: Int, lines: [Substring]) {
    var words: [Substring: Substring] = [:]
    var tables: [Substring: [Substring]] = [:]
    for line in lines {
      if ["GDT=", "IDT=", "GS =", "TR ="].contains(where: line.hasPrefix) {
        tables[line.prefix(2)] = line.dropFirst(4).split(separator: " ")
        continue
      }
      for word in line.split(separator: " ") {
        guard let equals = word.firstIndex(of: "=") else { continue }
        let key = word[..<equals]
        if words[key] == nil { words[key] = word[word.index(after: equals)...] }
      }
    }
    func register(_ name: Substring) -> UInt64? { words[name].flatMap { UInt64($0, radix: 16) } }
    func table(_ name: Substring) -> Table? {
      guard let fields = tables[name], fields.count >= 2, let base = UInt64(fields[0], radix: 16), let limit = UInt32(fields[1], radix: 16)
      else { return nil }
      return Table(base: base, limit: limit)
    }
    guard let rip = register("RIP"), let cr0 = register("CR0"), let cr2 = register("CR2"), let cr3 = register("CR3"),
      let cr4 = register("CR4"), let efer = register("EFER"), let gdt = table("GD"), let idt = table("ID"),
      let gs = tables["GS"], gs.count >= 2, let gsBase = UInt64(gs[1], radix: 16), let privilege = words["CPL"].flatMap({ Int($0) })
    else { return nil }
    self.index = index
    self.rip = rip
    self.cr0 = cr0
    self.cr2 = cr2
    self.cr3 = cr3
    self.cr4 = cr4
    self.efer = efer
    self.gdt = gdt
    // Behind the selector.
    task = tables["TR"].flatMap { fields in
      guard fields.count >= 3, let base = UInt64(fields[1], radix: 16), let limit = UInt32(fields[2], radix: 16) else { return nil }
      return Table(base: base, limit: limit)
    }
    self.idt = idt
    self.gsBase = gsBase
    self.privilege = privilege
  }
}
