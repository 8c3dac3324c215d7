internal import Crypto
internal import Domain

/// The kernel's code: a hash of each page without what the kernel itself rewrites, and what stands where it does.
extension IntegrityReader {
  private static let pageSize = 4096
  /// Places told at most of each sort: a kernel that was replaced as a whole has thousands.
  private static let reportLimit = 256

  mutating func text() -> IntegrityFacts.State {
    let start = code.text.lowerBound
    let count = code.text.upperBound - start
    guard count <= UInt64(Guest.bytesLimit), let bytes = guest.bytes(start, count: Int(count)) else {
      note(Inconsistency(structure: "_stext", address: start, reason: "the kernel's code is not mapped"))
      return .unreadable("the kernel's code is not mapped from end to end")
    }
    var search = PatchSiteSearch(guest, text: code.text, bytes: bytes)
    search.run(allProbes() ?? [])
    for fault in search.inconsistencies { note(fault) }
    var masked = bytes
    var patched: [FactValue] = []
    var counts: [PatchSite.Kind: Int64] = [:]
    for site in search.sites.values.sorted(by: { $0.address < $1.address }) {
      counts[site.kind, default: 0] += 1
      let offset = Int(site.address - start)
      let content = PatchContent(bytes[offset...], at: site.address, length: site.length, returnThunk: guest.symbol("__x86_return_thunk"))
      if let why = objection(site, content) {
        if patched.count < Self.reportLimit { patched.append(row(site, why, bytes[offset..<offset + site.length])) }
        continue
      }
      if site.kind == .probe, site.length == 1 {
        masked[offset] = site.original
      } else {
        for place in offset..<offset + site.length { masked[place] = 0 }
      }
    }
    let redirected = redirections(bytes, search.sites)
    return .present(
      [
        "start": addressValue(start &- guest.kernel.slide), "pageSize": .int(Int64(Self.pageSize)),
        // Addresses within the code depend on it, so that pages of two boots are alike only where it is.
        "slide": addressValue(guest.kernel.slide), "build": guest.kernel.buildID.map(FactValue.string) ?? .null,
        "pages": .array(hashes(masked)), "patched": .array(patched), "redirected": .array(redirected),
        "sites": .object(counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { .init($0.key.rawValue, .int($0.value)) }),
        "functions": .array(pageSymbols(bytes.count)),
      ])
  }

  private func row(_ site: PatchSite, _ target: UInt64?, _ bytes: ArraySlice<UInt8>) -> FactValue {
    var members: [FactValue.Member] = [
      .init("kind", .string(site.kind.rawValue)), .init("at", code.fact(site.address)), .init("bytes", .string(bytes.hexadecimal)),
    ]
    if let target { members.append(.init("target", code.fact(target))) }
    return .object(members)
  }

  /// What is wrong with a site: `.some(nil)` where it holds none of what may stand there, `.some(target)` where it leads to where it must not.
  private func objection(_ site: PatchSite, _ content: PatchContent) -> UInt64?? {
    switch (site.kind, content) {
    case (.probe, .breakpoint): return nil
    case (.probe, .jump(let target)): return allowed(target, [.generated]) ? nil : .some(target)
    case (_, .nothing): return nil
    case (.jumpLabel, .jump(let target)): return target == site.target && code.text.contains(target) ? nil : .some(target)
    case (.staticCall, .result), (.staticCallTrampoline, .result): return nil
    case (.staticCall, .call(let target)), (.staticCall, .jump(let target)), (.staticCallTrampoline, .jump(let target)):
      return allowed(target, [.kernel, .module, .bpf, .generated]) ? nil : .some(target)
    case (.functionEntry, .call(let target)), (.dispatcher, .call(let target)), (.dispatcher, .jump(let target)):
      return allowed(target, [.kernel, .bpf, .generated]) ? nil : .some(target)
    case (.functionEntry, .jump(let target)): return .some(target)
    default: return .some(nil)
    }
  }

  private func allowed(_ target: UInt64, _ kinds: Set<CodeOwner.Kind>) -> Bool { kinds.contains(code.owner(of: target).kind) }

  /// Functions whose first instruction leaves the kernel's image: a jump or call, or an absolute jump through a register.
  private func redirections(_ bytes: [UInt8], _ sites: [UInt64: PatchSite]) -> [FactValue] {
    let start = code.text.lowerBound
    let symbols = guest.kernel.symbols
    var found: [FactValue] = []
    var last: UInt64 = 0
    for index in symbols.indices(in: code.text) {
      var address = symbols.address(at: index)
      if address == last { continue }
      last = address
      var offset = Int(address - start)
      guard offset + 16 <= bytes.count else { break }
      if bytes[offset] == 0xF3, bytes[offset + 1] == 0x0F, bytes[offset + 2] == 0x1E, bytes[offset + 3] == 0xFA {
        address += 4
        offset += 4
      }
      guard sites[address] == nil, let target = Self.departure(bytes[offset...], at: address), !guest.kernel.image.contains(target) else {
        continue
      }
      guard found.count < Self.reportLimit else { break }
      found.append([
        "at": code.fact(address), "target": code.fact(target), "bytes": .string(bytes[offset..<min(offset + 12, bytes.count)].hexadecimal),
      ])
    }
    return found
  }

  /// Where the instruction at the start of `bytes` goes: CALL and JMP with 32 bits of displacement, MOV RAX with 64 bits and JMP or CALL RAX,
  /// PUSH with 32 bits and RET.
  private static func departure(_ bytes: ArraySlice<UInt8>, at address: UInt64) -> UInt64? {
    let code = Array(bytes.prefix(12))
    guard code.count == 12 else { return nil }
    switch code[0] {
    case 0xE8, 0xE9:
      return address &+ 5 &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: PatchTable.word(code, 1, 4))))
    case 0x48 where code[1] == 0xB8 && code[10] == 0xFF && (code[11] == 0xE0 || code[11] == 0xD0): return PatchTable.word(code, 2, 8)
    case 0x68 where code[5] == 0xC3: return UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: PatchTable.word(code, 1, 4))))
    default: return nil
    }
  }

  /// SHA-256 of each page, of which the first 16 bytes are kept: enough to tell pages apart, and half as long to store.
  private func hashes(_ bytes: [UInt8]) -> [FactValue] {
    stride(from: 0, to: bytes.count, by: Self.pageSize).map { place in
      .string(Array(SHA256.hash(data: bytes[place..<min(place + Self.pageSize, bytes.count)])).prefix(16).hexadecimal)
    }
  }

  /// The function that each page begins in or, where it begins with none, the first on it: what an operator reads instead of an address.
  private func pageSymbols(_ count: Int) -> [FactValue] {
    stride(from: 0, to: count, by: Self.pageSize).map { place in
      .string(guest.kernel.symbols.nearest(code.text.lowerBound + UInt64(place))?.symbol.name ?? "")
    }
  }
}
