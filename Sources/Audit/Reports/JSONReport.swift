internal import Domain
internal import Judgement
internal import Waivers

/// The result for other programs, schema `ringwall.audit/1`: keys always in the same order, one result per line.
///
/// Within version 1 fields are only added. Texts are in the language asked for; ids, verdicts, reasons and values are the same in each.
/// `frameworks` is there where evidence was asked for by clause, `comparison` where only new findings are listed.
public struct JSONReport {
  public static let schema = "ringwall.audit/1"

  /// Hands the report over piece by piece, so that a run over thousands of files is never held twice.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, exit: ExitStatus, texts: Texts, context: ReportContext = ReportContext(),
    to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    try output(Array("{".utf8))
    let head: [(String, FactValue)] = [
      ("schema", .string(schema)),
      ("tool", ["version": .string(outcome.version), "policyDigest": .string(outcome.policyDigest)]),
      ("time", .string(outcome.collected.at)),
      (
        "baseline",
        ["name": .string(outcome.baseline.name), "version": .string(outcome.baseline.version), "digest": .string(outcome.baseline.digest)]
      ),
    ]
    for (i, member) in head.enumerated() {
      try output(Array("\(i == 0 ? "" : ",")\n  \"\(member.0)\": \(JSONText.string(member.1))".utf8))
    }
    try list("targets", outcome.targets, to: output) { target($0, texts) }
    try list("assets", outcome.assets, to: output, asset)
    var results = JSONResults(texts)
    try lines("results", outcome.results, to: output) { results.bytes(of: $0) }
    if !outcome.shares.isEmpty { try list("claims", outcome.shares, to: output, answer) }
    if !outcome.waivers.isEmpty { try list("waivers", outcome.waivers, to: output, waiver) }
    let tail: [(String, FactValue)] = [
      (
        "summary",
        .object([Verdict.pass, .fail, .notApplicable, .unknown, .waived].map { .init($0.rawValue, .int(Int64(outcome.count($0)))) })
      ),
      ("scores", .object(Layer.allCases.compactMap { layer in outcome.scores.first { $0.layer == layer } }.map(score))),
      (
        "exit",
        [
          "code": .int(Int64(exit.code)), "failOn": .string(exit.failOn.rawValue), "refused": .int(Int64(exit.refused)),
          "unknown": .int(Int64(exit.unknown)), "fail": .int(Int64(exit.failing)),
        ]
      ),
    ]
    for member in tail { try output(Array(",\n  \"\(member.0)\": \(JSONText.string(member.1))".utf8)) }
    if let comparison = context.comparison {
      let value: FactValue = [
        "source": .string(comparison.source), "new": .int(Int64(comparison.new)), "known": .int(Int64(comparison.known)),
        "gone": .int(Int64(comparison.gone)),
      ]
      try output(Array(",\n  \"comparison\": \(JSONText.string(value))".utf8))
    }
    if !context.frameworks.isEmpty { try list("frameworks", context.frameworks, to: output) { $0.value(texts) } }
    try output(Array("\n}\n".utf8))
  }

  /// The whole report at once.
  public static func bytes(_ outcome: AuditOutcome, exit: ExitStatus, texts: Texts) -> [UInt8] {
    var bytes: [UInt8] = []
    write(outcome, exit: exit, texts: texts) { bytes += $0 }
    return bytes
  }

  private static func list<Element, Failure: Error>(
    _ name: String, _ elements: [Element], to output: ([UInt8]) throws(Failure) -> Void, _ value: (Element) -> FactValue
  ) throws(Failure) { try lines(name, elements, to: output) { JSONText.bytes(value($0)) } }

  private static func lines<Element, Failure: Error>(
    _ name: String, _ elements: [Element], to output: ([UInt8]) throws(Failure) -> Void, _ bytes: (Element) -> [UInt8]
  ) throws(Failure) {
    try output(Array(",\n  \"\(name)\": [".utf8))
    for (i, element) in elements.enumerated() {
      try output(Array(i == 0 ? "\n    ".utf8 : ",\n    ".utf8) + bytes(element))
    }
    try output(Array(elements.isEmpty ? "]".utf8 : "\n  ]".utf8))
  }

  private static func target(_ target: TargetOutcome, _ texts: Texts) -> FactValue {
    let refusals: FactValue? =
      target.refusals.isEmpty
      ? nil
      : .array(
        target.refusals.map { refusal in
          .object([
            "target": .string(refusal.target), "code": .string(refusal.code), "message": .string(texts.line(refusal)),
            "line": refusal.line.map { .int(Int64($0)) }, "column": refusal.column.map { .int(Int64($0)) },
          ])
        })
    return .object([
      "target": .string(target.target), "status": .string(target.status.rawValue),
      "error": target.refusals.first.map { .string(texts.line($0)) }, "refusals": refusals,
    ])
  }

  private static func asset(_ asset: Asset) -> FactValue {
    .object([
      "id": .string(asset.id), "kind": .string(asset.kind.rawValue), "platform": .string(asset.platform), "name": .string(asset.name),
      "uuid": asset.uuid.map { .string($0) },
    ])
  }

  private static func answer(_ answer: EstateShares.Answer) -> FactValue {
    func value(_ share: EstateShares.Share) -> [FactValue.Member] {
      [
        .init("pass", .int(Int64(share.pass))), .init("unknown", .int(Int64(share.unknown))), .init("judged", .int(Int64(share.judged))),
        .init("low", .int(Int64(share.low))), .init("high", .int(Int64(share.high))),
      ]
    }
    let controls = answer.shares.map { FactValue.object([.init("id", .string($0.control))] + value($0)) }
    return .object(
      [.init("id", .string(answer.claim)), .init("quoted", .string(answer.quoted))] + value(answer.total) + [
        .init("controls", .array(controls))
      ])
  }

  private static func waiver(_ outcome: WaiverSet.Outcome) -> FactValue {
    let waiver = outcome.signed.waiver
    return [
      "id": .string(waiver.id), "file": .string(outcome.signed.file), "start": .string(waiver.start.text), "end": .string(waiver.end.text),
      "daysLeft": .int(Int64(outcome.daysLeft)), "inForce": .bool(outcome.isInForce), "covers": .int(Int64(outcome.covers)),
      "findings": .array(outcome.defects.map { .string($0) }),
    ]
  }

  private static func score(_ score: LayerScore) -> FactValue.Member {
    .init(score.layer.rawValue, ["low": .int(Int64(score.low)), "high": .int(Int64(score.high)), "floor": .int(Int64(score.floor))])
  }
}
