/// Which parts of a worker's confinement are in force; a kernel may lack some.
public struct ConfinementOutcome: Sendable, Hashable {
  /// Landlock: no path can be opened but those allowed.
  public var hasLandlock = false
  /// seccomp: system calls beyond a list fail with EPERM.
  public var hasSeccomp = false
  /// What the kernel has and refused; nothing hostile may be read then.
  package var refusal: String?

  public init() {}
}
