/// What looks like a part of a kernel and is none: banners, type tables and symbol tables that tools which search memory by their form
/// would take.
///
/// Files in the page cache and memory of processes are natural places for such texts (logs, debug files, programs that trace), and are left
/// out; so are copies of the kernel's own parts.
struct DecoySearch {
  private let guest: Guest
  private let pages: PageOwnerSearch
  /// Of the image; guest-physical.
  private let image: Range<UInt64>
  private static let limit = 64

  init(_ guest: Guest) {
    self.guest = guest
    pages = PageOwnerSearch(guest, addresses: [UInt64]())
    let kernel = guest.kernel
    image = kernel.physical(kernel.image.lowerBound)..<kernel.physical(kernel.image.upperBound)
  }

  func run() -> [KernelRejection] { Array((banners() + types() + symbols()).prefix(Self.limit)) }

  private func isNatural(_ address: UInt64) -> Bool { [.pageCache, .anonymous].contains(pages.describe(address & ~4095).kind) }

  // MARK: Banners

  private static let bannerStart = Array("Linux version ".utf8)

  /// A whole banner of another release, or one of this release that says something else than the kernel's own. One behind other text is a line of
  /// somebody's log.
  private func banners() -> [KernelRejection] {
    var found: [KernelRejection] = []
    let known = ownBanners()
    for range in guest.memory.populated where found.count < Self.limit {
      for offset in KallsymsScan.places(of: Self.bannerStart, in: guest.memory, range: range, limit: 4096) {
        let place = range.start + UInt64(offset)
        if place > range.start, let before = guest.memory.u8(place - 1), before == 0x0A || (0x20...0x7E).contains(before) { continue }
        let count = Int(min(256, range.end - place))
        guard let bytes = guest.memory.bytes(place + 14, count: count - 14) else { continue }
        let text = bytes.prefix { (0x20...0x7E).contains($0) }
        guard let word = text.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false).first, let digit = word.first,
          (0x30...0x39).contains(digit), word.contains(0x2E)
        else { continue }
        let release = String(decoding: word, as: UTF8.self)
        let isOther = release != guest.kernel.release
        guard isOther || isAltered(text, known), !isNatural(place) else { continue }
        let reason =
          isOther
          ? "it tells of Linux \(release.printable), and no kernel of this name is there"
          : "it tells of Linux \(release.printable) as the kernel does, and of another build"
        found.append(KernelRejection(source: "banner", address: place, reason: reason))
      }
    }
    return found
  }

  /// Texts of banners among the image's constants, without their first words: beside linux_banner the one that its file was compiled with before the
  /// build had a number.
  private func ownBanners() -> [[UInt8]] {
    guard let start = guest.symbol("__start_rodata"), let end = guest.symbol("__end_rodata"), start < end,
      guest.kernel.image.contains(start),
      let range = PhysicalRange(start: guest.kernel.physical(start), count: end - start)
    else { return [] }
    // Pages of zeros are holes in an image that was written without them.
    return guest.memory.populated.flatMap { part -> [[UInt8]] in
      let start = max(part.start, range.start)
      guard start < min(part.end, range.end), let common = PhysicalRange(start: start, count: min(part.end, range.end) - start) else {
        return []
      }
      return KallsymsScan.places(of: Self.bannerStart, in: guest.memory, range: common, limit: 16).compactMap { offset in
        let place = common.start + UInt64(offset + Self.bannerStart.count)
        guard place < range.end else { return nil }
        return guest.memory.bytes(place, count: Int(min(242, range.end - place))).map { Array($0.prefix { (0x20...0x7E).contains($0) }) }
      }
    }
  }

  /// Whether a banner of the kernel's own release contradicts all that it has itself. Logs keep them cut, or with more behind them.
  private func isAltered(_ text: ArraySlice<UInt8>, _ known: [[UInt8]]) -> Bool {
    !known.isEmpty
      && known.allSatisfy { own in
        let common = zip(own, text).prefix { $0 == $1 }.count
        // A piece that is shorter than the version of the compiler proves nothing.
        return common < own.count && common < text.count && text.count >= own.count / 2
      }
  }

  // MARK: Types

  /// A type table with a plausible task_struct that tells something else of it than the kernel's own, and is none of a BPF program's.
  private func types() -> [KernelRejection] {
    let kernel = guest.kernel
    guard let start = guest.symbol("__start_BTF"), let stop = guest.symbol("__stop_BTF"), start < stop else { return [] }
    let own = kernel.physical(start)
    guard let ownBytes = guest.memory.bytes(own, count: Int(min(stop - start, UInt64(TypeIndex.limit)))) else { return [] }
    let given = programTypes()
    var found: [KernelRejection] = []
    for range in guest.memory.populated where found.count < Self.limit {
      for place in headers(in: range) where place != own && !given.contains(place) {
        guard let types = guest.memory.u32(place + 12), let textStart = guest.memory.u32(place + 16),
          let texts = guest.memory.u32(place + 20),
          types > 0, texts > 0, textStart == types, UInt64(types) + UInt64(texts) + 24 <= UInt64(TypeIndex.limit)
        else { continue }
        let count = 24 + Int(types) + Int(texts)
        // Thousands of heads that claim the same large table cost as much as thousands of tables.
        guard guest.spend(count / 64, on: "BTF", at: place) else { return found }
        guard let bytes = guest.memory.bytes(place, count: count) else { continue }
        // libbpf's section of maps: types of a program, which repeat those of the kernel that it reads.
        if count < 1 << 20, contains(bytes, ".maps\0") || contains(bytes, "license\0") { continue }
        guard let index = try? TypeIndex(bytes), let size = index.size(of: "task_struct"), size > 0 else { continue }
        let isCopy = isCopy(index)
        guard !isCopy || isAltered(bytes, at: place, ownBytes), !isNatural(place) else { continue }
        let reason =
          isCopy
          ? "it is the kernel's own but for a few bytes, and no kernel refers to it"
          : "it tells of a task_struct of \(size) bytes, and no kernel refers to it"
        found.append(KernelRejection(source: "BTF", address: place, reason: reason))
      }
    }
    return found
  }

  /// Whether a copy of something of the kernel's own has pages in which a few bytes are others. What is left of the image that the boot unpacked has
  /// whole pages that hold something else by now.
  private func isAltered(_ bytes: [UInt8], at place: UInt64, _ own: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Int(4096 - (place + UInt64(start)) & 4095))
      guard end <= own.count else { return bytes.count != own.count && bytes.count >= 1 << 20 }
      let part = bytes[start..<end]
      if !part.elementsEqual(own[start..<end]) {
        let others = zip(part, own[start..<end]).count { $0 != $1 }
        if others * 8 < part.count { return true }
      }
      start = end
    }
    return false
  }

  /// Whether types tell the same of a task as the kernel's own: what is left of the image that the boot unpacked, and what programs read.
  private func isCopy(_ types: TypeIndex) -> Bool {
    let own = guest.kernel.types
    return types.size(of: "task_struct") == own.size(of: "task_struct")
      && ["tasks", "pid", "tgid", "comm", "cred", "mm", "real_parent"].allSatisfy {
        types.member("task_struct", $0)?.bitOffset == own.member("task_struct", $0)?.bitOffset
      }
  }

  /// Places of headers of version 1 with 24 bytes; the kernel and whoever plants one aligns them to 4.
  private func headers(in range: PhysicalRange) -> [UInt64] {
    unsafe guest.memory.withUnsafeBytes(of: range) { buffer in
      var found: [UInt64] = []
      let first = Int((4 - range.start % 4) % 4)
      guard buffer.count >= first + 24, let base = buffer.baseAddress else { return found }
      let count = (buffer.count - first - 20) / 4
      for index in 0..<count {
        // SAFETY: `first + 4 * index + 24` is at most `buffer.count`.
        let word = unsafe base.loadUnaligned(fromByteOffset: first + 4 * index, as: UInt32.self)
        guard word == 0x0001_EB9F else { continue }
        let length = unsafe base.loadUnaligned(fromByteOffset: first + 4 * index + 4, as: UInt64.self)
        if length == 24, found.count < 4096 { found.append(range.start + UInt64(first + 4 * index)) }
      }
      return found
    } ?? []
  }

  /// Physical places of the types that programs and modules handed in (btf_idr, kernel/bpf/btf.c).
  private func programTypes() -> Set<UInt64> {
    guard let table = guest.symbol("btf_idr"), let data = guest.kernel.offset("btf", "data") else { return [] }
    return Set(
      guest.idr(table, structure: "btf_idr", limit: 1 << 14).entries.compactMap {
        guest.pointer($0.entry &+ data).flatMap { guest.physical($0) }
      })
  }

  private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard bytes.count >= wanted.count else { return false }
    var place = 0
    while let next = bytes[place...].firstIndex(of: wanted[0]) {
      if bytes[next...].starts(with: wanted) { return true }
      place = next + 1
    }
    return false
  }

  // MARK: Symbols

  /// A symbol table outside of the image that has other tokens than the kernel's own: a copy with the same is what is left of the image that the boot
  /// unpacked.
  private func symbols() -> [KernelRejection] {
    let tables = KallsymsScan.sightings(in: guest.memory)
    let own = tables.first { image.contains($0.address) }.flatMap { tokens($0) }
    return tables.filter { !image.contains($0.address) && tokens($0) != own && !isNatural($0.address) }.map {
      KernelRejection(source: "kallsyms", address: $0.address, reason: "a symbol table stands there, and no kernel refers to it")
    }
  }

  private func tokens(_ table: KallsymsScan.Sighting) -> [UInt8]? {
    let places = table.places
    guard places.tokenIndex > places.tokenTable, places.tokenIndex - places.tokenTable <= 65536 else { return nil }
    return guest.memory.bytes(places.tokenTable, count: Int(places.tokenIndex - places.tokenTable) + 512)
  }
}
