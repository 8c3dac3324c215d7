/// Types of `input` and of parts of `data`, from schemas (v1/ast/check.go).
final class DocumentTypes {
  private let schemas: SchemaSet?
  private var input: StaticType?
  /// Why the schema of `input` is none.
  let inputFault: CheckFault?
  /// Types of named schemas, or why they have none.
  private var known: [[String]: Result<StaticType, SchemaError>] = [:]

  init(_ schemas: SchemaSet?) {
    self.schemas = schemas
    guard let document = schemas?[[]] else {
      inputFault = nil
      return
    }
    switch Self.type(of: document.value) {
    case .success(let type):
      input = type
      inputFault = nil
    case .failure(let error): inputFault = CheckFault(.type, error.text, 0, .generated)
    }
  }

  private static func type(of schema: Value) -> Result<StaticType, SchemaError> {
    Result { () throws(SchemaError) in try SchemaTyping.type(of: schema) }
  }

  /// Gives the scope of a rule the types that hold there. Returns what is wrong with the rule's own schemas.
  func fill(_ scope: TypeScope, _ rule: CheckRule) -> [CheckFault] {
    if let input { scope[VariableTable.input] = input }
    var faults: [CheckFault] = []
    for note in rule.schemas {
      do throws(SchemaError) {
        guard let type = try type(of: note), let root = Self.root(note) else { continue }
        if note.path.count == 1 {
          scope[root] = type
        } else {
          // Below data all that is known so far stays known.
          let isKnown = root == VariableTable.data && !scope.globals.children.isEmpty
          let base = scope[root] ?? (isKnown ? scope.globals.extent : nil)
          scope[root] = Self.overriding(base, note.path.dropFirst(), with: type)
        }
      } catch {
        faults.append(CheckFault(.type, error.text, rule.module, rule.location))
      }
    }
    return faults
  }

  private static func root(_ note: SchemaNote) -> Int? {
    switch note.path.first {
    case .string("input"): VariableTable.input
    case .string("data"): VariableTable.data
    default: nil
    }
  }

  /// Nil where the block counts for nothing.
  private func type(of note: SchemaNote) throws(SchemaError) -> StaticType? {
    switch note.source {
    case .inline(let metadata):
      let heap = Heap()
      return try withExtendedLifetime(heap) { () throws(SchemaError) in try SchemaTyping.type(of: metadata.value(in: heap)) }
    case .named(let name, let text):
      guard let schemas else { return nil }
      if let type = known[name] { return try type.get() }
      guard let document = schemas[name] else { throw SchemaError("undefined schema: \(text)") }
      let type = Self.type(of: document.value)
      known[name] = type
      return try type.get()
    }
  }

  /// A type in which what lies behind a path has another type.
  private static func overriding(_ base: StaticType?, _ path: ArraySlice<Constant>, with type: StaticType) -> StaticType {
    guard let key = path.first else { return type }
    guard case .object(let object)? = base else {
      return made(path, type, rest: StaticType.Properties(key: .any, value: .any))
    }
    var properties = object.properties
    if let index = properties.firstIndex(where: { $0.key == key }) {
      properties[index].value = overriding(properties[index].value, path.dropFirst(), with: type)
    } else {
      properties.append(StaticType.Property(key: key, value: made(path.dropFirst(), type, rest: object.rest)))
    }
    return .object(properties, rest: object.rest)
  }

  /// Objects of one property inside each other.
  private static func made(_ path: ArraySlice<Constant>, _ type: StaticType, rest: StaticType.Properties?) -> StaticType {
    guard let key = path.first else { return type }
    return .object([StaticType.Property(key: key, value: made(path.dropFirst(), type, rest: rest))], rest: rest)
  }
}
