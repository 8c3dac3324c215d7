/// A place in the code that boot patches: which bytes stand there depends on the processor.
package struct BootSite: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// One of several ways to do the same (.altinstructions).
    case alternative
    /// A call through a hypervisor's table (.parainstructions, up to 6.7).
    case paravirtual
    /// A call or jump by a register, through a thunk (.retpoline_sites).
    case thunk
    /// A return through a thunk (.return_sites).
    case returns
    /// A call that may count its depth (.call_sites).
    case call
    /// A landing pad that nothing uses (.ibt_endbr_seal).
    case landingPad
    /// A prefix that one processor needs not (.smp_locks).
    case lock
    /// A constant of this boot (include/asm-generic/runtime-const.h).
    case constant
  }

  package let kind: Kind
  /// In the file.
  package let address: UInt64
  package let length: Int
  /// What an alternative may put there; empty for other kinds.
  package let replacement: (address: UInt64, length: Int)

  package init(kind: Kind, address: UInt64, length: Int, replacement: (address: UInt64, length: Int) = (0, 0)) {
    self.kind = kind
    self.address = address
    self.length = length
    self.replacement = replacement
  }
}
