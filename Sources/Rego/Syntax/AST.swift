/// A term of the language: a constant, a variable, a reference, a collection, a comprehension or a call.
public struct Term: Sendable {
  public indirect enum Node: Sendable {
    case null
    case boolean(Bool)
    /// The literal as written ("1e3"), with a digit before the point (`.5` is "0.5"); arbitrary precision.
    case number(String)
    case string(String)
    /// A variable; each `_` is given a name of its own by the parser ("$0", "$1", ...).
    case variable(String)
    /// The first term is the head (a variable, or any term for `{"a": 1}.a` and `f(x).y`); `.name` is a string term.
    /// `input` and `data` alone are references of one term.
    case reference([Term])
    /// The operator is a reference or variable; infix operators carry the built-in's name: eq (`=`), assign (`:=`), equal (`==`), neq,
    /// lt, lte, gt, gte, plus, minus, mul, div, rem, and, or, internal.member_2, internal.member_3 (`in`).
    case call(Term, [Term])
    case array([Term])
    case object([ObjectItem])
    case set([Term])
    case arrayComprehension(Term, Body)
    case setComprehension(Term, Body)
    case objectComprehension(key: Term, value: Term, Body)
    /// `$"text {term}"`: strings are decoded text, the rest are expressions (undefined prints as "<undefined>").
    case template([TemplatePart])
  }

  public struct ObjectItem: Sendable {
    public var key: Term
    public var value: Term
    public init(key: Term, value: Term) {
      self.key = key
      self.value = value
    }
  }

  public enum TemplatePart: Sendable {
    case text(String)
    case expression(Expression)
  }

  public var node: Node
  public var location: Location
  /// Byte offsets of the outermost parentheses around the term, which the location leaves out: of `(` and past `)`; -1 without any.
  public var groupStart: Int32 = -1
  public var groupEnd: Int32 = -1
  /// Written in parentheses.
  public var isGrouped: Bool { groupEnd >= 0 }

  public init(_ node: Node, _ location: Location = .generated) {
    self.node = node
    self.location = location
  }
}

/// Expressions that must all hold.
public typealias Body = [Expression]

/// One line of a body.
public struct Expression: Sendable {
  public indirect enum Kind: Sendable {
    /// A term that must be defined and not false. Infix operators are calls.
    case term(Term)
    /// `some x, y`
    case someVariables([Term])
    /// `some v in xs`, `some k, v in xs`: key is nil in the first form.
    case someIn(key: Term?, value: Term, collection: Term)
    /// `every v in xs { ... }`
    case every(key: Term?, value: Term, domain: Term, body: Body)
    /// `not { ... }` with a body, and `not e` where e is a logical expression.
    case notBody(Body)
    /// `a and b`: every operand holds.
    case and([Body])
    /// `a or b`: some operand holds.
    case or([Body])
  }

  public var kind: Kind
  /// `not` before a term or call.
  public var isNegated: Bool
  public var with: [With]
  public var location: Location
  /// Written with an infix or assignment operator, for printing.
  public var isGenerated: Bool
  /// For `and`, `or` and `notBody`: which operands stood in braces, in their order. Variables of such an operand are its own.
  public var explicitBodies: [Bool] = []

  public init(_ kind: Kind, isNegated: Bool = false, with: [With] = [], location: Location = .generated, isGenerated: Bool = false) {
    self.kind = kind
    self.isNegated = isNegated
    self.with = with
    self.location = location
    self.isGenerated = isGenerated
  }
}

/// `with target as value`
public struct With: Sendable {
  public var target: Term
  public var value: Term
  public var location: Location

  public init(target: Term, value: Term, location: Location) {
    self.target = target
    self.value = value
    self.location = location
  }
}

public struct Head: Sendable {
  /// The name as a reference: first term a variable, then strings (`.b`) or terms (`[x]`).
  /// For `p[k] := v` the key is the last term; for `p contains x` it is not part of the reference.
  public var reference: [Term]
  /// Parameters of a function; nil for a rule (`f()` has an empty list).
  public var arguments: [Term]?
  /// `contains` (or v0 `p[x]`): the element of a partial set.
  public var key: Term?
  /// Value; nil means true. Nil for partial sets.
  public var value: Term?
  /// `:=` rather than `=`.
  public var isAssignment: Bool
  public var location: Location

  public init(reference: [Term], arguments: [Term]?, key: Term?, value: Term?, isAssignment: Bool, location: Location) {
    self.reference = reference
    self.arguments = arguments
    self.key = key
    self.value = value
    self.isAssignment = isAssignment
    self.location = location
  }
}

