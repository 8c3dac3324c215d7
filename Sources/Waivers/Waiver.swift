public import Domain

/// A signed statement that a failing control is accepted on named assets for a time: the document `ringwall.waiver/1`.
///
/// `data/schemas/waiver-1.json` describes it. What it says holds only as far as its signatures and the audit at hand bear it out.
public struct Waiver: Sendable, Hashable {
  public static let schema = "ringwall.waiver/1"

  /// Somebody who signs.
  public struct Signer: Sendable, Hashable {
    /// The owner that the trusted-keys file names for the key.
    public let name: String
    /// Id of the key: 32 lower-case hexadecimal digits.
    public let key: String

    public init(name: String, key: String) {
      self.name = name
      self.key = key
    }
  }

  /// What a control found on an asset when the waiver was written.
  public struct RecordedFacts: Sendable, Hashable {
    public let control: String
    public let asset: String
    /// `FactDigest` of the finding.
    public let sha256: String

    public init(control: String, asset: String, sha256: String) {
      self.control = control
      self.asset = asset
      self.sha256 = sha256
    }
  }

  /// A control that has to pass in the place of the waived one.
  public struct Compensation: Sendable, Hashable {
    public let control: String
    /// nil: on every asset of the scope that the control judges, and on at least one.
    public let asset: String?

    public init(control: String, asset: String?) {
      self.control = control
      self.asset = asset
    }
  }

  /// 1 to 64 letters, digits, dots, underscores and hyphens.
  public let id: String
  public let reason: String
  /// A ticket or a record elsewhere; "" for none.
  public let reference: String
  public let requester: Signer
  /// Two.
  public let approvers: [Signer]
  public let start: Instant
  /// The first second that it does not cover.
  public let end: Instant
  /// Ids of controls, each once.
  public let controls: [String]
  /// Ids of assets, each once.
  public let assets: [String]
  /// Pairs of the scope, each once; a pair without an entry is not waived.
  public let facts: [RecordedFacts]
  public let compensating: [Compensation]

  public init(
    id: String, reason: String, reference: String = "", requester: Signer, approvers: [Signer], start: Instant, end: Instant,
    controls: [String], assets: [String], facts: [RecordedFacts], compensating: [Compensation]
  ) {
    self.id = id
    self.reason = reason
    self.reference = reference
    self.requester = requester
    self.approvers = approvers
    self.start = start
    self.end = end
    self.controls = controls
    self.assets = assets
    self.facts = facts
    self.compensating = compensating
  }

  /// Who has to sign, in the order requester, approvers.
  public var signers: [(role: Role, signer: Signer)] { [(.request, requester)] + approvers.map { (.approve, $0) } }

  /// What a key is trusted to sign.
  public enum Role: String, Sendable, Hashable, CaseIterable {
    case request
    case approve
  }

  /// The document, in the order in which a person reads it.
  public var value: FactValue {
    func signer(_ signer: Signer) -> FactValue { ["name": .string(signer.name), "key": .string(signer.key)] }
    return .object([
      "schema": .string(Self.schema), "id": .string(id), "reason": .string(reason),
      "reference": reference.isEmpty ? nil : .string(reference), "requester": signer(requester),
      "approvers": .array(approvers.map(signer)), "start": .string(start.text), "end": .string(end.text),
      "scope": ["controls": .array(controls.map { .string($0) }), "assets": .array(assets.map { .string($0) })],
      "facts": .array(facts.map { ["control": .string($0.control), "asset": .string($0.asset), "sha256": .string($0.sha256)] }),
      "compensating": .array(
        compensating.map { .object(["control": .string($0.control), "asset": $0.asset.map { .string($0) }]) }),
    ])
  }

  /// What is signed: the document's canonical JSON (RFC 8785).
  public var signedBytes: [UInt8] {
    // Text and texts in lists alone: neither numbers nor repeated keys, so that there always is a canonical form.
    (try? CanonicalJSON.bytes(value)) ?? []
  }
}
