public import Domain
internal import Rego

/// The Rego engine as Judgement uses it: modules and data in, the value of a rule out. Nothing else in Judgement knows the engine.
public struct PolicyEngine: Sendable {
  public struct Source: Sendable, Hashable {
    /// Name used in errors.
    public let file: String
    public let text: [UInt8]

    public init(file: String, text: [UInt8]) {
      self.file = file
      self.text = text
    }
  }

  /// A rule with its METADATA block.
  public struct AnnotatedRule: Sendable, Hashable {
    /// Path of the rule without `data`: ["ringwall", "controls", "host", "cpu", "kvm_001"].
    public let path: [String]
    public let metadata: FactValue
    public let file: String
    /// Line of the rule, from 1.
    public let line: Int
  }
}

extension PolicyEngine {
  public init(modules: [Source], data: FactValue) throws(DataError) { throw DataError("x") }
  public func evaluate(_ rule: String, input: FactValue) throws(DataError) -> FactValue? { nil }
  static func annotatedRules(of modules: [Source]) throws(DataError) -> [AnnotatedRule] { [] }
  public static func readJSON(_ bytes: [UInt8], file: String) throws(DataError) -> FactValue { .null }
}
