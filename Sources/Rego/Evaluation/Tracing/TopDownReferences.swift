/// References: below data through the tree of rules, elsewhere into values (v1/topdown/eval.go, evalTree and evalTerm).
extension TopDown {
  @_optimize(none)
  func reference(
    _ path: [CheckTerm], _ search: Search, _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    if case .variable(let root) = path[0].kind {
      if root == VariableTable.data {
        return try document(path, 1, [], contents.tree, search, next)
      }
      if root == VariableTable.input { return input.isUndefined ? .more : try part(of: input, path, 1, search, next) }
    }
    guard let head = value(of: path[0], search.bindings) else { return .more }
    return try part(of: head, path, 1, search, next)
  }

  // MARK: - Values

  /// What stands at the rest of a path in a value; variables on the way take each key.
  @_optimize(none)
  func part(
    of value: Value, _ path: [CheckTerm], _ position: Int, _ search: Search, _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    if position == path.count { return try next(value) }
    if let key = self.value(of: path[position], search.bindings) {
      let element = Machine.element(value, key)
      return element.isUndefined ? .more : try part(of: element, path, position + 1, search, next)
    }
    var deferred: Flow?
    for (key, element) in members(of: value) {
      try spend(search)
      let flow = try match(key, path[position], search) { () throws(RegoError) -> Flow in
        try self.part(of: element, path, position + 1, search, next)
      }
      if !flow.isMore {
        guard case .deferred = flow else { return flow }
        if deferred == nil { deferred = flow }
      }
    }
    return deferred ?? .more
  }

  private func members(of value: Value) -> [(key: Value, element: Value)] {
    switch value.tag {
    case .array: value.elements.enumerated().map { (.integer($0.offset), $0.element) }
    case .set: value.elements.map { ($0, $0) }
    case .object: Members(value.objectView).map { ($0.key, $0.value) }
    default: []
    }
  }

  // MARK: - Documents

  /// - Parameters:
  ///   - plugged: values of the path before `position`, without `data`.
  ///   - node: the rules there; nil where there are none.
  @_optimize(none)
  func document(
    _ path: [CheckTerm], _ position: Int, _ plugged: [Value], _ node: CheckRuleTree?, _ search: Search,
    _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    if position == path.count {
      guard let value = try extent(plugged, node, search) else { return .more }
      return try next(value)
    }
    if let key = value(of: path[position], search.bindings) {
      return try child(key, path, position, plugged, node, search, next)
    }
    var deferred: Flow?
    let base = Machine.descend(data, plugged[...])
    for (key, _) in members(of: base) {
      try spend(search)
      let flow = try match(key, path[position], search) { () throws(RegoError) -> Flow in
        try self.child(key, path, position, plugged, node, search, next)
      }
      if !flow.isMore {
        guard case .deferred = flow else { return flow }
        if deferred == nil { deferred = flow }
      }
    }
    if let deferred { return deferred }
    guard let node else { return .more }
    for constant in node.keys.sorted() {
      let key = constant.value(in: heap)
      if base.isObject, base.objectView[key].isDefined { continue }
      let flow = try match(key, path[position], search) { () throws(RegoError) -> Flow in
        try self.child(key, path, position, plugged, node, search, next)
      }
      if !flow.isMore { return flow }
    }
    return .more
  }

  @_optimize(none)
  private func child(
    _ key: Value, _ path: [CheckTerm], _ position: Int, _ plugged: [Value], _ node: CheckRuleTree?, _ search: Search,
    _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    let plugged = plugged + [key]
    var below: CheckRuleTree?
    if !isReplaced(plugged), let node, let constant = Constant(key), let child = node.children[constant] {
      if !child.rules.isEmpty { return try virtual(path, position, plugged, child, search, next) }
      below = child
    }
    return try document(path, position + 1, plugged, below, search, next)
  }

  /// A `with` replaces the document at the path or above it.
  func isReplaced(_ path: [Value]) -> Bool {
    targets.contains { group in
      group.contains { target in target.count <= path.count && zip(target, path).allSatisfy { $0.equals($1) } }
    }
  }

  /// Everything at a place: base data and the documents of its rules; nil where there is nothing.
  private func extent(_ path: [Value], _ node: CheckRuleTree?, _ search: Search) throws(RegoError) -> Value? {
    let base = Machine.descend(data, path[...])
    guard let node else { return base.isUndefined ? nil : base }
    let rules = try leaves(path, node, search)
    guard base.isDefined else { return rules }
    return merged(base, over: rules)
  }

