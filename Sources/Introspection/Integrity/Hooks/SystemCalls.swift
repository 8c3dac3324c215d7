internal import Domain

/// The tables by which the kernel finds the function of a system call (arch/x86/entry/syscall_64.c, syscall_32.c).
extension IntegrityReader {
  /// Entries of a table at most; there are some 470 in 6.12.
  private static let limit: UInt64 = 1024

  mutating func systemCalls() -> IntegrityFacts.State {
    var tables: [FactValue] = []
    for (symbol, name) in [("sys_call_table", "x64"), ("ia32_sys_call_table", "ia32"), ("x32_sys_call_table", "x32")] {
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
    var members: [FactValue.Member] = [.init("tables", .array(tables))]
    if let lost = lostCalls() { members.append(.init("lost", .array(lost))) }
    if let names = unreachedX32(tables) { members.append(.init("x32Unreached", .array(names.map(FactValue.string)))) }
    members.append(.init("left", .array(left())))
    if let names = unreachedCompat(tables) { members.append(.init("compatUnreached", .array(names.map(FactValue.string)))) }
    return .present(.object(members))
  }

  /// Functions of the table that `x64_sys_call` leads to no more: since 6.9 (6.1.85) the kernel finds them by jumps in its code, and the
  /// table is for tracing. Nil for kernels without.
  private func lostCalls() -> [FactValue]? {
    guard let targets = targets(of: "x64_sys_call"), let table = guest.symbol("sys_call_table"), let count = length(table)
    else { return nil }
    return (0..<count).compactMap { number -> FactValue? in
      guard let target = guest.u64(table &+ 8 &* number), !reaches(targets, target) else { return nil }
      let names = code.text.contains(target) ? guest.kernel.symbols.names(at: target).filter { $0.hasPrefix("__x64_sys_") } : []
      return names.first.map { ["number": .int(Int64(number)), "name": .string($0)] }
    }
  }

  /// Steps from the entry of a system call to its function: who calls or jumps, and to what; of several names of the former those that the
  /// kernel has.
  private static let steps: [(from: [String], to: String)] = [
    (["entry_SYSCALL_64", "entry_SYSCALL_64_safe_stack", "entry_SYSCALL_64_after_hwframe"], "do_syscall_64"),
    (["do_syscall_64", "do_syscall_x64"], "x64_sys_call"), (["do_syscall_64", "do_syscall_x32"], "x32_sys_call"),
    (fast + slow, "ia32_sys_call"),
  ]
  private static let slow = ["do_int80_syscall_32", "do_int80_emulation", "int80_emulation", "do_syscall_32_irqs_on"]
  private static let fast = ["do_fast_syscall_32", "__do_fast_syscall_32", "do_SYSENTER_32"]

  /// The same where a table leads to the function, whose address stands in the code.
  private static let references: [(from: [String], to: String)] = [
    (["do_syscall_64", "do_syscall_x64"], "sys_call_table"), (["do_syscall_64", "do_syscall_x32"], "x32_sys_call_table"),
    (fast + slow, "ia32_sys_call_table"),
  ]

  /// Steps that are not made any more: what was to be called is not, or the table is not asked.
  private func left() -> [FactValue] {
    func row(_ from: [String], _ to: String) -> FactValue { ["from": .string(from[0]), "to": .string(to)] }
    var found: [FactValue] = []
    for (names, next) in Self.steps {
      let callers = names.filter { guest.symbol($0) != nil }
      guard let target = guest.symbol(next), !callers.isEmpty else { continue }
      // A jump may lead behind a landing pad. One that cannot be read is no caller.
      let isMade = callers.contains { caller in targets(of: caller).map { reaches($0, target) || reaches($0, target &+ 4) } ?? false }
      if !isMade { found.append(row(callers, next)) }
    }
    guard guest.symbol("x64_sys_call") == nil else { return found }
    for (names, table) in Self.references {
      let readers = names.filter { guest.symbol($0) != nil }
      guard let place = guest.symbol(table), !readers.isEmpty else { continue }
      if !readers.contains(where: { refers($0, to: place) }) { found.append(row(readers, table)) }
    }
    return found
  }

  /// Whether the lower half of an address stands in a function's code: the distance of an access to a table.
  private func refers(_ function: String, to address: UInt64) -> Bool {
    guard let start = guest.symbol(function), let end = guest.kernel.symbols.following(start), end - start <= 1 << 16,
      let bytes = guest.bytes(start, count: Int(end - start)), bytes.count >= 4
    else { return false }
    let wanted = UInt64(UInt32(truncatingIfNeeded: address))
    return (0...bytes.count - 4).contains { PatchTable.word(bytes, $0, 4) == wanted }
  }

  /// Functions of 32-bit system calls that `ia32_sys_call` leads to nowhere. Many have never been reached, since another one has their
  /// number: which of them must be is for the policy to say. Nil for kernels that use a table.
  private func unreachedCompat(_ tables: [FactValue]) -> [String]? {
    unreached(by: "ia32_sys_call", tables, ["__ia32_sys_", "__ia32_compat_sys_"])
  }

  /// The same of the x32 interface, whose calls are those of 64 bits but for some that have functions of their own.
  private func unreachedX32(_ tables: [FactValue]) -> [String]? {
    unreached(by: "x32_sys_call", tables, ["__x64_sys_", "__x64_compat_sys_"])
  }

  private func unreached(by function: String, _ tables: [FactValue], _ kinds: [String]) -> [String]? {
    guard let targets = targets(of: function) else { return nil }
    let prefix = "__x64_sys_"
    var names: Set<String> = []
    for table in tables {
      for entry in table["entries"]?.elements ?? [] {
        for name in entry["names"]?.elements ?? [] {
          guard let text = name.text, text.hasPrefix(prefix) else { continue }
          for kind in kinds { names.insert(kind + text.dropFirst(prefix.count)) }
        }
      }
    }
    return names.filter { name in guest.symbol(name).map { !reaches(targets, $0) } ?? false }.sorted()
  }

  /// Whether one of some targets is a function, or the code before it that counts the depth of calls (arch/x86/kernel/callthunks.c).
  private func reaches(_ targets: Set<UInt64>, _ function: UInt64) -> Bool { (0...16).contains { targets.contains(function &- $0) } }

  /// Where the jumps and calls of a function lead. Every place is taken for an instruction: one too many does no harm, since functions are
  /// looked for that none leads to.
  private func targets(of function: String) -> Set<UInt64>? {
    guard let start = guest.symbol(function), let end = guest.kernel.symbols.following(start), end - start <= 1 << 16,
      let bytes = guest.bytes(start, count: Int(end - start))
    else { return nil }
    var targets: Set<UInt64> = []
    for place in bytes.indices {
      let size: Int
      switch bytes[place] {
      case 0xE8, 0xE9: size = 5
      case 0x0F where place + 1 < bytes.count && bytes[place + 1] & 0xF0 == 0x80: size = 6
      default: continue
      }
      // The last may end with the function.
      guard place + size <= bytes.count else { continue }
      let distance = Int64(Int32(truncatingIfNeeded: PatchTable.word(bytes, place + size - 4, 4)))
      targets.insert(start &+ UInt64(place + size) &+ UInt64(bitPattern: distance))
    }
    return targets
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
