/// JSON schemas that policies are checked against, by the names that METADATA blocks give them.
///
/// A schema without a name is that of `input`, everywhere. The others count where a block says so: `schemas: [{input: schema.a.b}]` takes
/// the one named `["a", "b"]`, which a command reads from the file `a/b.json` of a folder.
public struct SchemaSet: Sendable {
  private var documents: [[String]: Document] = [:]

  public init() {}

  /// The schema of `input` alone.
  public init(input: Document) { documents[[]] = input }

  /// - Parameter name: The parts behind `schema`; empty for the schema of `input`.
  public subscript(name: [String]) -> Document? {
    get { documents[name] }
    set { documents[name] = newValue }
  }

  public var isEmpty: Bool { documents.isEmpty }
}

/// A schema that a METADATA block gives a part of `input` or `data`.
struct SchemaNote {
  enum Source {
    /// A name in the set, behind `schema`, and as written.
    case named([String], text: String)
    case inline(Metadata)
  }

  /// Begins with `input` or `data`.
  let path: [Constant]
  let source: Source

  /// What a block says, in its order.
  static func notes(of annotation: Annotation) -> [SchemaNote] {
    guard case .array(let items)? = annotation.fields["schemas"] else { return [] }
    return items.compactMap { item in
      guard case .object(let members) = item, let pair = members.first, let path = path(pair.key) else { return nil }
      guard case .string(let text) = pair.value else { return SchemaNote(path: path, source: .inline(pair.value)) }
      let name = (self.path(text) ?? []).dropFirst().compactMap { if case .string(let part) = $0 { part } else { nil } }
      return SchemaNote(path: path, source: .named(name, text: text))
    }
  }

  private static func path(_ text: String) -> [Constant]? {
    guard let term = try? Parser.term(Array(text.utf8), options: Parser.Options(annotations: false)) else { return nil }
    let terms = if case .reference(let parts) = term.node { parts } else { [term] }
    var result: [Constant] = []
    for part in terms {
      switch part.node {
      case .variable(let name), .string(let name): result.append(.string(name))
      case .number(let literal): result.append(.number(Constant.Number(literal)))
      case .boolean(let flag): result.append(.boolean(flag))
      case .null: result.append(.null)
      default: return nil
      }
    }
    return result
  }
}

/// The blocks of modules that speak of schemas, by what they are about.
struct SchemaNotes {
  private var packages: [[String]: [SchemaNote]] = [:]
  /// Of scope document and subpackages.
  private var paths: [[String]: [SchemaNote]] = [:]

  init(_ modules: [Module]) {
    for module in modules {
      let package = Compiler.path(module)
      for block in module.packageAnnotations {
        let notes = SchemaNote.notes(of: block)
        if notes.isEmpty { continue }
        if block.scope == .subpackages { paths[package, default: []] += notes } else { packages[package, default: []] += notes }
      }
      for rule in module.rules {
        for block in rule.annotations where block.scope == .document {
          paths[package + RuleMetadata.path(rule.head), default: []] += SchemaNote.notes(of: block)
        }
      }
    }
  }

  /// What counts in a rule, the widest first: later ones override parts of earlier ones.
  func notes(of rule: Rule, package: [String]) -> (shared: [SchemaNote], own: [SchemaNote]) {
    var shared: [SchemaNote] = []
    if !paths.isEmpty, !package.isEmpty { for count in 1...package.count { shared += paths[Array(package.prefix(count))] ?? [] } }
    shared += packages[package] ?? []
    if !paths.isEmpty { shared += paths[package + RuleMetadata.path(rule.head)] ?? [] }
    return (shared, rule.annotations.filter { $0.scope == .rule }.flatMap { SchemaNote.notes(of: $0) })
  }
}
