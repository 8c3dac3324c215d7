/// A term in the form the checks work on: names are resolved to rules and imports, and each stage rewrites it further, as OPA's do.
final class CheckTerm {
  enum Kind {
    case null
    case boolean(Bool)
    /// The literal as written.
    case number(String)
    case string(String)
    case variable(Int)
    /// Head and path. The head of a reference to a document is the variable `input` or `data`, that of a function its name's first part.
    case reference([CheckTerm])
    /// Operator, which is a reference, and operands.
    case call([CheckTerm])
    case array([CheckTerm])
    case object([CheckItem])
    case set([CheckTerm])
    case comprehension(CheckComprehension)
    case template([CheckTemplatePart])
  }

  var kind: Kind
  let location: Location

  init(_ kind: Kind, _ location: Location) {
    self.kind = kind
    self.location = location
  }
}

struct CheckItem {
  var key: CheckTerm
  var value: CheckTerm
}

enum CheckTemplatePart {
  case text(String)
  case expression(CheckExpression)
}

/// `[term | body]`, `{term | body}` or `{key: term | body}`.
final class CheckComprehension {
  enum Shape {
    case array
    case set
    case object
  }

  let shape: Shape
  /// Of an object.
  var key: CheckTerm?
  var term: CheckTerm
  let body: CheckBody
  /// The type once the body is checked: nil inside for one that cannot be told.
  var type: StaticType??

  init(_ shape: Shape, key: CheckTerm? = nil, term: CheckTerm, body: CheckBody) {
    self.shape = shape
    self.key = key
    self.term = term
    self.body = body
  }
}

/// A class, so that a stage may replace the expressions in place.
final class CheckBody {
  var expressions: [CheckExpression]
  init(_ expressions: [CheckExpression] = []) { self.expressions = expressions }
}

/// `with target as value`. The expressions that a call is split into share it.
final class CheckModifier {
  var target: CheckTerm
  var value: CheckTerm
  let location: Location

  init(target: CheckTerm, value: CheckTerm, location: Location) {
    self.target = target
    self.value = value
    self.location = location
  }
}

final class CheckExpression {
  enum Connective {
    case not
    case and
    case or
  }

  enum Kind {
    case term(CheckTerm)
    /// Operator, which is a reference, and operands.
    case call([CheckTerm])
    case some([CheckTerm])
    case someIn(key: CheckTerm?, value: CheckTerm, collection: CheckTerm)
    case every(CheckEvery)
    /// Operands of `and` and `or`, or the body of `not { ... }`: all are closures that bind nothing outside.
    case logical([CheckBody])
  }

  var kind: Kind
  let isNegated: Bool
  var with: [CheckModifier]
  let location: Location
  /// A stage made it of a part of another expression; of a call, the last operand is then the result.
  let isGenerated: Bool
  /// Of a logical expression.
  var connective = Connective.not

  init(_ kind: Kind, isNegated: Bool = false, with: [CheckModifier] = [], location: Location, isGenerated: Bool = false) {
    self.kind = kind
    self.isNegated = isNegated
    self.with = with
    self.location = location
    self.isGenerated = isGenerated
  }

  /// `a = b` that a stage made.
  static func equality(_ a: CheckTerm, _ b: CheckTerm, with: [CheckModifier] = [], location: Location) -> CheckExpression {
    let name = CheckTerm(.reference([CheckTerm(.variable(VariableTable.unify), location)]), location)
    return CheckExpression(.call([name, a, b]), with: with, location: location, isGenerated: true)
  }

  /// The terms of a call with this operator, the operator first.
  func call(of name: Int) -> [CheckTerm]? {
    guard case .call(let terms) = kind, case .reference(let path) = terms[0].kind, path.count == 1,
      case .variable(let variable) = path[0].kind, variable == name
    else { return nil }
    return terms
  }
}

final class CheckEvery {
  var key: CheckTerm?
  var value: CheckTerm
  var domain: CheckTerm
  let body: CheckBody

  init(key: CheckTerm?, value: CheckTerm, domain: CheckTerm, body: CheckBody) {
    self.key = key
    self.value = value
    self.domain = domain
    self.body = body
  }
}

