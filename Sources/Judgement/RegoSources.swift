public import Rego

/// Policies and data as OPA's `--data` finds them: files and folders, `.rego`, `.json`, `.yaml` and `.yml`.
///
/// A data file named by itself is merged at the root; one found in a folder at the path of the folders below the one that was named. A
/// prefix places it elsewhere: `a.b:file.json`.
public struct RegoSources: Sendable {
  public private(set) var modules: [Module] = []
  public private(set) var data = Document.empty
  /// How long the modules of files took to parse.
  public private(set) var parsing: Duration = .zero

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
  ///   - verification: how bundles must be signed; nil does not look at signatures.
  public init(
    _ paths: [String], bundles: [String] = [], options: Parser.Options = Parser.Options(), ignoring ignored: [String] = [],
    verification: BundleVerification? = nil
  ) throws(Failure) {
    var errors: [RegoError] = []
    var found: [(document: Document, file: String)] = []
    for path in paths {
      let (prefix, name) = Self.split(path)
      do throws(DataError) {
        for file in try DataFiles.files(at: name, suffixes: [".rego", ".json", ".yaml", ".yml"], ignoring: ignored) {
          let folders = file == name ? [] : Self.folders(of: file, below: name)
          if file.hasSuffix(".rego") {
            let bytes = try DataFiles.bytes(file)
            let start = ContinuousClock.now
            defer { parsing += ContinuousClock.now - start }
            do throws(RegoErrors) { modules.append(try Parser.module(bytes, file: file, options: options)) } catch {
              errors += error.errors
            }
          } else {
            found.append((try Self.data(file, at: prefix + folders), file))
          }
        }
      } catch {
        throw .unreadable(error)
      }
    }
    if !errors.isEmpty { throw .errors(RegoErrors(Array(errors.prefix(RegoErrors.limit)))) }
    var opened: [Bundle] = []
    for path in bundles { opened.append(try Bundle(path, options: options, ignoring: ignored, verification: verification)) }
    modules += opened.flatMap(\.policies).map(\.module)
    do throws(DataError) {
      try Bundle.checkRoots(of: opened)
      data = try Self.merged(found + opened.map { ($0.document, $0.name) })
    } catch { throw .unreadable(error) }
  }

  private static func data(_ file: String, at path: [String]) throws(DataError) -> Document {
    let document = try input(try DataFiles.bytes(file, limit: DataFiles.documentLimit), file: file)
    guard document.isObject || !path.isEmpty else { throw DataError("\(file): data at the root must be an object") }
    return path.reversed().reduce(document) { $0.wrapped(as: $1) }
  }

  /// Data of several files as one.
  static func merged(_ documents: [(document: Document, file: String)]) throws(DataError) -> Document {
    do throws(Document.MergeConflict) { return try Document.merging(documents.map(\.document)) } catch {
      let path = (["data"] + error.path).joined(separator: ".")
      throw DataError("\(documents[error.index].file): \(path) is already set by another data file")
    }
  }

  /// A JSON or YAML file as a value.
  public static func document(_ bytes: [UInt8], file: String) throws(DataError) -> RegoValue {
    if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return try YAMLDocument.read(bytes, file: file).regoValue }
    return try input(bytes, file: file).regoValue
  }

  /// A JSON or YAML file as the engine reads it, however large.
  public static func input(_ bytes: consuming [UInt8], file: String) throws(DataError) -> Document {
    if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return Document(try YAMLDocument.read(bytes, file: file).regoValue) }
    do throws(RegoError) { return try Document(handingOver: consume bytes, name: file) } catch {
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
}
