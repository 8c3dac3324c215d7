/// The resolved tree: names are gone, every variable has a number, every call knows what it calls.
///
/// Produced by `Resolver`, put in evaluation order by `Safety`, read by `Planner`.
indirect enum ResolvedTerm {
  /// A ground value in the program's heap.
  case constant(Value)
  /// A local variable of the rule.
  case variable(Int)
  case input
  case data
  /// Head and path; the head is never itself a reference.
  case reference(ResolvedTerm, [ResolvedTerm])
  case array([ResolvedTerm])
  case object([(key: ResolvedTerm, value: ResolvedTerm)])
  case set([ResolvedTerm])
  case arrayComprehension(ResolvedTerm, ResolvedBody)
  case setComprehension(ResolvedTerm, ResolvedBody)
  case objectComprehension(key: ResolvedTerm, value: ResolvedTerm, ResolvedBody)
  case call(Callee, [ResolvedTerm], Location)
  /// Parts of an interpolated string: constant text, or a body that yields the value of its variable.
  case template([TemplatePiece])
}

enum TemplatePiece {
  case text(Value)
  case value(ResolvedTerm, with: [ResolvedWith])
}

enum Callee: Hashable {
  case builtin(String)
  /// A function defined by rules, by its path below data.
  case rule([String])
}

/// A body; a class so that ordering can replace it in place.
final class ResolvedBody {
  var statements: [ResolvedStatement]
  init(_ statements: [ResolvedStatement] = []) { self.statements = statements }
}

struct ResolvedWith {
  enum Target {
    case input([ResolvedTerm])
    case data([ResolvedTerm])
    case function(Callee)
  }
  var target: Target
  /// The value, or for a function that replaces a function its callee.
  var value: ResolvedTerm
  var replacement: Callee?
}

struct ResolvedStatement {
  indirect enum Kind {
    /// Defined and not false.
    case term(ResolvedTerm)
    case unify(ResolvedTerm, ResolvedTerm)
    /// `isClosure`: a body of its own (`not { ... }`), whose variables may be local to it.
    case not(ResolvedBody, isClosure: Bool)
    case every(key: Int?, value: Int, domain: ResolvedTerm, body: ResolvedBody)
    case and([ResolvedBody])
    case or([ResolvedBody])
  }
  var kind: Kind
  var with: [ResolvedWith]
  var location: Location
}

/// A rule after resolution.
struct ResolvedRule {
  struct Branch {
    var body: ResolvedBody
    /// Nil for `contains` rules.
    var value: ResolvedTerm?
    var location: Location
  }
  /// Path below data up to the first part that is not constant text.
  var path: [String]
  /// The rest of the name.
  var suffix: [ResolvedTerm]
  /// Parameters, or nil for a rule that is no function.
  var parameters: [ResolvedTerm]?
  /// Element of a partial set.
  var key: ResolvedTerm?
  /// The rule and its `else` branches.
  var branches: [Branch]
  var isDefault: Bool
  var location: Location
  var file: String
  /// Number of variables.
  var variableCount: Int
  /// Names of variables, for messages and results; generated ones begin with "$".
  var names: [String]
}

extension ResolvedTerm {
  /// Every variable of the node. Bodies of comprehensions count when `closures`.
  func collectVariables(closures: Bool, into result: inout Set<Int>) {
    switch self {
    case .constant, .input, .data: break
    case .variable(let v): result.insert(v)
    case .reference(let head, let path):
      head.collectVariables(closures: closures, into: &result)
      for part in path { part.collectVariables(closures: closures, into: &result) }
    case .array(let items), .set(let items), .call(_, let items, _):
      for item in items { item.collectVariables(closures: closures, into: &result) }
    case .object(let items):
      for item in items {
        item.key.collectVariables(closures: closures, into: &result)
        item.value.collectVariables(closures: closures, into: &result)
      }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
      if closures {
        head.collectVariables(closures: true, into: &result)
        body.collectVariables(closures: true, into: &result)
      }
    case .objectComprehension(let key, let value, let body):
      if closures {
        key.collectVariables(closures: true, into: &result)
        value.collectVariables(closures: true, into: &result)
        body.collectVariables(closures: true, into: &result)
      }
    case .template(let pieces):
      for case .value(let node, let with) in pieces {
        if closures {
          node.collectVariables(closures: true, into: &result)
          for w in with { w.collectVariables(closures: true, into: &result) }
        }
      }
    }
  }

  /// Calls `visit` for each body directly inside the node (not inside another body).
  func forEachClosure(_ visit: (_ heads: [ResolvedTerm], _ body: ResolvedBody) -> Void) {
    switch self {
    case .constant, .input, .data, .variable: break
    case .reference(let head, let path):
      head.forEachClosure(visit)
      for part in path { part.forEachClosure(visit) }
    case .array(let items), .set(let items), .call(_, let items, _): for item in items { item.forEachClosure(visit) }
    case .object(let items):
      for item in items {
        item.key.forEachClosure(visit)
        item.value.forEachClosure(visit)
      }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body): visit([head], body)
    case .objectComprehension(let key, let value, let body): visit([key, value], body)
    case .template(let pieces):
      for case .value(let node, let with) in pieces {
        visit([node], ResolvedBody())
        for w in with { w.value.forEachClosure(visit) }
      }
    }
  }
}

extension ResolvedWith {
  func collectVariables(closures: Bool, into result: inout Set<Int>) {
    value.collectVariables(closures: closures, into: &result)
    switch target {
    case .input(let path), .data(let path): for part in path { part.collectVariables(closures: closures, into: &result) }
    case .function: break
    }
  }
}

extension ResolvedBody {
  func collectVariables(closures: Bool, into result: inout Set<Int>) {
    for statement in statements { statement.collectVariables(closures: closures, into: &result) }
  }
}

extension ResolvedStatement {
  func collectVariables(closures: Bool, into result: inout Set<Int>) {
    for w in with { w.collectVariables(closures: closures, into: &result) }
    switch kind {
    case .term(let node): node.collectVariables(closures: closures, into: &result)
    case .unify(let a, let b):
      a.collectVariables(closures: closures, into: &result)
      b.collectVariables(closures: closures, into: &result)
    case .not(let body, let isClosure):
      // A negated expression stands in the body itself: its variables are the body's.
      if closures || !isClosure { body.collectVariables(closures: closures, into: &result) }
    case .every(let key, let value, let domain, let body):
      domain.collectVariables(closures: closures, into: &result)
      if closures {
        if let key { result.insert(key) }
        result.insert(value)
        body.collectVariables(closures: true, into: &result)
      }
    case .and(let bodies), .or(let bodies):
      if closures { for body in bodies { body.collectVariables(closures: true, into: &result) } }
    }
  }
}
