internal import Domain

/// What is said of a control beside its title and messages, in the language of a report. A part without a text in that language keeps the
/// catalogue's English.
public struct ControlWords: Sendable, Hashable {
  public let description: String
  public let safe: String
  public let defaultValue: String
  public let remediation: String
  /// Empty where a control has no disabling route.
  public let how: String
  public let restart: String
  public let rollback: String
  /// Whether the description is in the report's language.
  public let isTranslated: Bool

  /// - Parameter texts: the entry of a control in `data/text`; nil for the catalogue's own words.
  init(_ control: Control, _ texts: FactValue?, isOriginal: Bool) {
    func text(_ value: FactValue?, _ original: String?) -> String {
      guard let original, !original.isEmpty, let text = value?.text, !text.isEmpty else { return original ?? "" }
      return text
    }
    let route = texts?["disable"]
    description = text(texts?["description"], control.description)
    safe = text(texts?["safe"], control.safe)
    defaultValue = text(texts?["default"], control.defaultValue)
    remediation = text(texts?["remediation"], control.remediation)
    how = text(route?["how"], control.disable?.how)
    restart = text(route?["restart"], control.disable?.restart)
    rollback = text(route?["rollback"], control.disable?.rollback)
    isTranslated = isOriginal || texts?["description"] != nil
  }
}
