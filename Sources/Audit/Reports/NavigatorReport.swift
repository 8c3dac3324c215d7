internal import Domain
internal import Judgement

/// The result as a layer for the MITRE ATT&CK Navigator (layer format 4.5, domain enterprise-attack).
///
/// A technique's score is the share of the weight of its applicable results that pass, in percent; it tells how far the controls against it are in place,
/// not how likely it is. Techniques without a result are there without a score. The ATT&CK version is that of data/frameworks/attack.yaml, and techniques that
/// other versions have only are left out.
public struct NavigatorReport {
  public static func bytes(_ outcome: AuditOutcome, attack: Framework, texts: Texts) -> [UInt8] {
    let edition = attack.edition ?? "0"
    let major = Int(edition.prefix { $0 != "." }) ?? 0
    let evidence = FrameworkEvidence(attack, outcome)
    let techniques = evidence.clauses.filter { clause in
      clause.clause.from.map { major >= $0 } ?? true && clause.clause.until.map { major < $0 } ?? true
    }
    let layer: FactValue = [
      "name": .string("Ringwall \(outcome.baseline.name) \(outcome.baseline.version)"),
      "versions": ["attack": .string("\(major)"), "navigator": "5.1.0", "layer": "4.5"], "domain": "enterprise-attack",
      "description": .string(texts("navigator.description", ["edition": edition, "time": outcome.collected.at])),
      "sorting": 0, "hideDisabled": false, "techniques": .array(techniques.map { technique($0, texts) }),
      "gradient": ["colors": ["#b3231bff", "#e0b552ff", "#1b7543ff"], "minValue": 0, "maxValue": 100],
      "legendItems": [["label": .string(texts["navigator.noScore"]), "color": "#e4e4dfff"]],
      "metadata": [
        ["name": "ATT&CK", "value": .string(edition)], ["name": "Ringwall", "value": .string(outcome.version)],
        ["name": "policies", "value": .string(outcome.policyDigest)],
      ],
      "showTacticRowBackground": false, "selectTechniquesAcrossTactics": true, "selectSubtechniquesWithParent": false,
    ]
    return JSONText.bytes(layer, indent: 2) + [0x0A]
  }

  private static func technique(_ evidence: ClauseEvidence, _ texts: Texts) -> FactValue {
    func weight(_ verdicts: Set<Verdict>) -> Int {
      evidence.controls.reduce(0) { sum, entry in
        sum + LayerScore.weight(entry.control.severity) * verdicts.reduce(0) { $0 + entry.count($1) }
      }
    }
    let total = weight([.pass, .fail, .unknown, .waived])
    let counts = Verdict.worstFirst.filter { evidence.count($0) > 0 }.map {
      texts("count.\($0.rawValue)", ["count": "\(evidence.count($0))"])
    }
    let comment = counts.isEmpty ? texts["clause.\(evidence.standing.rawValue).short"] : counts.joined(separator: texts["list.separator"])
    let controls = evidence.controls.map { $0.weakness == nil ? $0.control.id : texts.aside($0.control.id, texts["clause.weak"]) }
    return .object([
      "techniqueID": .string(evidence.clause.id), "score": total == 0 ? nil : .int(Int64(weight([.pass]) * 100 / total)),
      "color": total == 0 ? "#e4e4dfff" : nil, "comment": .string(comment), "enabled": true,
      "metadata": controls.isEmpty
        ? nil : [["name": .string(texts["clause.controls"]), "value": .string(controls.joined(separator: texts["list.items"]))]],
    ])
  }
}
