/// What a page of physical memory is used for, as the kernel's own structures tell it.
public struct PageOwner: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable {
    /// A process maps it.
    case process
    /// Content of a file that no process maps.
    case pageCache = "page-cache"
    /// Memory of a process that none of the listed ones maps: one that has ended, or one that is hidden.
    case anonymous
    /// Text or data of the kernel itself.
    case kernelImage = "kernel-image"
    /// Text or data of a module, or what else lies in the area of modules: code that the kernel makes at run time, as of BPF programs.
    case module
    /// Other memory of the kernel: objects, stacks, buffers, page tables.
    case kernel
    /// Nobody holds it; what it holds is left over from an earlier use.
    case free
    /// The structures that would tell cannot be read.
    case unknown
  }

  public let kind: Kind
  /// Of `process`.
  public let pid: Int32?
  /// Of `process`; at most 15 characters.
  public let name: String?
  /// Guest-virtual address of the page's first byte there; nil where it has none but in the direct map.
  public let virtual: UInt64?
  /// Of `process`; nil where the page tables know the page and the list of mappings does not.
  public let mapping: MemoryMapping?
  /// Path of the file whose content the page is.
  public let file: String?
  /// Of `kernelImage` the last symbol at or below the first address of the page that was asked for, of `module` its name; nil where no listed module holds the address.
  public let detail: String?

  init(
    _ kind: Kind, pid: Int32? = nil, name: String? = nil, virtual: UInt64? = nil, mapping: MemoryMapping? = nil, file: String? = nil,
    detail: String? = nil
  ) {
    self.kind = kind
    self.pid = pid
    self.name = name
    self.virtual = virtual
    self.mapping = mapping
    self.file = file
    self.detail = detail
  }
}

/// Owners of pages, asked for together.
public struct PageOwners: Sendable {
  /// By the physical address of a page's first byte; several where processes share it.
  public let byPage: [UInt64: [PageOwner]]
  /// Contradictions that were met on the way; what lies behind them is not attributed.
  public let inconsistencies: [Inconsistency]

  public static let pageSize: UInt64 = 4096

  /// Owners of the page of a physical address; nil where it was not asked for.
  public func owners(of physical: UInt64) -> [PageOwner]? { byPage[physical & ~(Self.pageSize - 1)] }
}
