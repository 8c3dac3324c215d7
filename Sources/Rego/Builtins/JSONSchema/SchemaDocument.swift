/// A schema's text as a tree in which every `$ref` is an absolute address, and where `$id` gives addresses.
final class SchemaDocument {
  enum Form {
    case null
    case boolean(Bool)
    /// Its literal.
    case number([UInt8])
    case string([UInt8])
    case array([SchemaDocument])
    /// In the order of the keys.
    case object([(key: [UInt8], value: SchemaDocument)])
  }
  /// A tree may be written shorter than it is: values of the language share their parts.
  static let sizeLimit = 1 << 20
  static let depthLimit = 1000

  private(set) var form: Form
  /// The document's text as JSON values, for `const` and `enum`.
  let value: Value
  /// What `$ref` leads to; only objects have one.
  fileprivate(set) var reference: SchemaAddress?

  private init(_ form: Form, _ value: Value) {
    self.form = form
    self.value = value
  }

  subscript(key: StaticString) -> SchemaDocument? {
    guard case .object(let members) = form else { return nil }
    return key.withUTF8Buffer { name in
      members.first { unsafe $0.key.elementsEqual(name) }?.value
    }
  }

  subscript(key: [UInt8]) -> SchemaDocument? {
    guard case .object(let members) = form else { return nil }
    return members.first { $0.key == key }?.value
  }

  var string: [UInt8]? { if case .string(let text) = form { text } else { nil } }
  var isObject: Bool { if case .object = form { true } else { false } }
  /// An object or a truth value: what a schema of draft 6 can be.
  var isSchema: Bool {
    switch form {
    case .object, .boolean: true
    default: false
    }
  }

  /// - Parameter size: counts the nodes made so far.
  static func make(_ value: Value, size: inout Int, depth: Int = 0) throws(SchemaError) -> SchemaDocument {
    size += 1
    guard size <= sizeLimit else { throw SchemaError("schema is too large") }
    guard depth <= depthLimit else { throw SchemaError("schema is nested too deeply") }
    switch value.tag {
    case .boolean: return SchemaDocument(.boolean(value.isTrue), value)
    case .integer, .number: return SchemaDocument(.number(Numbers.literal(value)), value)
    case .shortString, .longString: return SchemaDocument(.string(value.text), value)
    case .array:
      var elements: [SchemaDocument] = []
      for element in value.elements { elements.append(try make(element, size: &size, depth: depth + 1)) }
      return SchemaDocument(.array(elements), value)
    case .object:
      var members: [(key: [UInt8], value: SchemaDocument)] = []
      for (key, member) in Members(value.objectView) {
        members.append((key.text, try make(member, size: &size, depth: depth + 1)))
      }
      return SchemaDocument(.object(members), value)
    case .undefined, .null, .set: return SchemaDocument(.null, value)
    }
  }
}

/// The documents that references can lead to, by address.
struct SchemaPool {
  private var documents: [String: (document: SchemaDocument, draft: SchemaDraft?)] = [:]
  /// What meta-schemas live in.
  private let heap = Heap()

  /// Takes a document in: all its parts that have an `$id`, and itself under `address`.
  mutating func add(_ document: SchemaDocument, at address: SchemaAddress) throws(SchemaError) {
    let draft = try Self.draft(of: document)
    resolve(document, base: address, draft: draft)
    documents[address.text] = (document, draft)
  }

  /// The edition `$schema` names; nil without one or for an address that is not known.
  static func draft(of document: SchemaDocument) throws(SchemaError) -> SchemaDraft? {
    if case .boolean = document.form { return nil }
    guard document.isObject else { throw SchemaError("schema is invalid") }
    guard let named = document["$schema"] else { return nil }
    guard let text = named.string else { throw SchemaError("$schema must be of type string") }
    return SchemaDraft(address: try SchemaAddress(text).text)
  }

  /// Makes the references below a document absolute. Mistakes come up when the schema is compiled.
  private mutating func resolve(_ document: SchemaDocument, base: SchemaAddress, draft: SchemaDraft?) {
    switch document.form {
    case .array(let elements): for element in elements { resolve(element, base: base, draft: draft) }
    case .object(let members):
      var scope = base
      if let id = (document["id"] ?? document["$id"])?.string, let named = try? SchemaAddress(id) {
        scope = base.resolving(named)
        if documents[scope.text] == nil { documents[scope.text] = (document, draft) }
      }
      if let text = document["$ref"]?.string, let reference = try? SchemaAddress(text) {
        document.reference = scope.resolving(reference)
      }
      for (key, value) in members {
        switch String(decoding: key, as: UTF8.self) {
        // Values, whatever they look like.
        case "const", "enum": continue
        // Their own keys are names and no keywords.
        case "properties", "dependencies", "patternProperties":
          if case .object(let children) = value.form { for child in children { resolve(child.value, base: scope, draft: draft) } }
        default: resolve(value, base: scope, draft: draft)
        }
      }
    default: break
    }
  }

  /// What an address leads to.
  mutating func document(_ address: SchemaAddress) throws(SchemaError) -> (document: SchemaDocument, draft: SchemaDraft?) {
    if let found = documents[address.text] { return found }
    try addMetaSchema(address.withoutFragment)
    guard let base = documents[address.withoutFragment.text] else {
      guard address.isCanonical else { throw SchemaError("Reference \(address.text) must be canonical") }
      if address.scheme == "file" { throw SchemaError("file reference loading disabled: \(address.text)") }
      throw SchemaError("remote reference loading disabled: \(address.text)")
    }
    let found = (try Self.part(of: base.document, at: address.pointer), base.draft)
    documents[address.text] = found
    return found
  }

  /// Takes the meta-schema of an address in, where there is one.
  private mutating func addMetaSchema(_ address: SchemaAddress) throws(SchemaError) {
    guard documents[address.text] == nil, let draft = SchemaDraft(address: address.text), let text = MetaSchema.text(draft) else { return }
    var size = 0
    do throws(JSONError) {
      let value = try JSONReader.read(Array(text.utf8), in: heap)
      try? add(try SchemaDocument.make(value, size: &size), at: address)
    } catch {
      throw SchemaError(error.reason)
    }
  }

  private static func part(of document: SchemaDocument, at tokens: [[UInt8]]) throws(SchemaError) -> SchemaDocument {
    var node = document
    for token in tokens {
      let text = String(decoding: token, as: UTF8.self)
      switch node.form {
      case .object:
        guard let next = node[SchemaAddress.decoded(token)] else { throw SchemaError("Object has no key '\(text)'") }
        node = next
      case .array(let elements):
        guard let index = Int(text) else { throw SchemaError("Invalid array index '\(text)'") }
        guard elements.indices.contains(index) else {
          throw SchemaError("Out of bound array[0,\(elements.count)] index '\(index)'")
        }
        node = elements[index]
      default: throw SchemaError("Invalid token reference '\(text)'")
      }
    }
    return node
  }
}
