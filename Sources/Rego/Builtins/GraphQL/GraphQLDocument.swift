extension GraphQL {
  enum LiteralKind: Int {
    case variable, int, float, string, block, boolean, null, enumeration, list, object
  }

  /// A type as written: a name, or a list of something.
  final class TypeReference {
    var name = ""
    var element: TypeReference?
    var isNonNull = false
    var position: Position?

    init() {}

    init(name: String, isNonNull: Bool = false) {
      self.name = name
      self.isNonNull = isNonNull
    }

    /// The name inside all lists.
    var innermost: String {
      var type = self
      while let element = type.element { type = element }
      return type.name
    }

    var text: String { (element.map { "[\($0.text)]" } ?? name) + (isNonNull ? "!" : "") }

    /// Whether a value of this type is one of another type.
    func fits(_ other: TypeReference, nullable: Bool = false) -> Bool {
      guard name == other.name else { return false }
      if let element {
        guard let wanted = other.element, element.fits(wanted) else { return false }
      }
      return !other.isNonNull || nullable || isNonNull
    }
  }

  /// A value as written, with what the walk finds out about its place.
  final class Literal {
    struct Child {
      var name = ""
      var value: Literal
      var position: Position?
    }

    var kind: LiteralKind
    var raw: String
    var children: [Child] = []
    var position: Position?

    var expected: TypeReference?
    var expectedHasDefault = false
    var definition: Definition?
    var variable: VariableDefinition?

    init(_ kind: LiteralKind, _ raw: String = "", position: Position? = nil) {
      self.kind = kind
      self.raw = raw
      self.position = position
    }

    var text: String {
      switch kind {
      case .variable: "$" + raw
      case .int, .float, .enumeration, .boolean, .null: raw
      case .string, .block: Builtins.quoted(Array(raw.utf8))
      case .list: "[" + children.map(\.value.text).joined(separator: ",") + "]"
      case .object: "{" + children.map { "\($0.name):\($0.value.text)" }.joined(separator: ",") + "}"
      }
    }
  }

  struct Argument {
    var name = ""
    var value: Literal
    var position: Position?
  }

  final class Directive {
    var name = ""
    var arguments: [Argument] = []
    var position: Position?
  }

  // MARK: Queries

  final class VariableDefinition {
    var variable = ""
    var type = TypeReference()
    var defaultValue: Literal?
    var directives: [Directive] = []
    var position: Position?
    var isUsed = false
  }

  final class Field {
    var alias = ""
    var name = ""
    var arguments: [Argument] = []
    var directives: [Directive] = []
    var selections: [Selection] = []
    var position: Position?

    var definition: FieldDefinition?
    var parent: Definition?
    var responseName: String { alias.isEmpty ? name : alias }
  }

  final class Spread {
    var name = ""
    var directives: [Directive] = []
    var position: Position?
  }

  final class InlineFragment {
    var condition = ""
    var directives: [Directive] = []
    var selections: [Selection] = []
    var position: Position?
  }

  enum Selection {
    case field(Field)
    case spread(Spread)
    case inline(InlineFragment)
  }

  final class Operation {
    var kind = ""
    var name = ""
    var variables: [VariableDefinition] = []
    var directives: [Directive] = []
    var selections: [Selection] = []
    var position: Position?
  }

  final class Fragment {
    var name = ""
    var variables: [VariableDefinition] = []
    var condition = ""
    var directives: [Directive] = []
    var selections: [Selection] = []
    var position: Position?
  }

  struct QueryDocument {
    var operations: [Operation] = []
    var fragments: [Fragment] = []
  }

  // MARK: Schemas

  enum DefinitionKind: String {
    case scalar = "SCALAR"
    case object = "OBJECT"
    case interface = "INTERFACE"
    case union = "UNION"
    case enumeration = "ENUM"
    case input = "INPUT_OBJECT"
  }

  final class Definition {
    var kind: DefinitionKind
    var description = ""
    var name = ""
    var directives: [Directive] = []
    var interfaces: [String] = []
    var fields: [FieldDefinition] = []
    var members: [String] = []
    var values: [EnumValue] = []
    var position: Position?
    var isBuiltIn = false

    init(_ kind: DefinitionKind) { self.kind = kind }

    var isAbstract: Bool { kind == .interface || kind == .union }
    var isComposite: Bool { kind == .object || isAbstract }
    var isLeaf: Bool { kind == .scalar || kind == .enumeration }
    var isInput: Bool { isLeaf || kind == .input }

    /// The first of each name; made anew when fields were added.
    private var index: (count: Int, fields: [String: FieldDefinition]) = (0, [:])

    func field(_ name: String) -> FieldDefinition? {
      if index.count != fields.count {
        index = (fields.count, Dictionary(fields.map { ($0.name, $0) }) { first, _ in first })
      }
      return index.fields[name]
    }

    private(set) lazy var valueNames = Set(values.map(\.name))
  }

  /// A field, or an argument.
  final class FieldDefinition {
    var description = ""
    var name = ""
    var arguments: [FieldDefinition] = []
    var defaultValue: Literal?
    var type = TypeReference()
    var directives: [Directive] = []
    var position: Position?

    func argument(_ name: String) -> FieldDefinition? { arguments.first { $0.name == name } }
  }

  struct EnumValue {
    var description = ""
    var name = ""
    var directives: [Directive] = []
  }

  final class DirectiveDefinition {
    var description = ""
    var name = ""
    var arguments: [FieldDefinition] = []
    var locations: [String] = []
    var isRepeatable = false
    var position: Position?
  }

  struct SchemaDefinition {
    struct Entry {
      var operation = ""
      var type = ""
      var position: Position?
    }
    var description = ""
    var directives: [Directive] = []
    var entries: [Entry] = []
    var position: Position?
  }

  struct SchemaDocument {
    var schema: [SchemaDefinition] = []
    var schemaExtensions: [SchemaDefinition] = []
    var directives: [DirectiveDefinition] = []
    var definitions: [Definition] = []
    var extensions: [Definition] = []
  }
}
