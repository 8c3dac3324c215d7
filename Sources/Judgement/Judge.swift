public import Domain

/// Judges assets: facts in, findings out. Holds the compiled policies; the same instance judges any number of assets.
public struct Judge: Sendable {
  public let policies: Policies
  /// The parameters in use, by name.
  public let parameters: [FactValue.Member]
  private let engine: PolicyEngine
  private let selected: Set<String>

  /// - Parameters:
  ///   - parameters: `data.ringwall.parameters`; the last of one name counts.
  ///   - isIncluded: which controls to judge.
  public init(policies: Policies, parameters: [FactValue.Member], isIncluded: (Control) -> Bool = { _ in true }) throws(DataError) {
    self.policies = policies
    var last: [String: FactValue] = [:]
    for member in parameters { last[member.key] = member.value }
    self.parameters = last.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
    selected = Set(policies.controls.all.filter(isIncluded).map(\.id))
    engine = try PolicyEngine(
      parsed: policies.parsed, data: ["ringwall": ["parameters": .object(self.parameters)]])
  }

  /// One finding per control of the asset's kind, sorted by control id.
  public func judge(_ asset: AssetFacts, collected: Collected) -> [Finding] {
    let controls = policies.controls.judging(asset.asset.kind).filter { selected.contains($0.id) }
    guard !controls.isEmpty else { return [] }
    let input = FactsDocument.value(asset, collected: collected)
    let results = all(controls, input: input)
    return controls.map { finding($0, asset: asset, result: results[$0.id]) }
  }

  /// Values of the rules by control id. One query answers for all; when it fails, each rule is asked alone so that only the broken ones
  /// are left without a value.
  private func all(_ controls: [Control], input: FactValue) -> [String: FactValue] {
    do {
      guard let members = try engine.evaluate("data.ringwall.audit.results", input: input)?.members else { return [:] }
      return Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    } catch {
      var values: [String: FactValue] = [:]
      for control in controls {
        do { values[control.id] = try engine.evaluate(control.rule, input: input) } catch {
          values[control.id] = [
            "verdict": "unknown", "reason": "policyError", "case": "policyError", "args": ["error": .string(error.message)],
          ]
        }
      }
      return values
    }
  }

  private func finding(_ control: Control, asset: AssetFacts, result: FactValue?) -> Finding {
    let verdict = result?["verdict"]?.text.flatMap(Verdict.init(rawValue:))
    guard let result, let verdict, verdict != .waived, let messageCase = result["case"]?.text else {
      return Finding(
        control: control, asset: asset.asset, verdict: .unknown, reason: "policyError", messageCase: "policyError", arguments: [:],
        evidence: evidence(control.facts, of: asset))
    }
    var arguments: [String: FactValue] = [:]
    for member in result["args"]?.members ?? [] { arguments[member.key] = member.value }
    let names = result["facts"]?.elements?.compactMap(\.text) ?? []
    return Finding(
      control: control, asset: asset.asset, verdict: verdict, reason: verdict == .unknown ? result["reason"]?.text ?? "policyError" : "",
      messageCase: messageCase, arguments: arguments, evidence: evidence(names.isEmpty ? control.facts : names, of: asset))
  }

  /// Where the named facts were read: one entry per place, at most 16 of one fact.
  ///
  /// A name with an index ("configured.nics[1]", from 0) is one element of a list, read at the source of the same number.
  private func evidence(_ names: [String], of asset: AssetFacts) -> [Evidence] {
    var seen: Set<String> = []
    var found: [Evidence] = []
    for name in names where seen.insert(name).inserted {
      if let fact = asset.facts[name] {
        let places: [FactSource?] = fact.source.isEmpty ? [nil] : Array(fact.source.prefix(16))
        for place in places { found.append(Evidence(fact: name, state: fact.state, value: fact.value, source: place, why: fact.why)) }
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
    guard name.last == "]", let open = name.lastIndex(of: "["), open != name.startIndex else { return nil }
    guard let index = Int(name[name.index(after: open)..<name.index(before: name.endIndex)]), index >= 0 else { return nil }
    return (String(name[..<open]), index)
  }
}
