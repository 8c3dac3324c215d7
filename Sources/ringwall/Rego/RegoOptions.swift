internal import ArgumentParser
internal import Judgement
internal import Rego

/// How the Rego commands read and compile modules.
struct RegoCompilation: ParsableArguments {
  enum Target: String, ExpressibleByArgument, CaseIterable {
    case rego
  }

  @Option(
    help: ArgumentHelp("Name of files and folders to pass over, with * and ?. May be repeated or comma-separated.", valueName: "pattern"))
  var ignore: [String] = []

  @Flag(name: .customLong("v0-compatible"), help: "Read modules as Rego v0. Wins over --v1-compatible.")
  var isV0 = false

  @Flag(name: .customLong("v1-compatible"), help: "Read modules as Rego v1, which is the default.")
  var isV1 = false

  @Option(
    help: ArgumentHelp("A JSON file that lists the built-in functions policies may call, as of opa capabilities.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var capabilities: String?

  @Option(
    name: [.customShort("t", allowingJoined: true), .long], help: ArgumentHelp("What evaluates: rego is the only one.", valueName: "target")
  )
  var target: Target = .rego

  @OptionGroup var signing: BundleVerificationOptions

  var parserOptions: Parser.Options { Parser.Options(version: isV0 ? .v0 : .v1) }

  var ignored: [String] { ignore.flatMap { $0.split(separator: ",").map(String.init) } }

  func policyOptions(schema: String? = nil, isStrict: Bool = false, errorLimit: Int = RegoErrors.limit) throws(DataError) -> Policy.Options
  {
    var options = Policy.Options(isStrict: isStrict, errorLimit: errorLimit, functions: PolicyFunctions.all)
    if let capabilities { options.builtins = try CapabilitiesFile.builtins(capabilities) }
    if let schema { options.schemas = try Self.schemas(at: schema) }
    return options
  }

  /// A file is the schema of the input, a folder holds schemas by their paths in it.
  private static func schemas(at path: String) throws(DataError) -> SchemaSet {
    var schemas = SchemaSet()
    for file in try DataFiles.files(at: path, suffixes: [".json"]) {
      let document = Document(try RegoSources.document(try DataFiles.bytes(file), file: file))
      if file == path {
        schemas[[]] = document
      } else {
        let name = file.dropFirst(path.utf8.count).dropLast(".json".count)
        schemas[name.split(separator: "/").map(String.init)] = document
      }
    }
    return schemas
  }

  /// - Parameter bundles: folders laid out as bundles, and archives of such.
  func load(_ paths: [String], bundles: [String] = []) throws -> (modules: [Module], data: Document) {
    let sources = try sources(paths, bundles: bundles)
    return (sources.modules, sources.data)
  }

  func sources(_ paths: [String], bundles: [String] = []) throws -> RegoSources {
    let verification = try signing.verification()
    do throws(RegoSources.Failure) {
      return try RegoSources(
        paths, bundles: bundles, options: parserOptions, ignoring: ignored, verification: verification)
    } catch { throw error.underlying }
  }
}

/// JSON schemas of the input and of data.
struct SchemaOptions: ParsableArguments {
  @Option(
    name: [.customShort("s", allowingJoined: true), .long],
    help: ArgumentHelp(
      "JSON schemas: a file with that of the input, or a folder with those that METADATA blocks name, schema.a.b in a/b.json.",
      valueName: "path"), completion: .file())
  var schema: String?
}

/// Where the commands that evaluate a query find policies and data.
struct RegoOptions: ParsableArguments {
  @Option(
    name: [.customShort("d", allowingJoined: true), .long],
    help: ArgumentHelp("Policies and data: a file or folder. May be repeated.", valueName: "path"), completion: .file())
  var data: [String] = []

  @Option(
    name: [.customShort("b", allowingJoined: true), .long],
    help: ArgumentHelp(
      "A bundle: an archive (.tar.gz), or a folder with policies and files named data.json or data.yaml. May be repeated.",
      valueName: "path"),
    completion: .file())
  var bundle: [String] = []

  @OptionGroup var compilation: RegoCompilation

  @OptionGroup var schemas: SchemaOptions

  /// How the modules are compiled.
  func policyOptions(isStrict: Bool = false) throws(DataError) -> Policy.Options {
    try compilation.policyOptions(schema: schemas.schema, isStrict: isStrict)
  }

  /// The name of the time that loading takes; nil where there is nothing to load.
  var timer: String? { !bundle.isEmpty ? "load_bundles" : data.isEmpty ? nil : "load_files" }

  func load() throws -> (modules: [Module], data: Document) { try compilation.load(data, bundles: bundle) }
}

/// Which query is asked, and with which input.
struct QueryOptions: ParsableArguments {
  @Argument(help: "The query.")
  var query: String?

  @Option(
    name: [.customShort("i", allowingJoined: true), .long], help: ArgumentHelp("The input document, JSON or YAML.", valueName: "file"),
    completion: .file())
  var input: String?

  @Flag(name: [.customShort("I"), .customLong("stdin-input")], help: "Read the input document from standard input.")
  var standardInput = false

  @Flag(name: .customLong("stdin"), help: "Read the query from standard input.")
  var standardQuery = false

  @Option(help: ArgumentHelp("The package whose rules the query names directly.", valueName: "package"))
  var package: String?

  @Option(name: .customLong("import"), help: ArgumentHelp("An import that the query sees. May be repeated.", valueName: "path"))
  var imports: [String] = []

  func validate() throws {
    if query == nil && !standardQuery { throw ValidationError("specify query argument or --stdin") }
    if query != nil && standardQuery { throw ValidationError("specify query argument or --stdin but not both") }
    if standardInput && standardQuery { throw ValidationError("specify --stdin or --stdin-input but not both") }
    if standardInput && input != nil { throw ValidationError("specify --stdin-input or --input but not both") }
  }

  func text() throws(DataError) -> String {
    if let query { return query }
    return String(decoding: try DataFiles.bytes("/dev/stdin"), as: UTF8.self)
  }

  /// nil where none was named.
  func document() throws(DataError) -> Document? {
    if standardInput {
      return try RegoSources.input(
        try DataFiles.bytes("/dev/stdin", limit: DataFiles.documentLimit), file: "standard input")
    }
    guard let input else { return nil }
    let path = input.hasPrefix("file://") ? String(input.dropFirst("file://".count)) : input
    return try RegoSources.input(try DataFiles.bytes(path, limit: DataFiles.documentLimit), file: path)
  }

  /// Below data.
  var packagePath: [String] {
    let path = package?.split(separator: ".").map(String.init) ?? []
    return path.first == "data" ? Array(path.dropFirst()) : path
  }

  func parsedImports() throws(RegoErrors) -> [Import] {
    var result: [Import] = []
    for text in imports { result.append(try Self.imported(text)) }
    return result
  }

  /// "data.a.b" or "input.x as y".
  static func imported(_ text: String) throws(RegoErrors) -> Import {
    let module = try Parser.module(Array("package query\nimport \(text)".utf8), file: "--import")
    guard let item = module.imports.first else { throw RegoErrors(RegoError(.parse, "--import \(text): no import")) }
    return item
  }
}

/// A file of capabilities, as `opa capabilities` writes it.
enum CapabilitiesFile {
  /// Hosts that it allows to ask; none where it does not say.
  static func hosts(_ path: String) throws(DataError) -> [String] {
    let document = try RegoSources.document(try DataFiles.bytes(path), file: path)
    guard let allowed = document["allow_net"] else { return [] }
    guard case .array(let list) = allowed else { throw DataError("\(path): allow_net is no list of hosts") }
    return list.compactMap { if case .string(let host) = $0 { host } else { nil } }
  }

  /// Names of the built-in functions that it lists.
  static func builtins(_ path: String) throws(DataError) -> Set<String> {
    let document = try RegoSources.document(try DataFiles.bytes(path), file: path)
    guard case .array(let list)? = document["builtins"] else {
      throw DataError("\(path): not a file of capabilities: it has no list named builtins; opa capabilities --current writes one")
    }
    var names: Set<String> = []
    for item in list { if case .string(let name)? = item["name"] { names.insert(name) } }
    return names
  }
}
