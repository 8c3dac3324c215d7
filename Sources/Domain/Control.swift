/// What is known of a control apart from its verdicts: the METADATA block of its rule, with the layer from data.
///
/// Immutable and shared: a run over thousands of files holds one per control, however many findings name it. Two are equal when they
/// have the same id and rule.
public final class Control: Sendable {
  /// How the protection is switched off on purpose.
  public struct Disabling: Sendable, Hashable {
    public let how: String
    /// What has to restart, and whether somebody has to be at the console.
    public let restart: String
    public let rollback: String

    public init(how: String, restart: String, rollback: String) {
      self.how = how
      self.restart = restart
      self.rollback = rollback
    }
  }

  /// "KVM-001".
  public let id: String
  /// Path of its rule: "data.ringwall.controls.host.cpu.kvm_001".
  public let rule: String
  public let kind: Asset.Kind
  public let platform: String
  /// Three letters: CPU, NST, SCH, ...
  public let family: String
  public let layer: Layer
  public let severity: Severity
  public let title: String
  public let description: String
  /// Facts that the rule reads.
  public let facts: [String]
  /// The safe value, in words.
  public let safe: String
  public let defaultValue: String
  public let remediation: String
  public let disable: Disabling?
  /// Text of each case the rule can return; `{name}` is replaced by the argument of that name.
  public let messages: [String: String]
  /// Where the parameter and its safe value were read; what is in doubt stands here too.
  public let provenance: String
  /// True where no asset of the kind can lie outside the control.
  public let always: Bool
  /// Position among the 50 key indicators, if any.
  public let keyIndicator: Int?
  /// File of the policy and line of the rule.
  public let location: FactSource

  public init(
    id: String, rule: String, kind: Asset.Kind, platform: String, family: String, layer: Layer, severity: Severity,
    title: String, description: String, facts: [String], safe: String, defaultValue: String, remediation: String,
    disable: Disabling?, messages: [String: String], provenance: String, always: Bool, keyIndicator: Int?,
    location: FactSource
  ) {
    self.id = id
    self.rule = rule
    self.kind = kind
    self.platform = platform
    self.family = family
    self.layer = layer
    self.severity = severity
    self.title = title
    self.description = description
    self.facts = facts
    self.safe = safe
    self.defaultValue = defaultValue
    self.remediation = remediation
    self.disable = disable
    self.messages = messages
    self.provenance = provenance
    self.always = always
    self.keyIndicator = keyIndicator
    self.location = location
  }
}

extension Control: Hashable {
  public static func == (a: Control, b: Control) -> Bool { a === b || (a.id == b.id && a.rule == b.rule) }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(rule)
  }
}
