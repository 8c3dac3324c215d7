internal import Domain

/// Pages that programs of BPF share (struct bpf_prog_pack, kernel/bpf/core.c; since 5.18). Each pack has a bit for every chunk of 64 bytes that is in use:
/// such a chunk belongs to a program, a dispatcher or a trampoline, and all others hold breakpoints alone.
struct ProgramPacks {
  /// Chunks in a row that belong to nobody who is known.
  struct Stray: Hashable {
    enum Kind: String { case program, remains, beside }

    /// In use, or free and no breakpoints nevertheless; beside the code of modules, and neither breakpoints nor empty.
    let kind: Kind
    let start: UInt64
    /// Of the last byte.
    let end: UInt64
  }

  private let guest: Guest
  private let bitmap: UInt64
  let packs: [(address: UInt64, code: Range<UInt64>)]
  let fault: Inconsistency?
  private static let packLimit = 64
  private static let programLimit = 1 << 14
  private static let reportLimit = 64
  private static let pageSize: UInt64 = 4096
  /// BPF_PROG_CHUNK_SIZE.
  private static let chunk: UInt64 = 64
  private static let breakpoint: UInt8 = 0xCC

  /// Nil for a kernel whose programs share no pages.
  init?(_ guest: Guest) {
    let kernel = guest.kernel
    guard let head = guest.symbol("pack_list"), let link = kernel.offset("bpf_prog_pack", "list"),
      let pointer = kernel.offset("bpf_prog_pack", "ptr"), let bitmap = kernel.offset("bpf_prog_pack", "bitmap")
    else { return nil }
    self.guest = guest.still
    self.bitmap = bitmap
    let walk = guest.list(head: head, offset: link, structure: "pack_list", limit: Self.packLimit)
    fault = walk.inconsistency
    let size = Self.size(guest)
    packs = walk.entries.compactMap { pack in
      guard let start = guest.pointer(pack &+ pointer), start >= 1 << 63, start % Self.pageSize == 0, start <= .max - size else {
        return nil
      }
      return (pack, start..<start + size)
    }
  }

  /// Bytes of a pack: 2 MiB for each node of memory that the machine may have (BPF_PROG_PACK_SIZE).
  private static func size(_ guest: Guest) -> UInt64 {
    var nodes: UInt64 = 0
    if let states = guest.symbol("node_states"), let count = guest.symbol("nr_node_ids").flatMap({ guest.u32($0) }) {
      // The first set of nodes is that of those that are possible (N_POSSIBLE).
      for node in 0..<UInt64(min(count, 1024)) where (guest.u8(states &+ node / 8) ?? 0) >> (node % 8) & 1 == 1 { nodes += 1 }
    }
    return max(nodes, 1) << 21
  }

  func strays() -> [Stray] {
    let listed = symbols()
    // Who has no symbol is sought only where something is left over.
    guard !found(listed).isEmpty, let others = UnnamedPrograms(guest) else { return found(listed) }
    return found(listed + others.codes())
  }

  private func found(_ owned: [Range<UInt64>]) -> [Stray] {
    var found: [Stray] = []
    let codes = owned.filter(Self.isPlausible).map(extent).sorted { $0.lowerBound < $1.lowerBound }
    for pack in packs {
      var next = codes.startIndex
      var page = pack.code.lowerBound
      while page < pack.code.upperBound, found.count < Self.reportLimit, !guest.isExhausted {
        defer { page += Self.pageSize }
        guard guest.spend(on: "bpf_prog_pack.bitmap", at: pack.address), guest.space.mapping(page)?.isExecutable ?? false,
          guest.spend(Int(Self.pageSize / Self.chunk), on: "bpf_prog_pack.bitmap", at: pack.address),
          let used = guest.u64(pack.address &+ bitmap &+ (page - pack.code.lowerBound) / (8 * Self.chunk)),
          let bytes = guest.bytes(page, count: Int(Self.pageSize))
        else { continue }
        for index in UInt64(0)..<Self.pageSize / Self.chunk {
          let start = page + index * Self.chunk
          while next < codes.endIndex, codes[next].upperBound <= start { next += 1 }
          if next < codes.endIndex, codes[next].lowerBound <= start { continue }
          if used >> index & 1 == 1 {
            found.append(.program, start, start + Self.chunk - 1)
          } else if bytes[Int(index * Self.chunk)..<Int((index + 1) * Self.chunk)].contains(where: { $0 != Self.breakpoint }) {
            found.append(.remains, start, start + Self.chunk - 1)
          }
        }
      }
    }
    return found
  }

