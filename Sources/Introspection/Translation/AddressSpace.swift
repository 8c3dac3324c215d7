/// An x86-64 address space: page tables of four or five levels in guest-physical memory (Intel SDM volume 3A, section 4.5).
///
/// Tables are the guest's own. Their depth is fixed, so that a table that points to itself costs no more than any other.
public struct AddressSpace: Sendable {
  public let memory: PhysicalMemory
  /// Guest-physical address of the top table: CR3 without its flags.
  public let root: UInt64
  /// 4, or 5 with CR4.LA57.
  public let levels: Int
  /// Bits of an entry that hold an address: without flags, and without the encryption bit of AMD SME.
  let addressMask: UInt64
  /// Whether XD in the top table counts. In those of processes it does not: where page tables are isolated the kernel sets it for itself in every entry
  /// of the user half, and programs run by a copy without it (`__pti_set_user_pgtbl`).
  let topDisables: Bool

  static let addressBits: UInt64 = 0x000F_FFFF_FFFF_F000

  /// - Parameters:
  ///   - root: CR3; its low twelve bits are ignored.
  ///   - levels: 4 or 5.
  ///   - encryption: bits that mark encrypted memory in an entry (sme_mask of VMCOREINFO), else 0.
  ///   - isProcess: whether the tables are a process's.
  public init(memory: PhysicalMemory, root: UInt64, levels: Int, encryption: UInt64 = 0, isProcess: Bool = false) {
    self.memory = memory
    topDisables = !isProcess
    self.root = root & Self.addressBits & ~encryption
    self.levels = levels == 5 ? 5 : 4
    addressMask = Self.addressBits & ~encryption
  }

  /// A mapped page.
  public struct Mapping: Sendable, Hashable {
    /// Guest-virtual address of its first byte, in canonical form.
    public let virtual: UInt64
    /// Guest-physical address of its first byte.
    public let physical: UInt64
    /// 4 KiB, 2 MiB or 1 GiB; bytes.
    public let size: UInt64
    /// R/W in every entry on the way.
    public let isWritable: Bool
    /// U/S in every entry on the way.
    public let isUser: Bool
    /// XD in no entry on the way; of a process, below the top table.
    public let isExecutable: Bool
  }

  private static let present: UInt64 = 1
  private static let writable: UInt64 = 1 << 1
  private static let user: UInt64 = 1 << 2
  private static let large: UInt64 = 1 << 7
  private static let executeDisable: UInt64 = 1 << 63

  /// Whether the bits above the highest translated one are all equal to it.
  public func isCanonical(_ virtual: UInt64) -> Bool {
    let top = Int64(bitPattern: virtual) >> (levels == 5 ? 56 : 47)
    return top == 0 || top == -1
  }

  /// The guest-physical address behind a virtual one; nil where it is not mapped, not canonical, or a table lies outside of memory.
  public func translate(_ virtual: UInt64) -> UInt64? {
    guard isCanonical(virtual) else { return nil }
    var table = root
    var shift = levels == 5 ? 48 : 39
    while true {
      guard let entry = memory.load(UInt64.self, at: table &+ (virtual >> UInt64(shift)) & 511 &* 8), entry & Self.present != 0 else {
        return nil
      }
      let isPage = shift == 12 || (shift <= 30 && entry & Self.large != 0)
      if isPage {
        let offset = (UInt64(1) << UInt64(shift)) - 1
        return (entry & addressMask & ~offset) | (virtual & offset)
      }
      table = entry & addressMask
      shift -= 9
    }
  }

