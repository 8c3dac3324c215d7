/// What is known of a single statement from constants and from what was done before.
extension SharedWork {
  func resolved(_ operand: Operand) -> Operand {
    if case .local(let local) = operand, let other = alias[local] { return other }
    return operand
  }

  private func value(_ operand: Operand) -> Value? {
    if case .constant(let index) = operand { return planner.constants[index] }
    return nil
  }

  private func decided(_ holds: Bool) -> Outcome { holds ? .drop : .fail }

  /// The statement over what its operands stand for; dropped where its outcome is known.
  func simplified(_ statement: Statement) -> Outcome {
    let statement = statement.rewritten(
      read: resolved,
      use: { [self] local in
        if case .local(let other)? = alias[local] { return other }
        return local
      }, define: { $0 })
    switch statement {
    case .assign(let local, let operand) where !isMutable[local]:
      if case .local(let source) = operand, isMutable[source] { return .keep(statement) }
      alias[local] = operand
      return .drop
    case .base(let target) where facts.isDataConstant: return fold(facts.data, target)
    case .isDefined(let local):
      if case .constant? = alias[local] { return .drop }
      return .keep(statement)
    case .isUndefined(let local):
      if case .constant? = alias[local] { return .fail }
      return .keep(statement)
    case .truthy(let operand):
      if let value = value(operand) { return decided(!value.isFalse && value.isDefined) }
    case .equal(let a, let b):
      if let x = value(a), let y = value(b) { return decided(x.equals(y)) }
      if case .local(let x) = a, case .local(let y) = b, x == y { return .drop }
    case .compare(let number, let comparison, let a, let b):
      if facts.isReplaced(builtin: number) { return .keep(statement) }
      if let x = value(a), let y = value(b) { return decided(Machine.holds(Int(comparison.rawValue), x, y)) }
      if comparison == .equal { return isKnown(.equal(a, b)) ? .drop : .keep(.equal(a, b)) }
    case .isArray(let operand, let count):
      if let value = value(operand) { return decided(value.isArray && value.arrayView.count == count) }
    case .isObject(let operand, let count):
      if let value = value(operand) { return decided(value.isObject && value.objectView.count == count) }
    case .isCollection(let operand):
      if let value = value(operand) { return decided(value.isComposite) }
    case .contains(let collection, let element):
      guard let held = value(collection) else { break }
      if let element = value(element) { return decided(Builtins.isMember(element, of: held)) }
      guard held.isComposite, held.elementCount != 0 else { return .fail }
      let kept = Statement.contains(.constant(planner.members(of: collection)), element)
      return isKnown(kept) ? .drop : .keep(kept)
    case .dot(let target, let source, let key): return dot(statement, target, source, key)
    case .dotBase(let target, let source, let key):
      guard let name = value(key), let held = constantBase(source, key) else { break }
      return fold(Machine.descend(held, [name]), target)
    case .scan(let source, _, _, _):
      if let value = value(source), !value.isComposite || value.elementCount == 0 { return .fail }
    default: break
    }
    return isKnown(statement) ? .drop : .keep(statement)
  }

  private func dot(_ statement: Statement, _ target: Int, _ source: Operand, _ key: Operand) -> Outcome {
    if let name = value(key), let held = constantBase(source, key) ?? value(source) {
      return fold(Machine.element(held, name), target)
    }
    return isKnown(statement) ? .drop : .keep(statement)
  }

  /// Base data, where `source` is it and nothing changes what stands under `key`.
  private func constantBase(_ source: Operand, _ key: Operand) -> Value? {
    guard case .local(let local) = source, baseLocals.contains(local), let name = value(key), facts.isConstant(below: name) else {
      return nil
    }
    return facts.data
  }

  private func fold(_ value: Value, _ target: Int) -> Outcome {
    if value.isUndefined { return .fail }
    alias[target] = .constant(planner.frozenConstant(value))
    return .drop
  }
}
