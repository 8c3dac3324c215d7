public import Domain

/// Whether a waiver speaks with authority at a time: its signatures, its signers and its term, before any audit is looked at.
public struct WaiverCheck: Sendable {
  private let keys: TrustedKeys
  private let now: Instant

  public init(keys: TrustedKeys, now: Instant) {
    self.keys = keys
    self.now = now
  }

  /// What keeps it from waiving anything; empty for a waiver in force.
  public func defects(of signed: SignedWaiver) -> [WaiverDefect] {
    let waiver = signed.waiver
    var defects: [WaiverDefect] = []
    if now < waiver.start { defects.append(.notYetValid(start: waiver.start)) }
    if now >= waiver.end { defects.append(.expired(end: waiver.end)) }
    let bytes = waiver.signedBytes
    var persons: [String] = []
    var used: Set<String> = []
    for (role, signer) in waiver.signers {
      let entry = keys[signer.key]
      // The owner of the trusted-keys file is the person; what the waiver calls them is only compared with it.
      let person = entry?.owner ?? signer.name
      let folded = TrustedKeys.folded(person)
      if persons.contains(folded) || !used.insert(signer.key).inserted {
        let defect = WaiverDefect.selfApproved(person: person)
        if !defects.contains(defect) { defects.append(defect) }
      }
      persons.append(folded)
      guard let signature = signed.signatures[signer.key] else {
        defects.append(entry == nil ? .untrustedKey(role, signer) : .unsigned(role, signer))
        continue
      }
      guard let entry else {
        defects.append(.untrustedKey(role, signer))
        continue
      }
      if let revoked = entry.revoked { defects.append(.revokedKey(role, signer, at: revoked.at)) }
      if !entry.roles.contains(role) { defects.append(.untrustedRole(role, signer)) }
      if entry.owner != signer.name { defects.append(.otherOwner(signer, owner: entry.owner)) }
      if !entry.key.isValid(signature, over: bytes) { defects.append(.wronglySigned(role, signer)) }
    }
    return defects
  }
}
