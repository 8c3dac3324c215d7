internal import Domain

/// The code that the kernel maps into every process (vdso): all processes have the same pages of it, which are those of the kernel's own image of it
/// (`vdso_image_64`, arch/x86/entry/vdso). A process with a page of its own has written there, or somebody has for it.
package struct SharedCode {
  struct Image {
    let name: String
    /// Of struct vdso_image.
    let address: UInt64
    /// First byte of its pages; guest-virtual.
    let data: UInt64
    let bytes: [UInt8]
  }

  /// A process that runs other code there.
  struct Difference: Hashable {
    let process: Process
    let image: String
    /// Offset in the image of the first byte that differs.
    let offset: Int
    let bytes: [UInt8]
    let original: [UInt8]
    /// Whether all that differs are breakpoints, as a debugger sets them.
    let isBreakpoint: Bool
  }

  private let guest: Guest
  let images: [Image]
  /// Images that the kernel has and that cannot be read: their symbols, and addresses.
  let unread: [(name: String, address: UInt64)]
  private static let pageSize = 4096
  /// Bytes of one; the largest has 8 KiB.
  private static let sizeLimit: UInt64 = 1 << 16
  private static let symbolLimit = 256
  private static let reportLimit = 64
  /// Images for programs of 64 bits, whose functions are read.
  private static let whole: Set<String> = ["vdso_image_64", "vdso64_image"]

  init(_ guest: Guest) {
    self.guest = guest
    let kernel = guest.kernel
    var unread: [(name: String, address: UInt64)] = []
    images = ["vdso_image_64", "vdso_image_x32", "vdso_image_32", "vdso64_image", "vdsox32_image", "vdso32_image"].compactMap { name in
      guard let address = guest.symbol(name), let data = kernel.offset("vdso_image", "data"),
        let size = kernel.offset("vdso_image", "size")
      else { return nil }
      guard let start = guest.pointer(address &+ data), let count = guest.u64(address &+ size), count > 0, count <= Self.sizeLimit,
        count % UInt64(Self.pageSize) == 0, let bytes = guest.bytes(start, count: Int(count))
      else {
        unread.append((name, address))
        return nil
      }
      return Image(name: name, address: address, data: start, bytes: bytes)
    }
    self.unread = unread
  }

  // MARK: Processes

  /// Processes with code of their own, and those of which it cannot be told: their mappings contradict themselves, or the kernel gave them shared
  /// code that is not among them any more.
  func differences(_ processes: [Process]) -> (found: [Difference], unjudged: [Process]) {
    var found: [Difference] = []
    var unjudged: [Process] = []
    var met: Set<UInt64> = []
    var traced = 0
    for process in processes where found.count - traced < Self.reportLimit && !process.isKernelThread {
      guard let mm = process.mm, met.insert(mm).inserted, guest.spend(16, on: "mm_struct.context.vdso", at: mm) else { continue }
      var state = state(process)
      var looks = SecondLook(guest)
      // Waited for once.
      while unjudged.isEmpty, state == .unknown, isThere(process), !guest.isExhausted, looks.again() { state = self.state(process) }
      if state == .unknown, isThere(process) { unjudged.append(process) }
      guard case .differs(let difference) = state else { continue }
      // Whoever traces many programs hides none.
      if difference.isBreakpoint {
        if traced == Self.reportLimit { continue }
        traced += 1
      }
      found.append(difference)
    }
    return (found, unjudged)
  }

  private enum State: Equatable {
    case same, unknown
    case differs(Difference)
  }

  private func state(_ process: Process) -> State {
    let kernel = guest.kernel
    guard let mm = process.mm, let place = kernel.offset("mm_struct", "context.vdso"),
      let kind = kernel.offset("mm_struct", "context.vdso_image"), !images.isEmpty, let space = guest.space(ofProcess: mm)
    else { return .same }
    let named = guest.u64(mm &+ place) ?? 0
    guard let areas = areas(of: mm) else { return .unknown }
    guard let first = areas.first else {
      // A program may have none of it, or have put something else in its place.
      return named == 0 ? .same : .unknown
    }
    let start = areas.contains { $0.lowerBound == named } ? named : first.lowerBound
    let count = areas.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
    let pointer = guest.u64(mm &+ kind)
    guard start % UInt64(Self.pageSize) == 0, !unread.contains(where: { $0.address == pointer }),
      let image = images.first(where: { $0.address == pointer }) ?? image(of: areas, count, space)
    else { return .unknown }
    for offset in stride(from: 0, to: image.bytes.count, by: Self.pageSize) {
      let address = start &+ UInt64(offset)
      guard areas.contains(where: { $0.contains(address) }), let page = space.mapping(address), page.isUser,
        page.size == UInt64(Self.pageSize), page.physical != guest.physical(image.data &+ UInt64(offset)),
        let bytes = guest.memory.bytes(page.physical, count: Self.pageSize)
      else { continue }
      let places = (0..<Self.pageSize).filter { bytes[$0] != image.bytes[offset + $0] }
      // A page that was written to and put right again.
      guard let first = places.first else { continue }
      let end = min(first + 16, Self.pageSize)
      return .differs(
        Difference(
          process: process, image: image.name, offset: offset + first, bytes: Array(bytes[first..<end]),
          original: Array(image.bytes[offset + first..<offset + end]), isBreakpoint: places.allSatisfy { bytes[$0] == 0xCC }))
    }
    return .same
  }

  /// The image of a process whose own word of it was changed: the one that it shares a page with, else one that is as long.
  private func image(of areas: [Range<UInt64>], _ count: UInt64, _ space: AddressSpace) -> Image? {
    let likely = images.filter { UInt64($0.bytes.count) == count }
    return likely.first { image in
      let pages = Set(stride(from: 0, to: image.bytes.count, by: Self.pageSize).compactMap { guest.physical(image.data &+ UInt64($0)) })
      return areas.contains { area in
        stride(from: area.lowerBound, to: min(area.upperBound, area.lowerBound + Self.sizeLimit), by: Self.pageSize)
          .contains { space.mapping($0).map { pages.contains($0.physical) } ?? false }
      }
    } ?? likely.first
  }

  /// The kernel's own mappings of it in a process, ascending: a program may move or split them, or put something else in their place. Nil where its
  /// mappings contradict themselves.
  private func areas(of mm: UInt64) -> [Range<UInt64>]? {
    guard let mapping = guest.symbol("vdso_mapping"), let owner = guest.kernel.offset("vm_area_struct", "vm_private_data"),
      let first = guest.kernel.offset("vm_area_struct", "vm_start"), let last = guest.kernel.offset("vm_area_struct", "vm_end"),
      let places = UnlistedPages(guest)?.places(mm)
    else { return nil }
    var found: [Range<UInt64>] = []
    for place in places where guest.u64(place &+ owner) == mapping {
      guard let start = guest.u64(place &+ first), let end = guest.u64(place &+ last), start < end, end < 1 << 56 else { return nil }
      found.append(start..<end)
    }
    return found.sorted { $0.lowerBound < $1.lowerBound }
  }

  private func isThere(_ process: Process) -> Bool {
    guard let member = guest.kernel.offset("task_struct", "mm"), let mm = process.mm else { return false }
    return guest.pointer(process.address &+ member) == mm
  }

  /// Whether another process traces one, as recorders and debuggers that write code of their own there do (task_struct.ptrace).
  func isTraced(_ process: Process) -> Bool {
    guard let member = guest.kernel.offset("task_struct", "ptrace"), let flags = guest.u32(process.address &+ member) else { return false }
    return flags != 0
  }

  /// Whether it is still so.
  func stays(_ difference: Difference) -> Bool { isThere(difference.process) && state(difference.process) == .differs(difference) }

  // MARK: The kernel's own image of it

  /// What does not fit in an image's functions, by its own symbols: it is linked with nothing, so that all that leads out of it is foreign. Images for
  /// programs of 32 bits are not read.
  ///
  /// - Returns: with it what proves nothing here: kinds of oddities, or that it has no functions.
  func oddities(_ image: Image) -> (found: [TextSweep.Oddity], unjudged: [String]) {
    guard Self.whole.contains(image.name) else { return ([], []) }
    let text = image.data..<image.data &+ UInt64(image.bytes.count)
    let functions = functions(image).map { (start: image.data &+ UInt64($0.lowerBound), end: image.data &+ UInt64($0.upperBound)) }
    guard !functions.isEmpty else { return ([], ["functions"]) }
    var sweep = TextSweep(
      TextSweep.Surroundings(
        owner: { _ in .none }, isMapped: { _ in true }, symbol: { _ in "" }, pointer: { _ in nil }, isLinked: { _ in false }, lowest: 4096),
      text)
    let result = sweep.run(image.bytes, [:], functions)
    // Between its functions lie others that it has no symbols of.
    let found = result.oddities.filter { oddity in
      oddity.kind != .inside || functions.contains { oddity.target > $0.start && oddity.target < $0.end }
    }
    return (found, result.unjudged.map(\.rawValue))
  }

  /// Functions of an image of 64 bits, ascending and apart: its dynamic symbols (PT_DYNAMIC, DT_SYMTAB, DT_HASH).
  private func functions(_ image: Image) -> [Range<Int>] { Self.functions(image.bytes) }

  package static func functions(_ bytes: [UInt8]) -> [Range<Int>] {
    func word(_ offset: UInt64, _ count: Int) -> UInt64 { PatchTable.word(bytes, Int(clamping: min(offset, UInt64(bytes.count))), count) }
    guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return [] }
    let headers = word(32, 8)
    var dynamic: UInt64 = 0
    for index in 0..<min(word(56, 2), 16) where word(headers &+ index &* 56, 4) == 2 { dynamic = word(headers &+ index &* 56 &+ 8, 8) }
    guard dynamic > 0 else { return [] }
    var tags: [UInt64: UInt64] = [:]
    for index in UInt64(0)..<64 {
      let tag = word(dynamic &+ index &* 16, 8)
      if tag == 0 { break }
      tags[tag] = word(dynamic &+ index &* 16 &+ 8, 8)
    }
    // DT_SYMTAB; DT_HASH says how many there are, and they end where their names begin (DT_STRTAB).
    guard let table = tags[6] else { return [] }
    let count = max(tags[4].map { word($0 &+ 4, 4) } ?? 0, tags[5].map { $0 > table ? ($0 - table) / 24 : 0 } ?? 0)
    var found: [Range<Int>] = []
    for index in 0..<min(count, UInt64(symbolLimit)) {
      let entry = table &+ index &* 24
      let (value, size) = (word(entry &+ 8, 8), word(entry &+ 16, 8))
      guard word(entry &+ 4, 1) & 15 == 2, size > 0, value < UInt64(bytes.count), size <= UInt64(bytes.count) - value else { continue }
      found.append(Int(value)..<Int(value + size))
    }
    found.sort { $0.lowerBound < $1.lowerBound }
    var apart: [Range<Int>] = []
    for range in found where range.lowerBound >= apart.last?.upperBound ?? 0 { apart.append(range) }
    return apart
  }
}

extension SharedCode.Difference {
  /// pid, name, task, image, offset, bytes, original, traced: whether another process traces this one.
  func factValue(traced: Bool) -> FactValue {
    [
      "pid": .int(Int64(process.pid)), "name": .string(process.name), "task": addressValue(process.address), "image": .string(image),
      "offset": addressValue(UInt64(offset)), "bytes": .string(bytes.hexadecimal), "original": .string(original.hexadecimal),
      "traced": .bool(traced),
    ]
  }
}
