/// JSON Patch (RFC 6902) as OPA has it: paths may also be arrays of keys, sets have their elements as keys.
///
/// The document is unfolded along the paths only; a patch that cannot be applied gives no value.
struct JSONPatch {
  /// An operation does not fit the document.
  private struct Misfit: Error {}

  private let context: BuiltinContext
  private var root: EditNode?

  /// Undefined where an operation is malformed or does not fit.
  static func apply(_ operations: ArrayView, to value: Value, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    var patch = JSONPatch(context: context, root: EditNode(value))
    for index in 0..<operations.count {
      guard operations[index].isObject else { return .undefined }
      do {
        try patch.apply(operations[index].objectView)
      } catch let error as BuiltinError {
        throw error
      } catch {
        return .undefined
      }
    }
    return try patch.root.map { node throws(BuiltinError) in try node.rendered(context) } ?? .undefined
  }

  private mutating func apply(_ operation: ObjectView) throws {
    let name = operation["op"]
    guard name.isString else { throw Misfit() }
    let path = try self.path(operation["path"])
    switch name.string {
    case "add": try insert(try value(operation), at: path)
    case "remove": try remove(path)
    case "replace":
      let value = try value(operation)
      try remove(path)
      try insert(value, at: path)
    case "move":
      let from = try self.path(operation["from"])
      let value = try node(from).rendered(context)
      try remove(from)
      try insert(value, at: path)
    case "copy": try insert(try node(try self.path(operation["from"])).rendered(context), at: path)
    case "test":
      guard try node(path).rendered(context).equals(try value(operation)) else { throw Misfit() }
    default: throw Misfit()
    }
  }

  private func value(_ operation: ObjectView) throws(Misfit) -> Value {
    let value = operation["value"]
    guard value.isDefined else { throw Misfit() }
    return value
  }

  private func path(_ value: Value) throws -> [Value] {
    guard value.isString || value.isArray else { throw Misfit() }
    let keys = value.isArray ? value.elements : PathTree.keys(value.text).map { .string($0, in: context.heap) }
    try context.spend(keys.count)
    return keys
  }

  private func node(_ path: some Collection<Value>) throws -> EditNode {
    guard var node = root else { throw Misfit() }
    for key in path {
      guard let next = try node.child(key, context) else { throw Misfit() }
      node = next
    }
    return node
  }

  private mutating func insert(_ value: Value, at path: [Value]) throws {
    guard let key = path.last else {
      root = EditNode(value)
      return
    }
    guard try node(path.dropLast()).insert(key, value, context) else { throw Misfit() }
  }

  private mutating func remove(_ path: [Value]) throws {
    guard let key = path.last else {
      guard root != nil else { throw Misfit() }
      root = nil
      return
    }
    guard try node(path.dropLast()).remove(key, context) else { throw Misfit() }
  }
}

/// A part of a document that is being edited: a value until a path goes through it.
private final class EditNode {
  private enum Form {
    case value(Value)
    case array([EditNode])
    /// Objects and sets; a set's keys are its elements.
    case members(slots: ObjectView, keys: [Value], nodes: [EditNode?], isSet: Bool)
  }
  private var form: Form

  init(_ value: Value) { form = .value(value) }

  func rendered(_ context: BuiltinContext) throws(BuiltinError) -> Value {
    switch form {
    case .value(let value): return value
    case .array(let nodes):
      try context.spend(nodes.count)
      let result = ArrayView.make(capacity: nodes.count, in: context.heap)
      for node in nodes { result.append(try node.rendered(context), in: context.heap) }
      return result.value
    case .members(_, let keys, let nodes, let isSet):
      try context.spend(nodes.count)
      if isSet {
        let result = SetView.make(capacity: nodes.count, in: context.heap)
        for case let node? in nodes { result.insert(try node.rendered(context), in: context.heap) }
        return result.value
      }
      let result = ObjectView.make(capacity: nodes.count, in: context.heap)
      for (key, node) in zip(keys, nodes) { if let node { result.set(key, try node.rendered(context), in: context.heap) } }
      return result.value
    }
  }

