public import Domain
public import Judgement

/// Writes assets as `ringwall.facts/1`, one fact per line: one asset as an object, several as an array.
///
/// Assets are written as they come; only the first is held back, until it is known whether it is the only one.
public struct FactsReport {
  private let collected: Collected
  private var first: AssetFacts?
  /// Assets given so far.
  public private(set) var count = 0

  public init(collected: Collected) { self.collected = collected }

  /// The next piece of the output.
  public mutating func add(_ asset: AssetFacts) -> [UInt8] {
    count += 1
    if count == 1 {
      first = asset
      return []
    }
    guard let held = first else { return Array(",\n".utf8) + document(asset) }
    first = nil
    return Array("[".utf8) + document(held) + Array(",\n".utf8) + document(asset)
  }

  /// The rest of the output.
  public mutating func finish() -> [UInt8] {
    if let only = first { return document(only) + [0x0A] }
    return Array(count == 0 ? "[]\n".utf8 : "]\n".utf8)
  }

  private func document(_ asset: AssetFacts) -> [UInt8] {
    var bytes: [UInt8] = []
    for (i, member) in (FactsDocument.value(asset, collected: collected).members ?? []).enumerated() {
      bytes += Array((i == 0 ? "{" : ",\n ").utf8) + JSONText.bytes(.string(member.key)) + [0x3A]
      guard member.key == "facts", let facts = member.value.members, !facts.isEmpty else {
        bytes += JSONText.bytes(member.value)
        continue
      }
      for (j, fact) in facts.enumerated() {
        bytes += Array((j == 0 ? "{\n  " : ",\n  ").utf8) + JSONText.bytes(.string(fact.key)) + [0x3A] + JSONText.bytes(fact.value)
      }
      bytes += Array("\n }".utf8)
    }
    return bytes + [0x7D]
  }
}