  /// From the first to the last byte of each program, dispatcher and trampoline that the kernel has a symbol of.
  private func symbols() -> [Range<UInt64>] {
    guard let head = guest.symbol("bpf_kallsyms"), let link = guest.kernel.offset("bpf_ksym", "lnode"),
      let first = guest.kernel.offset("bpf_ksym", "start"), let last = guest.kernel.offset("bpf_ksym", "end")
    else { return [] }
    return guest.list(head: head, offset: link, structure: "bpf_kallsyms", limit: Self.programLimit).entries.compactMap { symbol in
      guard let start = guest.u64(symbol &+ first), let end = guest.u64(symbol &+ last), end > start else { return nil }
      return start..<end
    }
  }

  /// Of the kernel's half, at most 64 MiB, and not at the very end of all addresses: the guest says what it likes.
  private static func isPlausible(_ code: Range<UInt64>) -> Bool {
    code.lowerBound >= 1 << 63 && code.upperBound <= .max - pageSize && code.upperBound - code.lowerBound <= 64 << 20
  }

  /// All chunks of some code. Before that of a program, in the same chunk or in the one before it, is a header with the size of both and of what
  /// follows them (struct bpf_binary_header: the table of places at which it may fault); other code has none and is of whole chunks.
  private func extent(_ code: Range<UInt64>) -> Range<UInt64> {
    let base = code.lowerBound & ~(Self.chunk - 1)
    let end = (code.upperBound + Self.chunk - 1) & ~(Self.chunk - 1)
    for header in [base, base &- Self.chunk] {
      guard let size = guest.u32(header).map(UInt64.init), size % Self.chunk == 0, size >= end &- header,
        size <= 8 * (end &- header) + 2 * Self.chunk, header <= .max - size
      else { continue }
      return header..<header + size
    }
    return base..<end
  }
}

extension [ProgramPacks.Stray] {
  /// Adds a chunk that follows all that were added before.
  fileprivate mutating func append(_ kind: ProgramPacks.Stray.Kind, _ start: UInt64, _ end: UInt64) {
    if let last, last.kind == kind, last.end &+ 1 == start {
      self[count - 1] = .init(kind: kind, start: last.start, end: end)
    } else {
      append(.init(kind: kind, start: start, end: end))
    }
  }
}

extension IntegrityReader {
  private static let looks = 4
  private static let pause: UInt32 = 300

  /// Code in the pages of programs and of modules that belongs to nobody who is known, in a running guest that of longer than a second: a program is listed
  /// after its code was made, and is freed after it left all tables.
  ///
  /// - Parameter areas: what can be executed; ascending.
  func strays(_ areas: [CodeArea]) -> [ProgramPacks.Stray] {
    var found = strays(areas, code)
    for _ in 0..<Self.looks where guest.isRunning && !found.isEmpty {
      SecondLook.wait(milliseconds: Self.pause)
      let now = Set(strays(areas, (try? CodeMap(guest)) ?? code))
      found = found.filter(now.contains)
    }
    return found
  }

  private func strays(_ areas: [CodeArea], _ code: CodeMap) -> [ProgramPacks.Stray] {
    (ProgramPacks(guest)?.strays() ?? []) + ModuleRests(guest, code).strays(areas)
  }
}
