/// Documents below data whose path is known only now, or that are put together from several rules and base data.
extension Machine {
  /// The document at `keys` below a node of the tree of rules, or undefined.
  mutating func document(_ number: Int, _ keys: [Value], at base: Memory.Address) throws(RegoError) -> Value {
    var number = number
    for index in keys.indices {
      if hasOverrides, let value = override(at: program.documentNodes[number].path) { return Self.descend(value, keys[index...]) }
      let node = program.documentNodes[number]
      if node.function >= 0 {
        if node.isFunction { return .undefined }
        return Self.descend(try call(node.function, at: base), keys[index...])
      }
      let slot = node.childTable.find(keys[index])
      guard slot >= 0 else { return Self.descend(Self.descend(data, node.path[...]), keys[index...]) }
      number = node.children[slot]
    }
    return try extent(number, at: base)
  }

  /// Everything at a node: base data, and the documents of its rules over it.
  private mutating func extent(_ number: Int, at base: Memory.Address) throws(RegoError) -> Value {
    let node = program.documentNodes[number]
    if hasOverrides, let value = override(at: node.path) { return value }
    if node.function >= 0 { return node.isFunction ? .undefined : try call(node.function, at: base) }
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.maximumDepth else { throw tooDeep() }
    let result = ObjectView.make(in: heap)
    for (name, child) in zip(node.childNames, node.children) {
      let value = try extent(child, at: base)
      if value.isDefined { result.set(name, value, in: heap) }
    }
    return merged(Self.descend(data, node.path[...]), into: result.value)
  }

  /// Base data over the documents of rules, key by key; where both have a value that is no object, base data counts.
  private func merged(_ base: Value, into document: Value) -> Value {
    guard base.isObject, document.isObject else { return base.isUndefined ? document : base.isObject ? base : document }
    let result = ObjectView.make(in: heap)
    for view in [document.objectView, base.objectView] {
      for index in 0..<view.count {
        let key = view.key(at: index), value = view.value(at: index)
        let held = result[key]
        result.set(key, held.isObject && value.isObject ? merged(value, into: held) : value, in: heap)
      }
    }
    return result.value
  }

  /// The keys of the document at `keys` below a node, as an array in order; undefined where it has none.
  mutating func documentKeys(_ number: Int, _ keys: [Value], at base: Memory.Address) throws(RegoError) -> Value {
    var number = number
    for index in keys.indices {
      let node = program.documentNodes[number]
      if hasOverrides, let value = override(at: node.path) { return Self.keys(of: Self.descend(value, keys[index...]), in: heap) }
      if node.function >= 0 {
        if node.isFunction { return .undefined }
        return Self.keys(of: Self.descend(try call(node.function, at: base), keys[index...]), in: heap)
      }
      let slot = node.childTable.find(keys[index])
      guard slot >= 0 else { return Self.keys(of: Self.descend(Self.descend(data, node.path[...]), keys[index...]), in: heap) }
      number = node.children[slot]
    }
    let node = program.documentNodes[number]
    if hasOverrides, let value = override(at: node.path) { return Self.keys(of: value, in: heap) }
    if node.function >= 0 { return node.isFunction ? .undefined : Self.keys(of: try call(node.function, at: base), in: heap) }
    let names = SetView.make(in: heap)
    let held = Self.descend(data, node.path[...])
    if held.isObject {
      let object = held.objectView
      for index in 0..<object.count { names.insert(object.key(at: index), in: heap) }
    }
    for name in node.childNames { names.insert(name, in: heap) }
    names.sort()
    return .array((0..<names.count).map { names[$0] }, in: heap)
  }

  /// Indexes of an array, keys of an object, elements of a set; undefined for anything else.
  private static func keys(of value: Value, in heap: Heap) -> Value {
    switch value.tag {
    case .array: return .array((0..<value.arrayView.count).map { Value.integer($0) }, in: heap)
    case .object:
      let view = value.objectView
      view.sort()
      return .array((0..<view.count).map { view.key(at: $0) }, in: heap)
    case .set: return .array(value.elements, in: heap)
    default: return .undefined
    }
  }
}