public struct Rule: Sendable {
  public struct Else: Sendable {
    /// Nil means true.
    public var value: Term?
    public var body: Body
    /// `:=` rather than `=`.
    public var isAssignment: Bool
    public var location: Location

    public init(value: Term?, body: Body, isAssignment: Bool = false, location: Location) {
      self.value = value
      self.isAssignment = isAssignment
      self.body = body
      self.location = location
    }
  }

  public var head: Head
  /// Empty for a rule without a body (which always holds).
  public var body: Body
  public var elses: [Else]
  public var isDefault: Bool
  public var location: Location
  /// METADATA blocks directly above, nearest last.
  public var annotations: [Annotation]

  public init(head: Head, body: Body, elses: [Else] = [], isDefault: Bool = false, location: Location, annotations: [Annotation] = []) {
    self.head = head
    self.body = body
    self.elses = elses
    self.isDefault = isDefault
    self.location = location
    self.annotations = annotations
  }
}

public struct Import: Sendable {
  /// `data.a.b`, `input.x`, `rego.v1`, `future.keywords.in` as a reference.
  public var path: Term
  public var alias: String?
  public var location: Location

  public init(path: Term, alias: String?, location: Location) {
    self.path = path
    self.alias = alias
    self.location = location
  }
}

public struct Comment: Sendable {
  /// Text after `#`, without the line end.
  public var text: String
  public var location: Location

  public init(text: String, location: Location) {
    self.text = text
    self.location = location
  }
}

/// A METADATA block. The fields are the YAML's, as plain values.
public struct Annotation: Sendable {
  public enum Scope: String, Sendable {
    case rule
    case document
    case package
    case subpackages
  }

  public var scope: Scope
  /// The scope as written; "" until the statement below decides.
  var scopeName = ""
  public var title: String
  public var description: String
  public var isEntrypoint: Bool
  /// Every field of the block, `custom` included.
  public var fields: Metadata
  public var location: Location

  public init(scope: Scope, title: String, description: String, isEntrypoint: Bool, fields: Metadata, location: Location) {
    self.scope = scope
    self.title = title
    self.description = description
    self.isEntrypoint = isEntrypoint
    self.fields = fields
    self.location = location
  }
}

/// A YAML value of a METADATA block.
public indirect enum Metadata: Sendable, Hashable {
  case null
  case boolean(Bool)
  /// The number as written.
  case number(String)
  case string(String)
  case array([Metadata])
  /// In source order.
  case object([(key: String, value: Metadata)])

  public static func == (a: Metadata, b: Metadata) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.boolean(let x), .boolean(let y)): x == y
    case (.number(let x), .number(let y)), (.string(let x), .string(let y)): x == y
    case (.array(let x), .array(let y)): x == y
    case (.object(let x), .object(let y)): x.count == y.count && zip(x, y).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let b): hasher.combine(b)
    case .number(let s), .string(let s): hasher.combine(s)
    case .array(let a): hasher.combine(a)
    case .object(let o): for item in o { hasher.combine(item.key); hasher.combine(item.value) }
    }
  }

  /// The value under `key`; nil for a missing key or another kind.
  public subscript(key: String) -> Metadata? {
    guard case .object(let items) = self else { return nil }
    return items.first { $0.key == key }?.value
  }

  /// The text of a string, number or boolean.
  public var text: String? {
    switch self {
    case .string(let s), .number(let s): s
    case .boolean(let b): b ? "true" : "false"
    default: nil
    }
  }
}

/// One parsed file.
public struct Module: Sendable {
  /// The name given to the parser.
  public var file: String
  /// `data` and string terms.
  public var package: [Term]
  public var packageLocation: Location
  public var packageAnnotations: [Annotation]
  public var imports: [Import]
  public var rules: [Rule]
  public var comments: [Comment]
  public var version: LanguageVersion

  public init(
    file: String, package: [Term], packageLocation: Location, packageAnnotations: [Annotation], imports: [Import], rules: [Rule],
    comments: [Comment], version: LanguageVersion
  ) {
    self.file = file
    self.package = package
    self.packageLocation = packageLocation
    self.packageAnnotations = packageAnnotations
    self.imports = imports
    self.rules = rules
    self.comments = comments
    self.version = version
  }
}

/// The edition of the language. `import rego.v1` in a v0 module makes it v1.
public enum LanguageVersion: String, Sendable {
  case v0
  case v1
}
