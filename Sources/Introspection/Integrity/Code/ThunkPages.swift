internal import Synchronization

/// Pages of jumps by a register that the kernel makes for processors which mispredict them in one half of a cache line (ITS, CVE-2024-28956;
/// arch/x86/kernel/alternative.c, its_allocate_thunk). Those for the kernel's own code stand in no list up to 6.15: they are known by what they hold,
/// which is nothing but such jumps with breakpoints around them.
package enum ThunkPage {
  package static let size = 4096

  /// Registers by which the jumps of a page lead, by the offset of each.
  ///
  /// - Returns: nil for a page that holds anything else; empty for one of breakpoints alone.
  package static func jumps(_ bytes: [UInt8]) -> [Int: UInt8]? {
    var found: [Int: UInt8] = [:]
    var place = 0
    while place < bytes.count {
      if bytes[place] == 0xCC {
        place += 1
        continue
      }
      let start = place
      // UDB, and JNE back to it, of callers that check what they call (FineIBT).
      if bytes[place...].starts(with: [0xD6, 0x75, 0xFD]) { place += 3 }
      let isExtended = place < bytes.count && bytes[place] == 0x41
      if isExtended { place += 1 }
      guard place + 2 < bytes.count, bytes[place] == 0xFF, bytes[place + 1] & 0xF8 == 0xE0, bytes[place + 2] == 0xCC else { return nil }
      let register = bytes[place + 1] & 7 + (isExtended ? 8 : 0)
      found[start] = register
      if bytes[start] == 0xD6 { found[start + 1] = register }
      place += 2
    }
    return found
  }
}

/// What pages outside of the image hold, each read once for all jumps that lead to it.
final class ThunkPages: Sendable {
  private let known = Mutex<[UInt64: [Int: UInt8]?]>([:])
  /// A kernel has some; of more those that are met first are kept.
  private static let limit = 1 << 14

  func jumps(_ page: UInt64, read: () -> [Int: UInt8]?) -> [Int: UInt8]? {
    if let jumps = known.withLock({ $0[page] }) { return jumps }
    let jumps = read()
    known.withLock { if $0.count < Self.limit { $0[page] = .some(jumps) } }
    return jumps
  }
}

extension CodeMap {
  /// Steps that a page costs.
  private static let price = 64

  /// Where the kernel allocates code: behind its image, within the reach of its jumps.
  private static let lowest: UInt64 = 0xFFFF_FFFF_8000_0000

  private func jumps(_ page: UInt64) -> [Int: UInt8]? {
    guard page >= Self.lowest, !guest.kernel.image.contains(page) else { return nil }
    return thunks.jumps(page) {
      guard guest.space.translate(page) != nil, guest.spend(Self.price, on: "its_page", at: page),
        let bytes = guest.bytes(page, count: ThunkPage.size)
      else { return nil }
      return ThunkPage.jumps(bytes)
    }
  }

  /// The register by which a thunk at an address jumps; nil where there is none.
  func thunk(at address: UInt64) -> UInt8? { jumps(address & ~4095)?[Int(address & 4095)] }

  /// The question whether a thunk begins at an offset from a text's start.
  func isThunk(from text: Range<UInt64>) -> (Int) -> Bool {
    { thunk(at: text.lowerBound &+ UInt64(bitPattern: Int64($0))) != nil }
  }

  /// Who made some pages that hold nothing but thunks and breakpoints; nil for others. Pages of breakpoints alone are those that the kernel keeps for
  /// modules to come (execmem_cache_populate, mm/execmem.c).
  func maker(_ first: UInt64, _ last: UInt64) -> CodeOwner? {
    guard first >= Self.lowest, last >= first, last - first < 4 << 20 else { return nil }
    var hasJump = false
    for page in stride(from: first & ~4095, through: last & ~4095, by: ThunkPage.size) {
      guard let jumps = jumps(page) else { return nil }
      hasJump = hasJump || !jumps.isEmpty
    }
    return CodeOwner(.generated, name: hasJump ? "its_page" : "execmem_cache")
  }
}
