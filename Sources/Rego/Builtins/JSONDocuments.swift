extension Builtins {
  /// OPA's v1/topdown/encoding.go (JSON and YAML) and json.go.
  static let jsonDocuments: [Builtin] = [
    Builtin("json.marshal", 1) { arguments, context throws(BuiltinError) in
      try marshal(arguments[0], JSONWriter.Style(escapesHTML: true), context)
    },
    Builtin("json.marshal_with_options", 2) { arguments, context throws(BuiltinError) in
      let style = try marshalStyle(arguments)
      let text = try marshal(arguments[0], style, context)
      // Go puts the prefix before every line but the first one, OPA before the first one too.
      return style.indent == nil ? text : .string(style.prefix + text.text, in: context.heap)
    },
    Builtin("json.unmarshal", 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0)
      try context.spend(text.textCount >> 4)
      do throws(JSONError) {
        return try unsafe text.withText { bytes throws(JSONError) in
          try unsafe JSONReader.read(bytes, in: context.heap, shapes: context.shapes, replacesSurrogates: true)
        }
      } catch {
        // OPA reads a stream here, whose end has other names.
        guard error.reason == JSONError.endOfText else { throw .failed(error.reason) }
        throw .failed(text.text.allSatisfy { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) } ? "EOF" : "unexpected EOF")
      }
    },
    Builtin("json.is_valid", 1) { arguments, context throws(BuiltinError) in
      guard arguments[0].isString else { return .false }
      try context.spend(arguments[0].textCount >> 4)
      let scratch = context.scratch
      defer { scratch.reset() }
      do throws(JSONError) {
        _ = try unsafe arguments[0].withText { bytes throws(JSONError) in
          try unsafe JSONReader.read(bytes, in: scratch, replacesSurrogates: true)
        }
        return .true
      } catch { return .false }
    },
    Builtin("json.filter", 2) { arguments, context throws(BuiltinError) in
      let object = try arguments.object(0)
      let paths = try PathTree(try jsonPaths(arguments, context), context)
      return try filtered(object.value, paths, context)
    },
    Builtin("json.remove", 2) { arguments, context throws(BuiltinError) in
      let object = try arguments.object(0)
      let paths = try PathTree(try jsonPaths(arguments, context), context)
      return try removed(object.value, paths, context)
    },
    Builtin("json.patch", 2) { arguments, context throws(BuiltinError) in
      let operations = try arguments.array(1)
      return try JSONPatch.apply(operations, to: arguments[0], context)
    },
    Builtin("yaml.marshal", 1) { arguments, context throws(BuiltinError) in
      try context.spend(1)
      return .string(try YAMLWriter.text(arguments[0], context), in: context.heap)
    },
    Builtin("yaml.unmarshal", 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      do throws(YAMLError) { return try YAMLReader.read(text, in: context.heap) } catch { throw .failed(error.description) }
    },
    Builtin("yaml.is_valid", 1) { arguments, context throws(BuiltinError) in
      guard arguments[0].isString else { return .false }
      try context.spend(arguments[0].textCount >> 4)
      do throws(YAMLError) {
        _ = try YAMLReader.read(arguments[0].text, in: Heap())
        return .true
      } catch { return .false }
    },
  ]

  private static func marshal(_ value: Value, _ style: JSONWriter.Style, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    try context.spend(tree: value)
    let text = JSONWriter.text(value, style)
    try context.spend(text.count >> 4)
    return .string(text, in: context.heap)
  }

  private static func marshalStyle(_ arguments: Arguments) throws(BuiltinError) -> JSONWriter.Style {
    var style = JSONWriter.Style(escapesHTML: true)
    var indent: [UInt8] = [0x09]
    var isPretty = false
    var wanted: Bool?
    for (index, (key, value)) in Members(try arguments.object(1)).enumerated() {
      guard key.isString else {
        let inner = "operand \(index) must be string but got \(key.typeName)"
        throw .type("operand 2 failed to stringify key \(String(decoding: ValueText.text(key), as: UTF8.self)) at index \(index): \(inner)")
      }
      switch key.string {
      case "prefix", "indent":
        guard value.isString else {
          throw .type("operand 2 key \(key.string) failed cast to string: operand \(index) must be string but got \(value.typeName)")
        }
        if key.string == "prefix" { style.prefix = value.text } else { indent = value.text }
        isPretty = true
      case "pretty":
        guard let flag = value.asBool else { throw .type("operand 2 key pretty failed cast to bool") }
        wanted = flag
      default: throw .type("operand 2 object contained unknown key \(quoted(key.text))")
      }
    }
    if wanted ?? isPretty { style.indent = indent } else { style.prefix = [] }
    return style
  }

  /// Paths are texts like "a/b~1c" or arrays of keys; here as their keys.
  private static func jsonPaths(_ arguments: Arguments, _ context: BuiltinContext) throws(BuiltinError) -> [[Value]] {
    let elements = try arguments.collection(1, "set", "array")
    var paths: [[Value]] = []
    for element in elements {
      guard element.isString || element.isArray else {
        throw .type("operand 2 must be one of {set, array} containing string paths or array of path segments but got \(element.typeName)")
      }
      paths.append(element.isArray ? element.elements : PathTree.keys(element.text).map { .string($0, in: context.heap) })
    }
    return paths
  }

  /// What the paths lead to, and the way there.
  private static func filtered(_ value: Value, _ paths: PathTree, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    switch value.tag {
    case .object:
      let result = ObjectView.make(capacity: 4, in: context.heap)
      for (key, member) in Members(value.objectView) {
        try context.spend(1)
        switch paths.next(key) {
        case nil: continue
        case .whole?: result.set(key, member, in: context.heap)
        case .tree(let tree)?: result.set(key, try filtered(member, tree, context), in: context.heap)
        }
      }
      return result.value
    case .array:
      var result: [Value] = []
      for (index, element) in value.elements.enumerated() {
        try context.spend(1)
        switch paths.next(index, context.heap) {
        case nil: continue
        case .whole?: result.append(element)
        case .tree(let tree)?: result.append(try filtered(element, tree, context))
        }
      }
      return .array(result, in: context.heap)
    case .set:
      var result: [Value] = []
      for element in value.elements {
        try context.spend(1)
        switch paths.next(element) {
        case nil: continue
        case .whole?: result.append(element)
        case .tree(let tree)?: result.append(try filtered(element, tree, context))
        }
      }
      return .set(result, in: context.heap)
    default: return value
    }
  }

  /// The value without what the paths lead to.
  private static func removed(_ value: Value, _ paths: PathTree, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    switch value.tag {
    case .object:
      let result = ObjectView.make(capacity: value.objectView.count, in: context.heap)
      for (key, member) in Members(value.objectView) {
        try context.spend(1)
        switch paths.next(key) {
        case nil: result.set(key, member, in: context.heap)
        case .whole?: continue
        case .tree(let tree)?: result.set(key, try removed(member, tree, context), in: context.heap)
        }
      }
      return result.value
    case .array, .set:
      var result: [Value] = []
      for (index, element) in value.elements.enumerated() {
        try context.spend(1)
        switch value.isArray ? paths.next(index, context.heap) : paths.next(element) {
        case nil: result.append(element)
        case .whole?: continue
        case .tree(let tree)?: result.append(try removed(element, tree, context))
        }
      }
      return value.isArray ? .array(result, in: context.heap) : .set(result, in: context.heap)
    default: return value
    }
  }
}

