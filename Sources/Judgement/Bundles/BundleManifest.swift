public import Rego

/// The `.manifest` of a bundle.
public struct BundleManifest: Sendable {
  /// "" where none is given.
  public var revision = ""
  /// Paths below data, names joined by "/", that the bundle alone may fill; "" is all of data.
  public var roots = [""]
  /// nil where none is given.
  public var version: LanguageVersion?
  /// Versions of single files by path ("/a/b.rego") or pattern ("/a/*.rego").
  public var fileVersions: [(pattern: String, version: LanguageVersion)] = []
  /// An object, or nil where none is given.
  public var metadata: RegoValue?
  /// What a wasm module answers, as it stands in the file; such modules are not run.
  public var wasm: RegoValue?

  public init() {}

  /// - Parameter place: bundle and entry, for errors.
  init(_ bytes: [UInt8], place: String) throws(DataError) {
    let document = try RegoSources.input(bytes, file: place).regoValue
    guard case .object(let members) = document else { throw DataError("\(place): a manifest is an object") }
    for member in members {
      guard case .string(let key) = member.key else { continue }
      switch (key, member.value) {
      case (_, .null): break
      case ("revision", .string(let text)): revision = text
      case ("roots", .array(let list)):
        roots = []
        for item in list {
          guard case .string(let root) = item else { throw DataError("\(place): roots: a root is a text") }
          roots.append(Self.trimmed(root))
        }
      case ("rego_version", let value): version = try Self.version(value, "\(place): rego_version")
      case ("file_rego_versions", .object(let files)):
        for file in files {
          guard case .string(let pattern) = file.key else { continue }
          fileVersions.append((pattern, try Self.version(file.value, "\(place): file_rego_versions: \(pattern)")))
        }
      case ("metadata", .object): metadata = member.value
      case ("wasm", .array): wasm = member.value
      case ("revision", _), ("roots", _), ("file_rego_versions", _), ("metadata", _), ("wasm", _):
        throw DataError("\(place): \(key) has a value of a wrong kind")
      default: break
      }
    }
    for (index, root) in roots.enumerated() {
      if let other = roots[..<index].first(where: { Self.overlap($0, root) }) {
        throw DataError("\(place): manifest has overlapped roots: '\(other)' and '\(root)'")
      }
    }
  }

  private static func version(_ value: RegoValue, _ place: String) throws(DataError) -> LanguageVersion {
    switch value {
    case .integer(0): .v0
    case .integer(1): .v1
    default: throw DataError("\(place): a version of Rego is 0 or 1")
    }
  }

  /// The version a file is written in; nil where the manifest says nothing of it.
  func version(of file: String) -> LanguageVersion? {
    if let exact = fileVersions.first(where: { $0.pattern == file || "/" + $0.pattern == file }) { return exact.version }
    return fileVersions.first { DataFiles.matches(file, $0.pattern) }?.version ?? version
  }

  private static func trimmed(_ root: String) -> String { root.split(separator: "/").joined(separator: "/") }

  /// Whether one of the roots holds the path, names joined by "/".
  func permits(_ path: String) -> Bool { roots.contains { Self.contains($0, path) } }

  static func contains(_ root: String, _ path: String) -> Bool { root.isEmpty || root == path || path.hasPrefix(root + "/") }

  static func overlap(_ a: String, _ b: String) -> Bool { contains(a, b) || contains(b, a) }

  /// The roots as OPA's errors write them.
  var rootsText: String { "[" + roots.joined(separator: " ") + "]" }

  /// The file's form, keys in OPA's order.
  public var json: RegoValue {
    func number(_ version: LanguageVersion) -> RegoValue { .integer(version == .v0 ? 0 : 1) }
    var members: [RegoValue.Member] = [
      .init(.string("revision"), .string(revision)), .init(.string("roots"), .array(roots.map { .string($0) })),
    ]
    if let wasm { members.append(.init(.string("wasm"), wasm)) }
    if let version { members.append(.init(.string("rego_version"), number(version))) }
    if !fileVersions.isEmpty {
      let sorted = fileVersions.sorted { $0.pattern.utf8.lexicographicallyPrecedes($1.pattern.utf8) }
      members.append(
        .init(.string("file_rego_versions"), .object(sorted.map { .init(.string($0.pattern), number($0.version)) })))
    }
    if let metadata { members.append(.init(.string("metadata"), metadata)) }
    return .object(members)
  }
}
