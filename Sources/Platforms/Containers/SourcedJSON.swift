internal import Domain

/// A JSON value together with where it was read: a place in a file, or a member of an engine's answer.
struct SourcedJSON: Sendable {
  enum Origin: Sendable, Hashable {
    case file(String)
    /// Of a running engine: the socket and the call, as in "docker:///run/docker.sock /info".
    case engine(String)
  }

  let node: JSONNode
  let origin: Origin
  /// Keys from the top of the document, joined by dots.
  let path: String

  init(_ node: JSONNode, _ origin: Origin, path: String = "") {
    self.node = node
    self.origin = origin
    self.path = path
  }

  /// The value under a key, unless it is missing or null.
  subscript(key: String) -> SourcedJSON? {
    node.given(key).map { SourcedJSON($0, origin, path: path.isEmpty ? key : path + "." + key) }
  }

  var elements: [SourcedJSON] {
    node.elements.enumerated().map { SourcedJSON($1, origin, path: "\(path)[\($0)]") }
  }

  var members: [(key: String, value: SourcedJSON)] {
    node.members.map { ($0.key, SourcedJSON($0.value, origin, path: path.isEmpty ? $0.key : path + "." + $0.key)) }
  }

  var text: String? { node.text }
  var flag: Bool? { node.flag }
  var integer: Int64? { node.integer }

  var source: FactSource {
    switch origin {
    case .file(let name):
      let place = node.place
      return .path(name, line: place.line, column: place.column)
    case .engine(let name): return .property(path.isEmpty ? name : name + " " + path)
    }
  }
}

/// Facts while they are gathered from JSON, with the rules for what a missing member means.
struct JSONFacts {
  private(set) var facts: [String: Fact] = [:]
  /// Cited where there is nothing better: the file or the call.
  let whole: FactSource

  init(whole: FactSource) { self.whole = whole }

  subscript(name: String) -> Fact? {
    get { facts[name] }
    set { facts[name] = newValue }
  }

  /// A member as it is. Without its object nobody looked; without the member the engine's default holds.
  mutating func add(_ name: String, _ object: SourcedJSON?, _ key: String, _ convert: (SourcedJSON) -> FactValue? = { $0.node.value }) {
    guard let object else {
      facts[name] = .notCollected("not-given", whole)
      return
    }
    guard let member = object[key] else {
      facts[name] = .absent(object.source)
      return
    }
    facts[name] = convert(member).map { .present($0, member.source) } ?? .unreadable("malformed", member.source)
  }

  mutating func addText(_ name: String, _ object: SourcedJSON?, _ key: String) {
    add(name, object, key) { $0.text.map { .string($0) } }
  }

  mutating func addFlag(_ name: String, _ object: SourcedJSON?, _ key: String) {
    add(name, object, key) { $0.flag.map { .bool($0) } }
  }

  mutating func addNumber(_ name: String, _ object: SourcedJSON?, _ key: String) {
    add(name, object, key) { $0.integer.map { .int($0) } }
  }
}
