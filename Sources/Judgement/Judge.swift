public import Domain

/// Judges assets: facts in, findings out. Holds the compiled policies; the same instance judges any number of assets.
public struct Judge: Sendable {
  public let policies: Policies
  /// The parameters in use, by name.
  public let parameters: [FactValue.Member]
  private let engines: PolicyEngines
  private let order = FactOrder()
  private let selected: [Asset.Kind: [Control]]

  /// - Parameters:
  ///   - parameters: `data.ringwall.parameters`; the last of one name counts.
  ///   - isIncluded: which controls to judge.
  public init(policies: Policies, parameters: [FactValue.Member], isIncluded: (Control) -> Bool = { _ in true }) throws(DataError) {
    self.policies = policies
    var last: [String: FactValue] = [:]
    for member in parameters { last[member.key] = member.value }
    self.parameters = last.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
    selected = Dictionary(grouping: policies.controls.all.filter(isIncluded), by: \.kind)
    engines = PolicyEngines(policies: policies, data: ["ringwall": ["parameters": .object(self.parameters)]])
    if policies.holdsForeign { try compile() }
  }

  /// Compiles the policies of every kind now; otherwise those of a kind are compiled when the first asset of it is judged.
  public func compile() throws(DataError) {
    for kind in Asset.Kind.allCases where !policies.controls.judging(kind).isEmpty { _ = try engines.engine(for: kind) }
  }

  /// Why the policies that judge a kind cannot be compiled; nil where they can. All their controls are unknown then.
  public func failure(for kind: Asset.Kind) -> DataError? {
    guard selected[kind] != nil else { return nil }
    do throws(DataError) {
      _ = try engines.engine(for: kind)
      return nil
    } catch {
      return error
    }
  }

  /// One finding per control of the asset's kind, sorted by control id.
  public func judge(_ asset: AssetFacts, collected: Collected) -> [Finding] {
    judgements(of: asset, collected: collected).map { finding($0, of: asset) }
  }

  /// What a rule said of an asset, before its evidence is looked up: all that counting needs.
  public struct Judgement: Sendable {
    public let control: Control
    public let verdict: Verdict
    fileprivate let result: PolicyEngine.Result?

    /// Key into the control's messages, as in `Finding`.
    public var messageCase: String { result?.text("case") ?? "policyError" }
  }

  /// One judgement per control of the asset's kind, sorted by control id.
  public func judgements(of asset: AssetFacts, collected: Collected) -> [Judgement] {
    let controls = selected[asset.asset.kind] ?? []
    guard !controls.isEmpty else { return [] }
    var results = all(controls, of: asset, collected: collected)[...]
    return controls.map { control in
      // Both are sorted by id; what belongs to a control that is not judged is passed over.
      while let first = results.first, first.id < control.id { results.removeFirst() }
      let result = results.first.flatMap { $0.id == control.id ? $0.result : nil }
      let verdict = result?.text("verdict").flatMap(Verdict.init(rawValue:))
      guard let verdict, verdict != .waived, result?.text("case") != nil else {
        return Judgement(control: control, verdict: .unknown, result: nil)
      }
      return Judgement(control: control, verdict: verdict, result: result)
    }
  }

  /// Values of the rules, sorted by control id. One query answers for all; when it fails, each rule is asked alone so that only the
  /// broken ones are left without a value.
  private func all(
    _ controls: [Control], of asset: AssetFacts, collected: Collected
  ) -> [(id: String, result: PolicyEngine.Result)] {
    let engine: PolicyEngine
    do {
      engine = try engines.engine(for: asset.asset.kind)
    } catch {
      return controls.map { ($0.id, PolicyEngine.Result(Self.policyError(error))) }
    }
    do {
      let document = try engine.input(json: FactsDocument.json(asset, collected: collected, order: order))
      return try engine.results("data.ringwall.audit.results", input: document)
    } catch {
      let input = FactsDocument.value(asset, collected: collected)
      var values: [(id: String, result: PolicyEngine.Result)] = []
      for control in controls {
        do {
          guard let value = try engine.evaluate(control.rule, input: input) else { continue }
          values.append((control.id, PolicyEngine.Result(value)))
        } catch {
          values.append((control.id, PolicyEngine.Result(Self.policyError(error))))
        }
      }
      return values
    }
  }

  private static func policyError(_ error: DataError) -> FactValue {
    ["verdict": "unknown", "reason": "policyError", "case": "policyError", "args": ["error": .string(error.message)]]
  }

  /// The finding of a judgement of this asset, with its evidence.
  public func finding(_ judgement: Judgement, of asset: AssetFacts) -> Finding {
    let (control, verdict) = (judgement.control, judgement.verdict)
    guard let result = judgement.result, let messageCase = result.text("case") else {
      return Finding(
        control: control, asset: asset.asset, verdict: .unknown, reason: "policyError", messageCase: "policyError", arguments: [:],
        evidence: evidence(control.facts, of: asset))
    }
    var arguments: [String: FactValue] = [:]
    for member in result["args"]?.members ?? [] { arguments[member.key] = member.value }
    let names = result["facts"]?.elements?.compactMap(\.text) ?? []
    return Finding(
      control: control, asset: asset.asset, verdict: verdict, reason: verdict == .unknown ? result.text("reason") ?? "policyError" : "",
      messageCase: messageCase, arguments: arguments, evidence: evidence(names.isEmpty ? control.facts : names, of: asset))
  }

  /// Where the named facts were read: one entry per place, at most 16 of one fact.
  ///
  /// A name with an index ("configured.nics[1]", from 0) is one element of a list, read at the source of the same number.
  private func evidence(_ names: [String], of asset: AssetFacts) -> [Evidence] {
    var found: [Evidence] = []
    // A rule names few facts, and each fact once.
    for (index, name) in names.enumerated() where !names[..<index].contains(name) {
      if let known = asset.facts.index(forKey: name) {
        // The collector's own name, which all findings share, in the place of the copy that the rule gave.
        let (name, fact) = asset.facts[known]
        if fact.source.isEmpty { found.append(Evidence(fact: name, state: fact.state, value: fact.value, source: nil, why: fact.why)) }
        for place in fact.source.prefix(16) {
          found.append(Evidence(fact: name, state: fact.state, value: fact.value, source: place, why: fact.why))
        }
      } else if let (list, index) = FactElement.parse(name), let fact = asset.facts[list] {
        let elements = fact.value?.elements ?? []
        found.append(
          Evidence(
            fact: name, state: fact.state, value: index < elements.count ? elements[index] : fact.value,
            source: index < fact.source.count ? fact.source[index] : fact.source.first, why: fact.why))
      } else {
        found.append(Evidence(fact: name, state: .notCollected, value: nil, source: nil, why: "not-given"))
      }
    }
    return found
  }
}

/// The name of one element of a fact that is a list.
public enum FactElement {
  /// ("configured.nics", 1) for "configured.nics[1]"; nil for a name without an index.
  public static func parse(_ name: String) -> (list: String, index: Int)? {
    guard name.utf8.last == UInt8(ascii: "]"), let open = name.lastIndex(of: "["), open != name.startIndex else { return nil }
    guard let index = Int(name[name.index(after: open)..<name.index(before: name.endIndex)]), index >= 0 else { return nil }
    return (String(name[..<open]), index)
  }
}
