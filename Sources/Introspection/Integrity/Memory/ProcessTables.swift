internal import Domain

/// Top page tables of processes. Each has its own, whose upper half is a copy of the kernel's (arch/x86/mm/pgtable.c, `pgd_ctor`): one that differs shows
/// its process, and the kernel while it works for that process, other memory than everybody else's.
struct ProcessTables {
  /// An entry of a process's table that is not the kernel's.
  struct Difference: Hashable {
    let process: Process
    /// Of the table; guest-virtual.
    let index: Int
    let entry: UInt64
    let expected: UInt64
  }

  private let guest: Guest
  private static let reportLimit = 64
  /// R/W and U/S: what an entry allows (Intel SDM volume 3A, section 4.5).
  private static let allowed: UInt64 = 0x6
  private static let executeDisable: UInt64 = 1 << 63

  init(_ guest: Guest) { self.guest = guest }

  func differences(_ processes: [Process]) -> [Difference] {
    guard let own = entries(guest.space.root) else { return [] }
    var found: [Difference] = []
    var met: Set<UInt64> = []
    for process in processes where found.count < Self.reportLimit {
      guard let mm = process.mm, !process.isKernelThread, met.insert(mm).inserted, let space = guest.space(ofProcess: mm),
        guest.spend(512, on: "mm_struct.pgd", at: mm), let table = entries(space.root)
      else { continue }
      for index in 256..<512 where found.count < Self.reportLimit && differs(table[index], own[index], at: index) {
        found.append(Difference(process: process, index: index, entry: table[index], expected: own[index]))
      }
    }
    return found
  }

  /// Those that are still so: a process that ends gives its table back.
  func staying(_ differences: [Difference]) -> [Difference] {
    guard let member = guest.kernel.offset("task_struct", "mm"), let own = entries(guest.space.root) else { return differences }
    return differences.filter { difference in
      guard let mm = difference.process.mm, guest.pointer(difference.process.address &+ member) == mm,
        let table = guest.space(ofProcess: mm).flatMap({ entries($0.root) })
      else { return false }
      return table[difference.index] == difference.entry && differs(difference.entry, own[difference.index], at: difference.index)
    }
  }

  private func differs(_ entry: UInt64, _ expected: UInt64, at index: Int) -> Bool {
    // Before 5.8 a process got an entry when it first needed it.
    guard entry & 1 == 1 else { return false }
    // One that allows less is an older copy of an entry that was opened since; what is allowed is mostly said further down.
    let isElsewhere = (entry ^ expected) & AddressSpace.addressBits != 0
    let allowsMore = entry & ~expected & Self.allowed != 0 || ~entry & expected & Self.executeDisable != 0
    guard isElsewhere || allowsMore else { return false }
    // Where page tables are isolated each process has its local descriptor table here (LDT_PGD_ENTRY, arch/x86/include/asm/pgtable_64_types.h).
    return !(index == (guest.space.levels == 5 ? 400 : 272) && expected == 0)
  }

  private func entries(_ table: UInt64) -> [UInt64]? {
    guest.memory.bytes(table, count: 4096).map { bytes in (0..<512).map { PatchTable.word(bytes, $0 * 8, 8) } }
  }
}

extension ProcessTables.Difference {
  /// pid, name, task, index, the address that the entry begins at, entry and expected.
  func factValue(levels: Int) -> FactValue {
    let shift: UInt64 = levels == 5 ? 48 : 39
    let unused: UInt64 = levels == 5 ? 7 : 16
    let address = UInt64(bitPattern: Int64(bitPattern: UInt64(index) << (shift + unused)) >> Int64(unused))
    return [
      "pid": .int(Int64(process.pid)), "name": .string(process.name), "task": addressValue(process.address), "index": .int(Int64(index)),
      "address": addressValue(address), "entry": addressValue(entry), "expected": addressValue(expected),
    ]
  }
}
