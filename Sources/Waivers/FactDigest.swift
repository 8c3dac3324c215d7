public import Domain
internal import Judgement

/// The SHA-256 of the facts that a verdict rests on. A waiver names it, so that the waiver ends when one of them changes.
public enum FactDigest {
  /// 64 lower-case hexadecimal digits over the canonical JSON of `{"control", "asset", "facts": [{"fact", "state", "value"}]}`.
  ///
  /// Files and line numbers are no part of it, and neither is the place of an element in its list: what is moved does not change.
  public static func of(_ finding: Finding) -> String {
    var seen: Set<[UInt8]> = []
    var facts: [(bytes: [UInt8], value: FactValue)] = []
    for evidence in finding.evidence {
      let name = FactElement.parse(evidence.fact)?.list ?? evidence.fact
      let entry: FactValue = .object([
        "fact": .string(name), "state": .string(evidence.state.rawValue), "value": evidence.value.map(representable),
      ])
      guard let bytes = try? CanonicalJSON.bytes(entry), seen.insert(bytes).inserted else { continue }
      facts.append((bytes, entry))
    }
    facts.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    let document: FactValue = [
      "control": .string(finding.control.id), "asset": .string(finding.asset.id), "facts": .array(facts.map(\.value)),
    ]
    return Digest.sha256((try? CanonicalJSON.bytes(document)) ?? [])
  }

  /// The value with integers that no double holds written as text, and one key of each name.
  private static func representable(_ value: FactValue) -> FactValue {
    switch value {
    case .int(let number) where !(-CanonicalJSON.largestInteger...CanonicalJSON.largestInteger).contains(number): .string(String(number))
    case .double(let number) where !number.isFinite: .string("\(number)")
    case .array(let elements): .array(elements.map(representable))
    case .object(let members):
      .object(
        Dictionary(members.map { ($0.key, representable($0.value)) }, uniquingKeysWith: { first, _ in first })
          .map { .init($0.key, $0.value) })
    default: value
    }
  }
}

/// Comparison in a time that does not tell where two texts differ.
enum ConstantTime {
  static func equal(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for i in a.indices { difference |= a[i] ^ b[i] }
    return difference == 0
  }
}