  private func unfold(_ context: BuiltinContext) throws(BuiltinError) {
    guard case .value(let value) = form, value.isComposite else { return }
    try context.spend(value.elementCount ?? 0)
    if value.isArray {
      form = .array(value.elements.map { EditNode($0) })
      return
    }
    let slots = ObjectView.make(capacity: 8, in: context.heap)
    let members = value.isSet ? value.elements.map { ($0, $0) } : Members(value.objectView).map { ($0.key, $0.value) }
    for (index, member) in members.enumerated() { slots.set(member.0, .integer(index), in: context.heap) }
    form = .members(slots: slots, keys: members.map(\.0), nodes: members.map { EditNode($0.1) }, isSet: value.isSet)
  }

  /// A set's elements that are composites may have been edited: they are found by what they are now.
  private func prepare(_ key: Value, _ context: BuiltinContext) throws(BuiltinError) {
    if case .members(_, _, _, isSet: true) = form, key.isComposite { form = .value(try rendered(context)) }
    try unfold(context)
  }

  /// The node under a key; nil where there is none.
  func child(_ key: Value, _ context: BuiltinContext) throws(BuiltinError) -> EditNode? {
    try prepare(key, context)
    switch form {
    case .value: return nil
    case .array(let nodes):
      guard let index = Self.index(key, nodes.count), index >= 0, index < nodes.count else { return nil }
      return nodes[index]
    case .members(let slots, _, let nodes, _):
      return slots[key].exactInt.flatMap { nodes[Int($0)] }
    }
  }

  /// False where it does not fit.
  func insert(_ key: Value, _ value: Value, _ context: BuiltinContext) throws(BuiltinError) -> Bool {
    try prepare(key, context)
    switch form {
    case .value: return false
    case .array(var nodes):
      guard let index = Self.index(key, nodes.count), index >= 0, index <= nodes.count else { return false }
      try context.spend((nodes.count - index) >> 4)
      form = .value(.null)
      nodes.insert(EditNode(value), at: index)
      form = .array(nodes)
    case .members(let slots, var keys, var nodes, let isSet):
      if isSet, !key.equals(value) { return false }
      form = .value(.null)
      if let slot = slots[key].exactInt {
        nodes[Int(slot)] = EditNode(value)
      } else {
        slots.set(key, .integer(nodes.count), in: context.heap)
        keys.append(key)
        nodes.append(EditNode(value))
      }
      form = .members(slots: slots, keys: keys, nodes: nodes, isSet: isSet)
    }
    return true
  }

  /// False where there is nothing to remove.
  func remove(_ key: Value, _ context: BuiltinContext) throws(BuiltinError) -> Bool {
    try prepare(key, context)
    switch form {
    case .value: return false
    case .array(var nodes):
      guard let index = Self.index(key, nodes.count), index >= 0, index < nodes.count else { return false }
      try context.spend((nodes.count - index) >> 4)
      form = .value(.null)
      nodes.remove(at: index)
      form = .array(nodes)
    case .members(let slots, let keys, var nodes, let isSet):
      guard let slot = slots[key].exactInt, nodes[Int(slot)] != nil else { return false }
      form = .value(.null)
      nodes[Int(slot)] = nil
      form = .members(slots: slots, keys: keys, nodes: nodes, isSet: isSet)
    }
    return true
  }

  /// Numbers and their texts without leading zeros; "-" is the place behind the last element.
  private static func index(_ key: Value, _ count: Int) -> Int? {
    if key.rawTag == Value.Tag.integer.rawValue { return key.exactInt.map { Int($0) } }
    guard key.isString else { return nil }
    let text = key.string
    if text == "-" { return count }
    return text.hasPrefix("0") && text != "0" || text.hasPrefix("+") ? nil : Int(text)
  }
}
