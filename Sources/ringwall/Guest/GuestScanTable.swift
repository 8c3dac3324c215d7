internal import Audit
internal import Introspection
internal import Signatures

/// The places that rules were found at, as a table for people: one row for each place and owner.
struct GuestScanTable {
  let texts: Texts
  /// Whether every place is shown.
  let isWhole: Bool

  /// Places of one rule that are shown otherwise.
  private static let most = 20

  /// - Parameter owners: nil where they are not known.
  func print(_ result: ScanResult, owners: PageOwners?) {
    if result.matches.isEmpty { return }
    let head = ["rule", "severity", "string", "physical", "virtual", "owner", "mapping", "file"].map { texts["guest.scan.head.\($0)"] }
    var rows: [[String]] = []
    for match in result.matches {
      let rule = [match.rule.name, match.rule.text("severity") ?? "-"].map(\.printable)
      if match.strings.isEmpty { rows.append(rule + ["-", "-", "-", "-", "-", ""]) }
      for place in isWhole ? match.strings[...] : match.strings.prefix(Self.most) {
        let own = owners?.owners(of: place.offset) ?? []
        if own.isEmpty { rows.append(rule + [place.identifier.printable, Self.address(place.offset), "-", "-", "-", ""]) }
        for owner in own {
          rows.append(
            rule + [
              place.identifier.printable, Self.address(place.offset), owner.virtual(of: place.offset).map(Self.address) ?? "-", name(owner),
              mapping(owner), owner.file?.printable ?? "",
            ])
        }
      }
    }
    Console.print(PlainTable.text(head, rows, right: [3, 4]))
    for match in result.matches {
      let hidden = match.omitted + (isWhole ? 0 : max(0, match.strings.count - Self.most))
      if hidden > 0 { Console.say(texts("guest.scan.more", ["rule": match.rule.name.printable, "count": "\(hidden)"])) }
      context(of: match)
    }
  }

  private func context(of match: RuleMatch) {
    for place in isWhole ? match.strings[...] : match.strings.prefix(Self.most) {
      guard let context = place.context else { continue }
      Console.print("\n\(match.rule.name.printable) \(place.identifier.printable) \(Self.address(place.offset))")
      for start in stride(from: 0, to: context.bytes.count, by: 16) {
        let line = MatchContext(
          start: context.start + UInt64(start), bytes: Array(context.bytes[start..<min(start + 16, context.bytes.count)]))
        let padding = String(repeating: " ", count: 32 - line.hexadecimal.utf8.count)
        Console.print("  \(Self.address(line.start))  \(line.hexadecimal)\(padding)  \(line.text)")
      }
    }
  }

  private static func address(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }

  private func name(_ owner: PageOwner) -> String {
    switch owner.kind {
    case .process: "\(owner.pid ?? 0) \(owner.name ?? "")".printable
    case .module, .kernelImage: texts["guest.scan.owner.\(owner.kind.rawValue)"] + (owner.detail.map { " " + $0 } ?? "").printable
    default: texts["guest.scan.owner.\(owner.kind.rawValue)"]
    }
  }

  private func mapping(_ owner: PageOwner) -> String {
    guard let mapping = owner.mapping else { return "-" }
    let range = "\(String(mapping.start, radix: 16))-\(String(mapping.end, radix: 16)) \(mapping.permissions)"
    return mapping.use.map { "\(range) \($0)" } ?? range
  }
}
