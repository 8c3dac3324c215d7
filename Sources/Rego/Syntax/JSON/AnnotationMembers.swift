extension Annotation {
  /// The fields OPA knows, in its form: authors as objects, resources with `ref`, schemas with paths. By name.
  ///
  /// - Parameter pathsAsTerms: Paths of schemas as lists of terms (as the tree's JSON has them), else as lists of texts.
  func members(pathsAsTerms: Bool) -> [(key: String, value: Metadata)] {
    var result: [(key: String, value: Metadata)] = []
    func add(_ key: String, _ value: Metadata?) { if let value { result.append((key, value)) } }
    func list(_ key: String, _ item: (Metadata) -> Metadata?) -> Metadata? {
      guard case .array(let items)? = fields[key] else { return nil }
      let forms = items.compactMap(item)
      return forms.isEmpty ? nil : .array(forms)
    }
    add("authors", list("authors") { Self.author($0) })
    if case .object(let members)? = fields["custom"], !members.isEmpty { add("custom", fields["custom"]) }
    if !description.isEmpty { add("description", .string(description)) }
    if isEntrypoint { add("entrypoint", .boolean(true)) }
    add("organizations", list("organizations") { $0 })
    add("related_resources", list("related_resources") { Self.resource($0) })
    add("schemas", list("schemas") { Self.schema($0, pathsAsTerms) })
    add("scope", .string(scopeName.isEmpty ? scope.rawValue : scopeName))
    if !title.isEmpty { add("title", .string(title)) }
    return result
  }

  /// `Name of somebody <address>`, or both in an object.
  private static func author(_ field: Metadata) -> Metadata? {
    var name = "", email = ""
    if case .object = field {
      name = trimmed(field["name"]?.text ?? "")
      email = trimmed(field["email"]?.text ?? "")
    } else {
      var words = (field.text ?? "").split(whereSeparator: \.isWhitespace)
      if let last = words.last, last.hasPrefix("<"), last.hasSuffix(">"), last.count >= 2 {
        email = String(last.dropFirst().dropLast())
        words.removeLast()
      }
      name = words.joined(separator: " ")
    }
    var members: [(key: String, value: Metadata)] = []
    if !email.isEmpty { members.append(("email", .string(email))) }
    if !name.isEmpty { members.append(("name", .string(name))) }
    return .object(members)
  }

  private static func resource(_ field: Metadata) -> Metadata? {
    guard case .object = field else { return .object([("ref", .string(trimmed(field.text ?? "")))]) }
    var members: [(key: String, value: Metadata)] = []
    let description = trimmed(field["description"]?.text ?? "")
    if !description.isEmpty { members.append(("description", .string(description))) }
    members.append(("ref", .string(trimmed(field["ref"]?.text ?? ""))))
    return .object(members)
  }

  private static func schema(_ field: Metadata, _ pathsAsTerms: Bool) -> Metadata? {
    guard case .object(let members) = field, let pair = members.first, let path = Self.path(pair.key) else { return nil }
    func form(_ path: [String]) -> Metadata {
      guard pathsAsTerms else { return .array(path.map { .string($0) }) }
      return .array(
        path.enumerated().map { index, name in .object([("type", .string(index == 0 ? "var" : "string")), ("value", .string(name))]) })
    }
    if case .string(let text) = pair.value, let target = Self.path(text) {
      return .object([("path", form(path)), ("schema", form(target))])
    }
    return .object([("definition", pair.value), ("path", form(path))])
  }

  /// The names of a reference.
  private static func path(_ text: String) -> [String]? {
    guard let term = try? Parser.term(Array(text.utf8), options: Parser.Options(annotations: false)) else { return nil }
    guard case .reference(let path) = term.node else {
      if case .variable(let name) = term.node { return [name] }
      return nil
    }
    return path.map { $0.stringValue ?? $0.sourceText }
  }

  private static func trimmed(_ text: String) -> String {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
