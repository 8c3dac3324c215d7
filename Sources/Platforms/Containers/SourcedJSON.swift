internal import Domain

/// A JSON value together with where it was read: a place in a file, or a member of an engine's answer.
struct SourcedJSON: Sendable {
  enum Origin: Sendable {
    case file(String, PlaceIndex)
    /// Of a running engine: the socket and the call, as in "docker:///run/docker.sock /info".
    case engine(String)
  }

  let node: PlacedJSON
  let origin: Origin
  /// Keys from the top of the document, joined by dots.
  let path: String

  /// The one value of a file.
  static func read(_ bytes: [UInt8], file: String) throws(JSONFault) -> SourcedJSON {
    SourcedJSON(try PlacedJSON.whole(bytes), .file(file, PlaceIndex(of: bytes)))
  }

  init(_ node: PlacedJSON, _ origin: Origin, path: String = "") {
    self.node = node
    self.origin = origin
    self.path = path
  }

  /// The value under a key, unless it is missing or null. Docker and runc are written in Go, which takes a key in any capitals.
  subscript(key: String) -> SourcedJSON? {
    (node.given(key) ?? node.anyCase(key).flatMap { $0.isNull ? nil : $0 }).map {
      SourcedJSON($0, origin, path: path.isEmpty ? key : path + "." + key)
    }
  }

  var elements: [SourcedJSON] {
    (node.elements ?? []).enumerated().map { SourcedJSON($1, origin, path: "\(path)[\($0)]") }
  }

  var members: [(key: String, value: SourcedJSON)] {
    (node.members ?? []).map { ($0.key, SourcedJSON($0.value, origin, path: path.isEmpty ? $0.key : path + "." + $0.key)) }
  }

  /// Keys that stand twice in the document.
  var duplicates: JSONDuplicates? {
    guard case .file(_, let places) = origin else { return nil }
    var duplicates = JSONDuplicates(places: places)
    duplicates.add(node.tree, letters: .anyCase(maps: Self.maps))
    return duplicates
  }

  /// Members of Docker's API and of OCI bundles that are maps: their keys are data, and two that differ in capitals are two.
  private static let maps: Set<String> = [
    "Labels", "labels", "annotations", "Annotations", "Sysctls", "sysctl", "Options", "DriverOpts", "StorageOpt", "Tmpfs", "Volumes",
    "ExposedPorts", "PortBindings", "Ports", "Networks", "log-opts", "runtimes", "Runtimes", "IndexConfigs", "MountPoints",
    "unified", "features", "Env", "Data", "Storage",
  ]

  var text: String? { node.text }
  var flag: Bool? { node.flag }
  var integer: Int64? { node.integer }

  var source: FactSource {
    switch origin {
    case .file(let name, let places):
      let place = places.place(of: node.offset)
      return .path(name, line: place.line, column: place.column)
    case .engine(let name): return .property(path.isEmpty ? name : name + " " + path)
    }
  }
}

extension PlacedJSON {
  /// The value under keys, unless one of them is missing or its value is null.
  func given(_ keys: String...) -> PlacedJSON? { at(keys).flatMap { $0.isNull ? nil : $0 } }

  /// Texts of an array; what is no text is left out.
  var texts: [String] { (elements ?? []).compactMap(\.text) }
}

extension JSONFault {
  func refusal(_ bytes: [UInt8], path: String, target: String) -> Refusal {
    let place = LinePlace.of(offset: min(offset, bytes.count), in: bytes)
    return Refusal(
      target: target, code: "malformed", message: "\(path):\(place.line):\(place.column): \(what); write or copy the file again",
      line: place.line,
      column: place.column)
  }
}

/// Something else where a list is expected. What the list would hold is not known, which is another thing than that it is empty.
struct MalformedList: Error, Sendable {
  let source: FactSource

  var fact: Fact { .unreadable("malformed", source) }
}

extension SourcedJSON {
  /// The elements under a key, each of them of a form; none where the key is missing.
  func list(_ key: String, of isRight: (PlacedJSON) -> Bool) throws(MalformedList) -> [SourcedJSON] {
    guard let list = self[key] else { return [] }
    guard list.node.isArray else { throw MalformedList(source: list.source) }
    let elements = list.elements
    if let wrong = elements.first(where: { !isRight($0.node) }) { throw MalformedList(source: wrong.source) }
    return elements
  }

  /// The members of the object under a key.
  func map(_ key: String) throws(MalformedList) -> [(key: String, value: SourcedJSON)] {
    guard let map = self[key] else { return [] }
    guard map.node.isObject else { throw MalformedList(source: map.source) }
    return map.members
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
      facts[name] = .notCollected("not-said", whole)
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
