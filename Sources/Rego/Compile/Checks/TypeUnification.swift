/// Whether values of two types can be equal, and what follows for the variables in terms.
struct TypeUnification {
  let scope: TypeScope

  // MARK: Terms

  func unify(_ a: CheckTerm, _ typeA: StaticType?, _ b: CheckTerm, _ typeB: StaticType?) -> Bool {
    switch (typeA.isUnknown, typeB.isUnknown) {
    case (true, false): return unify(a, typeB)
    case (false, true): return unify(b, typeA)
    case (false, false): return Self.unifies(typeA, typeB)
    default: break
    }
    switch (a.kind, b.kind) {
    case (.array(let x), .array(let y)):
      guard x.count == y.count else { return false }
      return zip(x, y).allSatisfy { unify($0, scope.type(of: $0), $1, scope.type(of: $1)) }
    case (.object(let x), .object(let y)):
      let pairs = CheckItem.pairs(x, y)
      guard x.count == y.count, pairs.count == x.count else { return false }
      return pairs.allSatisfy { unify($0.0, scope.type(of: $0.0), $0.1, scope.type(of: $0.1)) }
    case (.array, .variable), (.object, .variable), (.variable, .variable): return unify(a, .any) && unify(b, scope.type(of: a))
    case (.variable, .array), (.variable, .object): return unify(b, .any) && unify(a, scope.type(of: b))
    default: return false
    }
  }

  /// Gives the variables of a term the types that a value of `type` has there. With `isOption` the type is one of several.
  func unify(_ term: CheckTerm, _ type: StaticType?, isOption: Bool = false) -> Bool {
    switch term.kind {
    case .variable(let variable):
      if isOption {
        scope[variable] = StaticType.or(scope[variable], type)
        return true
      }
      if let known = scope[variable] { return Self.unifies(known, type) }
      scope[variable] = type
      return true
    case .array, .object, .set:
      if case .union(let members) = type {
        if members.isEmpty {
          term.forEachChild { _ = unify($0, .any, isOption: true) }
          return true
        }
        var found = false
        for member in members { found = unify(term, member, isOption: true) || found }
        return found
      }
      return unifyCollection(term, type, isOption)
    case .call, .template: return true
    default: return Self.unifies(scope.type(of: term), type)
    }
  }

  private func unifyCollection(_ term: CheckTerm, _ type: StaticType?, _ isOption: Bool) -> Bool {
    switch (term.kind, type) {
    case (.array(let terms), .array(let type)):
      if terms.count != type.elements.count, type.rest == nil { return false }
      for (index, term) in terms.enumerated() where !unify(term, type[index], isOption: isOption) { return false }
      return true
    case (.object(let items), .object(let type)):
      if items.count != type.properties.count, type.rest?.value == nil { return false }
      for item in items {
        if let key = item.key.constant {
          guard let value = type[key], unify(item.value, value, isOption: isOption) else { return false }
        } else {
          _ = unify(item.value, .any, isOption: isOption)
        }
      }
      return true
    case (.set(let terms), .set(let type)): return terms.allSatisfy { unify($0, type.element, isOption: isOption) }
    default: return false
    }
  }

  // MARK: Types

  /// Some value has both types. Nothing is known to have an unknown one.
  static func unifies(_ a: StaticType?, _ b: StaticType?) -> Bool {
    guard let a, let b else { return false }
    switch (a, b) {
    case (.union(let x), .union(let y)): return unifies(x, with: b) || unifies(y, with: a)
    case (.union(let x), _): return unifies(x, with: b)
    case (_, .union(let y)): return unifies(y, with: a)
    case (.null, .null), (.boolean, .boolean), (.number, .number), (.string, .string): return true
    case (.array(let x), .array(let y)):
      if x === y, !StaticType?.some(a).isUnknown { return true }
      return unifies(elements: x, y) && unifies(elements: y, x) && (x.rest == nil || y.rest == nil || unifies(x.rest, y.rest))
    case (.object(let x), .object(let y)):
      if x === y, !StaticType?.some(a).isUnknown { return true }
      return unifies(properties: x, y) && unifies(properties: y, x)
        && (x.rest?.value == nil || y.rest?.value == nil || unifies(x.rest?.value, y.rest?.value))
    case (.set(let x), .set(let y)): return unifies(x.element, y.element)
    case (.function(let x), .function(let y)):
      return x.arguments.count == y.arguments.count && zip(x.arguments, y.arguments).allSatisfy { unifies($0, $1) }
    default: return false
    }
  }

  private static func unifies(_ members: [StaticType], with other: StaticType) -> Bool {
    if case .function = other { return false }
    return members.isEmpty || members.contains { unifies($0, other) }
  }

  private static func unifies(elements a: StaticType.ArrayType, _ b: StaticType.ArrayType) -> Bool {
    a.elements.indices.allSatisfy { unifies(a[$0], b[$0]) }
  }

  private static func unifies(properties a: StaticType.ObjectType, _ b: StaticType.ObjectType) -> Bool {
    a.properties.allSatisfy { unifies($0.value, b[$0.key]) }
  }
}
