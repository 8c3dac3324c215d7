public import Domain

/// A module of the guest's kernel, as its `struct module` tells it (include/linux/module.h).
public struct Module: Sendable, Hashable {
  /// Of the struct module; guest-virtual.
  public let address: UInt64
  /// At most 55 characters; what is not UTF-8 is replaced.
  public let name: String
  public let state: State
  /// Where its code lies; guest-virtual. Nil where it has none.
  public let base: UInt64?
  /// Bytes of all its parts that stay in memory.
  public let size: UInt64
  /// The parts themselves: text, data and what is only read.
  public let parts: [Range<UInt64>]
  /// Who uses it, as lsmod(8) counts: `refcnt` without the kernel's own. Nil where it cannot be read.
  public let uses: Int32?
  /// Letters of Documentation/admin-guide/tainted-kernels.rst: "OE" is built out of tree and not signed.
  public let taints: String

  /// enum module_state.
  public enum State: UInt32, Sendable, CaseIterable {
    case live = 0
    case coming, going, unformed
    /// A number that the kernel does not know.
    case unknown = 0xFFFF_FFFF

    public var word: String { "\(self)" }
  }
}

/// The modules of a guest from three structures. Who is missing in one of them is hidden there.
public struct ModuleList: Sendable {
  /// Ascending by name.
  public let modules: [Module]
  public let hidden: [Hidden]
  /// Contradictions in the structures; what is behind them was not followed.
  public let inconsistencies: [Inconsistency]
  /// Structures that this kernel has.
  public let sources: [Source]

  public enum Source: String, Sendable, CaseIterable {
    /// The list that begins at `modules`, which /proc/modules is made of.
    case list
    /// The kset `module_kset`, which /sys/module is made of.
    case kset
    /// The tree `mod_tree`, by which the kernel finds the module of an address.
    case tree
  }

  public struct Hidden: Sendable, Hashable {
    public let module: Module
    /// The structures that lack it.
    public let missingIn: [Source]
  }
}

extension Module {
  /// name, state, base, size, parts, uses, taints, and the address of its structure.
  public var factValue: FactValue {
    [
      "name": .string(name), "state": .string(state.word), "base": base.map(addressValue) ?? .null, "size": .int(Int64(clamping: size)),
      "parts": .array(parts.map { ["start": addressValue($0.lowerBound), "end": addressValue($0.upperBound)] }),
      "uses": uses.map { .int(Int64($0)) } ?? .null, "taints": .string(taints), "module": addressValue(address),
    ]
  }
}

extension ModuleList {
  /// modules, hidden (each with the structures that lack it), sources, inconsistencies.
  public var factValue: FactValue {
    [
      "modules": .array(modules.map(\.factValue)),
      "hidden": .array(hidden.map { ["module": $0.module.factValue, "missingIn": .array($0.missingIn.map { .string($0.rawValue) })] }),
      "sources": .array(sources.map { .string($0.rawValue) }), "inconsistencies": .array(inconsistencies.map(\.factValue)),
    ]
  }
}
