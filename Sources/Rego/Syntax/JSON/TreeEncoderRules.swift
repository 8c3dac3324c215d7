extension TreeEncoder {
  mutating func module(_ module: Module, _ options: ModuleJSON.Options) {
    let blocks = options.hasAnnotations ? AnnotationChoice(module) : AnnotationChoice()
    raw("{\"package\":{")
    location(module.packageLocation)
    raw("\"path\":")
    terms(module.package)
    raw("}")
    if !module.imports.isEmpty {
      raw(",\"imports\":")
      list(module.imports) { $0.importing($1) }
    }
    if !blocks.all.isEmpty {
      raw(",\"annotations\":")
      list(blocks.all) { $0.annotation($1) }
    }
    if !module.rules.isEmpty {
      raw(",\"rules\":")
      list(Array(module.rules.enumerated())) { $0.rule($1.element, blocks.ofRules[$1.offset] ?? []) }
    }
    if options.hasComments, !module.comments.isEmpty {
      raw(",\"comments\":")
      list(module.comments) { encoder, comment in
        encoder.raw("{\"Text\":\"")
        encoder.raw(String(decoding: Base64.encode(Array(comment.text.utf8), .standard), as: UTF8.self))
        encoder.raw("\",\"Location\":")
        encoder.place(comment.location)
        encoder.raw("}")
      }
    }
    raw("}")
  }

  private mutating func importing(_ item: Import) {
    raw("{")
    if let alias = item.alias {
      raw("\"alias\":")
      string(alias)
      raw(",")
    }
    location(item.location)
    raw("\"path\":")
    term(item.path)
    raw("}")
  }

  private mutating func annotation(_ annotation: Annotation) {
    var fields = annotation.members(pathsAsTerms: true)
    if hasLocations {
      fields.append((key: "location", value: .null))
      fields.sort { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
    }
    raw("{")
    for (index, member) in fields.enumerated() {
      if index > 0 { raw(",") }
      string(member.key)
      raw(":")
      if member.key == "location" { place(annotation.location) } else { metadata(member.value) }
    }
    raw("}")
  }

  private mutating func rule(_ rule: Rule, _ annotations: [Annotation]) {
    raw("{")
    if !annotations.isEmpty {
      raw("\"annotations\":")
      list(annotations) { $0.annotation($1) }
      raw(",")
    }
    raw("\"body\":")
    writtenBody(rule.body, rule.location)
    if rule.isDefault { raw(",\"default\":true") }
    elses(rule.head, rule.elses[...])
    raw(",\"head\":")
    head(rule.head, rule)
    location(rule.location, isAfter: true)
    raw("}")
  }

  /// A rule without a body holds: its body is `true`.
  private mutating func writtenBody(_ body: Body, _ location: Location) {
    self.body(body.isEmpty ? [Expression(.term(Term(.boolean(true), location)), location: location)] : body)
  }

  private mutating func elses(_ head: Head, _ branches: ArraySlice<Rule.Else>) {
    guard let branch = branches.first else { return }
    raw(",\"else\":{\"body\":")
    writtenBody(branch.body, branch.location)
    elses(head, branches.dropFirst())
    raw(",\"head\":")
    var head = head
    head.value = branch.value ?? Term(.boolean(true), branch.location)
    head.location = branch.location
    if branch.value != nil { head.isAssignment = branch.isAssignment }
    self.head(head, nil)
    location(branch.location, isAfter: true)
    raw("}")
  }

  /// The old forms with one name and one key have name and key of their own beside the reference.
  private mutating func head(_ head: Head, _ rule: Rule?) {
    var name: Term? = head.reference.count == 1 ? head.reference[0] : nil
    var key = head.key
    if head.reference.count == 2, head.arguments == nil, head.key == nil, rule?.isDefault != true {
      let last = head.reference[1]
      var isReference = false
      if case .reference = last.node { isReference = true }
      let hasBody = rule?.body.isEmpty == false
      if !hasBody {
        // Without a body a key of any kind is one.
        name = head.reference[0]
        key = last
      } else {
        if !last.isGround || isReference { key = last }
        if head.value != nil { name = head.reference[0] }
      }
    }
    raw("{")
    if case .variable(let text)? = name?.node {
      raw("\"name\":")
      string(text)
      raw(",")
    }
    if let arguments = head.arguments, !arguments.isEmpty {
      raw("\"args\":")
      terms(arguments)
      raw(",")
    }
    if let key {
      raw("\"key\":")
      term(key)
      raw(",")
    }
    if let value = head.value ?? (head.key == nil ? Term(.boolean(true), head.location) : nil) {
      raw("\"value\":")
      term(value)
      raw(",")
    }
    if head.isAssignment { raw("\"assign\":true,") }
    raw("\"ref\":")
    terms(head.reference)
    location(head.location, isAfter: true)
    raw("}")
  }
}

/// Which METADATA blocks OPA shows at which rule: those of scope document at every rule of their name, those of scope rule at the first
/// one below.
struct AnnotationChoice {
  /// Of the module, in source order.
  private(set) var all: [Annotation] = []
  /// By the rule's index.
  private(set) var ofRules: [Int: [Annotation]] = [:]

  init() {}

  init(_ module: Module) {
    var blocks: [(annotation: Annotation, path: String)] = module.packageAnnotations.map { ($0, "") }
    for rule in module.rules { blocks += rule.annotations.map { ($0, rule.head.groundPath) } }
    blocks.sort { $0.annotation.location.offset < $1.annotation.location.offset }
    all = blocks.map(\.annotation)
    var rest = blocks.filter { $0.path != "" }
    for (index, rule) in module.rules.enumerated() {
      let path = rule.head.groundPath
      var last: Int?
      for (position, block) in rest.enumerated() where block.path == path {
        if block.annotation.scope == .document {
          ofRules[index, default: []].append(block.annotation)
        } else if block.annotation.scope == .rule, rule.location.row > block.annotation.location.row {
          last = position
          ofRules[index, default: []].append(block.annotation)
        }
      }
      if let last { rest.remove(at: last) }
    }
  }
}

extension Head {
  /// The reference up to its first variable, as text that tells references apart.
  var groundPath: String {
    var result = ""
    for (index, term) in reference.enumerated() {
      guard index == 0 || term.isGround else { break }
      result += "[" + term.sourceText + "]"
    }
    return result
  }
}
