/// Why a guest's memory could not be opened, or no kernel was found in it. Each case names the file, and the place in it where there is
/// one.
public enum IntrospectionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file cannot be opened or mapped; `reason` is the system's own text.
  case unreadable(path: String, reason: String)
  /// A header of the image does not hold what its format says; `offset` in bytes from the start of the file.
  case malformed(path: String, offset: UInt64, reason: String)
  /// None of the candidates is the running kernel, or there was none; each one with why it was rejected.
  case noKernel(path: String, rejected: [KernelRejection])
  /// The kernel was found, and lacks what the question needs (a symbol, a structure, a member).
  case missing(path: String, what: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): return "\(path): cannot be read: \(reason)"
    case .malformed(let path, let offset, let reason): return "\(path): at byte \(offset): \(reason)"
    case .noKernel(let path, let rejected):
      guard !rejected.isEmpty else {
        return "\(path): no Linux kernel for x86-64 was found: no VMCOREINFO and no kallsyms table in the populated memory"
      }
      return "\(path): no kernel was accepted: " + rejected.prefix(4).map(\.description).joined(separator: "; ")
        + (rejected.count > 4 ? "; and \(rejected.count - 4) more" : "")
    case .missing(let path, let what): return "\(path): the kernel does not tell of \(what)"
    }
  }
}

/// A place in memory that looked like a kernel and was not taken.
public struct KernelRejection: Sendable, Hashable, CustomStringConvertible {
  /// What it was found by: "VMCOREINFO" or "kallsyms token table"; of what was searched for afterwards "banner", "BTF" or "kallsyms".
  public let source: String
  /// Guest-physical address of what was found; bytes.
  public let address: UInt64
  /// The first cross-check that failed, in a sentence without its end.
  public let reason: String

  public init(source: String, address: UInt64, reason: String) {
    self.source = source
    self.address = address
    self.reason = reason
  }

  public var description: String { "\(source) at physical 0x\(String(address, radix: 16)): \(reason)" }
}

/// A structure of the guest that contradicts itself: a cycle in a list, a length that lies, a pointer to nowhere. What was read up to there
/// stands; what lies behind it was not followed.
public struct Inconsistency: Sendable, Hashable, CustomStringConvertible {
  /// The structure as the kernel's sources name it: "init_task.tasks", "init_pid_ns.idr".
  public let structure: String
  /// Guest-virtual address of the entry at which it shows.
  public let address: UInt64
  /// In a sentence without its end.
  public let reason: String

  public init(structure: String, address: UInt64, reason: String) {
    self.structure = structure
    self.address = address
    self.reason = reason
  }

  public var description: String { "\(structure) at 0x\(String(address, radix: 16)): \(reason)" }
}
