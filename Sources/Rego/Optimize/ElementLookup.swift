/// Tells loops which elements they seek: `some order in orders; some payment in payments; payment.order == order.id` needs for each order only
/// the payments that have its `id`, which `ElementIndex` finds without going through all of them.
///
/// A loop counts where it runs again and again for other values: inside another loop, or in a function with parameters. What it compares
/// with is looked up before it begins. Everything in the loop stays as it is, so that an index may give too many elements, and only what
/// comes before the comparison has to be free of traces. Needs single assignment, and keeps it.
struct ElementLookup {
  private let facts: ProgramFacts
  private let isMutable: [Bool]
  /// Whether a local may differ from one run of the block it is defined in to the next.
  private var varies: [Bool]
  private var isDefined: [Bool]

  static func run(_ function: PlannedFunction, locals: SingleAssignment, facts: ProgramFacts) {
    var pass = ElementLookup(facts, locals)
    for parameter in 0..<function.parameterCount { pass.define(parameter, varies: true) }
    pass.run(function.body, isRepeated: function.parameterCount > 0)
  }

  private init(_ facts: ProgramFacts, _ locals: SingleAssignment) {
    self.facts = facts
    isMutable = locals.isMutable
    varies = Array(repeating: false, count: locals.count)
    isDefined = Array(repeating: false, count: locals.count)
  }

  private mutating func define(_ local: Int, varies: Bool) {
    isDefined[local] = true
    self.varies[local] = varies
  }

  private func varies(_ operand: Operand) -> Bool {
    if case .local(let local) = operand { return varies[local] }
    return false
  }

  private mutating func run(_ block: Block, isRepeated: Bool) {
    var index = 0
    while index < block.statements.count {
      // Whatever follows a loop in its block would be lost with an operand that is not defined.
      if isRepeated, index == block.statements.count - 1, case .scan(_, let key, let value, let inner) = block.statements[index],
        let found = test(in: inner, key, value)
      {
        let moved = found.lookups.map { inner.statements[$0] }
        for place in found.lookups.reversed() { inner.statements.remove(at: place) }
        inner.statements.insert(.sought(keys: found.keys, found.operand), at: 0)
        block.statements.insert(contentsOf: moved, at: index)
      }
      note(block.statements[index])
      let isLoop = if case .scan = block.statements[index] { true } else { false }
      for inner in block.statements[index].blocks { run(inner, isRepeated: isRepeated || isLoop) }
      index += 1
    }
  }

  private mutating func note(_ statement: Statement) {
    switch statement {
    case .input(let local), .base(let local): define(local, varies: false)
    case .dot(let local, let source, let key), .dotBase(let local, let source, let key):
      define(local, varies: varies(source) || varies(key))
    default: for local in statement.definitions { define(local, varies: true) }
    }
  }

  // MARK: - One loop

  private struct Test {
    var keys: [Int]
    var operand: Operand
    /// Statements of the block that the operand needs, in order.
    var lookups: [Int]
  }

  /// The first test of the block that compares a part of the element with what is known before the loop and differs from one of its runs to the
  /// next.
  private func test(in block: Block, _ key: Int, _ value: Int) -> Test? {
    var parts: [Int: [Int]] = [value: []]
    // Lookups in what is known before the loop, by the local that they define.
    var lookups: [Int: (index: Int, source: Operand, key: Operand, varies: Bool)] = [:]
    func isOuter(_ operand: Operand) -> Bool {
      switch operand {
      case .constant: true
      case .local(let local): !isMutable[local] && (lookups[local] != nil || isDefined[local] && local != key && local != value)
      }
    }
    func differs(_ operand: Operand) -> Bool {
      if case .local(let local) = operand { return lookups[local]?.varies ?? varies[local] }
      return false
    }
    /// Statements that an operand needs.
    func needed(_ operand: Operand) -> [Int] {
      guard case .local(let local) = operand, let lookup = lookups[local] else { return [] }
      return needed(lookup.source) + needed(lookup.key) + [lookup.index]
    }
    for (index, statement) in block.statements.enumerated() {
      switch statement {
      case .dot(let target, .local(let source), .constant(let name)) where parts[source] != nil:
        parts[target] = (parts[source] ?? []) + [name]
      case .dot(let target, let source, let name) where isOuter(source) && isOuter(name):
        lookups[target] = (index, source, name, differs(source) || differs(name))
      case .compare(let builtin, .equal, let a, let b) where !facts.isReplaced(builtin: builtin):
        for (part, other) in [(a, b), (b, a)] {
          guard case .local(let local) = part, let keys = parts[local], isOuter(other), differs(other) else { continue }
          return Test(keys: keys, operand: other, lookups: Set(needed(other)).sorted())
        }
      case .equal(let a, let b):
        for (part, other) in [(a, b), (b, a)] {
          guard case .local(let local) = part, let keys = parts[local], isOuter(other), differs(other) else { continue }
          return Test(keys: keys, operand: other, lookups: Set(needed(other)).sorted())
        }
      default: if !Self.isSilent(statement) { return nil }
      }
    }
    return nil
  }

  /// It leaves no trace, and cannot fail the evaluation.
  private static func isSilent(_ statement: Statement, isClosed: Bool = false) -> Bool {
    switch statement {
    case .input, .base, .dot, .dotBase, .equal, .truthy, .compare, .isDefined, .isUndefined, .isArray, .isObject, .isCollection, .contains,
      .makeTuple, .makeRecord:
      true
    case .not(let block): block.statements.allSatisfy { isSilent($0, isClosed: true) }
    case .succeed: isClosed
    default: false
    }
  }
}
