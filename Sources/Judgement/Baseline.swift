public import Domain

/// A named choice of controls and parameters, with the score below which a layer counts as weak.
///
/// The file is YAML and can be given to OPA as data too: its parameters stand at `ringwall.parameters`.
public struct Baseline: Sendable, Hashable {
  public enum Choice: Sendable, Hashable {
    case all
    case keyIndicators
    case listed([String])
  }

  public let name: String
  public let version: String
  /// Title by language code.
  public let titles: [String: String]
  /// 0 to 100.
  public let floor: Int
  /// ISO date of the last day on which it is meant to be used; nil for none.
  public let expires: String?
  /// ISO date on which somebody last held it against its sources; nil where the file does not say.
  public let reviewed: String?
  public let choice: Choice
  public let parameters: [FactValue.Member]
  public let digest: String

  public static let defaultName = "kvm-host"

  /// The baseline of that name in the data folder.
  public static func load(_ name: String, from folder: DataFolder) throws(DataError) -> Baseline {
    let isPlain =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x2D || byte == 0x2E
          || byte == 0x5F
      }
    let relative = "baselines/\(name).yaml"
    guard isPlain, name.utf8.first != 0x2E, folder.exists(relative) else {
      let known = try folder.files(below: "baselines", suffixes: [".yaml"]).map { $0.dropFirst(10).dropLast(5) }.joined(separator: ", ")
      throw DataError("no baseline \(name): there are \(known)")
    }
    return try Baseline(try folder.bytes(relative), file: folder.path + "/" + relative)
  }

  init(_ bytes: [UInt8], file: String) throws(DataError) {
    let document = try YAMLDocument.read(bytes, file: file)
    guard let name = document["name"]?.text, let version = document["version"]?.text else {
      throw DataError("\(file): a baseline needs a name and a version, both text")
    }
    self.name = name
    self.version = version
    var titles: [String: String] = [:]
    for member in document["title"]?.members ?? [] { titles[member.key] = member.value.text }
    self.titles = titles
    let floor = document["floor"]?.integer ?? 80
    guard (0...100).contains(floor) else { throw DataError("\(file): floor must lie between 0 and 100") }
    self.floor = Int(floor)
    expires = try Self.date(document["expires"], "expires", file)
    reviewed = try Self.date(document["reviewed"], "reviewed", file)
    switch document["controls"] {
    case nil, .string("all"): choice = .all
    case .string("key-indicators"): choice = .keyIndicators
    case .array(let ids): choice = .listed(ids.compactMap(\.text))
    default: throw DataError("\(file): controls must be \"all\", \"key-indicators\" or a list of ids")
    }
    parameters = document["ringwall"]?["parameters"]?.members ?? []
    digest = Digest.sha256(bytes)
  }

  private static func date(_ value: FactValue?, _ name: String, _ file: String) throws(DataError) -> String? {
    guard let value else { return nil }
    guard let text = value.text, text.wholeMatch(of: /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])/) != nil else {
      throw DataError("\(file): \(name) must be a date in quotes, as in \(name): \"2027-03-31\"")
    }
    return text
  }

  /// Whether the baseline judges a control.
  public func includes(_ control: Control) -> Bool {
    switch choice {
    case .all: true
    case .keyIndicators: control.keyIndicator != nil
    case .listed(let ids): ids.contains(control.id)
    }
  }
}

/// One parameter that policies read as `data.ringwall.parameters.<name>`.
public struct Parameter: Sendable, Hashable {
  public let name: String
  /// "string", "number", "boolean", "list", "object", or free text.
  public let type: String
  public let description: String
  public let example: FactValue?
  public let controls: [String]
  /// The texts it may be; empty where any will do.
  public let values: [String]

  /// What a value would have to be; nil where it fits.
  public func mismatch(_ value: FactValue) -> String? {
    let fits =
      switch (type, value) {
      case ("boolean", .bool), ("number", .int), ("number", .double), ("list", .array), ("object", .object), ("string or list", .array):
        true
      case ("string", .string(let text)), ("string or list", .string(let text)): values.isEmpty || values.contains(text)
      case ("boolean", _), ("number", _), ("list", _), ("object", _), ("string", _), ("string or list", _): false
      default: true
      }
    guard !fits else { return nil }
    if !values.isEmpty { return values.joined(separator: " or ") }
    return switch type {
    case "boolean": "true or false"
    case "list": "a list, as in \(name)=[a, b]"
    case "string": "text, in quotes where it looks like a number"
    default: "a \(type)"
    }
  }

  /// Every parameter that the shipped policies know, sorted by name.
  public static func all(in folder: DataFolder) throws(DataError) -> [Parameter] {
    guard folder.exists("data/parameters") else { return [] }
    var found: [String: Parameter] = [:]
    for relative in try folder.files(below: "data/parameters", suffixes: [".yaml"]) {
      for entry in try YAMLDocument.read(try folder.bytes(relative), file: folder.path + "/" + relative).elements ?? [] {
        guard let name = entry["name"]?.text else { continue }
        let controls = entry["controls"]?.elements?.compactMap(\.text) ?? []
        found[name] = Parameter(
          name: name, type: entry["type"]?.text ?? "string", description: entry["description"]?.text ?? "",
          example: entry["example"], controls: (found[name]?.controls ?? []) + controls,
          values: entry["values"]?.elements?.compactMap(\.text) ?? [])
      }
    }
    return found.values.sorted { $0.name < $1.name }
  }
}
