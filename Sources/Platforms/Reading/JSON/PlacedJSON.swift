internal import Domain

/// One value of a JSON text, with the place where it stands. Texts are decoded only when they are asked for.
struct PlacedJSON: Sendable {
  /// What the value is a part of.
  let tree: JSONTree
  private let index: Int

  init(_ tree: JSONTree, _ index: Int) {
    self.tree = tree
    self.index = index
  }

  /// The value that begins at `start`; white space may stand before it, anything behind it.
  static func read(_ bytes: [UInt8], at start: Int = 0) throws(JSONFault) -> PlacedJSON {
    PlacedJSON(try JSONTree.read(bytes, at: start), 0)
  }

  /// The value that begins where the tokens stand; they stand behind it afterwards.
  static func read(_ tokens: inout JSONTokens) throws(JSONFault) -> PlacedJSON { PlacedJSON(try JSONTree.read(&tokens), 0) }

  /// The one value that the whole text is.
  static func whole(_ bytes: [UInt8]) throws(JSONFault) -> PlacedJSON {
    var tokens = JSONTokens(bytes, at: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    let tree = try JSONTree.read(&tokens)
    guard tokens.next() == nil else { throw tokens.fault("something stands behind the end of the document") }
    return PlacedJSON(tree, 0)
  }

  /// Offset of its first byte in the text; of the first inner byte of a string.
  var offset: Int { Int(tree.nodes[index].start) }

  var isObject: Bool { tree.nodes[index].kind == .object }
  var isArray: Bool { tree.nodes[index].kind == .array }
  var isNull: Bool { tree.nodes[index].kind == .null }

  /// The value under a key of an object; the last one of several. Linear in the number of keys.
  subscript(key: String) -> PlacedJSON? {
    guard isObject else { return nil }
    var found: Int?
    var at = index + 1
    let end = Int(tree.nodes[index].next)
    while at < end {
      if tree.text(at, is: key) { found = at + 1 }
      at = Int(tree.nodes[at + 1].next)
    }
    return found.map { PlacedJSON(tree, $0) }
  }

  /// The value under a key in whatever capitals, as Go's encoding/json reads an object into a structure; the last one of several.
  func anyCase(_ key: String) -> PlacedJSON? {
    let wanted = JSONDuplicates.folded(key)
    return members?.last { JSONDuplicates.folded($0.key) == wanted }?.value
  }

  /// The value below several keys.
  func at(_ path: some Sequence<String>) -> PlacedJSON? {
    var value = self
    for key in path {
      guard let next = value[key] else { return nil }
      value = next
    }
    return value
  }

  /// Elements of an array; nil for anything else.
  var elements: [PlacedJSON]? {
    guard isArray else { return nil }
    var found: [PlacedJSON] = []
    var at = index + 1
    let end = Int(tree.nodes[index].next)
    while at < end {
      found.append(PlacedJSON(tree, at))
      at = Int(tree.nodes[at].next)
    }
    return found
  }

  /// An array's elements; anything else but null as a list of one, as PowerShell writes a list of one element.
  var list: [PlacedJSON] { elements ?? (isNull ? [] : [self]) }

  /// Keys and values of an object in their order, of a key that stands twice each; nil for anything else.
  var members: [(key: String, value: PlacedJSON)]? {
    guard isObject else { return nil }
    var found: [(key: String, value: PlacedJSON)] = []
    var at = index + 1
    let end = Int(tree.nodes[index].next)
    while at < end {
      found.append((tree.text(at), PlacedJSON(tree, at + 1)))
      at = Int(tree.nodes[at + 1].next)
    }
    return found
  }

  var text: String? { tree.nodes[index].kind == .string || tree.nodes[index].kind == .escaped ? tree.text(index) : nil }

  var flag: Bool? {
    switch tree.nodes[index].kind {
    case .yes: true
    case .no: false
    default: nil
    }
  }

  var integer: Int64? { tree.nodes[index].kind == .number ? Int64(tree.text(index)) : nil }

  /// The whole value; of a key that stands twice the last one. Numbers without a place in 64 bits become fractions.
  var value: FactValue {
    switch tree.nodes[index].kind {
    case .null: return .null
    case .yes: return .bool(true)
    case .no: return .bool(false)
    case .number:
      let text = tree.text(index)
      if let integer = Int64(text) { return .int(integer) }
      // Beyond the range of fractions only its text keeps what it says.
      guard let fraction = Double(text), fraction.isFinite else { return .string(text) }
      return .double(fraction)
    case .string, .escaped: return .string(tree.text(index))
    case .array: return .array((elements ?? []).map(\.value))
    case .object:
      var members: [FactValue.Member] = []
      var places: [String: Int] = [:]
      for (key, value) in self.members ?? [] {
        if let place = places[key] {
          members[place] = .init(key, value.value)
        } else {
          places[key] = members.count
          members.append(.init(key, value.value))
        }
      }
      return .object(members)
    }
  }
}
