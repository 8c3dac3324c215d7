import Foundation
import Judgement
import Rego
import Testing

/// The shipped policies run unchanged under stock OPA: every built-in and every construct that they use is one that OPA has.
@Suite("Policies under stock OPA")
struct StockFeatureTests {
  /// Number of arguments by name. opa-builtins.txt says where the list comes from.
  static let builtins = Result {
    let text = try String(
      contentsOf: ControlFixture.folder.deletingLastPathComponent().appending(path: "opa-builtins.txt"), encoding: .utf8)
    var arities: [String: Int] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: "/")
      arities[parts.dropLast().joined(separator: "/")] = Int(parts[parts.count - 1])
    }
    return arities
  }

  static func modules() throws -> [Module] {
    let folder = try DataFolder(named: FixtureJudge.source)
    return try folder.files(below: "policies", suffixes: [".rego"]).map { try Parser.module(try folder.bytes($0), file: $0) }
  }

  @Test("built-ins, their arguments, and constructs")
  func builtinsAndConstructs() throws {
    let arities = try Self.builtins.get()
    #expect(arities.count > 150)
    let modules = try Self.modules()
    #expect(modules.count > 20)
    var walk = PolicyWalk()
    for module in modules { walk.visit(module) }
    for (name, uses) in walk.calls.sorted(by: { $0.key < $1.key }) {
      guard let arity = arities[name] else {
        Issue.record("\(name) is no built-in of OPA: \(uses[0].place)")
        continue
      }
      for use in uses {
        // One argument more takes the result: `f(x, y, result)`.
        #expect(use.arguments == arity || use.arguments == arity + 1, "\(name) takes \(arity) arguments: \(use.place)")
      }
    }
    #expect(walk.calls.count > 10, "the walk found hardly any call")
    for (construct, place) in walk.foreign { Issue.record("\(construct) is not in OPA's language: \(place)") }
  }

  @Test("a built-in that OPA does not have is found")
  func foreignBuiltinIsFound() throws {
    let text =
      "package p\n\nr if every x in [1] { not y_of.z(x) }\n\ns := {k: v | some k, v in object.ours({})}\n\nlocal(x) := x\n\nt := local(1)\n"
    var walk = PolicyWalk()
    walk.visit(try Parser.module(Array(text.utf8), file: "p.rego"))
    #expect(walk.calls.keys.sorted() == ["object.ours", "y_of.z"])
  }
}

/// Walks parsed modules and notes every call that is not one of a function in the policies, and every construct that OPA lacks.
struct PolicyWalk {
  private(set) var calls: [String: [(arguments: Int, place: String)]] = [:]
  private(set) var foreign: [(String, String)] = []
  private var file = ""
  /// First names that mean something in the module: its own rules, and its imports.
  private var local: Set<String> = []

  mutating func visit(_ module: Module) {
    file = module.file
    local = ["data", "input"]
    for rule in module.rules {
      if case .variable(let name)? = rule.head.reference.first?.node { local.insert(name) }
    }
    for item in module.imports {
      guard case .reference(let path) = item.path.node else { continue }
      let parts = path.map(Self.text)
      if parts.first == "data" || parts.first == "input" {
        local.insert(item.alias ?? parts[parts.count - 1])
      } else if parts != ["rego", "v1"] && parts.prefix(2) != ["future", "keywords"] {
        foreign.append(("import \(parts.joined(separator: "."))", place(item.location)))
      }
    }
    for rule in module.rules { visit(rule) }
  }

  private mutating func visit(_ rule: Rule) {
    for term in rule.head.reference + (rule.head.arguments ?? []) { visit(term) }
    for term in [rule.head.key, rule.head.value].compactMap({ $0 }) { visit(term) }
    visit(rule.body)
    for other in rule.elses {
      if let value = other.value { visit(value) }
      visit(other.body)
    }
  }

  private mutating func visit(_ body: Body) {
    for expression in body { visit(expression) }
  }

  private mutating func visit(_ expression: Rego.Expression) {
    for with in expression.with {
      visit(with.target)
      visit(with.value)
    }
    switch expression.kind {
    case .term(let term): visit(term)
    case .someVariables: break
    case .someIn(let key, let value, let collection):
      for term in [key, value, collection].compactMap({ $0 }) { visit(term) }
    case .every(_, _, let domain, let body):
      visit(domain)
      visit(body)
    case .notBody(let body):
      foreign.append(("not with a body", place(expression.location)))
      visit(body)
    case .and(let bodies), .or(let bodies):
      foreign.append(("and, or", place(expression.location)))
      for body in bodies { visit(body) }
    }
  }

  private mutating func visit(_ term: Term) {
    switch term.node {
    case .null, .boolean, .number, .string, .variable: break
    case .reference(let parts), .array(let parts), .set(let parts): for part in parts { visit(part) }
    case .call(let target, let arguments):
      note(target, arguments.count, term.location)
      for argument in arguments { visit(argument) }
    case .object(let items):
      for item in items {
        visit(item.key)
        visit(item.value)
      }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
      visit(head)
      visit(body)
    case .objectComprehension(let key, let value, let body):
      visit(key)
      visit(value)
      visit(body)
    case .template: foreign.append(("a template string", place(term.location)))
    }
  }

  private mutating func note(_ target: Term, _ arguments: Int, _ location: Location) {
    let parts: [String]
    switch target.node {
    case .variable(let name): parts = [name]
    case .reference(let path): parts = path.map(Self.text)
    default: parts = ["?"]
    }
    guard !local.contains(parts[0]) else { return }
    calls[parts.joined(separator: "."), default: []].append((arguments, place(location)))
  }

  private static func text(_ term: Term) -> String {
    switch term.node {
    case .variable(let text), .string(let text): text
    default: "?"
    }
  }

  private func place(_ location: Location) -> String { "\(file):\(location.row)" }
}
