/// The syntax tree of a module as an indented list, one node to a line, as `opa parse` prints it.
public enum ModuleOutline {
  /// The list, every line ended.
  public static func text(of module: Module) -> String {
    DeepStack.result {
      var writer = OutlineWriter()
      writer.write(module)
      return writer.text
    }
  }
}

private struct OutlineWriter {
  var text = ""
  private var depth = 0

  private mutating func line(_ name: String) {
    text += String(repeating: " ", count: depth)
    text += name
    text += "\n"
  }

  /// Writes a node and, one level deeper, what it holds.
  private mutating func node(_ name: String, _ inner: (inout OutlineWriter) -> Void) {
    line(name)
    depth += 1
    inner(&self)
    depth -= 1
  }

  mutating func write(_ module: Module) {
    node("module") { out in
      out.node("package") { $0.reference(module.package) }
      for item in module.imports {
        out.node("import") {
          $0.write(item.path)
          $0.line(item.alias ?? "")
        }
      }
      for rule in module.rules { out.write(rule) }
      let annotations = module.packageAnnotations.count + module.rules.reduce(0) { $0 + $1.annotations.count }
      for _ in 0..<annotations { out.line("annotations") }
      for _ in module.comments { out.line("comment") }
    }
  }

  private mutating func write(_ rule: Rule) {
    node("rule") { out in
      let isSet = rule.head.key != nil
      out.head(rule.head, value: isSet ? nil : rule.head.value ?? Term(.boolean(true)))
      out.body(rule.body)
      out.branches(rule)
    }
  }

  /// Each `else` is part of the branch before it.
  private mutating func branches(_ rule: Rule) {
    for branch in rule.elses {
      line("rule")
      depth += 1
      head(rule.head, value: branch.value ?? Term(.boolean(true)))
      body(branch.body)
    }
    depth -= rule.elses.count
  }

  private mutating func head(_ head: Head, value: Term?) {
    node("head") { out in
      out.reference(head.reference)
      if let arguments = head.arguments, !arguments.isEmpty { out.node("args") { $0.write(arguments) } }
      if let value { out.write(value) }
    }
  }

  private mutating func body(_ body: Body) {
    node("body") { out in
      if body.isEmpty { return out.node("expr index=0") { $0.line("true") } }
      for (index, expression) in body.enumerated() { out.write(expression, index) }
    }
  }

  private mutating func write(_ expression: Expression, _ index: Int) {
    node("expr \(expression.isNegated ? "negated " : "")index=\(index)") { out in
      switch expression.kind {
      case .term(let term):
        if case .call(let function, let operands) = term.node { out.write([function] + operands) } else { out.write(term) }
      case .someVariables(let names): out.node("somedecl") { $0.write(names) }
      case .someIn(let key, let value, let collection):
        let name = key == nil ? "member_2" : "member_3"
        out.node("somedecl") { out in
          out.node("call") { out in
            out.reference([Term(.variable("internal")), Term(.string(name))])
            out.write([key, value, collection].compactMap { $0 })
          }
        }
      case .every(let key, let value, let domain, let body):
        out.node("every") { out in
          out.write([key, value, domain].compactMap { $0 })
          out.body(body)
        }
      case .notBody(let body): out.node("not") { $0.body(body) }
      case .and(let operands): out.node("logicaland") { out in for body in operands { out.body(body) } }
      case .or(let operands): out.node("logicalor") { out in for body in operands { out.body(body) } }
      }
      for modifier in expression.with { out.node("with") { $0.write([modifier.target, modifier.value]) } }
    }
  }

  private mutating func reference(_ path: [Term]) { node("ref") { $0.write(path) } }

  private mutating func write(_ terms: [Term]) { for term in terms { write(term) } }

  private mutating func write(_ term: Term) {
    switch term.node {
    case .null, .boolean, .number, .string, .variable: line(TermSpelling.text(term))
    case .reference(let path): reference(path)
    case .call(let function, let operands): node("call") { $0.write([function] + operands) }
    case .array(let terms): node("array") { $0.write(terms) }
    case .set(let terms): node("set") { $0.write(TermOrder.sorted(terms)) }
    case .object(let items): node("object") { $0.write(TermOrder.sorted(items).flatMap { [$0.key, $0.value] }) }
    case .arrayComprehension(let head, let body): comprehension("arraycomprehension", [head], body)
    case .setComprehension(let head, let body): comprehension("setcomprehension", [head], body)
    case .objectComprehension(let key, let value, let body): comprehension("objectcomprehension", [key, value], body)
    case .template(let parts):
      node("templatestring") { out in
        for part in parts {
          switch part {
          case .text(let text): out.line(TermSpelling.quoted(text))
          case .expression(let expression): out.write(expression, 0)
          }
        }
      }
    }
  }

  private mutating func comprehension(_ name: String, _ heads: [Term], _ body: Body) {
    node(name) { out in
      out.write(heads)
      out.body(body)
    }
  }
}
