internal import Yams

/// Reads the YAML of one METADATA block.
struct MetadataReader {
  /// What is wrong, at the comment line where it is.
  struct Problem: Error {
    var message: String
    var location: Location
  }

  /// Bytes of a block, nodes of its tree, nesting of its values: bounds against texts made to exhaust the reader.
  private static let maximumSize = 1 << 18
  private static let maximumNodes = 100_000
  private static let maximumDepth = 100

  private let lines: [Comment]
  private let first: Comment
  private let text: String

  init(_ lines: [Comment], _ first: Comment) {
    self.lines = lines
    self.first = first
    text = lines.map { ($0.text.hasPrefix(" ") ? String($0.text.dropFirst()) : $0.text) + "\n" }.joined()
  }

  /// The fields of the block, each of its right kind.
  func fields() throws(Problem) -> Metadata {
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw Problem(message: "expected METADATA block, found whitespace", location: first.location)
    }
    try checkBounds()
    let root: Node?
    do {
      // Without rules for tags, which the reader would try as regular expressions on every scalar: scalars are read below, by their style.
      root = try Yams.compose(yaml: text, .basic)
    } catch {
      throw problem(error)
    }
    guard let root else { return .object([]) }
    var budget = Self.maximumNodes
    let fields = try metadata(root, depth: 0, &budget)
    if fields == .null { return .object([]) }
    guard case .mapping(let mapping) = root else { throw mismatch(root, "a mapping") }
    for (key, node) in mapping { try check(key.string ?? "", node) }
    try checkItems(fields, mapping)
    return fields
  }

  // MARK: Kinds

  private enum Kind: String {
    case string, bool, sequence, map
  }

  private static let kinds: [String: Kind] = [
    "scope": .string, "title": .string, "description": .string, "entrypoint": .bool, "organizations": .sequence,
    "related_resources": .sequence, "authors": .sequence, "schemas": .sequence, "compile": .map, "custom": .map, "labels": .map,
  ]

  private func check(_ name: String, _ node: Node) throws(Problem) {
    guard let kind = Self.kinds[name], !isNull(node) else { return }
    switch (kind, node) {
    case (.string, .scalar), (.sequence, .sequence), (.map, .mapping): break
    case (.bool, .scalar(let scalar)) where Self.truth(scalar.string) != nil: break
    default: throw mismatch(node, kind.rawValue)
    }
    guard case .sequence(let items) = node else { return }
    for item in items {
      switch (name, item) {
      case ("organizations", .scalar), ("schemas", .mapping), ("related_resources", _), ("authors", _): break
      case ("organizations", _): throw mismatch(item, "string")
      case ("schemas", _): throw mismatch(item, "map")
      default: break
      }
    }
  }

  /// What the fields with a form of their own hold.
  private func checkItems(_ fields: Metadata, _ mapping: Node.Mapping) throws(Problem) {
    for item in items(fields["related_resources"]) {
      switch item {
      case .string(let text):
        if text.isEmpty {
          throw refused("invalid related-resource definition : ref URL may not be empty string", mapping, "related_resources")
        }
      case .object:
        if (item["ref"]?.stringValue ?? "").allSatisfy(\.isWhitespace) {
          throw refused("invalid related-resource definition: 'ref' value required in object", mapping, "related_resources")
        }
      default:
        throw refused("invalid related-resource definition: invalid value type, must be string or map", mapping, "related_resources")
      }
    }
    for item in items(fields["authors"]) {
      switch item {
      case .string(let text):
        if text.allSatisfy(\.isWhitespace) { throw refused("invalid author definition : author is an empty string", mapping, "authors") }
      case .object:
        if ["name", "email"].allSatisfy({ (item[$0]?.stringValue ?? "").allSatisfy(\.isWhitespace) }) {
          throw refused("invalid author definition: 'name' and/or 'email' values required in object", mapping, "authors")
        }
      default: throw refused("invalid author definition: invalid value type, must be string or map", mapping, "authors")
      }
    }
    for item in items(fields["schemas"]) {
      guard case .object(let pairs) = item, let pair = pairs.first else { continue }
      guard Self.reference(pair.key) != nil else { throw refused("invalid document reference", mapping, "schemas") }
      switch pair.value {
      case .string(let text):
        guard Self.reference(text)?.first == "schema" else { throw refused("invalid schema reference", mapping, "schemas") }
      case .object: break
      default: throw refused("invalid schema declaration for path \"\(pair.key)\"", mapping, "schemas")
      }
    }
    for item in items(fields["compile"]?["unknowns"]) {
      if let text = item.stringValue, Self.reference(text) == nil {
        throw refused("invalid unknowns element \"\(text)\"", mapping, "compile")
      }
    }
  }

  private func items(_ field: Metadata?) -> [Metadata] {
    if case .array(let items) = field { items } else { [] }
  }

  /// The names of a reference written in Rego; nil where it is none.
  private static func reference(_ text: String) -> [String]? {
    guard let term = try? Parser.term(Array(text.utf8), options: Parser.Options(annotations: false)) else { return nil }
    switch term.node {
    case .variable(let name): return [name]
    case .reference(let path): return path.map(\.sourceText)
    default: return nil
    }
  }

  // MARK: Values

  private func metadata(_ node: Node, depth: Int, _ budget: inout Int) throws(Problem) -> Metadata {
    budget -= 1
    guard budget > 0, depth < Self.maximumDepth else { throw Problem(message: "METADATA block is too large", location: place(node)) }
    switch node {
    case .scalar(let scalar): return Self.scalar(scalar)
    case .alias: return .null
    case .sequence(let sequence):
      var items: [Metadata] = []
      for item in sequence { items.append(try metadata(item, depth: depth + 1, &budget)) }
      return .array(items)
    case .mapping(let mapping):
      var items: [(key: String, value: Metadata)] = []
      for (key, value) in mapping {
        guard case .scalar(let name) = key else { throw Problem(message: "invalid map key type(s)", location: place(key)) }
        let item = try metadata(value, depth: depth + 1, &budget)
        if name.string == "<<", name.style == .plain, case .object(let merged) = item {
          for pair in merged where !items.contains(where: { $0.key == pair.key }) { items.append(pair) }
        } else if let index = items.firstIndex(where: { $0.key == name.string }) {
          items[index].value = item
        } else {
          items.append((name.string, item))
        }
      }
      return .object(items)
    }
  }

  private func isNull(_ node: Node) -> Bool {
    if case .scalar(let scalar) = node { Self.scalar(scalar) == .null } else { false }
  }

  /// A scalar by the core schema of YAML 1.2, with the numbers of 1.1 that Go's reader knows too.
  private static func scalar(_ scalar: Node.Scalar) -> Metadata {
    let text = scalar.string
    guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    default: return number(text).map { .number($0) } ?? .string(text)
    }
  }

  private static func truth(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": true
    case "false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF": false
    default: nil
    }
  }

  /// `text` as a number of JSON, or nil.
  private static func number(_ text: String) -> String? {
    var bytes = text.utf8.filter { $0 != UInt8(ascii: "_") }
    if bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = isNegative ? bytes.dropFirst() : bytes[...]
    guard let leading = digits.first, leading == UInt8(ascii: ".") || (leading >= 0x30 && leading <= 0x39) else { return nil }
    let sign = isNegative ? "-" : ""
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.starts(with: prefix.utf8) {
      return Int64(String(decoding: digits.dropFirst(2), as: UTF8.self), radix: radix).map { sign + String($0) }
    }
    let plain = sign + (leading == UInt8(ascii: ".") ? "0" : "") + String(decoding: digits, as: UTF8.self)
    return isJSONNumber(plain) ? plain : nil
  }

  private static func isJSONNumber(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    func takeDigits() -> Int {
      let digits = rest.prefix(while: isDigit)
      rest = rest.dropFirst(digits.count)
      return digits.count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let isZero = rest.first == UInt8(ascii: "0")
    let count = takeDigits()
    guard count > 0, !isZero || count == 1 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard takeDigits() > 0 else { return false }
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  // MARK: Bounds and places

  /// Refuses what would make the YAML reader or its aliases grow without bound.
  private func checkBounds() throws(Problem) {
    guard text.utf8.count <= Self.maximumSize else { throw Problem(message: "METADATA block is too large", location: first.location) }
    var anchors = 0
    var aliases = 0
    var open = 0
    for (index, line) in lines.enumerated() {
      var previous = UInt8(ascii: " ")
      var marks = 0
      for byte in line.text.utf8 {
        let isStart =
          previous == UInt8(ascii: " ") || previous == UInt8(ascii: "[") || previous == UInt8(ascii: ",") || previous == UInt8(ascii: "{")
        switch byte {
        case UInt8(ascii: "&") where isStart: anchors += 1
        case UInt8(ascii: "*") where isStart: aliases += 1
        case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"): open = max(open - 1, 0)
        case UInt8(ascii: " ") where previous == UInt8(ascii: "-") || previous == UInt8(ascii: "?"): marks += 1
        default: break
        }
        previous = byte
      }
      guard open <= Self.maximumDepth, marks <= Self.maximumDepth else {
        throw Problem(message: "METADATA block is nested too deeply", location: lines[index].location)
      }
    }
    guard anchors == 0 || aliases == 0 || (anchors <= 3 && aliases <= 32) else {
      throw Problem(message: "METADATA block has too many YAML aliases", location: first.location)
    }
  }

  private func place(_ node: Node) -> Location { place(line: node.mark?.line ?? 1) }

  private func place(line: Int) -> Location {
    let index = min(max(line - 1, 0), lines.count - 1)
    return index < 0 ? first.location : lines[index].location
  }

  private func mismatch(_ node: Node, _ wanted: String) -> Problem {
    let found =
      switch node {
      case .scalar(let scalar): "\"\(scalar.string)\""
      case .mapping: "a mapping"
      case .sequence: "a sequence"
      case .alias: "an alias"
      }
    return Problem(message: "yaml: line \(place(node).row): cannot read \(found) as \(wanted)", location: place(node))
  }

  private func refused(_ message: String, _ mapping: Node.Mapping, _ name: String) -> Problem {
    let node = mapping.first { $0.key.string == name }?.value
    return Problem(message: message, location: node.map { place($0) } ?? first.location)
  }

  private func problem(_ error: any Error) -> Problem {
    guard let error = error as? YamlError else { return Problem(message: "yaml: unreadable", location: first.location) }
    switch error {
    case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _), .composer(_, let text, let mark, _):
      let location = place(line: mark.line)
      return Problem(message: "yaml: line \(location.row): \(text)", location: location)
    case .duplicatedKeysInMapping(let names, let context):
      let location = place(line: context.mark.line)
      return Problem(message: "yaml: line \(location.row): mapping key \"\(names.first ?? "")\" already defined", location: location)
    case .reader(let text, _, _, _): return Problem(message: "yaml: \(text)", location: first.location)
    default: return Problem(message: "yaml: unreadable", location: first.location)
    }
  }
}

extension Metadata {
  fileprivate var stringValue: String? {
    if case .string(let text) = self { text } else { nil }
  }
}
