/// Types of rules by their paths below data.
final class TypeTree {
  private(set) var children: [Constant: TypeTree] = [:]
  /// Set where rules end.
  var type: StaticType?

  /// The node of a path, made where it is missing.
  func node(_ path: some Sequence<Constant>) -> TypeTree {
    var node = self
    for key in path {
      if let child = node.children[key] {
        node = child
      } else {
        let child = TypeTree()
        node.children[key] = child
        node = child
      }
    }
    return node
  }

  /// Adds the type of one more rule with this path.
  func insert(_ path: [Constant], _ type: StaticType) {
    var node = self
    for (index, key) in path.enumerated() {
      let child = node.node([key])
      if index + 1 < path.count, case .object(let object) = child.type {
        child.type = Self.inserted(into: object, path[(index + 1)...], type)
      }
      node = child
    }
    node.type = Self.merged(node.type, type)
    if case .object = type, !node.children.isEmpty {
      node.forEachLeaf([]) { path, leaf in
        if case .object(let object) = node.type { node.type = Self.inserted(into: object, path[...], leaf) }
      }
    }
  }

  private func forEachLeaf(_ path: [Constant], _ visit: ([Constant], StaticType) -> Void) {
    for (key, child) in children {
      if let type = child.type { visit(path + [key], type) } else { child.forEachLeaf(path + [key], visit) }
    }
  }

  private static func inserted(into object: StaticType.ObjectType, _ path: ArraySlice<Constant>, _ type: StaticType) -> StaticType {
    guard let first = path.first else { return .object(object) }
    let value = path.count == 1 ? type : inserted(into: StaticType.ObjectType([], rest: nil), path.dropFirst(), type)
    let key = StaticType.of(first)
    let rest = StaticType.Properties(
      key: StaticType.or(object.rest?.key, key), value: StaticType.or(object.rest?.value, value))
    return .object(object.properties, rest: rest)
  }

  /// Sets and objects without named keys merge; other types unite.
  private static func merged(_ a: StaticType?, _ b: StaticType?) -> StaticType? {
    guard let a else { return b }
    guard let b else { return a }
    switch (a, b) {
    case (.object(let x), .object(let y)):
      if x.properties.isEmpty, y.properties.isEmpty {
        return .object(
          [],
          rest: StaticType.Properties(
            key: StaticType.or(x.rest?.key, y.rest?.key), value: merged(x.rest?.value, y.rest?.value)))
      }
    case (.object(let x), .union(let members)), (.union(let members), .object(let x)):
      if x.properties.isEmpty,
        let index = members.firstIndex(where: { if case .object(let y) = $0 { y.properties.isEmpty } else { false } }),
        case .object(let y) = members[index]
      {
        var all = members
        all[index] = .object(
          [],
          rest: StaticType.Properties(
            key: StaticType.or(y.rest?.key, x.rest?.key), value: StaticType.or(y.rest?.value, x.rest?.value)))
        return StaticType.united(all)
      }
    case (.set(let x), .set(let y)): return .set(of: StaticType.or(x.element, y.element))
    default: break
    }
    return StaticType.or(a, b)
  }

  /// The type of everything below: an object that may have other keys too.
  var extent: StaticType? {
    if let type { return type }
    var properties: [StaticType.Property] = []
    for (key, child) in children {
      switch key {
      case .string, .number, .boolean: properties.append(StaticType.Property(key: key, value: child.extent))
      default: break
      }
    }
    return .object(properties, rest: StaticType.Properties(key: .string, value: .any))
  }

  /// The type of the keys of `extent`.
  var keys: StaticType? {
    if let type { return type.keys }
    return StaticType.united(children.keys.map { StaticType.of($0) } + [.string])
  }
}

/// Types of variables, those of a body within those of what stands around it.
final class TypeScope {
  let globals: TypeTree
  let signatures: [String: Signature]
  let variables: VariableTable
  private let parent: TypeScope?
  private var types: [Int: StaticType] = [:]

  init(globals: TypeTree, signatures: [String: Signature], variables: VariableTable) {
    self.globals = globals
    self.signatures = signatures
    self.variables = variables
    parent = nil
  }

  private init(inside parent: TypeScope) {
    globals = parent.globals
    signatures = parent.signatures
    variables = parent.variables
    self.parent = parent
  }

  var inner: TypeScope { TypeScope(inside: self) }

  subscript(variable: Int) -> StaticType? {
    get {
      var scope: TypeScope? = self
      while let current = scope {
        if let type = current.types[variable] { return type }
        scope = current.parent
      }
      return nil
    }
    set { types[variable] = newValue }
  }

  func type(of term: CheckTerm) -> StaticType? {
    switch term.kind {
    case .null: .null
    case .boolean: .boolean
    case .number: .number
    case .string: .string
    case .variable(let variable): self[variable]
    case .reference(let path): type(of: path)
    case .call, .template: nil
    case .array(let terms): .array(terms.map { type(of: $0) }, rest: terms.isEmpty ? .any : nil)
    case .set(let terms): .set(of: terms.isEmpty ? .any : StaticType.united(terms.map { type(of: $0) }) ?? .any)
    case .object(let items): type(of: items)
    case .comprehension(let comprehension):
      if let known = comprehension.type { known } else { TypeChecker.type(of: comprehension, in: self) }
    }
  }

  private func type(of items: [CheckItem]) -> StaticType {
    var properties: [StaticType.Property] = []
    var rest: StaticType.Properties?
    for item in items {
      let value = type(of: item.value)
      if let key = item.key.constant {
        properties.append(StaticType.Property(key: key, value: value))
      } else {
        rest = StaticType.Properties(key: type(of: item.key), value: value)
      }
    }
    if items.isEmpty { rest = StaticType.Properties(key: .any, value: .any) }
    return .object(properties, rest: rest)
  }

  func type(of path: [CheckTerm]) -> StaticType? {
    guard case .variable(let head) = path[0].kind else { return nil }
    if let type = self[head] { return Self.selected(type, path.dropFirst()) }
    if head == VariableTable.data { return type(below: globals, path.dropFirst()) }
    if head == VariableTable.input { return .any }
    guard let name = CallChecks.name(of: CheckTerm(.reference(path), path[0].location), variables), let signature = signatures[name] else {
      return nil
    }
    return .function(signature.function)
  }

  private func type(below start: TypeTree, _ path: ArraySlice<CheckTerm>) -> StaticType? {
    var node = start
    var rest = path
    while let part = rest.first {
      let key = part.isScalar ? part.constant : nil
      if let type = node.type {
        guard let key, let child = node.children[key] else { return Self.selected(type, rest) }
        node = child
      } else {
        // What no rule defines may be in the base documents.
        guard let key, let child = node.children[key] else { return .any }
        node = child
      }
      rest = rest.dropFirst()
    }
    return node === globals && node.children.isEmpty ? .any : node.extent
  }

  static func selected(_ type: StaticType?, _ path: some Sequence<CheckTerm>) -> StaticType? {
    var type = type
    for part in path {
      guard let current = type else { return nil }
      switch part.kind {
      case .variable, .reference, .array, .object, .set: type = current.values
      default: type = part.constant.flatMap { current.selected($0) }
      }
    }
    return type
  }
}
