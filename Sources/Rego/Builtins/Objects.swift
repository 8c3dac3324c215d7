extension Builtins {
  /// OPA's v1/topdown/object.go and subset.go.
  static let objects: [Builtin] = [
    Builtin("object.get", 3) { arguments, _ throws(BuiltinError) in
      let object = try arguments.object(0)
      let key = arguments[1]
      guard key.isArray else {
        let found = object[key]
        return found.isDefined ? found : arguments[2]
      }
      let path = key.arrayView
      var value = arguments[0]
      for index in 0..<path.count {
        value = member(path[index], of: value)
        if value.isUndefined { return arguments[2] }
      }
      return value
    },
    Builtin("object.keys", 1) { arguments, context throws(BuiltinError) in
      .set(Members(try arguments.object(0)).lazy.map(\.key), in: context.heap)
    },
    Builtin("object.remove", 2) { arguments, context throws(BuiltinError) in
      let object = try arguments.object(0)
      let keys = try objectKeys(arguments, context)
      return .object(Members(object).lazy.filter { !keys.contains($0.key) }.map { ($0.key, $0.value) }, in: context.heap)
    },
    Builtin("object.filter", 2) { arguments, context throws(BuiltinError) in
      let object = try arguments.object(0)
      let keys = try objectKeys(arguments, context)
      return .object(Members(object).lazy.filter { keys.contains($0.key) }.map { ($0.key, $0.value) }, in: context.heap)
    },
    Builtin("object.union", 2) { arguments, context throws(BuiltinError) in
      try merged(try arguments.object(0), try arguments.object(1), context)
    },
    Builtin("object.union_n", 1) { arguments, context throws(BuiltinError) in
      let array = try arguments.array(0)
      for index in 0..<array.count where !array[index].isObject { throw arguments.wrongElement(0, array[index], "object") }
      guard array.count > 0 else { return ObjectView.make(capacity: 0, in: context.heap).value }
      return try merged((0..<array.count).map { array[$0].objectView }, context)
    },
    Builtin("object.subset", 2) { arguments, context throws(BuiltinError) in
      guard let result = try isSubset(arguments[1], of: arguments[0], context) else {
        throw .type("both arguments object.subset must be of the same type or array and set")
      }
      return .boolean(result)
    },
  ]

  /// What one step of a path leads to, else undefined.
  static func member(_ key: Value, of value: Value) -> Value {
    switch value.tag {
    case .object: return value.objectView[key]
    case .array:
      guard let index = key.exactInt, index >= 0, index < value.arrayView.count else { return .undefined }
      return value.arrayView[Int(index)]
    case .set: return value.setView.contains(key) ? key : .undefined
    default: return .undefined
    }
  }

  private static func objectKeys(_ arguments: Arguments, _ context: BuiltinContext) throws(BuiltinError) -> SetView {
    switch arguments[1].tag {
    case .set: return arguments[1].setView
    case .array: return Value.set(arguments[1].elements, in: context.heap).setView
    case .object: return Value.set(Members(arguments[1].objectView).lazy.map(\.key), in: context.heap).setView
    default: throw arguments.wrongType(1, "object", "set", "array")
    }
  }

  /// The second object's members over the first one's; objects under the same key are merged.
  private static func merged(_ a: ObjectView, _ b: ObjectView, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    try context.spend(a.count + b.count)
    a.sort()
    b.sort()
    let result = ObjectView.make(capacity: a.count + b.count, in: context.heap)
    // Both are in order, and so is what is put together.
    var first = 0, second = 0
    while first < a.count || second < b.count {
      let order = first == a.count ? 1 : second == b.count ? -1 : a.key(at: first).compare(b.key(at: second))
      if order < 0 {
        result.append(a.key(at: first), a.value(at: first), in: context.heap)
      } else if order > 0 {
        result.append(b.key(at: second), b.value(at: second), in: context.heap)
      } else {
        let value = a.value(at: first), other = b.value(at: second)
        let both = value.isObject && other.isObject ? try merged(value.objectView, other.objectView, context) : other
        result.append(a.key(at: first), both, in: context.heap)
      }
      if order <= 0 { first += 1 }
      if order >= 0 { second += 1 }
    }
    return result.value
  }

  /// Several objects, later ones over earlier ones. An object under a key is merged with those that directly precede it there: a value
  /// that is no object cuts off what stood before it.
  private static func merged(_ objects: [ObjectView], _ context: BuiltinContext) throws(BuiltinError) -> Value {
    if objects.count == 1 { return objects[0].value }
    if objects.count <= 4 {
      var result = objects[0]
      for object in objects.dropFirst() { result = try merged(result, object, context).objectView }
      return result.value
    }
    let order = ObjectView.make(capacity: 8, in: context.heap)
    var layers: [[Value]] = []
    for object in objects {
      try context.spend(object.count)
      for (key, value) in Members(object) {
        let known = order[key]
        if known.isUndefined {
          order.set(key, .integer(layers.count), in: context.heap)
          layers.append([value])
          continue
        }
        let slot = Int(known.exactInt ?? 0)
        if value.isObject, layers[slot].last?.isObject == true { layers[slot].append(value) } else { layers[slot] = [value] }
      }
    }
    let result = ObjectView.make(capacity: layers.count, in: context.heap)
    for (key, slot) in Members(order) {
      let values = layers[Int(slot.exactInt ?? 0)]
      let value = values[0].isObject ? try merged(values.map(\.objectView), context) : values[0]
      result.set(key, value, in: context.heap)
    }
    result.sort()
    return result.value
  }

  /// Nil where the two types have no subset relation.
  private static func isSubset(_ sub: Value, of whole: Value, _ context: BuiltinContext) throws(BuiltinError) -> Bool? {
    switch (whole.tag, sub.tag) {
    case (.object, .object):
      let object = whole.objectView
      try context.spend(sub.objectView.count)
      for (key, value) in Members(sub.objectView) {
        let other = object[key]
        if other.isUndefined { return false }
        if other.equals(value) { continue }
        // Inside objects an array does not stand for a set.
        guard other.tag == value.tag, try isSubset(value, of: other, context) == true else { return false }
      }
      return true
    case (.set, .set):
      let set = whole.setView, part = sub.setView
      return (0..<part.count).allSatisfy { set.contains(part[$0]) }
    case (.array, .array): return isRun(sub.arrayView, of: whole.arrayView)
    case (.array, .set):
      let part = sub.setView, array = whole.arrayView
      let present = SetView.make(in: context.heap)
      for index in 0..<array.count where part.contains(array[index]) { present.insert(array[index], in: context.heap) }
      return present.count == part.count && array.count > 0
    default: return nil
    }
  }

  /// Whether the elements of one array follow each other in another (Knuth, Morris and Pratt: linear).
  private static func isRun(_ part: ArrayView, of array: ArrayView) -> Bool {
    if part.count == 0 { return true }
    guard part.count <= array.count else { return false }
    var borders = [0]
    var length = 0
    for index in 1..<max(1, part.count) {
      while length > 0, !part[index].equals(part[length]) { length = borders[length - 1] }
      if part[index].equals(part[length]) { length += 1 }
      borders.append(length)
    }
    length = 0
    for index in 0..<array.count {
      while length > 0, !array[index].equals(part[length]) { length = borders[length - 1] }
      if array[index].equals(part[length]) { length += 1 }
      if length == part.count { return true }
    }
    return false
  }
}
