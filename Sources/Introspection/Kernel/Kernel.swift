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
  private let known = KnownNames()

  /// __START_KERNEL_map (arch/x86/include/asm/page_64_types.h).
  public static let mapBase: UInt64 = 0xFFFF_FFFF_8000_0000
  /// KERNEL_IMAGE_SIZE at most (the same file); bytes.
  static let mapSize: UInt64 = 1 << 30
  /// Where a kernel without KASLR begins.
  static let textBase: UInt64 = 0xFFFF_FFFF_8100_0000

  /// By how much KASLR moved the image; bytes.
  public var slide: UInt64 { image.lowerBound &- Self.textBase }

  /// Run-time address of a symbol, the first of that name; nil where the kernel has none. Names with a suffix of the compiler (".cold") are
  /// names of their own.
  public func symbol(_ name: String) -> UInt64? { known.symbols.value(name) { symbols.address(name) } }

  /// Offset of a member in a structure, bytes: `offset("task_struct", "tasks")`, `offset("sock", "__sk_common.skc_family")`. Nil where this
  /// kernel has no such structure or member, which differs between versions, and for a bit field.
  public func offset(_ structure: String, _ member: String) -> UInt64? {
    guard let found = self.member(structure, member), found.bitSize == 0 else { return nil }
    return UInt64(found.offset)
  }

  /// A member of a structure, or of a union.
  func member(_ structure: String, _ path: String) -> TypeIndex.Member? {
    known.members.value(MemberName(structure: structure, path: path)) { types.member(structure, path) }
  }

  /// Size of a structure, bytes.
  public func size(_ structure: String) -> UInt64? { known.sizes.value(structure) { types.size(of: structure).map(UInt64.init) } }

  /// The guest-physical address of an address in the image.
  func physical(_ address: UInt64) -> UInt64 { address &- Self.mapBase &+ physicalBase }
}

extension Kernel: CustomStringConvertible {
  public var description: String { "Linux \(release) at 0x\(String(image.lowerBound, radix: 16))" }
}

private struct MemberName: Hashable {
  let structure: String
  let path: String
}

/// What was asked for by name: views ask for the same of every process and every socket, and a guest can make each search in its tables long.
private struct KnownNames {
  let symbols = Answers<String, UInt64>()
  let sizes = Answers<String, UInt64>()
  let members = Answers<MemberName, TypeIndex.Member>()
}

/// Only names of this program are asked for, so that there are never many.
private final class Answers<Name: Hashable & Sendable, Value: Sendable>: Sendable {
  private let known = Mutex<[Name: Value?]>([:])

  func value(_ name: Name, _ find: () -> Value?) -> Value? {
    if let value = known.withLock({ $0[name] }) { return value }
    let value = find()
    known.withLock { $0[name] = .some(value) }
    return value
  }
}
