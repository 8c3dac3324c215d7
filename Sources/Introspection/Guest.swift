internal import Domain

/// A guest seen from outside: its memory, the kernel found in it, and that kernel's address space. All views read through it.
///
/// Addresses are guest-virtual unless said otherwise. Reading gives nil where an address is not mapped; what is read is the guest's word, and
/// changes while the guest runs. A value may be used from any thread, and a later read sees the memory of then.
///
/// ```swift
/// let guest = try Guest(memory: try MemoryImage.open(path: "guest.ram").memory)
/// let head = guest.symbol("init_task")! + guest.kernel.offset("task_struct", "tasks")!
/// let walk = guest.list(head: head, structure: "init_task.tasks")
/// ```
public struct Guest: Sendable {
  public private(set) var memory: PhysicalMemory
  public let kernel: Kernel
  /// The kernel's page tables (init_top_pgt).
  public private(set) var space: AddressSpace
  /// What else looked like a kernel, and why it was not taken: decoys, and what a restart left over.
  public let rejected: [KernelRejection]
  /// Whether it runs while it is read, so that what two structures tell differently is looked at again after a while.
  public private(set) var isRunning: Bool
  /// Whether it is read through a snapshot, which holds what a reading needs and not the whole of memory: what is searched for in all of it was found before.
  private(set) var isSnapshot = false
  /// Registers that an image holds beside the memory; nil where it has none, and for a guest that runs, whose monitor is asked.
  var registers: ProcessorState?
  /// Slabs that tasks are allocated from, as the last search of all memory found them.
  private(set) var taskSlabs = TaskSlabs()
  /// Steps of the view that reads by this value; nil outside of one.
  var budget: WalkBudget?

  /// Finds the kernel in a guest's memory.
  ///
  /// - Parameters:
  ///   - processors: CR3 of each vCPU where it is known; a kernel that none of them runs on is then refused.
  ///   - information: VMCOREINFO that came with an image.
  ///   - cache: where kernels that were found are remembered; nil for nowhere.
  public init(memory: PhysicalMemory, processors: [UInt64] = [], information: [VMCoreInfo] = [], cache: KernelCache? = nil)
    throws(IntrospectionError)
  {
    try self.init(KernelSearch(memory: memory, roots: { processors }, given: information, cache: cache))
  }

  /// Finds the kernel in the memory of a guest that runs; where there is a monitor, a kernel that no vCPU runs on is refused.
  public init(_ machine: LiveMachine, cache: KernelCache? = nil) throws(IntrospectionError) {
    try self.init(KernelSearch(memory: machine.memory, roots: machine.roots, given: [], cache: cache))
  }

  private init(_ search: KernelSearch) throws(IntrospectionError) {
    let found = try search.run()
    memory = search.memory
    kernel = found.kernel
    space = found.space
    rejected = found.rejected
    isRunning = search.memory.isRunning
  }

  /// The same guest for whoever reads it while it stands still, or looks again by himself: no view waits.
  public var still: Guest {
    var guest = self
    guest.isRunning = false
    return guest
  }

  /// The same guest as a snapshot of its memory has it.
  public func reading(_ snapshot: MemorySnapshot) -> Guest {
    var guest = still
    guest.memory = snapshot.memory
    guest.space = AddressSpace(memory: snapshot.memory, root: space.root, levels: space.levels, encryption: encryption)
    guest.isSnapshot = true
    return guest
  }

  private var encryption: UInt64 { AddressSpace.addressBits & ~space.addressMask }

  // MARK: Reading by guest-virtual address

  /// The guest-physical address behind an address of the kernel; nil where it is not mapped.
  ///
  /// The direct map and the image are linear, which the search has proven at one place of each; anything else goes through the page tables.
  @inline(__always)
  public func physical(_ address: UInt64) -> UInt64? {
    let direct = address &- kernel.directMap
    if direct < memory.end { return direct }
    if kernel.image.contains(address) { return kernel.physical(address) }
    return space.translate(address)
  }

