extension GraphQL {
  /// Pairs of fragments that were compared, for the rule OverlappingFieldsCanBeMerged.
  struct FieldOverlaps {
    struct Pair: Hashable {
      let first: String
      let second: String
    }
    /// Whether the comparison took the two for exclusive of each other; one that did not says all the other would.
    var pairs: [Pair: Bool] = [:]
    /// Fragments compared with the fields at hand.
    var fragments: Set<String> = []

    /// False where the pair was compared already.
    mutating func insert(_ a: String, _ b: String, isExclusive: Bool) -> Bool {
      if let known = pairs[Pair(first: a, second: b)], isExclusive || !known { return false }
      pairs[Pair(first: a, second: b)] = isExclusive
      pairs[Pair(first: b, second: a)] = isExclusive
      return true
    }
  }

  /// Two fields of one response name that cannot both be answered.
  struct Conflict {
    var name: String
    var message = ""
    var inner: [Conflict] = []
    var position: Position?

    var text: String {
      inner.isEmpty ? message : inner.map { "subfields \"\($0.name)\" conflict because \($0.text)" }.joined(separator: " and ")
    }
  }

  /// The fields of a selection by response name, inline fragments resolved, and the fragments it spreads.
  struct CollectedFields {
    private(set) var names: [String] = []
    private(set) var fields: [String: [Field]] = [:]
    private(set) var spreads: [String] = []

    init(_ selections: [Selection]) { collect(selections) }

    private mutating func collect(_ selections: [Selection]) {
      for selection in selections {
        switch selection {
        case .field(let field):
          if fields[field.responseName] == nil { names.append(field.responseName) }
          fields[field.responseName, default: []].append(field)
        case .inline(let inline): collect(inline.selections)
        case .spread(let spread): spreads.append(spread.name)
        }
      }
    }

    func isSame(_ other: CollectedFields) -> Bool {
      names == other.names
        && names.allSatisfy { name in
          let a = fields[name] ?? [], b = other.fields[name] ?? []
          return a.count == b.count && zip(a, b).allSatisfy { $0 === $1 }
        }
    }
  }
}

/// OverlappingFieldsCanBeMerged, with the comparisons of graphql-js.
extension GraphQL.Validation {
  typealias CollectedFields = GraphQL.CollectedFields
  typealias Conflict = GraphQL.Conflict

  func checkOverlaps(_ selections: [GraphQL.Selection]) throws(BuiltinError) {
    guard !selections.isEmpty else { return }
    let fields = CollectedFields(selections)
    var conflicts: [Conflict] = []
    for name in fields.names {
      let same = fields.fields[name] ?? []
      for (index, field) in same.enumerated() {
        for other in same[(index + 1)...] { if let found = try conflict(field, other, false) { conflicts.append(found) } }
      }
    }
    overlaps.fragments = []
    for (index, spread) in fields.spreads.enumerated() {
      try compare(fields, with: spread, false, &conflicts)
      for other in fields.spreads[(index + 1)...] { try compare(spread, other, false, &conflicts) }
    }
    for conflict in conflicts {
      let advice = "Use different aliases on the fields to fetch both if this was intentional."
      add("Fields \"\(conflict.name)\" conflict because \(conflict.text). \(advice)", conflict.position)
    }
  }

  /// Fields with those of a fragment and of the fragments it spreads.
  private func compare(
    _ fields: CollectedFields, with spread: String, _ isExclusive: Bool, _ conflicts: inout [Conflict]
  ) throws(BuiltinError) {
    try step()
    guard overlaps.fragments.insert(spread).inserted, let fragment = self.fragment(spread) else { return }
    let others = CollectedFields(fragment.selections)
    if fields.isSame(others) { return }
    try compare(fields, others, isExclusive, &conflicts)
    for next in others.spreads where next != spread { try compare(fields, with: next, isExclusive, &conflicts) }
  }

  /// Two fragments and what they spread.
  private func compare(_ a: String, _ b: String, _ isExclusive: Bool, _ conflicts: inout [Conflict]) throws(BuiltinError) {
    try step()
    guard a != b, overlaps.insert(a, b, isExclusive: isExclusive) else { return }
    guard let first = fragment(a), let second = fragment(b) else { return }
    let fields = CollectedFields(first.selections), others = CollectedFields(second.selections)
    try compare(fields, others, isExclusive, &conflicts)
    for spread in others.spreads { try compare(a, spread, isExclusive, &conflicts) }
    for spread in fields.spreads { try compare(spread, b, isExclusive, &conflicts) }
  }

  private func compare(
    _ a: CollectedFields, _ b: CollectedFields, _ isExclusive: Bool, _ conflicts: inout [Conflict]
  ) throws(BuiltinError) {
    for name in a.names {
      guard let others = b.fields[name] else { continue }
      for field in a.fields[name] ?? [] {
        for other in others { if let found = try conflict(field, other, isExclusive) { conflicts.append(found) } }
      }
    }
  }

  private func conflict(_ a: GraphQL.Field, _ b: GraphQL.Field, _ areParentsExclusive: Bool) throws(BuiltinError) -> Conflict? {
    try step()
    guard let first = a.definition, let second = b.definition, let parent = a.parent, let other = b.parent else { return nil }
    let isExclusive = areParentsExclusive || parent.name != other.name && parent.kind == .object && other.kind == .object
    if !isExclusive {
      if a.name != b.name {
        return Conflict(name: a.responseName, message: "\(a.name) and \(b.name) are different fields", position: b.position)
      }
      if !Self.haveSameArguments(a, b) {
        return Conflict(name: a.responseName, message: "they have differing arguments", position: b.position)
      }
    }
    if doConflict(first.type, second.type) {
      return Conflict(
        name: a.responseName, message: "they return conflicting types \(first.type.text) and \(second.type.text)", position: b.position)
    }
    let inner = try conflicts(a.selections, b.selections, isExclusive)
    return inner.isEmpty ? nil : Conflict(name: a.responseName, inner: inner, position: b.position)
  }

  private func conflicts(
    _ a: [GraphQL.Selection], _ b: [GraphQL.Selection], _ isExclusive: Bool
  ) throws(BuiltinError) -> [Conflict] {
    guard !a.isEmpty, !b.isEmpty else { return [] }
    let fields = CollectedFields(a), others = CollectedFields(b)
    var conflicts: [Conflict] = []
    try compare(fields, others, isExclusive, &conflicts)
    for spread in others.spreads {
      overlaps.fragments = []
      try compare(fields, with: spread, isExclusive, &conflicts)
    }
    for spread in fields.spreads {
      overlaps.fragments = []
      try compare(others, with: spread, isExclusive, &conflicts)
    }
    for spread in fields.spreads { for other in others.spreads { try compare(spread, other, isExclusive, &conflicts) } }
    return conflicts
  }

  private static func haveSameArguments(_ a: GraphQL.Field, _ b: GraphQL.Field) -> Bool {
    a.arguments.count == b.arguments.count
      && a.arguments.allSatisfy { argument in
        b.arguments.contains {
          $0.name == argument.name && $0.value.kind == argument.value.kind && $0.value.raw == argument.value.raw
        }
      }
  }

  private func doConflict(_ a: GraphQL.TypeReference, _ b: GraphQL.TypeReference) -> Bool {
    if let first = a.element, let second = b.element { return doConflict(first, second) }
    if a.element != nil || b.element != nil || a.isNonNull != b.isNonNull { return true }
    guard let first = schema.types[a.name], let second = schema.types[b.name] else { return false }
    return first.isLeaf && second.isLeaf && first.name != second.name
  }
}
