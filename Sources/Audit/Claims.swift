public import Domain
public import Judgement

/// What a widely copied article states, and what is true (data/claims.yaml): its 50 statements by number.
///
/// Some name settings that no product reads. A collector reports where one stands; here it becomes a finding like any other: failed, of
/// severity info, with the real setting as its text.
public struct Claims: Sendable {
  public struct Claim: Sendable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
      case isTrue = "true"
      case partly
      case isFalse = "false"
      /// Searched, and no source was found.
      case notFound = "not-found"
      /// No statement of fact, but a practice.
      case practice
      /// Named and not given.
      case absent
      case notChecked = "not-checked"
    }

    /// A percentage that the article states without a source, and the controls whose results give this estate's own.
    public struct Share: Sendable, Hashable {
      public let quoted: String
      /// Ids of controls, or families of the host's controls.
      public let of: [String]
    }

    /// "CLM-18".
    public let id: String
    /// The article's section.
    public let section: String
    public let status: Status
    public let title: String
    /// What the article says.
    public let says: String
    /// What is true.
    public let real: String
    /// What this program does about it.
    public let does: String
    /// Words by which it is found.
    public let terms: [String]
    /// Controls that judge the real thing.
    public let controls: [String]
    public let share: Share?
    public let source: String
    /// Of when the source is, or of when it was looked for.
    public let date: String
    let layer: Layer
  }

  private static let file = "data/claims.yaml"
  /// In the order of the article.
  public let all: [Claim]
  private let byID: [String: Claim]

  public init(from folder: DataFolder) throws(DataError) {
    let document = try YAMLDocument.read(try folder.bytes(Self.file), file: Self.file)
    var all: [Claim] = []
    for member in document.members ?? [] { all.append(try Self.claim(member)) }
    self.all = all
    byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
  }

  private static func claim(_ member: FactValue.Member) throws(DataError) -> Claim {
    let value = member.value
    guard let title = value["title"]?.text, let real = value["real"]?.text, let says = value["says"]?.shown, let does = value["does"]?.text,
      let layer = value["layer"]?.text.flatMap(Layer.init(rawValue:)),
      let status = value["status"]?.text.flatMap(Claim.Status.init(rawValue:)), let source = value["source"]?.text, !source.isEmpty,
      let date = value["date"]?.text
    else {
      throw DataError("\(file): \(member.key) needs title, says, real, does, layer, status, source and date")
    }
    let share = value["share"].map { share in
      Claim.Share(quoted: share["quoted"]?.text ?? "", of: share["of"]?.elements?.compactMap(\.text) ?? [])
    }
    return Claim(
      id: member.key, section: value["section"]?.shown ?? "", status: status, title: title, says: says, real: real, does: does,
      terms: value["terms"]?.elements?.map(\.shown) ?? [], controls: value["controls"]?.elements?.compactMap(\.text) ?? [], share: share,
      source: source, date: date, layer: layer)
  }

  /// Ids that have an entry, sorted.
  public var ids: [String] { byID.keys.sorted() }

  /// The claim of that id, or those that a term names, whatever the case of its letters; else those whose words hold it.
  public func matching(_ term: String) -> [Claim] {
    let wanted = term.lowercased()
    if let claim = byID[term.uppercased()] { return [claim] }
    let named = all.filter { $0.terms.contains { $0.lowercased() == wanted } }
    guard named.isEmpty, wanted.count >= 4 else { return named }
    return all.filter { claim in ([claim.title, claim.says] + claim.terms).contains { $0.lowercased().contains(wanted) } }
  }

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
      provenance: claim.source, always: false, keyIndicator: nil, location: .path(Self.file))
  }
}