/// A rule, or one of its `else` branches.
final class CheckRule {
  /// Index of the module.
  let module: Int
  /// Package path below data.
  let package: [String]
  /// The name's first part, and the rest as terms.
  let name: String
  var suffix: [CheckTerm]
  /// Empty for documents and for functions without parameters.
  var arguments: [CheckTerm]
  /// The element of a partial set.
  var key: CheckTerm?
  /// Nil for partial sets.
  var value: CheckTerm?
  let body: CheckBody
  let isDefault: Bool
  let location: Location
  let headLocation: Location
  let variables: VariableTable
  /// The next `else` branch.
  var next: CheckRule?
  /// What METADATA blocks say of documents here.
  var schemas: [SchemaNote] = []
  let arity: Int
  /// The value was given with `:=`.
  var isAssigned = false
  /// Whether the stages for templates and `print` have anything to do.
  var hasTemplates = false
  var hasPrint = false

  init(
    module: Int, package: [String], name: String, suffix: [CheckTerm], arguments: [CheckTerm], key: CheckTerm?, value: CheckTerm?,
    body: CheckBody, isDefault: Bool, location: Location, headLocation: Location, variables: VariableTable
  ) {
    self.module = module
    self.package = package
    self.name = name
    self.suffix = suffix
    self.arguments = arguments
    arity = arguments.count
    self.key = key
    self.value = value
    self.body = body
    self.isDefault = isDefault
    self.location = location
    self.headLocation = headLocation
    self.variables = variables
  }

  /// Gives up everything but name and arity, which calls in queries need.
  func release() {
    suffix = []
    arguments = []
    key = nil
    value = nil
    body.expressions = []
    next = nil
  }

  /// The rule and its `else` branches.
  var branches: [CheckRule] {
    var result = [self]
    while let next = result[result.count - 1].next { result.append(next) }
    return result
  }

  /// How many parts of `suffix` stand before the first variable.
  var groundCount: Int { suffix.firstIndex { !$0.isGround } ?? suffix.count }
  var isGround: Bool { groundCount == suffix.count }

  /// Path below data up to the first variable.
  var groundPath: [Constant] {
    (package + [name]).map { Constant.string($0) } + suffix.prefix(groundCount).map { $0.constant ?? .null }
  }

  /// "data.p.q", as OPA prints the reference.
  var text: String {
    let path = (["data"] + package + [name]).enumerated().map { $0 == 0 ? $1 : CheckText.part($1) }.joined()
    return path + CheckText(variables).path(suffix)
  }
}

extension CheckTerm {
  var isScalar: Bool {
    switch kind {
    case .null, .boolean, .number, .string: true
    default: false
    }
  }

  var isVariable: Bool { if case .variable = kind { true } else { false } }

  /// No variable in it (what a comprehension holds is its own affair).
  var isGround: Bool {
    switch kind {
    case .null, .boolean, .number, .string, .comprehension, .template: true
    case .variable: false
    case .reference(let path): path.dropFirst().allSatisfy(\.isGround)
    case .call(let terms), .array(let terms), .set(let terms): terms.allSatisfy(\.isGround)
    case .object(let items): items.allSatisfy { $0.key.isGround && $0.value.isGround }
    }
  }

  /// The value of a term without variables, references and calls.
  var constant: Constant? {
    switch kind {
    case .null: return .null
    case .boolean(let value): return .boolean(value)
    case .number(let text): return .number(Constant.Number(text))
    case .string(let text): return .string(text)
    case .array(let terms): return Self.constants(terms).map { .array($0) }
    case .set(let terms): return Self.constants(terms).map { .array($0.sorted()) }
    case .object(let items):
      guard let keys = Self.constants(items.map(\.key)), let values = Self.constants(items.map(\.value)) else { return nil }
      return .object(zip(keys, values).map { Constant.Member(key: $0, value: $1) }.sorted { $0.key < $1.key })
    default: return nil
    }
  }

  private static func constants(_ terms: [CheckTerm]) -> [Constant]? {
    var result: [Constant] = []
    result.reserveCapacity(terms.count)
    for term in terms {
      guard let constant = term.constant else { return nil }
      result.append(constant)
    }
    return result
  }

  /// The kind of value, as messages name it.
  func kindName() -> String {
    switch kind {
    case .null: "null"
    case .boolean: "boolean"
    case .number: "number"
    case .string: "string"
    case .variable: "var"
    case .reference: "ref"
    case .call: "call"
    case .array: "array"
    case .object: "object"
    case .set: "set"
    case .comprehension(let comprehension):
      switch comprehension.shape {
      case .array: "arraycomprehension"
      case .set: "setcomprehension"
      case .object: "objectcomprehension"
      }
    case .template: "templatestring"
    }
  }
}
