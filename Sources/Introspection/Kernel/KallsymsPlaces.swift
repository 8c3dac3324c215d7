/// Where the parts of kallsyms lie, as VMCOREINFO tells it since Linux 6.0 or as a scan finds it.
///
/// Offsets have had three meanings (kernel/kallsyms.c, `kallsyms_sym_address`): relative to `kallsyms_relative_base`, where up to 6.14 a negative
/// one is `base - 1 - offset` and others are absolute addresses of per-CPU data; unsigned and relative to that base (6.15); relative to their own
/// place in the table, without a base (7.0). Before all of them stood plain addresses, without CONFIG_KALLSYMS_BASE_RELATIVE.
struct KallsymsPlaces: Sendable, Hashable {
  enum Values: Sendable, Hashable {
    /// Of `kallsyms_offsets`, and the value of `kallsyms_relative_base`.
    case offsets(UInt64, base: UInt64)
    /// Of `kallsyms_offsets` that are relative to their own place.
    case relative(UInt64)
    /// Of `kallsyms_addresses`.
    case addresses(UInt64)
  }

  let names: UInt64
  let count: UInt32
  let tokenTable: UInt64
  let tokenIndex: UInt64
  let values: Values

  /// Bytes of names at most: far more than any kernel has.
  private static let namesLimit: UInt64 = 64 << 20

  /// Reads the symbols; nil where a part is not in memory or the parts contradict each other.
  ///
  /// - Parameter bytes: so many bytes from an address of the same kind as those above.
  func table(_ bytes: (UInt64, Int) -> [UInt8]?) -> SymbolTable? {
    guard count > 0, count <= SymbolTable.countLimit else { return nil }
    // In every layout the names come before the token table, and that before its index.
    guard tokenTable > names, tokenTable - names <= Self.namesLimit, tokenIndex > tokenTable, tokenIndex - tokenTable <= 65536 else {
      return nil
    }
    guard let index = bytes(tokenIndex, 512), let tokens = bytes(tokenTable, Int(tokenIndex - tokenTable)),
      let compressed = bytes(names, Int(tokenTable - names)), let addresses = addresses(bytes)
    else { return nil }
    return SymbolTable(
      SymbolTable.Parts(
        names: compressed, tokenTable: tokens, tokenIndex: (0..<256).map { UInt16(index[2 * $0]) | UInt16(index[2 * $0 + 1]) << 8 },
        addresses: addresses))
  }

  private func addresses(_ bytes: (UInt64, Int) -> [UInt8]?) -> [UInt64]? {
    let count = Int(count)
    switch values {
    case .addresses(let place):
      return bytes(place, count * 8).map { raw in
        unsafe raw.withUnsafeBytes { buffer in
          // SAFETY: `raw` has eight bytes for each symbol.
          (0..<count).map { UInt64(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
      }
    case .offsets(let place, let base):
      guard let offsets = offsets(place, bytes) else { return nil }
      let hasAbsolutes = offsets.count { $0 < 0 } > count / 2
      guard hasAbsolutes else { return offsets.map { base &+ UInt64(UInt32(bitPattern: $0)) } }
      return offsets.map { $0 >= 0 ? UInt64($0) : base &- 1 &- UInt64(bitPattern: Int64($0)) }
    case .relative(let place):
      return offsets(place, bytes).map { offsets in
        offsets.enumerated().map { place &+ 4 &* UInt64($0.offset) &+ UInt64(bitPattern: Int64($0.element)) }
      }
    }
  }

  private func offsets(_ place: UInt64, _ bytes: (UInt64, Int) -> [UInt8]?) -> [Int32]? {
    let count = Int(count)
    return bytes(place, count * 4).map { raw in
      unsafe raw.withUnsafeBytes { buffer in
        // SAFETY: `raw` has four bytes for each symbol.
        (0..<count).map { Int32(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
      }
    }
  }
}

extension KallsymsPlaces {
  /// The places that VMCOREINFO names; nil before Linux 6.0, or where the count or base cannot be read.
  ///
  /// - Parameter bytes: so many bytes from a guest-virtual address.
  init?(_ info: VMCoreInfo, _ bytes: (UInt64, Int) -> [UInt8]?) {
    guard let names = info.symbol("kallsyms_names"), let countPlace = info.symbol("kallsyms_num_syms"),
      let tokenTable = info.symbol("kallsyms_token_table"), let tokenIndex = info.symbol("kallsyms_token_index"),
      let count = bytes(countPlace, 4)
    else { return nil }
    self.names = names
    self.tokenTable = tokenTable
    self.tokenIndex = tokenIndex
    self.count = count.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    if let offsets = info.symbol("kallsyms_offsets") {
      if let basePlace = info.symbol("kallsyms_relative_base") {
        guard let base = bytes(basePlace, 8) else { return nil }
        values = .offsets(offsets, base: base.reversed().reduce(0) { $0 << 8 | UInt64($1) })
      } else {
        values = .relative(offsets)
      }
    } else if let addresses = info.symbol("kallsyms_addresses") {
      values = .addresses(addresses)
    } else {
      return nil
    }
  }
}
