internal import ArgumentParser
internal import Judgement
internal import Rego
internal import RegoBuiltins

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Write policies and data as a bundle, as opa build does.",
    discussion: """
        ringwall build policies
        ringwall build policies data.json -o bundle.tar.gz -r 1.4.0
        ringwall build --bundle policies -e example/allow
        ringwall build -O 2 -e example/allow policies data.json
        ringwall build --target plan -e example/allow policies
        ringwall build --bundle policies --signing-key private.pem

      Policies are compiled, so that a bundle holds none that cannot be used, and formatted. Data become one data.json. The same files give \
      the same bytes. With --target plan the bundle also holds plan.json, which readers of OPA's plans run.
      Exit codes: 0; 1 where a path or policy cannot be used, and after wrong use.
      """)

  enum Target: String, ExpressibleByArgument, CaseIterable {
    case rego
    case plan
  }

  @Argument(help: "Files or folders.", completion: .file())
  var paths: [String] = []

  @Flag(name: [.short, .long], help: "The paths are bundles: their manifests, and of data data.json and data.yaml, are taken.")
  var bundle = false

  @Option(
    name: [.customShort("o", allowingJoined: true), .long], help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file()
  )
  var output = "bundle.tar.gz"

  @Option(name: [.customShort("r", allowingJoined: true), .long], help: ArgumentHelp("Revision in the manifest.", valueName: "text"))
  var revision: String?

  @Option(
    name: [.customShort("e", allowingJoined: true), .long],
    help: ArgumentHelp(
      "A rule or package that is asked: example/allow. May be repeated. METADATA blocks with entrypoint: true name more.",
      valueName: "path"))
  var entrypoint: [String] = []

  @Flag(help: "Accepted for scripts: plans hold the entrypoints alone.")
  var pruneUnused = false

  @Option(
    name: [.customShort("t", allowingJoined: true), .long],
    help: ArgumentHelp("What evaluates the bundle: rego or plan.", valueName: "target"))
  var target = Target.rego.rawValue

  @Option(
    name: [.customShort("O", allowingJoined: true), .long],
    help: ArgumentHelp("0; 1 to evaluate what needs no input; 2 to put rules into each other too. Needs entrypoints.", valueName: "level"))
  var optimize = 0

  @Option(help: ArgumentHelp("With --optimize, the package for rules that negations need.", valueName: "name"))
  var partialNamespace = "partial"

  @Option(
    help: ArgumentHelp("Name of files and folders to pass over, with * and ?. May be repeated or comma-separated.", valueName: "pattern"))
  var ignore: [String] = []

  @Flag(name: .customLong("v0-compatible"), help: "Read and write Rego v0. Wins over --v1-compatible.")
  var isV0 = false

  @Flag(name: .customLong("v1-compatible"), help: "Read Rego v1, which is the default.")
  var isV1 = false

  @Option(
    help: ArgumentHelp("A JSON file that lists the built-in functions policies may call, as of opa capabilities.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var capabilities: String?

  @OptionGroup var verification: BundleVerificationOptions

  @OptionGroup var signing: BundleSigningOptions

  func validate() throws {
    guard Target(rawValue: target) != nil else {
      throw ValidationError("--target \(target): rego and plan are the targets; ringwall builds no wasm")
    }
    guard (0...2).contains(optimize) else { throw ValidationError("--optimize \(optimize): 0, 1 and 2 are the levels") }
    guard !paths.isEmpty else { throw ValidationError("expected at least one path") }
    guard !bundle || paths.count == 1 else { throw ValidationError("--bundle: name one bundle") }
  }

  func run() throws {
    do {
      let output = try ResultOutput(path: output)
      let options = Parser.Options(version: isV0 ? .v0 : .v1)
      let ignored = ignore.flatMap { $0.split(separator: ",").map(String.init) }
      var built = try bundle ? Built(bundle: paths[0], options, ignored, try verification.verification()) : Built(paths, options, ignored)
      let isPlan = target == Target.plan.rawValue
      let entryPoints = built.entryPoints(entrypoint)
      if entryPoints.isEmpty {
        if optimize > 0 { throw DataError("bundle optimizations require at least one entrypoint") }
        if isPlan { throw DataError("plan compilation requires at least one entrypoint") }
      }
      // A bundle of Rego alone is not made for anything: its entry points may be those of another one.
      for path in entryPoints where (isPlan || optimize > 0) && !built.has(path) {
        throw DataError("--entrypoint \(path): there is no rule and no package of this name in what is built")
      }
      if optimize > 0 { try built.optimize(entryPoints, level: optimize, namespace: partialNamespace) }
      if let revision { built.manifest.revision = revision }
      var compilation = Policy.Options(functions: StandardFunctions.all)
      if let capabilities { compilation.builtins = try CapabilitiesFile.builtins(capabilities) }
      let policy = try Policy(built.modules, options: compilation)
      var entries = try built.entries()
      if isPlan { entries.append(BundleEntry(["plan.json"], try policy.plan(entryPoints: entryPoints))) }
      if let signing = try signing.signing(algorithm: verification.algorithm.signingAlg, keyID: verification.verificationKeyID) {
        entries.append(try signing.signatures(of: entries, name: paths.joined(separator: ", ")))
      }
      try output.write(try BundleArchive.write(entries))
      try output.finish()
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain("error: " + OutputError.text(errors), isWhole: true)
      throw ExitCode(1)
    }
  }
}

/// What a bundle is written from.
private struct Built {
  var manifest: BundleManifest
  private(set) var modules: [Module] = []
  /// Texts of the modules, in their order.
  private var sources: [BundleEntry] = []
  private let data: RegoValue

  init(bundle path: String, _ options: Parser.Options, _ ignored: [String], _ verification: BundleVerification?) throws {
    do throws(RegoSources.Failure) {
      let bundle = try Bundle(path, options: options, ignoring: ignored, verification: verification)
      manifest = bundle.manifest ?? BundleManifest()
      modules = bundle.policies.map(\.module)
      sources = bundle.policies.map(\.entry)
      data = bundle.data
    } catch { throw error.underlying }
    if manifest.version == nil { manifest.version = options.version }
  }

  init(_ paths: [String], _ options: Parser.Options, _ ignored: [String]) throws {
    do throws(RegoSources.Failure) {
      let found = try RegoSources(paths, options: options, ignoring: ignored)
      modules = found.modules
      data = found.data.regoValue
    } catch { throw error.underlying }
    manifest = BundleManifest()
    manifest.version = options.version
    for module in modules { sources.append(BundleEntry(Self.place(of: module.file), try DataFiles.bytes(module.file))) }
  }

  /// Where a file stands in the bundle: its path as named, without what leads out of it.
  private static func place(of file: String) -> [String] {
    var parts: [String] = []
    for part in file.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
    }
    return parts
  }

  /// Rewrites the modules for the entry points; what is made is Rego v1.
  mutating func optimize(_ entryPoints: [String], level: Int, namespace: String) throws {
    var optimization = PolicyOptimization()
    optimization.isShallow = level < 2
    optimization.roots = manifest.roots
    optimization.namespace = namespace
    optimization.options = Policy.Options(functions: StandardFunctions.all)
    let given = zip(modules, sources).map {
      PolicyOptimization.Source(name: $1.path.joined(separator: "/"), module: $0, text: $1.bytes)
    }
    let result = try optimization.run(given, data: Document(data), entryPoints: entryPoints)
    modules = result.map(\.module)
    sources = result.map { BundleEntry($0.name.split(separator: "/").map(String.init), $0.text) }
    manifest.revision = ""
    if manifest.version == .v0 { manifest.fileVersions.append(("/optimized/*.rego", .v1)) }
    let covers = manifest.roots.contains { $0.isEmpty || $0 == namespace }
    if !covers { manifest.roots.append(namespace) }
  }

  /// The paths that were named, and those that METADATA blocks name, each once.
  func entryPoints(_ named: [String]) -> [String] {
    var result: [String] = []
    for path in named + ModuleSummary(modules).entryPoints.map({ $0.joined(separator: "/") }) where !result.contains(path) {
      result.append(path)
    }
    return result
  }

  /// Whether a rule or package has the path, names joined by "/".
  func has(_ entrypoint: String) -> Bool {
    let wanted = entrypoint.split(separator: "/").map(String.init)
    return modules.contains { module in
      let package = module.package.dropFirst().compactMap { if case .string(let name) = $0.node { name } else { nil } }
      if package == wanted { return true }
      return module.rules.contains { rule in
        let names = rule.head.reference.compactMap { term -> String? in
          switch term.node {
          case .variable(let name), .string(let name): name
          default: nil
          }
        }
        return package + names == wanted
      }
    }
  }

  func entries() throws -> [BundleEntry] {
    var result = [
      BundleEntry([".manifest"], Document(manifest.json).json() + [0x0A]), BundleEntry(["data.json"], Document(data).json() + [0x0A]),
    ]
    var seen: Set<[String]> = []
    for (module, source) in zip(modules, sources) {
      guard seen.insert(source.path).inserted else {
        throw DataError("cannot write the bundle: two files would stand at \(source.text); name a folder above both")
      }
      let version: Formatter.Target = module.version == .v0 ? .v0 : .v1
      result.append(BundleEntry(source.path, try Formatter.format(source.bytes, file: module.file, options: .init(target: version))))
    }
    return result
  }
}