  /// A little-endian integer at an address of the kernel; nil where any byte of it is not mapped.
  @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ address: UInt64) -> T? {
    let size = UInt64(MemoryLayout<T>.size)
    if address & 4095 <= 4096 - size { return physical(address).flatMap { memory.load(T.self, at: $0) } }
    var value: T = 0
    for index in (0..<size).reversed() {
      guard let byte = load(UInt8.self, address &+ index) else { return nil }
      value = value << 8 | T(truncatingIfNeeded: byte)
    }
    return value
  }

  public func u8(_ address: UInt64) -> UInt8? { load(UInt8.self, address) }
  public func u16(_ address: UInt64) -> UInt16? { load(UInt16.self, address) }
  public func u32(_ address: UInt64) -> UInt32? { load(UInt32.self, address) }
  public func u64(_ address: UInt64) -> UInt64? { load(UInt64.self, address) }
  public func i32(_ address: UInt64) -> Int32? { load(Int32.self, address) }
  public func i64(_ address: UInt64) -> Int64? { load(Int64.self, address) }

  /// A pointer; nil where it cannot be read and for NULL.
  public func pointer(_ address: UInt64) -> UInt64? { load(UInt64.self, address).flatMap { $0 == 0 ? nil : $0 } }

  /// Most that one call of `bytes` returns.
  public static let bytesLimit = 64 << 20

  /// `count` bytes, page by page; nil where any of them is not mapped, and for a count below 0 or above `bytesLimit`.
  public func bytes(_ address: UInt64, count: Int) -> [UInt8]? { Self.bytes(memory, address, count) { physical($0) } }

  /// The same through other page tables, a process's own.
  public func bytes(_ address: UInt64, count: Int, in space: AddressSpace) -> [UInt8]? {
    Self.bytes(memory, address, count) { space.translate($0) }
  }

  private static func bytes(_ memory: PhysicalMemory, _ address: UInt64, _ count: Int, _ translate: (UInt64) -> UInt64?) -> [UInt8]? {
    guard count >= 0, count <= bytesLimit, address <= UInt64.max - UInt64(count) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = address
    while result.count < count {
      let run = min(count - result.count, Int(4096 - position & 4095))
      guard let place = translate(position), memory.append(place, count: run, to: &result) else { return nil }
      position &+= UInt64(run)
    }
    return result
  }

  /// A text up to its zero byte, as `EscapedName` writes it. Nil where its first byte is not mapped.
  ///
  /// - Parameter limit: bytes at most; a text that does not end before is cut there, and one that runs into an unmapped page at that page.
  public func string(_ address: UInt64, limit: Int) -> String? { Self.text(memory, address, limit) { physical($0) } }

  private static func text(_ memory: PhysicalMemory, _ address: UInt64, _ limit: Int, _ translate: (UInt64) -> UInt64?) -> String? {
    var found: [UInt8] = []
    var position = address
    while found.count < limit {
      let run = min(limit - found.count, Int(4096 - position & 4095))
      guard let place = translate(position), let part = memory.bytes(place, count: run) else {
        if found.isEmpty { return nil }
        break
      }
      if let end = part.firstIndex(of: 0) {
        found.append(contentsOf: part[..<end])
        break
      }
      found.append(contentsOf: part)
      position &+= UInt64(run)
    }
    return EscapedName.text(of: found)
  }

  // MARK: Symbols and members

  /// Run-time address of a symbol of the kernel.
  public func symbol(_ name: String) -> UInt64? { kernel.symbol(name) }

  /// Run-time address of a variable whose name others have too, as static ones of drivers: of those the one that the code of a function names, else
  /// the first.
  func symbol(_ name: String, namedBy function: String) -> UInt64? {
    let known = kernel.symbols.addresses(name)
    guard known.count > 1, let start = symbol(function), let end = kernel.symbols.following(start), end - start <= 1 << 16,
      let code = bytes(start, count: Int(end - start)), code.count >= 4
    else { return known.first }
    return known.first { address in
      (0...code.count - 4).contains { place in
        let word = UInt32(truncatingIfNeeded: PatchTable.word(code, place, 4))
        if word == UInt32(truncatingIfNeeded: address) { return true }
        // Counted from the end of the instruction, which may lie behind an immediate.
        let distance = UInt32(truncatingIfNeeded: address &- start &- UInt64(place + 4))
        return [0, 1, 4].contains { distance &- $0 == word }
      }
    } ?? known.first
  }

  /// Address of a symbol without which a view has nothing to say.
  public func required(_ symbol: String) throws(IntrospectionError) -> UInt64 {
    guard let address = kernel.symbol(symbol) else { throw .missing(path: memory.path, what: "the symbol \(symbol)") }
    return address
  }

  /// Offset of a member without which a view has nothing to say; bytes.
  public func required(_ structure: String, _ member: String) throws(IntrospectionError) -> UInt64 {
    guard let offset = kernel.offset(structure, member) else {
      throw .missing(path: memory.path, what: "the member \(structure).\(member)")
    }
    return offset
  }

  /// Value of a bit field in the structure at `address`, or of any integer member of at most 8 bytes; nil where it cannot be read.
  public func value(_ address: UInt64, _ structure: String, _ member: String) -> UInt64? {
    guard let found = kernel.member(structure, member) else { return nil }
    if found.bitSize == 0 {
      switch kernel.types.size(found.type) {
      case 1: return u8(address &+ UInt64(found.offset)).map(UInt64.init)
      case 2: return u16(address &+ UInt64(found.offset)).map(UInt64.init)
      case 4: return u32(address &+ UInt64(found.offset)).map(UInt64.init)
      case 8: return u64(address &+ UInt64(found.offset))
      default: return nil
      }
    }
    guard found.bitSize <= 56 else { return nil }
    var value: UInt64 = 0
    let first = found.bitOffset / 8
    let last = (found.bitOffset + found.bitSize - 1) / 8
    for byte in (first...last).reversed() {
      guard let next = u8(address &+ UInt64(byte)) else { return nil }
      value = value << 8 | UInt64(next)
    }
    return value >> UInt64(found.bitOffset % 8) & ((1 << UInt64(found.bitSize)) - 1)
  }

  /// The address space of a process: `mm_struct` at `mm`, whose `pgd` points to its top table.
  public func space(ofProcess mm: UInt64) -> AddressSpace? {
    guard let offset = kernel.offset("mm_struct", "pgd"), let table = pointer(mm &+ offset), let root = physical(table) else { return nil }
    return AddressSpace(memory: memory, root: root, levels: space.levels, encryption: encryption, isProcess: true)
  }
}
