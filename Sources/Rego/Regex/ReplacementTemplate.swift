/// A template of `replaceAll`, read once (the syntax of Go's `Regexp.Expand`).
struct ReplacementTemplate {
  private enum Part {
    case text(ArraySlice<UInt8>)
    /// Groups of that name or number; the first one that took part counts.
    case groups([Int])
  }

  let text: [UInt8]
  private var parts: [Part] = []
  /// Slots a search must give for the groups in use.
  private(set) var slotCount = 2

  init(_ template: [UInt8], names: [String?]) {
    text = template
    let span = template.span
    var rest = template[...]
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
      if dollar > rest.startIndex { parts.append(.text(rest[..<dollar])) }
      let next = dollar + 1
      if next < rest.endIndex, rest[next] == UInt8(ascii: "$") {
        parts.append(.text(rest[dollar..<next]))
        rest = rest[(next + 1)...]
      } else if let (name, end) = Self.name(span, at: next) {
        add(groups: Self.groups(template[name], names))
        rest = rest[end...]
      } else {
        // Not a reference: the dollar sign stands for itself.
        parts.append(.text(rest[dollar..<next]))
        rest = rest[next...]
      }
    }
    if !rest.isEmpty { parts.append(.text(rest)) }
  }

  /// The pieces that stand for a match.
  func forEachPiece<E: Error>(of match: [Int], _ use: (RegularExpression.Matcher.Piece) throws(E) -> Void) throws(E) {
    for part in parts {
      switch part {
      case .text(let bytes): try use(.template(bytes))
      case .groups(let groups):
        if let group = groups.first(where: { match[$0 * 2] >= 0 }) { try use(.text(match[group * 2]..<match[group * 2 + 1])) }
      }
    }
  }

  private mutating func add(groups: [Int]) {
    guard let highest = groups.last else { return }
    slotCount = max(slotCount, highest * 2 + 2)
    parts.append(.groups(groups))
  }

  /// Where the `name` or `{name}` that starts at `start` has its name, and the index behind it.
  private static func name(_ template: Span<UInt8>, at start: Int) -> (name: Range<Int>, end: Int)? {
    let hasBrace = start < template.count && template[start] == UInt8(ascii: "{")
    let first = hasBrace ? start + 1 : start
    var end = first
    while end < template.count {
      let (value, width) = UTF8Reader.scalar(in: template, at: end)
      guard let scalar = Unicode.Scalar(value), isNameScalar(scalar) else { break }
      end += width
    }
    guard end > first else { return nil }
    guard hasBrace else { return (first..<end, end) }
    return end < template.count && template[end] == UInt8(ascii: "}") ? (first..<end, end + 1) : nil
  }

  private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: true
    default: scalar == "_"
    }
  }

  private static func groups(_ name: ArraySlice<UInt8>, _ names: [String?]) -> [Int] {
    let hasLeadingZero = name.first == 0x30 && name.count > 1
    if !hasLeadingZero, name.count <= 9, name.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
      let number = name.reduce(0) { $0 * 10 + Int($1) - 0x30 }
      return number < names.count ? [number] : []
    }
    return names.indices.filter { index in names[index].map { $0.utf8.elementsEqual(name) } ?? false }
  }
}