  private func leaves(_ path: [Value], _ node: CheckRuleTree, _ search: Search) throws(RegoError) -> Value {
    let result = ObjectView.make(in: heap)
    for constant in node.keys.sorted() {
      guard let child = node.children[constant] else { continue }
      let key = constant.value(in: heap)
      if isReplaced(path + [key]) { continue }
      if child.rules.isEmpty {
        result.set(key, try leaves(path + [key], child, search), in: heap)
        continue
      }
      if child.rules.contains(where: { $0.arity > 0 }) { continue }
      var held: Value?
      let whole = [CheckTerm(.variable(VariableTable.data), .generated)] + (path + [key]).map { contents.term($0) }
      _ = try virtual(whole, whole.count - 1, path + [key], child, search) { (value) throws(RegoError) -> Flow in
        held = value
        return .more
      }
      if let held { result.set(key, held, in: heap) }
    }
    result.sort()
    return result.value
  }

  /// Base data and documents of rules, key by key; where both have a value that is no object, base data counts.
  private func merged(_ base: Value, over document: Value) -> Value {
    guard base.isObject, document.isObject else { return base }
    let result = ObjectView.make(in: heap)
    for view in [document.objectView, base.objectView] {
      for member in Members(view) {
        let held = result[member.key]
        result.set(member.key, held.isObject && member.value.isObject ? merged(member.value, over: held) : member.value, in: heap)
      }
    }
    result.sort()
    return result.value
  }

  // MARK: - With

  /// Evaluates the current expression under its changes; what follows it runs without them.
  @_optimize(none)
  func evaluateWith(_ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    let expression = search.expression
    var newInput = input, newData = data
    var replaced: [[Value]] = []
    var functions: [(name: String, value: Mock)] = []
    for modifier in expression.with {
      let target = modifier.target
      guard let path = targetPath(target), case .variable(let root) = path[0].kind else { continue }
      let name = contents.name(of: target, search.bindings.variables)
      let isFunction = contents.isFunction(target, search.bindings.variables)
      if isFunction {
        if contents.isFunction(modifier.value, search.bindings.variables) {
          functions.append((name, .function(modifier.value)))
        } else if case .reference(let path) = modifier.value.kind {
          functions.append((name, .document(path)))
        } else if let value = value(of: modifier.value, search.bindings) {
          functions.append((name, .value(value)))
        }
        continue
      }
      guard let value = value(of: modifier.value, search.bindings), let keys = all(Array(path.dropFirst()), search.bindings) else {
        return .more
      }
      if root == VariableTable.input {
        newInput = self.replaced(newInput, keys[...], value)
      } else {
        newData = self.replaced(newData, keys[...], value)
        replaced.append(keys)
      }
    }
    let oldInput = input, oldData = data, outer = mocks.last ?? []
    let enter = {
      self.input = newInput
      self.data = newData
      self.targets.append(replaced)
      self.mocks.append(outer + functions)
      self.known.append([:])
    }
    let leave = {
      self.input = oldInput
      self.data = oldData
      self.targets.removeLast()
      self.mocks.removeLast()
      self.known.removeLast()
    }
    enter()
    defer { leave() }
    return try step(search) { () throws(RegoError) -> Flow in
      leave()
      defer { enter() }
      return try self.advance(search, next)
    }
  }

  private func targetPath(_ target: CheckTerm) -> [CheckTerm]? {
    switch target.kind {
    case .reference(let path): path
    case .variable: [target]
    default: nil
    }
  }

  /// A document with the value at a path replaced; what is no object on the way gives way to one.
  private func replaced(_ document: Value, _ path: ArraySlice<Value>, _ value: Value) -> Value {
    guard let key = path.first else { return value }
    let copy = ObjectView.make(in: heap)
    var below = Value.undefined
    if document.isObject {
      for member in Members(document.objectView) { copy.set(member.key, member.value, in: heap) }
      below = document.objectView[key]
    }
    copy.set(key, replaced(below, path.dropFirst(), value), in: heap)
    copy.sort()
    return copy.value
  }
}

extension Constant {
  init?(_ value: Value) {
    switch value.tag {
    case .null: self = .null
    case .boolean: self = .boolean(value.isTrue)
    case .integer, .number: self = .number(Number(String(decoding: Numbers.text(value), as: UTF8.self)))
    case .shortString, .longString: self = .string(value.string)
    case .undefined, .array, .object, .set: return nil
    }
  }

  func value(in heap: Heap) -> Value {
    switch self {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .number(let number): Numbers.parse(Array(number.text.utf8), in: heap)
    case .string(let text): .string(text, in: heap)
    case .array(let items): .array(items.map { $0.value(in: heap) }, in: heap)
    case .object(let members): .object(members.map { ($0.key.value(in: heap), $0.value.value(in: heap)) }, in: heap)
    }
  }
}
