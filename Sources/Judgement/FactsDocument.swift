public import Domain

/// When, by which program and as whom facts were collected.
public struct Collected: Sendable, Hashable {
  /// RFC 3339 with its offset.
  public let at: String
  /// "ringwall 0.1.0"
  public let by: String
  public let uid: Int

  public init(at: String, by: String, uid: Int) {
    self.at = at
    self.by = by
    self.uid = uid
  }
}

/// The input document of a policy, `ringwall.facts/1`: one asset with its facts.
public enum FactsDocument {
  public static let schema = "ringwall.facts/1"

  public static func value(_ asset: AssetFacts, collected: Collected) -> FactValue {
    let invented: FactValue? =
      asset.inventedSettings.isEmpty
      ? nil
      : .array(asset.inventedSettings.map { .object(["id": .string($0.id), "text": .string($0.text), "source": source($0.source)]) })
    return .object([
      "schema": .string(schema),
      "asset": .object([
        "id": .string(asset.asset.id), "kind": .string(asset.asset.kind.rawValue), "platform": .string(asset.asset.platform),
        "name": .string(asset.asset.name), "uuid": asset.asset.uuid.map { .string($0) },
      ]),
      "collected": .object([
        "at": .string(collected.at), "by": .string(collected.by), "uid": .int(Int64(collected.uid)), "target": .string(asset.target),
      ]),
      "facts": .object(asset.facts.sorted { $0.key < $1.key }.map { .init($0.key, fact($0.value)) }),
      "invented": invented,
    ])
  }

  /// The same document as JSON in one line: what judging reads, for thousands of assets.
  ///
  /// - Parameter order: facts of assets of one kind come in one order, which makes reading the next document cheap.
  static func json(_ asset: AssetFacts, collected: Collected, order: FactOrder) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16 << 10)
    var frame = asset
    frame.facts = [:]
    let members = value(frame, collected: collected).members ?? []
    for (index, member) in members.enumerated() {
      bytes.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
      JSONText.append(member.key, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      guard member.key == "facts" else {
        JSONText.append(member.value, to: &bytes)
        continue
      }
      var separator = UInt8(ascii: "{")
      order.visit(asset.facts, of: asset.asset.kind) { key, fact in
        bytes.append(separator)
        separator = UInt8(ascii: ",")
        bytes += key
        bytes.append(UInt8(ascii: ":"))
        append(fact, to: &bytes)
      }
      if asset.facts.isEmpty { bytes.append(UInt8(ascii: "{")) }
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  private static func append(_ fact: Fact, to bytes: inout [UInt8]) {
    bytes += #"{"state":""#.utf8
    bytes += fact.state.rawValue.utf8
    bytes.append(UInt8(ascii: "\""))
    if let value = fact.value {
      bytes += #","value":"#.utf8
      JSONText.append(value, to: &bytes)
    }
    if let why = fact.why {
      bytes += #","why":"#.utf8
      JSONText.append(why, to: &bytes)
    }
    bytes += #","source":["#.utf8
    for (index, place) in fact.source.enumerated() {
      bytes += (index == 0 ? #"{""# : #",{""#).utf8
      bytes += place.kind.rawValue.utf8
      bytes += #"":"#.utf8
      JSONText.append(place.name, to: &bytes)
      if let line = place.line {
        bytes += #","line":"#.utf8
        bytes += String(line).utf8
      }
      if let column = place.column {
        bytes += #","column":"#.utf8
        bytes += String(column).utf8
      }
      bytes.append(UInt8(ascii: "}"))
    }
    bytes += "]}".utf8
  }

  private static func fact(_ fact: Fact) -> FactValue {
    .object([
      "state": .string(fact.state.rawValue), "value": fact.value, "why": fact.why.map { .string($0) },
      "source": .array(fact.source.map(source)),
    ])
  }

  static func source(_ source: FactSource) -> FactValue {
    .object([
      source.kind.rawValue: .string(source.name), "line": source.line.map { .int(Int64($0)) },
      "column": source.column.map { .int(Int64($0)) },
    ])
  }

  /// The asset of a document. Errors name the place inside it.
  public static func asset(_ document: FactValue, target: String) throws(DataError) -> AssetFacts {
    guard document["schema"]?.text == schema else {
      throw DataError("schema is \(document["schema"].map { JSONText.string($0) } ?? "missing"), and this version reads \(schema)")
    }
    guard let id = document["asset"]?["id"]?.text, let name = document["asset"]?["name"]?.text, !id.isEmpty else {
      throw DataError("asset: id and name must be text")
    }
    guard let kind = document["asset"]?["kind"]?.text.flatMap(Asset.Kind.init(rawValue:)) else {
      throw DataError("asset.kind is none of \(Asset.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard case .object(let members)? = document["facts"] else { throw DataError("facts: not an object") }
    var facts: [String: Fact] = [:]
    for member in members {
      guard facts.updateValue(try fact(member.value, name: member.key), forKey: member.key) == nil else {
        throw DataError("facts: \(member.key) stands twice")
      }
    }
    var invented: [InventedSetting] = []
    for entry in document["invented"]?.elements ?? [] {
      guard let id = entry["id"]?.text, let text = entry["text"]?.text, let place = entry["source"] else {
        throw DataError("invented: each entry needs id, text and source")
      }
      invented.append(InventedSetting(id: id, text: text, source: try source(place, of: "invented")))
    }
    return AssetFacts(
      asset: Asset(
        id: id, kind: kind, platform: document["asset"]?["platform"]?.text ?? Controls.platform(of: kind), name: name,
        uuid: document["asset"]?["uuid"]?.text),
      target: target, facts: facts, inventedSettings: invented)
  }

  private static func fact(_ value: FactValue, name: String) throws(DataError) -> Fact {
    guard let state = value["state"]?.text.flatMap(Fact.State.init(rawValue:)) else {
      throw DataError("facts.\(name).state is none of present, absent, unreadable, notCollected")
    }
    var sources: [FactSource] = []
    for entry in value["source"]?.elements ?? [] { sources.append(try source(entry, of: "facts.\(name)")) }
    switch state {
    case .present:
      guard let held = value["value"] else { throw DataError("facts.\(name): present without a value") }
      return .present(held, sources: sources)
    case .absent: return .absent(sources: sources)
    case .unreadable: return .unreadable(value["why"]?.text ?? "io", sources: sources)
    case .notCollected: return .notCollected(value["why"]?.text ?? "not-given", sources: sources)
    }
  }

  private static func source(_ value: FactValue, of owner: String) throws(DataError) -> FactSource {
    for kind in [FactSource.Kind.path, .command, .property] {
      guard let name = value[kind.rawValue]?.text else { continue }
      return FactSource(
        kind, name, line: value["line"]?.integer.flatMap { Int(exactly: $0) }, column: value["column"]?.integer.flatMap { Int(exactly: $0) }
      )
    }
    throw DataError("\(owner).source: each entry needs path, command or property")
  }
}
