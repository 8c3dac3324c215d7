internal import Domain
internal import Judgement
internal import Waivers

/// The lines of `results` in `ringwall.audit/1`.
///
/// An estate has hundreds of thousands of them. What a control says of itself is written once and then copied, as are the pointers to facts.
struct JSONResults {
  private let texts: Texts
  private var controls: [ObjectIdentifier: Parts] = [:]
  private var pointers: [String: [UInt8]] = [:]

  /// Facts of elements are named by their numbers, so that there may be any number of names.
  private static let knownPointers = 4096

  /// What stands in each result of a control, around what belongs to the finding.
  private struct Parts {
    let start: [UInt8]
    let middle: [UInt8]
    let safe: [UInt8]
  }

  init(_ texts: Texts) { self.texts = texts }

  mutating func bytes(of result: AuditResult) -> [UInt8] {
    let finding = result.finding
    let parts = parts(of: finding.control)
    var line: [UInt8] = []
    line.reserveCapacity(1024)
    line += parts.start
    JSONText.append(finding.asset.id, to: &line)
    line += #","verdict":""#.utf8
    line += finding.verdict.rawValue.utf8
    line += #"","reason":"#.utf8
    JSONText.append(finding.reason, to: &line)
    line += parts.middle
    JSONText.append(texts.message(finding), to: &line)
    line += #","found":"#.utf8
    JSONText.append(result.found ?? .null, to: &line)
    line += parts.safe
    line += #","fingerprint":""#.utf8
    line += result.fingerprint.utf8
    line.append(UInt8(ascii: "\""))
    if let grant = result.waiver {
      line += #","waiver":"#.utf8
      JSONText.append(Self.value(of: grant), to: &line)
    }
    line += #","evidence":["#.utf8
    for (i, evidence) in finding.evidence.enumerated() {
      if i > 0 { line.append(UInt8(ascii: ",")) }
      append(evidence, to: &line)
    }
    line += "]}".utf8
    return line
  }

  private mutating func parts(of control: Control) -> Parts {
    if let known = controls[ObjectIdentifier(control)] { return known }
    func text(_ value: String) -> String { JSONText.string(.string(value)) }
    let parts = Parts(
      start: Array("{\"id\":\(text(control.id)),\"asset\":".utf8),
      middle: Array(
        ",\"severity\":\(text(control.severity.rawValue)),\"layer\":\(text(control.layer.rawValue)),\"title\":\(text(texts.title(control))),\"message\":"
          .utf8),
      safe: Array(",\"safe\":\(text(control.safe))".utf8))
    controls[ObjectIdentifier(control)] = parts
    return parts
  }

  /// `pointer` is the JSON pointer (RFC 6901) of the fact in the asset's facts document.
  private mutating func append(_ evidence: Evidence, to line: inout [UInt8]) {
    line += #"{"source":"#.utf8
    if let source = evidence.source { JSONText.append(source.name, to: &line) } else { line += "null".utf8 }
    line += #","line":"#.utf8
    Self.append(evidence.source?.line, to: &line)
    line += #","column":"#.utf8
    Self.append(evidence.source?.column, to: &line)
    line += #","pointer":"#.utf8
    line += pointer(evidence.fact)
    line += #","value":"#.utf8
    if let value = evidence.value { JSONText.append(value, to: &line) } else { line += "null".utf8 }
    line += #","state":""#.utf8
    line += evidence.state.rawValue.utf8
    line.append(UInt8(ascii: "\""))
    if let why = evidence.why {
      line += #","why":"#.utf8
      JSONText.append(why, to: &line)
    }
    line.append(UInt8(ascii: "}"))
  }

  private static func append(_ number: Int?, to line: inout [UInt8]) {
    if let number { line += String(number).utf8 } else { line += "null".utf8 }
  }

  /// In quotes.
  private mutating func pointer(_ fact: String) -> [UInt8] {
    if let known = pointers[fact] { return known }
    let text = Array(JSONText.string(.string(Self.path(to: fact))).utf8)
    if pointers.count < Self.knownPointers { pointers[fact] = text }
    return text
  }

  private static func path(to fact: String) -> String {
    if let (list, index) = FactElement.parse(fact) { return path(to: list) + "/value/\(index)" }
    return "/facts/" + fact.replacing("~", with: "~0").replacing("/", with: "~1")
  }

  private static func value(of grant: WaiverSet.Grant) -> FactValue {
    let waiver = grant.waiver
    return .object([
      "id": .string(waiver.id), "file": .string(grant.file), "reason": .string(waiver.reason),
      "reference": waiver.reference.isEmpty ? nil : .string(waiver.reference), "start": .string(waiver.start.text),
      "end": .string(waiver.end.text), "daysLeft": .int(Int64(grant.daysLeft)), "requester": .string(waiver.requester.name),
      "approvers": .array(waiver.approvers.map { .string($0.name) }),
    ])
  }
}
