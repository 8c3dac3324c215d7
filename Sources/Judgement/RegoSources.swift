public import Rego

/// Policies and data as OPA's `--data` finds them: files and folders, `.rego`, `.json`, `.yaml` and `.yml`.
///
/// A data file named by itself is merged at the root; one found in a folder at the path of the folders below the one that was named. A
/// prefix places it elsewhere: `a.b:file.json`.
public struct RegoSources: Sendable {
  public private(set) var modules: [Module] = []
  public private(set) var data: RegoValue = .object([])

  /// Why sources cannot be used.
  public enum Failure: Error, Sendable {
    /// A file that cannot be read, or data that contradict each other.
    case unreadable(DataError)
    /// Modules that are not Rego.
    case errors(RegoErrors)

    /// The `DataError` or `RegoErrors`.
    public var underlying: any Error {
      switch self {
      case .unreadable(let error): error
      case .errors(let errors): errors
      }
    }
  }

  /// - Parameters:
  ///   - bundles: folders laid out as bundles, and archives of such.
  ///   - ignored: patterns for names of files and folders to pass over.
  public init(
    _ paths: [String], bundles: [String] = [], options: Parser.Options = Parser.Options(), ignoring ignored: [String] = []
  ) throws(Failure) {
    var errors: [RegoError] = []
    for path in paths {
      let (prefix, name) = Self.split(path)
      do throws(DataError) {
        for file in try DataFiles.files(at: name, suffixes: [".rego", ".json", ".yaml", ".yml"], ignoring: ignored) {
          let folders = file == name ? [] : Self.folders(of: file, below: name)
          try add(file, at: prefix + folders, options: options, errors: &errors)
        }
      } catch {
        throw .unreadable(error)
      }
    }
    if !errors.isEmpty { throw .errors(RegoErrors(Array(errors.prefix(RegoErrors.limit)))) }
    try add(bundles, options: options, ignoring: ignored)
  }

  private mutating func add(_ paths: [String], options: Parser.Options, ignoring ignored: [String]) throws(Failure) {
    var bundles: [Bundle] = []
    for path in paths { bundles.append(try Bundle(path, options: options, ignoring: ignored)) }
    do throws(DataError) {
      try Bundle.checkRoots(of: bundles)
      for bundle in bundles {
        modules += bundle.policies.map(\.module)
        data = try Self.merged(data, bundle.data, file: bundle.name, path: "data")
      }
    } catch { throw .unreadable(error) }
  }

  private mutating func add(_ file: String, at path: [String], options: Parser.Options, errors: inout [RegoError]) throws(DataError) {
    let bytes = try DataFiles.bytes(file)
    if file.hasSuffix(".rego") {
      do throws(RegoErrors) { modules.append(try Parser.module(bytes, file: file, options: options)) } catch { errors += error.errors }
      return
    }
    var value = try Self.document(bytes, file: file)
    for part in path.reversed() { value = .object([.init(.string(part), value)]) }
    guard case .object = value else { throw DataError("\(file): data at the root must be an object") }
    data = try Self.merged(data, value, file: file, path: "data")
  }

  /// A JSON or YAML file as a value.
  public static func document(_ bytes: [UInt8], file: String) throws(DataError) -> RegoValue {
    if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return try YAMLDocument.read(bytes, file: file).regoValue }
    return try input(bytes, file: file).regoValue
  }

  /// A JSON or YAML file as the engine reads it, however large.
  public static func input(_ bytes: [UInt8], file: String) throws(DataError) -> Document {
    if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return Document(try YAMLDocument.read(bytes, file: file).regoValue) }
    do throws(RegoError) { return try Document(json: bytes, name: file) } catch {
      throw DataError("\(file):\(error.location.row):\(error.location.column): not JSON: \(error.message)")
    }
  }

  /// "a.b:file.json" is a prefix and a name; "file.json" and "dir:with/colon.json" are a name.
  private static func split(_ path: String) -> (prefix: [String], name: String) {
    if path.hasPrefix("file://") { return ([], String(path.dropFirst("file://".count))) }
    guard let colon = path.firstIndex(of: ":"), colon != path.startIndex else { return ([], path) }
    let prefix = path[..<colon]
    guard !prefix.contains("/"), !DataFiles.exists(path) else { return ([], path) }
    var parts = prefix.split(separator: ".").map(String.init)
    if parts.first == "data" { parts.removeFirst() }
    return (parts, String(path[path.index(after: colon)...]))
  }

  private static func folders(of file: String, below folder: String) -> [String] {
    file.dropFirst(folder.utf8.count).split(separator: "/").dropLast().map(String.init)
  }

  static func merged(_ a: RegoValue, _ b: RegoValue, file: String, path: String) throws(DataError) -> RegoValue {
    guard case .object(let first) = a, case .object(let second) = b else {
      throw DataError("\(file): \(path) is already set by another data file")
    }
    var result = first
    var positions: [RegoValue: Int] = [:]
    for (index, member) in first.enumerated() { positions[member.key] = index }
    for member in second {
      guard let position = positions[member.key] else {
        result.append(member)
        continue
      }
      var name = path
      if case .string(let key) = member.key { name += "." + key }
      result[position] = .init(member.key, try merged(result[position].value, member.value, file: file, path: name))
    }
    return .object(result)
  }
}
