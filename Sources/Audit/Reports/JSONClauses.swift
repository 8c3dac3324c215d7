internal import Domain

/// Evidence by clause as JSON. Results themselves stand under `results`, each with the id of its control.
extension FrameworkEvidence {
  func value(_ texts: Texts) -> FactValue {
    .object([
      "id": .string(framework.id), "name": .string(framework.name), "version": .string(framework.version),
      "source": .string(framework.source),
      "mapping": .string(Frameworks.assignment), "clauses": .array(clauses.map { $0.value(texts) }),
    ])
  }
}

extension Framework.Clause {
  /// `{"2": "7.1.2.1", "3": "8.1.2.1"}`; nil for standards without levels.
  var levelValue: FactValue? { levels.isEmpty ? nil : .object(levels.map { .init("\($0.level)", .string($0.id)) }) }
}

extension ClauseEvidence {
  fileprivate func value(_ texts: Texts) -> FactValue {
    .object([
      "id": .string(clause.id), "title": .string(clause.title(texts)), "paraphrase": clause.isParaphrase ? true : nil,
      "verified": .string(clause.isRead ? "read" : "known"), "levels": clause.levelValue,
      "status": clause.status.isEmpty ? nil : .string(clause.status), "from": clause.from.map { .int(Int64($0)) },
      "until": clause.until.map { .int(Int64($0)) }, "evidence": .string(standing.rawValue), "summary": Self.summary(count),
      "controls": .array(
        controls.map { entry in
          .object(["id": .string(entry.control.id), "weak": entry.weakness.map { .string($0) }, "summary": Self.summary(entry.count)])
        }),
    ])
  }

  /// Results by verdict, in the order of the report's own summary.
  private static func summary(_ count: (Verdict) -> Int) -> FactValue {
    .object([Verdict.pass, .fail, .notApplicable, .unknown, .waived].map { .init($0.rawValue, .int(Int64(count($0)))) })
  }
}
