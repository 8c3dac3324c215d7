internal import Domain

/// The document `ringwall.vsphere/1`: hosts, machines and settings of one vCenter or ESXi host, as the API names them.
///
/// The whole text is checked when it is opened; hosts and machines are read one by one, so that a large estate is never held as values.
struct InventoryDocument: Sendable {
  static let schema = "ringwall.vsphere/1"
  /// Far above what one vCenter manages (2,500 hosts and 45,000 machines).
  private static let mostHosts = 20_000
  private static let mostMachines = 400_000

  /// Something that the collecting side could not read: the place in this document where it would stand, and why.
  struct Failure: Sendable {
    let place: String
    let why: String
  }

  /// The document's path as the user would name it, or the server that it was read from.
  let name: String
  /// True where the document was never a file: facts then cite properties of the server.
  let isLive: Bool
  /// The document's sections but for its hosts and machines.
  private let sections: [String: PlacedJSON]
  /// By the head of their place: "hosts[host-12]" or "options".
  private let failures: [String: [Failure]]
  /// Where each host and each machine begins.
  let hosts: [Int]
  let machines: [Int]
  private let bytes: [UInt8]
  let places: PlaceIndex

  init(_ bytes: [UInt8], name: String, isLive: Bool) throws(JSONFault) {
    var sections: [String: PlacedJSON] = [:]
    var hosts: [Int] = []
    var machines: [Int] = []
    var seen: Set<String> = []
    var tokens = JSONTokens(bytes, at: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    try tokens.expect(UInt8(ascii: "{"), "an object is expected: {\"schema\": \"\(Self.schema)\", …}")
    if tokens.next() == UInt8(ascii: "}") {
      tokens.at += 1
    } else {
      repeat {
        let (range, isPlain) = try tokens.string()
        try tokens.expect(UInt8(ascii: ":"), "a colon is expected behind a key")
        let key = isPlain ? String(decoding: bytes[range], as: UTF8.self) : ""
        // Of two lists of hosts one would go unseen.
        guard !isPlain || seen.insert(key).inserted else {
          throw JSONFault(offset: range.lowerBound, what: "\(key.prefix(60)) stands a second time, and only one of the two could be read")
        }
        switch key {
        case "hosts": hosts = try Self.elements(&tokens, "hosts", atMost: Self.mostHosts)
        case "vms": machines = try Self.elements(&tokens, "vms", atMost: Self.mostMachines)
        case "schema", "server", "about", "options", "portgroups", "switches", "vsan", "sso", "appliance", "errors":
          sections[key] = try PlacedJSON.read(&tokens)
        default: try tokens.skip(depth: 1)
        }
      } while try !tokens.ends(with: UInt8(ascii: "}"))
    }
    guard tokens.next() == nil else { throw tokens.fault("something stands behind the end of the document") }
    guard let schema = sections["schema"], schema.text == Self.schema else {
      throw JSONFault(
        offset: sections["schema"]?.offset ?? 0,
        what:
          "schema is \(sections["schema"].map { JSONText.string(.string(String($0.text?.prefix(60) ?? "no text"))) } ?? "missing"), and this version reads \(Self.schema)"
      )
    }
    self.bytes = bytes
    self.name = name
    self.isLive = isLive
    self.hosts = hosts
    self.machines = machines
    self.sections = sections
    try Self.check(sections)
    let all = (sections["errors"]?.list ?? []).prefix(Self.mostMachines).compactMap { entry in
      entry["what"]?.text.map { Failure(place: $0, why: Self.reason(entry["message"]?.text ?? "")) }
    }
    failures = Dictionary(grouping: all) { Self.head(of: $0.place) }
    places = PlaceIndex(of: bytes)
  }

  /// Sections of another form would read as empty ones: as no failures, and as no clusters.
  private static func check(_ sections: [String: PlacedJSON]) throws(JSONFault) {
    for entry in sections["errors"]?.list ?? [] where entry["what"]?.text == nil {
      throw JSONFault(offset: entry.offset, what: "an element of errors does not say what failed")
    }
    for key in ["about", "vsan", "sso", "appliance"] {
      if let section = sections[key], !section.isObject, !section.isNull {
        throw JSONFault(offset: section.offset, what: "\(key) is expected to be an object")
      }
    }
    for cluster in sections["vsan"]?["clusters"]?.list ?? [] where !cluster.isObject {
      throw JSONFault(offset: cluster.offset, what: "an element of clusters is expected to be an object")
    }
  }

  /// A document without any section: the places of single settings that were exported.
  init(settings bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
    isLive = false
    hosts = []
    machines = []
    sections = [:]
    failures = [:]
    places = PlaceIndex(of: bytes)
  }

  var server: String? { self["server"]?.text }

  /// A section other than hosts and vms; nil where it is missing or null.
  subscript(section: String) -> PlacedJSON? {
    guard let found = sections[section], !found.isNull else { return nil }
    return found
  }

  /// Offsets of an array's elements; of the value itself where it is one object, as PowerShell writes a list of one.
  private static func elements(_ tokens: inout JSONTokens, _ key: String, atMost limit: Int) throws(JSONFault) -> [Int] {
    guard tokens.next() == UInt8(ascii: "[") else {
      let start = tokens.at
      let first = tokens.next()
      guard first == UInt8(ascii: "{") || first == UInt8(ascii: "n") else {
        throw tokens.fault("\(key) is expected to be a list of objects")
      }
      try tokens.skip(depth: 1)
      return first == UInt8(ascii: "{") ? [start] : []
    }
    tokens.at += 1
    if tokens.next() == UInt8(ascii: "]") {
      tokens.at += 1
      return []
    }
    var offsets: [Int] = []
    repeat {
      guard tokens.next() == UInt8(ascii: "{") else { throw tokens.fault("an element of \(key) is expected to be an object") }
      guard offsets.count < limit else { throw tokens.fault("more than \(limit) \(key)") }
      offsets.append(tokens.at)
      try tokens.skip(depth: 2)
    } while try !tokens.ends(with: UInt8(ascii: "]"))
    return offsets
  }

  /// The host or machine that begins at one of the offsets.
  func element(at offset: Int) throws(JSONFault) -> PlacedJSON { try PlacedJSON.read(bytes, at: offset) }

  /// Keys that stand twice in the sections; hosts and machines are added as they are read.
  var sectionDuplicates: JSONDuplicates {
    var duplicates = JSONDuplicates(places: places)
    for (key, section) in sections.sorted(by: { $0.value.offset < $1.value.offset }) { duplicates.add(section.tree, way: key) }
    return duplicates
  }

  // MARK: - Places

  /// Where a value stands. `place` is its way through the document, for a reader who has no file.
  func source(_ value: PlacedJSON, _ place: String) -> FactSource {
    if isLive { return .property("\(name) \(place)") }
    let found = places.place(of: value.offset)
    return .path(name, line: found.line, column: found.column)
  }

  /// Where something would stand that is not there.
  func source(missing place: String) -> FactSource { .property("\(name) \(place)") }

  func place(of fault: JSONFault) -> LinePlace { places.place(of: fault.offset) }

  /// What went wrong anywhere in the sections but for hosts and machines.
  var sectionFailures: [Failure] {
    failures.filter { !$0.key.hasPrefix("hosts") && !$0.key.hasPrefix("vms") && !$0.key.hasPrefix("vsan[") }.flatMap(\.value)
  }

  /// What went wrong at, in or around a place.
  func failures(around place: String) -> [Failure] {
    let head = Self.head(of: place)
    let section = String(head.prefix { $0 != "[" })
    return (failures[head] ?? []) + (section == head ? [] : failures[section] ?? [])
  }

  /// "hosts[host-12]" of "hosts[host-12].config.product"; "options" of "options.config.log.level".
  private static func head(of place: String) -> String {
    if let open = place.firstIndex(where: { $0 == "[" || $0 == "." }), place[open] == "[" {
      return place[open...].firstIndex(of: "]").map { String(place[...$0]) } ?? place
    }
    return String(place.prefix { $0 != "." })
  }

  /// The reason code for a message of the API.
  private static func reason(_ message: String) -> String {
    let lower = message.lowercased()
    return ["permission", "privilege", "denied", "unauthorized", "not authorized"].contains { lower.contains($0) } ? "permission" : "io"
  }
}
