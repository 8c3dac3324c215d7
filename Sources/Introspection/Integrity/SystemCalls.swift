internal import Domain

/// The tables by which the kernel finds the function of a system call (arch/x86/entry/syscall_64.c, syscall_32.c).
extension IntegrityReader {
  /// Entries of a table at most; there are some 470 in 6.12.
  private static let limit: UInt64 = 1024

  mutating func systemCalls() -> IntegrityFacts.State {
    var tables: [FactValue] = []
    for (symbol, name) in [("sys_call_table", "x64"), ("ia32_sys_call_table", "ia32")] {
      guard let base = guest.symbol(symbol) else { continue }
      guard let count = length(base) else {
        note(Inconsistency(structure: symbol, address: base, reason: "no symbol follows it, so that its length is not known"))
        continue
      }
      var entries: [FactValue] = []
      for number in 0..<count {
        guard let target = guest.u64(base &+ 8 &* number) else {
          note(Inconsistency(structure: symbol, address: base &+ 8 &* number, reason: "an entry is not mapped"))
          break
        }
        entries.append(entry(number, target, symbol))
      }
      tables.append(["name": .string(name), "symbol": .string(symbol), "address": addressValue(base), "entries": .array(entries)])
    }
    if tables.isEmpty { return .unreadable("the kernel's symbols name no sys_call_table") }
    return .present(["tables": .array(tables)])
  }

  /// Number, target, owner, and every name of the function, since several system calls may share one.
  private func entry(_ number: UInt64, _ target: UInt64, _ table: String) -> FactValue {
    let owner = code.owner(of: target)
    let names = owner.distance == 0 && owner.kind == .kernel ? guest.kernel.symbols.names(at: target) : []
    return [
      "number": .int(Int64(number)), "address": addressValue(target), "owner": owner.factValue,
      "names": .array(names.map(FactValue.string)),
    ]
  }

  /// Entries up to the next symbol. A table has no length of its own; what stands behind its last entry is zero up to the next object.
  private func length(_ base: UInt64) -> UInt64? {
    guard let next = guest.kernel.symbols.following(base) else { return nil }
    var count = min((next - base) / 8, Self.limit)
    while count > 0, guest.u64(base &+ 8 &* (count - 1)) == 0 { count -= 1 }
    return count > 0 ? count : nil
  }
}
