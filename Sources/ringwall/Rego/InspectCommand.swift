internal import ArgumentParser
internal import Judgement
internal import Rego
internal import RegoBuiltins

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a bundle or a Rego file holds, as opa inspect does.",
    discussion: """
        ringwall inspect bundle.tar.gz
        ringwall inspect --annotations policies
        ringwall inspect -a --format json policy.rego

      Lists the manifest, the packages and data with their files, METADATA blocks (-a), and in JSON what an engine must offer. Signatures \
      are shown, not verified.
      Exit codes: 0; 1 where the path cannot be read or is no bundle, and after wrong use.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  @Argument(help: "A bundle (.tar.gz or folder) or a .rego file.", completion: .file())
  var path: String

  @Flag(name: [.short, .long], help: "List METADATA blocks too.")
  var annotations = false

  @Option(name: [.customShort("f", allowingJoined: true), .long], help: ArgumentHelp("pretty or json.", valueName: "format"))
  var format: Format = .pretty

  @Flag(name: .customLong("v0-compatible"), help: "Read modules as Rego v0. Wins over --v1-compatible.")
  var isV0 = false

  @Flag(name: .customLong("v1-compatible"), help: "Read modules as Rego v1, which is the default.")
  var isV1 = false

  func run() throws {
    do {
      let contents = try BundleContents(path, options: Parser.Options(version: isV0 ? .v0 : .v1))
      switch format {
      case .json: Console.print(OrderedJSON.textForPages(contents.json(withAnnotations: annotations)))
      case .pretty:
        let text = contents.text(withAnnotations: annotations)
        if !text.isEmpty { Console.print(text) }
      }
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain("error: " + OutputError.text(errors), isWhole: true)
      throw ExitCode(1)
    }
  }
}

/// What `inspect` tells of a bundle or a single file.
struct BundleContents {
  /// nil for a single file.
  private var manifest: BundleManifest?
  private var signatures: RegoValue = .object([])
  private var wasm: [RegoValue] = []
  /// Files by the package or the part of data that they add to, sorted by name.
  private var namespaces: [(name: String, files: [String])] = []
  let summary: ModuleSummary

  init(_ path: String, options: Parser.Options) throws {
    var found: [(String, String)] = []
    if path.hasSuffix(".rego") {
      let module = try Parser.module(try DataFiles.bytes(path), file: path, options: options)
      summary = ModuleSummary([module])
      found = [(summary.packages[0], Self.cleaned(path))]
    } else {
      let bundle = try Self.bundle(path, options)
      manifest = bundle.manifest ?? BundleManifest()
      summary = ModuleSummary(bundle.policies.map(\.module))
      found = zip(summary.packages, bundle.policies).map { ($0, Self.cleaned(bundle.file($1.entry))) }
      for entry in bundle.dataEntries {
        found.append(((["data"] + entry.path.dropLast()).joined(separator: "."), Self.cleaned(bundle.file(entry))))
      }
      if let config = bundle.signatures {
        signatures = .object(["plugin", "signatures"].compactMap { key in config[key].map { .init(key, $0) } })
      }
      wasm = bundle.wasmEntries.map {
        .object([.init("entrypoints", .null), .init("path", .string($0.text)), .init("url", .string($0.text))])
      }
    }
    let groups = Dictionary(grouping: found, by: \.0)
    namespaces = groups.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { ($0, groups[$0, default: []].map(\.1)) }
  }

  private static func bundle(_ path: String, _ options: Parser.Options) throws -> Bundle {
    do throws(RegoSources.Failure) { return try Bundle(path, options: options) } catch { throw error.underlying }
  }

  /// Without "." and empty parts.
  private static func cleaned(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    return path.hasPrefix("/") ? "/" + parts : parts
  }

  func json(withAnnotations: Bool) -> RegoValue {
    var members: [RegoValue.Member] = []
    if let manifest { members.append(.init("manifest", manifest.json)) }
    members.append(.init("signatures_config", signatures))
    if !wasm.isEmpty { members.append(.init("wasm_modules", .array(wasm))) }
    if !namespaces.isEmpty {
      members.append(.init("namespaces", .object(namespaces.map { .init($0.name, .array($0.files.map { .string($0) })) })))
    }
    if withAnnotations, !summary.blocks.isEmpty {
      members.append(.init("annotations", .array(summary.blocks.map(Self.json))))
    }
    members.append(.init("capabilities", summary.capabilities(with: StandardFunctions.all)))
    return .object(members)
  }

  private static func json(_ block: ModuleSummary.Block) -> RegoValue {
    func term(_ type: String, _ name: String) -> RegoValue { .object([.init("type", .string(type)), .init("value", .string(name))]) }
    return .object([
      .init("annotations", block.fields), .init("location", JSONShape.place(block.file, block.location)),
      .init("path", .array([term("var", "data")] + block.path.map { term("string", $0) })),
    ])
  }

  /// Tables, without a line end behind the last line; "" where there is nothing to show.
  func text(withAnnotations: Bool) -> String {
    var parts: [String] = []
    if let manifest {
      let rows = Self.rows(manifest)
      if !rows.isEmpty { parts.append("MANIFEST:\n" + TextTable.text(["FIELD", "VALUE"], rows)) }
    }
    if !namespaces.isEmpty {
      // A name stands beside the first of its files only.
      let rows = namespaces.flatMap { space in
        space.files.enumerated().map { [$0.offset == 0 ? space.name : "", AnnotationText.shortenedPath($0.element)] }
      }
      parts.append("NAMESPACES:\n" + TextTable.text(["NAMESPACE", "FILE"], rows))
    }
    if withAnnotations, !summary.blocks.isEmpty {
      parts.append("ANNOTATIONS:\n" + summary.blocks.map(AnnotationText.text).joined(separator: "\n"))
    }
    return parts.joined(separator: "\n")
  }

  private static func rows(_ manifest: BundleManifest) -> [[String]] {
    var rows: [[String]] = []
    if let version = manifest.version { rows.append(["Rego Version", version == .v0 ? "0" : "1"]) }
    if !manifest.revision.isEmpty { rows.append(["Revision", AnnotationText.shortened(manifest.revision, to: 50)]) }
    let roots = manifest.roots.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for (index, root) in roots.enumerated() where roots.count > 1 || !root.isEmpty {
      rows.append([index == 0 ? "Roots" : "", AnnotationText.shortenedPath(root)])
    }
    if let metadata = manifest.metadata, case .object(let members) = metadata, !members.isEmpty {
      rows.append(["Metadata", AnnotationText.shortened(OrderedJSON.compact(metadata), to: 50)])
    }
    return rows
  }
}
