/// Writes nodes of the tree as compact JSON. Members stand in Go's order: of structures as declared, of maps by name.
struct TreeEncoder {
  private(set) var bytes: [UInt8] = []
  let hasLocations: Bool
  private let file: String
  private let source: [UInt8]

  init(file: String, source: [UInt8], hasLocations: Bool) {
    self.file = file
    self.source = source
    self.hasLocations = hasLocations
  }

  // MARK: JSON

  mutating func raw(_ text: StaticString) { text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) } }

  mutating func raw(_ text: String) { bytes += text.utf8 }

  /// A text with Go's escapes.
  mutating func string(_ text: String) {
    var text = text
    var writer = JSONWriter(JSONWriter.Style(escapesHTML: true))
    text.withUTF8 { unsafe writer.string($0) }
    bytes += writer.bytes
  }

  mutating func list<T>(_ items: [T], _ item: (inout TreeEncoder, T) -> Void) {
    raw("[")
    for (index, element) in items.enumerated() {
      if index > 0 { raw(",") }
      item(&self, element)
    }
    raw("]")
  }

  /// `"location":{...},` where places are wanted.
  mutating func location(_ location: Location, isLast: Bool = false, isAfter: Bool = false) {
    guard hasLocations else { return }
    raw(isAfter ? ",\"location\":" : "\"location\":")
    place(location)
    if !isLast, !isAfter { raw(",") }
  }

  mutating func place(_ location: Location) {
    raw("{\"file\":")
    string(file)
    raw(",\"row\":\(location.row),\"col\":\(location.column)")
    if hasLocations, location.end > location.offset, Int(location.end) <= source.count {
      raw(",\"text\":\"")
      bytes += Base64.encode(Array(source[Int(location.offset)..<Int(location.end)]), .standard)
      raw("\"")
    }
    raw("}")
  }

  mutating func metadata(_ value: Metadata) {
    switch value {
    case .null: raw("null")
    case .boolean(let flag): raw(flag ? "true" : "false")
    case .number(let text): raw(text)
    case .string(let text): string(text)
    case .array(let items): list(items) { $0.metadata($1) }
    case .object(let members):
      raw("{")
      for (index, member) in members.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }).enumerated() {
        if index > 0 { raw(",") }
        string(member.key)
        raw(":")
        metadata(member.value)
      }
      raw("}")
    }
  }

  // MARK: Terms

  mutating func terms(_ terms: [Term]) { list(terms) { $0.term($1) } }

  mutating func term(_ term: Term) {
    raw("{")
    location(term.location)
    raw("\"type\":\"")
    raw(term.kindName)
    raw("\",\"value\":")
    value(term)
    raw("}")
  }

  private mutating func value(_ term: Term) {
    switch term.node {
    case .null: raw("{}")
    case .boolean(let flag): raw(flag ? "true" : "false")
    case .number(let text): raw(text)
    case .string(let text), .variable(let text): string(text)
    case .reference(let path): terms(path)
    case .call(let function, let operands): call(function, operands)
    case .array(let elements): terms(elements)
    case .set(let elements): terms(TermOrder.sorted(elements))
    case .object(let items): list(TermOrder.sorted(items)) { $0.terms([$1.key, $1.value]) }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
      raw("{\"term\":")
      self.term(head)
      raw(",\"body\":")
      self.body(body)
      raw("}")
    case .objectComprehension(let key, let value, let body):
      raw("{\"key\":")
      self.term(key)
      raw(",\"value\":")
      self.term(value)
      raw(",\"body\":")
      self.body(body)
      raw("}")
    case .template(let parts):
      raw("{\"parts\":")
      list(parts) { encoder, part in
        switch part {
        case .text(let text): encoder.term(Term(.string(text), term.location))
        case .expression(let expression): encoder.expression(expression, 0)
        }
      }
      let mark = Int(term.location.offset) + 1
      raw(source.indices.contains(mark) && source[mark] == 0x60 ? ",\"multi_line\":true}" : ",\"multi_line\":false}")
    }
  }

  /// The operator is a reference, whatever it was written as.
  private mutating func call(_ function: Term, _ operands: [Term]) {
    var function = function
    if case .variable = function.node { function.node = .reference([Term(function.node, function.location)]) }
    terms([function] + operands)
  }

  // MARK: Bodies

  mutating func body(_ body: Body) {
    list(Array(body.enumerated())) { $0.expression($1.element, $1.offset) }
  }

  mutating func expression(_ expression: Expression, _ index: Int) {
    raw("{")
    if expression.isGenerated { raw("\"generated\":true,") }
    raw("\"index\":\(index),")
    location(expression.location)
    if expression.isNegated { raw("\"negated\":true,") }
    raw("\"terms\":")
    kind(expression)
    if !expression.with.isEmpty {
      raw(",\"with\":")
      list(expression.with) { encoder, with in
        encoder.raw("{")
        encoder.location(with.location)
        encoder.raw("\"target\":")
        encoder.term(with.target)
        encoder.raw(",\"value\":")
        encoder.term(with.value)
        encoder.raw("}")
      }
    }
    raw("}")
  }

  private mutating func kind(_ expression: Expression) {
    switch expression.kind {
    case .term(let term):
      if case .call(let function, let operands) = term.node { call(function, operands) } else { self.term(term) }
    case .someVariables(let names): symbols(names, expression.location)
    case .someIn(let key, let value, let collection):
      let name = key == nil ? "member_2" : "member_3"
      let function = Term(
        .reference([Term(.variable("internal"), collection.location), Term(.string(name), collection.location)]), collection.location)
      let operands = (key.map { [$0] } ?? []) + [value, collection]
      symbols([Term(.call(function, operands), collection.location)], expression.location)
    case .every(let key, let value, let domain, let body):
      raw("{\"body\":")
      self.body(body)
      raw(",\"domain\":")
      term(domain)
      raw(",\"key\":")
      if let key { term(key) } else { raw("null") }
      raw(",")
      location(expression.location)
      raw("\"value\":")
      term(value)
      raw("}")
    case .notBody(let body):
      raw("{\"body\":")
      self.body(body)
      if expression.explicitBodies.first == true { raw(",\"explicit_body\":true") }
      location(expression.location, isAfter: true)
      raw(",\"type\":\"not\"}")
    case .and(let operands): logical("and", operands, expression)
    case .or(let operands): logical("or", operands, expression)
    }
  }

  private mutating func symbols(_ symbols: [Term], _ location: Location) {
    raw("{")
    self.location(location)
    raw("\"symbols\":")
    terms(symbols)
    raw("}")
  }

  /// Chains are nested to the left, as they are read.
  private mutating func logical(_ name: StaticString, _ operands: [Body], _ expression: Expression) {
    func isExplicit(_ index: Int) -> Bool { expression.explicitBodies.indices.contains(index) && expression.explicitBodies[index] }
    raw("{")
    if operands.count <= 2, isExplicit(0) { raw("\"explicit_lhs\":true,") }
    if isExplicit(operands.count - 1) { raw("\"explicit_rhs\":true,") }
    raw("\"lhs\":")
    if operands.count > 2 {
      raw("[{\"index\":0,")
      location(expression.location)
      raw("\"terms\":")
      var inner = expression
      inner.explicitBodies = Array(expression.explicitBodies.prefix(operands.count - 1))
      logical(name, Array(operands.dropLast()), inner)
      raw("}]")
    } else {
      body(operands.first ?? [])
    }
    raw(",")
    location(expression.location)
    raw("\"rhs\":")
    body(operands.last ?? [])
    raw(",\"type\":\"")
    raw(name)
    raw("\"}")
  }
}
