internal import Synchronization

/// A Linux kernel found in a guest's memory: its symbols, its types and where it lies.
public struct Kernel: Sendable {
  /// `uname -r`.
  public let release: String
  /// The first line of the kernel log ("Linux version ..."), without its line end.
  public let banner: String
  /// Lower case hexadecimal digits of the GNU build id; nil where neither VMCOREINFO nor the notes tell it.
  public let buildID: String?
  /// Guest-virtual address of the note that holds the build id; nil where there is none.
  let buildNote: UInt64?
  /// How it was found: "VMCOREINFO", "cache" or "kallsyms token table".
  public let source: String
  /// kallsyms, with addresses as they are at run time. Symbols of modules are not in it.
  public let symbols: SymbolTable
  /// BTF, without that of modules.
  public let types: TypeIndex
  /// What the kernel wrote for crash dumps; nil where it was found without.
  public let information: VMCoreInfo?
  /// Guest-virtual addresses of the image, from `_text` up to, and without, `_end`.
  public let image: Range<UInt64>
  /// What is added to an address of the image, after `mapBase` is taken off, to get the guest-physical one (phys_base); wraps.
  public let physicalBase: UInt64
  /// Where all physical memory is mapped: `page_offset_base`.
  public let directMap: UInt64
  private let offsets = OffsetCache()

  /// __START_KERNEL_map (arch/x86/include/asm/page_64_types.h).
  public static let mapBase: UInt64 = 0xFFFF_FFFF_8000_0000
  /// Where a kernel without KASLR begins.
  static let textBase: UInt64 = 0xFFFF_FFFF_8100_0000

  /// By how much KASLR moved the image; bytes.
  public var slide: UInt64 { image.lowerBound &- Self.textBase }

  /// Run-time address of a symbol, the first of that name; nil where the kernel has none. Names with a suffix of the compiler (".cold") are
  /// names of their own.
  public func symbol(_ name: String) -> UInt64? { symbols.address(name) }

  /// Offset of a member in a structure, bytes: `offset("task_struct", "tasks")`, `offset("sock", "__sk_common.skc_family")`. Nil where this
  /// kernel has no such structure or member, which differs between versions, and for a bit field.
  public func offset(_ structure: String, _ member: String) -> UInt64? {
    offsets.value(OffsetCache.Key(structure: structure, member: member)) {
      guard let found = types.member(structure, member), found.bitSize == 0 else { return nil }
      return UInt64(found.offset)
    }
  }

  /// Size of a structure, bytes.
  public func size(_ structure: String) -> UInt64? { types.size(of: structure).map(UInt64.init) }

  /// The guest-physical address of an address in the image.
  func physical(_ address: UInt64) -> UInt64 { address &- Self.mapBase &+ physicalBase }
}

extension Kernel: CustomStringConvertible {
  public var description: String { "Linux \(release) at 0x\(String(image.lowerBound, radix: 16))" }
}

/// Offsets that were asked for: views ask for the same of every process and every socket.
private final class OffsetCache: Sendable {
  struct Key: Hashable {
    let structure: String
    let member: String
  }

  private let known = Mutex<[Key: UInt64?]>([:])

  func value(_ key: Key, _ find: () -> UInt64?) -> UInt64? {
    if let value = known.withLock({ $0[key] }) { return value }
    let value = find()
    known.withLock { $0[key] = .some(value) }
    return value
  }
}
