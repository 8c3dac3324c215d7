public import Domain
public import Judgement

/// Settings and names that a widely copied article made up, with what is real instead (data/claims.yaml).
///
/// A collector reports where one stands; here it becomes a finding like any other: failed, of severity info, with the real setting as its text.
public struct Claims: Sendable {
  private struct Claim: Sendable {
    let title: String
    let real: String
    let layer: Layer
    let provenance: String
  }

  private static let file = "data/claims.yaml"
  private let byID: [String: Claim]

  public init(from folder: DataFolder) throws(DataError) {
    let document = try YAMLDocument.read(try folder.bytes(Self.file), file: Self.file)
    var byID: [String: Claim] = [:]
    for member in document.members ?? [] {
      let value = member.value
      guard let title = value["title"]?.text, let real = value["real"]?.text,
        let layer = value["layer"]?.text.flatMap(Layer.init(rawValue:))
      else {
        throw DataError("\(Self.file): \(member.key) needs title, real and layer")
      }
      byID[member.key] = Claim(title: title, real: real, layer: layer, provenance: value["source"]?.text ?? "")
    }
    self.byID = byID
  }

  /// Ids that have an entry, sorted.
  public var ids: [String] { byID.keys.sorted() }

  /// The entry as a control, for explanations; nil for an id without one.
  public func control(_ id: String) -> Control? { control(id.uppercased(), kind: .text) }

  /// One finding per place, in the order in which they were met.
  func findings(for asset: AssetFacts) -> [Finding] {
    asset.inventedSettings.compactMap { setting in
      guard let control = control(setting.id, kind: asset.asset.kind) else { return nil }
      let evidence = Evidence(fact: "text", state: .present, value: .string(setting.text), source: setting.source)
      return Finding(
        control: control, asset: asset.asset, verdict: .fail, reason: "", messageCase: "invented",
        arguments: ["found": .string(setting.text)],
        evidence: [evidence])
    }
  }

  private func control(_ id: String, kind: Asset.Kind) -> Control? {
    guard let claim = byID[id] else { return nil }
    return Control(
      id: id, rule: "", kind: kind, platform: Controls.platform(of: kind), family: "CLM", layer: claim.layer, severity: .info,
      title: claim.title,
      description: claim.title, facts: ["text"], safe: "", defaultValue: "", remediation: claim.real, disable: nil,
      messages: ["invented": claim.real],
      provenance: claim.provenance, always: false, keyIndicator: nil, location: .path(Self.file))
  }
}
