internal import Crypto
internal import Domain

/// Constants of the kernel's image: its tables of functions and system calls, names, formats, types. They are read-only as soon as the kernel has started,
/// and nothing of the kernel's own writes there afterwards.
extension IntegrityReader {
  private static let pageSize = 4096

  mutating func readOnly() -> IntegrityFacts.State {
    guard let range = constants else { return .absent("the kernel's symbols name neither __start_rodata nor __end_rodata") }
    guard let bytes = guest.bytes(range.lowerBound, count: Int(range.upperBound - range.lowerBound)) else {
      note(Inconsistency(structure: "__start_rodata", address: range.lowerBound, reason: "the kernel's read-only data is not mapped"))
      return .unreadable("the kernel's read-only data is not mapped from end to end")
    }
    let pages = stride(from: 0, to: bytes.count, by: Self.pageSize).map { place -> FactValue in
      .string(Array(SHA256.hash(data: bytes[place..<min(place + Self.pageSize, bytes.count)])).prefix(16).hexadecimal)
    }
    return .present([
      "start": addressValue(range.lowerBound &- guest.kernel.slide), "pageSize": .int(Int64(Self.pageSize)),
      // Most tables hold addresses.
      "slide": addressValue(guest.kernel.slide), "pages": .array(pages),
      "symbols": .array(
        stride(from: 0, to: UInt64(bytes.count), by: Self.pageSize).map { place in
          .string(guest.kernel.symbols.nearest(range.lowerBound + place)?.symbol.name ?? "")
        }),
      "foreign": .array(foreign(bytes, range)),
    ])
  }

  private static let foreignLimit = 64
  /// Stacks and tables by which processors enter the kernel (Documentation/arch/x86/x86_64/mm.rst): nobody keeps functions there, and a pair
  /// of numbers whose second is ERESTARTSYS looks like an address of it.
  private static let entryArea: Range<UInt64> = 0xFFFF_FE00_0000_0000..<0xFFFF_FE80_0000_0000

  /// Words of the constants that lead out of the image, to memory that the kernel has: what was linked before there was any cannot know of it.
  private func foreign(_ bytes: [UInt8], _ range: Range<UInt64>) -> [FactValue] {
    let kernel = guest.kernel
    // Behind the constants proper are tables of distances, of which two in a row may look like an address.
    let ends = ["__start_pci_fixups_early", "__start___ksymtab", "__start_BTF", "__start___ex_table"].compactMap { guest.symbol($0) }
    let end = min(range.upperBound, ends.filter { $0 > range.lowerBound }.min() ?? range.upperBound)
    var found: [FactValue] = []
    for place in stride(from: 0, to: Int(end - range.lowerBound) - 7, by: 8)
    where bytes[place + 7] == 0xFF && found.count < Self.foreignLimit {
      let target = PatchTable.word(bytes, place, 8)
      let address = range.lowerBound + UInt64(place)
      guard !kernel.image.contains(target), !setAtBoot.contains(address), !Self.entryArea.contains(target), guest.physical(target) != nil,
        !isNoTable(address)
      else {
        continue
      }
      found.append(["at": code.fact(address), "target": code.fact(target)])
    }
    return found
  }

  /// Whether an address lies in kallsyms, which holds distances and packed names, or in the program that kexec carries along: eight bytes of either may
  /// look like an address, of which KASLR lets some be mapped. Up to 6.3 kallsyms does not name itself and stands behind the banner.
  private func isNoTable(_ address: UInt64) -> Bool {
    guard let name = guest.kernel.symbols.nearest(address)?.symbol.name else { return true }
    return name.hasPrefix("kallsyms_") || name == "linux_banner" || name == "kexec_purgatory"
  }

  /// Nil for a kernel that does not name them, and for more than one reading returns.
  var constants: Range<UInt64>? {
    guard let start = guest.symbol("__start_rodata"), let end = guest.symbol("__end_rodata"), start < end,
      guest.kernel.image.contains(start), end - start <= UInt64(Guest.bytesLimit)
    else { return nil }
    return start..<end
  }

  /// What the boot still writes before it closes the constants (include/asm-generic/vmlinux.lds.h, RO_AFTER_INIT_DATA).
  var setAtBoot: Range<UInt64> {
    guard let start = guest.symbol("__start_ro_after_init"), let end = guest.symbol("__end_ro_after_init"), start < end else {
      return 0..<0
    }
    return start..<end
  }
}