  /// The page that holds a virtual address, with what the tables allow.
  public func mapping(_ virtual: UInt64) -> Mapping? {
    guard isCanonical(virtual) else { return nil }
    var table = root
    var shift = levels == 5 ? 48 : 39
    var allowed = Self.writable | Self.user
    var isExecutable = true
    while true {
      guard let entry = memory.load(UInt64.self, at: table &+ (virtual >> UInt64(shift)) & 511 &* 8), entry & Self.present != 0 else {
        return nil
      }
      allowed &= entry
      isExecutable = isExecutable && allowsCode(entry, shift)
      if shift == 12 || (shift <= 30 && entry & Self.large != 0) {
        let size = UInt64(1) << UInt64(shift)
        return Mapping(
          virtual: virtual & ~(size - 1), physical: entry & addressMask & ~(size - 1), size: size,
          isWritable: allowed & Self.writable != 0, isUser: allowed & Self.user != 0, isExecutable: isExecutable)
      }
      table = entry & addressMask
      shift -= 9
    }
  }

  /// Why `visit` stopped before the end of its range.
  public enum Stop: Error, Sendable, Hashable {
    /// More tables than the limit: tables that point to themselves, or a guest that maps very much.
    case tables
  }

  /// Calls `body` for every mapped page from `first` up to and with `last`, ascending.
  ///
  /// - Parameter limit: tables that are read at most. A guest's kernel half has some thousands.
  public func visit(from first: UInt64, through last: UInt64, limit: Int = 1 << 20, _ body: (Mapping) -> Void) throws(Stop) {
    try visit(from: first, through: last, limit: limit, budget: nil, body)
  }

  /// Steps of a view's budget that a table costs.
  private static let tableSteps = 16

  /// - Parameter budget: of the view; its end is a `tables` too.
  func visit(from first: UInt64, through last: UInt64, limit: Int, budget: WalkBudget?, _ body: (Mapping) -> Void) throws(Stop) {
    var left = Left(tables: limit, budget: budget)
    let shift = levels == 5 ? 48 : 39
    try visit(
      Table(address: root, shift: shift, base: 0, allowed: Self.writable | Self.user, isExecutable: true), first, last, &left, body)
  }

  private struct Left {
    var tables: Int
    let budget: WalkBudget?
  }

  private struct Table {
    let address: UInt64
    let shift: Int
    /// Virtual address of the first entry, in canonical form below the top table.
    let base: UInt64
    let allowed: UInt64
    let isExecutable: Bool
  }

  private func allowsCode(_ entry: UInt64, _ shift: Int) -> Bool {
    entry & Self.executeDisable == 0 || (!topDisables && shift == (levels == 5 ? 48 : 39))
  }

  private func canonical(_ virtual: UInt64) -> UInt64 {
    let unused = UInt64(levels == 5 ? 7 : 16)
    return UInt64(bitPattern: Int64(bitPattern: virtual << unused) >> Int64(unused))
  }

  private func visit(_ table: Table, _ first: UInt64, _ last: UInt64, _ left: inout Left, _ body: (Mapping) -> Void) throws(Stop) {
    guard left.tables > 0 else { throw .tables }
    left.tables -= 1
    if let budget = left.budget, !budget.spend(Self.tableSteps, "page tables", root) { throw .tables }
    let size = UInt64(1) << UInt64(table.shift)
    for index in 0..<UInt64(512) {
      let start = canonical(table.base &+ index &* size)
      guard start &+ (size - 1) >= first, start <= last else { continue }
      guard let entry = memory.load(UInt64.self, at: table.address &+ index &* 8), entry & Self.present != 0 else { continue }
      let allowed = table.allowed & entry
      let isExecutable = table.isExecutable && allowsCode(entry, table.shift)
      if table.shift == 12 || (table.shift <= 30 && entry & Self.large != 0) {
        body(
          Mapping(
            virtual: start, physical: entry & addressMask & ~(size - 1), size: size, isWritable: allowed & Self.writable != 0,
            isUser: allowed & Self.user != 0, isExecutable: isExecutable))
      } else {
        try visit(
          Table(address: entry & addressMask, shift: table.shift - 9, base: start, allowed: allowed, isExecutable: isExecutable), first,
          last,
          &left, body)
      }
    }
  }
}
