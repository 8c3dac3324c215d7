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
  private static let pageSize = 4096
  /// Bytes of one; the largest has 8 KiB.
  private static let sizeLimit: UInt64 = 1 << 16
  private static let symbolLimit = 256
  private static let reportLimit = 64

  init(_ guest: Guest) {
    self.guest = guest
    let kernel = guest.kernel
    images = ["vdso_image_64", "vdso_image_x32", "vdso_image_32", "vdso64_image", "vdsox32_image", "vdso32_image"].compactMap { name in
      guard let address = guest.symbol(name), let data = kernel.offset("vdso_image", "data"),
        let size = kernel.offset("vdso_image", "size"), let start = guest.pointer(address &+ data), let count = guest.u64(address &+ size), count > 0, count <= Self.sizeLimit,
        count % UInt64(Self.pageSize) == 0, let bytes = guest.bytes(start, count: Int(count))
      else { return nil }
      return Image(name: name, address: address, data: start, bytes: bytes)
    }
  }

  // MARK: Processes

  func differences(_ processes: [Process]) -> [Difference] {
    var found: [Difference] = []
    var met: Set<UInt64> = []
    var traced = 0
    for process in processes where found.count - traced < Self.reportLimit && !process.isKernelThread {
      guard let mm = process.mm, met.insert(mm).inserted, guest.spend(16, on: "mm_struct.context.vdso", at: mm),
        let difference = difference(process)
      else { continue }
      // Whoever traces many programs hides none.
      if difference.isBreakpoint {
        if traced == Self.reportLimit { continue }
        traced += 1
      }
      found.append(difference)
    }
    return found
  }

  private func difference(_ process: Process) -> Difference? {
    let kernel = guest.kernel
    guard let mm = process.mm, let place = kernel.offset("mm_struct", "context.vdso"),
      let kind = kernel.offset("mm_struct", "context.vdso_image"), let start = guest.pointer(mm &+ place), start < 1 << 56,
      start % UInt64(Self.pageSize) == 0, let pointer = guest.pointer(mm &+ kind),
      let image = images.first(where: { $0.address == pointer }), isMapped(start, in: mm), let space = guest.space(ofProcess: mm)
    else { return nil }
    for offset in stride(from: 0, to: image.bytes.count, by: Self.pageSize) {
      guard let page = space.mapping(start &+ UInt64(offset)), page.isUser, page.size == UInt64(Self.pageSize),
        page.physical != guest.physical(image.data &+ UInt64(offset)), let bytes = guest.memory.bytes(page.physical, count: Self.pageSize)
      else { continue }
      let places = (0..<Self.pageSize).filter { bytes[$0] != image.bytes[offset + $0] }
      // A page that was written to and put right again.
      guard let first = places.first else { continue }
      let end = min(first + 16, Self.pageSize)
      return Difference(
        process: process, image: image.name, offset: offset + first, bytes: Array(bytes[first..<end]),
        original: Array(image.bytes[offset + first..<offset + end]), isBreakpoint: places.allSatisfy { bytes[$0] == 0xCC })
    }
    return nil
  }

  /// Whether the kernel's own mapping is there still: a program may have put something else in its place.
  private func isMapped(_ start: UInt64, in mm: UInt64) -> Bool {
    guard let mapping = guest.symbol("vdso_mapping"), let owner = guest.kernel.offset("vm_area_struct", "vm_private_data"),
      let first = guest.kernel.offset("vm_area_struct", "vm_start"), let lists = UnlistedPages(guest), let places = lists.places(mm)
    else { return false }
    guard let area = places.first(where: { guest.u64($0 &+ first) == start }) else { return false }
    return guest.u64(area &+ owner) == mapping
  }

  /// Whether it is still so.
  func stays(_ difference: Difference) -> Bool {
    guard let member = guest.kernel.offset("task_struct", "mm"), let mm = difference.process.mm,
      guest.pointer(difference.process.address &+ member) == mm
    else { return false }
    return self.difference(difference.process) == difference
  }

  // MARK: The kernel's own image of it

  /// What does not fit in an image's functions, by its own symbols: it is linked with nothing, so that all that leads out of it is foreign. Images for
  /// programs of 32 bits are not read.
  func oddities(_ image: Image) -> [TextSweep.Oddity] {
    let text = image.data..<image.data &+ UInt64(image.bytes.count)
    let functions = functions(image).map { (start: image.data &+ UInt64($0.lowerBound), end: image.data &+ UInt64($0.upperBound)) }
    guard !functions.isEmpty else { return [] }
    var sweep = TextSweep(
      TextSweep.Surroundings(
        owner: { _ in .none }, isMapped: { _ in true }, symbol: { _ in "" }, pointer: { _ in nil }, isLinked: { _ in false }, lowest: 4096),
      text)
    // Between its functions lie others that it has no symbols of.
    return sweep.run(image.bytes, [:], functions).oddities.filter { oddity in
      oddity.kind != .inside || functions.contains { oddity.target > $0.start && oddity.target < $0.end }
    }
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
    // DT_SYMTAB; DT_HASH says how many there are, else they end where their names begin (DT_STRTAB).
    guard let table = tags[6] else { return [] }
    let count = tags[4].map { word($0 &+ 4, 4) } ?? tags[5].map { $0 > table ? ($0 - table) / 24 : 0 } ?? 0
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
  /// pid, name, task, image, offset, bytes, original.
  var factValue: FactValue {
    [
      "pid": .int(Int64(process.pid)), "name": .string(process.name), "task": addressValue(process.address), "image": .string(image),
      "offset": addressValue(UInt64(offset)), "bytes": .string(bytes.hexadecimal), "original": .string(original.hexadecimal),
    ]
  }
}