/// Paths into a document as a tree; where one path is the beginning of another, the short one counts.
struct PathTree {
  enum Next {
    /// A path ends here.
    case whole
    case tree(PathTree)
  }

  private final class Node {
    /// Keys that are texts, few of which are looked at one by one.
    var texts: [(key: Value, node: Node)] = []
    var index: [UInt64: [Int]] = [:]
    /// Other keys by the texts of their terms.
    var others: [[UInt8]: Node] = [:]
    var isEnd = false

    func child(_ key: Value) -> Node? {
      guard key.isString else { return others.isEmpty ? nil : others[ValueText.text(key)] }
      if texts.count <= Self.few { return texts.first { $0.key.equals(key) }?.node }
      return index[key.hash]?.first { texts[$0].key.equals(key) }.map { texts[$0].node }
    }

    func add(_ key: Value) -> Node {
      if let known = child(key) { return known }
      let node = Node()
      guard key.isString else {
        others[ValueText.text(key)] = node
        return node
      }
      texts.append((key, node))
      if texts.count == Self.few + 1 {
        for (position, item) in texts.enumerated() { index[item.key.hash, default: []].append(position) }
      } else if texts.count > Self.few {
        index[key.hash, default: []].append(texts.count - 1)
      }
      return node
    }

    func end() {
      isEnd = true
      texts = []
      index = [:]
      others = [:]
    }

    private static let few = 8
  }
  private let node: Node

  private init(node: Node) { self.node = node }

  init(_ paths: [[Value]], _ context: BuiltinContext) throws(BuiltinError) {
    node = Node()
    for keys in paths {
      try context.spend(keys.count)
      guard !keys.isEmpty else { continue }
      guard keys.count <= JSONReader.depthLimit else { throw .failed("path has more than \(JSONReader.depthLimit) segments") }
      var current = node
      for key in keys where !current.isEnd { current = current.add(key) }
      current.end()
    }
  }

  /// The keys of a path like "/a/b~1c": `~1` stands for a slash, `~0` for a tilde. The empty path has none.
  static func keys(_ path: [UInt8]) -> [[UInt8]] {
    guard !path.isEmpty else { return [] }
    return path.drop { $0 == 0x2F }.split(separator: 0x2F, omittingEmptySubsequences: false).map { part in
      var result: [UInt8] = []
      var index = part.startIndex
      while index < part.endIndex {
        if part[index] == 0x7E, index + 1 < part.endIndex, part[index + 1] == 0x30 || part[index + 1] == 0x31 {
          result.append(part[index + 1] == 0x30 ? 0x7E : 0x2F)
          index += 2
        } else {
          result.append(part[index])
          index += 1
        }
      }
      return result
    }
  }

  func next(_ key: Value) -> Next? { node.child(key).map { $0.isEnd ? .whole : .tree(PathTree(node: $0)) } }

  /// An array's index, which paths hold as a text.
  func next(_ index: Int, _ heap: Heap) -> Next? { node.texts.isEmpty ? nil : next(.string("\(index)", in: heap)) }
}
