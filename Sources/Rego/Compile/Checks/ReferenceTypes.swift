/// Checks that the parts of references exist in what they refer to, and gives variables in brackets the types of the keys.
struct ReferenceTypes {
  let module: Int
  let scope: TypeScope

  func check(_ expression: CheckExpression, _ faults: inout [CheckFault]) {
    switch expression.kind {
    case .term(let term): check(term, &faults)
    case .call(let terms): for term in terms.dropFirst() { check(term, &faults) }
    case .every(let every):
      for term in [every.key, every.value, every.domain] { if let term { check(term, &faults) } }
      for inner in every.body.expressions { check(inner, &faults) }
    case .logical(let bodies): for body in bodies { for inner in body.expressions { check(inner, &faults) } }
    case .some, .someIn: break
    }
  }

  private func check(_ term: CheckTerm, _ faults: inout [CheckFault]) {
    switch term.kind {
    case .comprehension, .template: return
    case .reference(let path):
      if case .function(let type) = scope.type(of: path) {
        faults.append(unsupported(path, path.count - 1, .function(type)))
        return
      }
      if let fault = check(path) { faults.append(fault) }
      for part in path { check(part, &faults) }
    default:
      var children: [CheckTerm] = []
      term.forEachChild { children.append($0) }
      for child in children { check(child, &faults) }
    }
  }

  private func check(_ path: [CheckTerm]) -> CheckFault? {
    guard case .variable(let head) = path[0].kind else { return nil }
    if let type = scope[head] { return check(path, from: 1, type) }
    if head == VariableTable.data, !scope.globals.children.isEmpty { return checkDocument(path) }
    if head != VariableTable.data, head != VariableTable.input { scope[head] = .any }
    return check(path, from: 1, .any)
  }

  /// Below data: along the rules as far as they go.
  private func checkDocument(_ path: [CheckTerm]) -> CheckFault? {
    var node = scope.globals
    for (index, part) in path.enumerated().dropFirst() {
      if index <= 2 {
        switch part.kind {
        case .variable, .string: break
        default: return invalid(path, index, scope.type(of: part), .string, node.children.keys.sorted())
        }
      }
      if case .variable(let variable) = part.kind {
        let keys = node.keys
        if let known = scope[variable] {
          if !TypeUnification.unifies(keys, known) { return invalid(path, index, known, keys, node.children.keys.sorted()) }
        } else {
          scope[variable] = keys
        }
      }
      guard part.isScalar, let key = part.constant, let child = node.children[key] else { return check(path, from: 1, .any) }
      if let type = child.type { return check(path, from: index + 1, type) }
      node = child
    }
    return nil
  }

  private func check(_ path: [CheckTerm], from start: Int, _ type: StaticType?) -> CheckFault? {
    var type = type
    for index in start..<max(start, path.count) {
      let part = path[index]
      guard let keys = type?.keys else { return unsupported(path, index - 1, type) }
      switch part.kind {
      case .variable(let variable):
        if let known = scope[variable] {
          if !TypeUnification.unifies(known, keys) { return invalid(path, index, known, keys, type?.namedKeys ?? []) }
        } else {
          scope[variable] = keys
        }
        type = type?.values
      case .reference(let inner):
        if let known = scope.type(of: inner), !TypeUnification.unifies(known, keys) {
          return invalid(path, index, known, keys, type?.namedKeys ?? [])
        }
        type = type?.values
      case .array, .object, .set:
        if !TypeUnification(scope: scope).unify(part, keys) { return invalid(path, index, scope.type(of: part), keys, []) }
        type = type?.values
      default:
        guard let selected = part.constant.flatMap({ type?.selected($0) }) else {
          return invalid(path, index, nil, keys, type?.namedKeys ?? [])
        }
        type = selected
      }
    }
    return nil
  }

  // MARK: Errors

  private func text(_ path: some Swift.Collection<CheckTerm>) -> String { CheckText(scope.variables).reference(path) }

  private func fault(_ path: [CheckTerm], _ details: [String]) -> CheckFault {
    CheckFault(.type, "undefined ref: \(text(path))", module, path[0].location, details: [text(path)] + details)
  }

  private func unsupported(_ path: [CheckTerm], _ position: Int, _ have: StaticType?) -> CheckFault {
    fault(path, [String(repeating: "^", count: text(path.prefix(position + 1)).count), "have: " + have.text])
  }

  private func invalid(
    _ path: [CheckTerm], _ position: Int, _ have: StaticType?, _ want: StaticType?, _ keys: [Constant]
  ) -> CheckFault {
    let pad = String(repeating: " ", count: text(path.prefix(position)).count + 1)
    let has = have == nil ? "have: " + CheckText(scope.variables).term(path[position]) : "have (type): " + have.text
    let wants =
      keys.isEmpty ? "want (type): " + want.text : "want (one of): [" + keys.map(\.text).joined(separator: " ") + "]"
    return fault(path, [pad + "^", pad + has, pad + wants])
  }
}
