/// Where the parts of kallsyms lie, as VMCOREINFO tells it since Linux 6.0 or as a scan finds it.
///
/// Offsets have had three meanings (kernel/kallsyms.c, `kallsyms_sym_address`): relative to `kallsyms_relative_base`, where up to 6.14 a
/// negative one is `base - 1 - offset` and others are absolute addresses of per-CPU data; unsigned and relative to that base (6.15);
/// relative to their own place in the table, without a base (7.0). Before all of them stood plain addresses, without
/// CONFIG_KALLSYMS_BASE_RELATIVE.
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
  func table(_ bytes: (UInt64, Int) -> ByteStore?) -> SymbolTable? {
    guard count > 0, count <= SymbolTable.countLimit else { return nil }
    // In every layout the names come before the token table, and that before its index.
    guard tokenTable > names, tokenTable - names <= Self.namesLimit, tokenIndex > tokenTable, tokenIndex - tokenTable <= 65536 else {
      return nil
    }
    guard let index = bytes(tokenIndex, 512), let tokens = bytes(tokenTable, Int(tokenIndex - tokenTable)),
      let compressed = bytes(names, Int(tokenTable - names)), let places = places(bytes)
    else { return nil }
    return SymbolTable(
      SymbolTable.Parts(
        count: Int(count), names: compressed, tokenTable: tokens.array(0..<tokens.count),
        tokenIndex: (0..<256).map { UInt16(index[2 * $0]) | UInt16(index[2 * $0 + 1]) << 8 }, places: places))
  }

  private func places(_ bytes: (UInt64, Int) -> ByteStore?) -> SymbolTable.Places? {
    switch values {
    case .addresses(let place): return bytes(place, Int(count) * 8).map { .addresses($0) }
    case .relative(let place): return bytes(place, Int(count) * 4).map { .relative($0, table: place) }
    case .offsets(let place, let base):
      guard let offsets = bytes(place, Int(count) * 4) else { return nil }
      // Up to 6.14 nearly all are negative; without absolute addresses none can be, since an image has less than 2 GiB.
      var negative = 0
      for index in 0..<Int(count) where offsets.word(4 * index) >> 31 != 0 { negative += 1 }
      return negative > Int(count) / 2 ? .mixed(offsets, base: base) : .unsigned(offsets, base: base)
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
