public import Rego

/// Policies and data that belong together, as OPA's bundles: a folder, or an archive of one.
///
/// Files named data.json, data.yaml and data.yml stand for data at the path of their folders, `.rego` files are modules, `.manifest` says
/// what the bundle is and which parts of data are its own. Wasm modules and plans are passed over.
public struct Bundle: Sendable {
  /// A policy, with its text.
  public struct Policy: Sendable {
    public let entry: BundleEntry
    public let module: Module
  }

  /// The path that was named.
  public let name: String
  /// Whether the bundle is a folder; its modules are then named by their files, those of an archive by "/" and their path.
  public let isFolder: Bool
  /// nil where the bundle has none.
  public private(set) var manifest: BundleManifest?
  public private(set) var policies: [Policy] = []
  public private(set) var document = Document.empty
  public var data: RegoValue { document.regoValue }
  /// Files that data were read from, in the bundle's order.
  public private(set) var dataEntries: [BundleEntry] = []
  public private(set) var wasmEntries: [BundleEntry] = []
  /// `.signatures.json`, not verified.
  public private(set) var signatures: RegoValue?

  /// - Parameters:
  ///   - path: an archive, or a folder.
  ///   - options: how policies are read of which the manifest does not say the version.
  ///   - ignored: patterns for names of files and folders of a folder to pass over.
  ///   - verification: how the bundle must be signed; nil does not look at signatures.
  public init(
    _ path: String, options: Parser.Options = Parser.Options(), ignoring ignored: [String] = [],
    verification: BundleVerification? = nil, limits: BundleLimits = BundleLimits()
  ) throws(RegoSources.Failure) {
    let path = path.hasPrefix("file://") ? String(path.dropFirst("file://".count)) : path
    let isFolder = DataFiles.isFolder(path)
    let entries: [BundleEntry]
    do throws(DataError) {
      entries = try Self.entries(at: path, ignoring: ignored, limits: limits)
      try verification?.verify(entries, name: path)
    } catch { throw .unreadable(error) }
    try self.init(entries, name: path, isFolder: isFolder, options: options)
  }

  /// - Parameter entries: no two have the same path.
  public init(
    _ entries: [BundleEntry], name: String, isFolder: Bool = false, options: Parser.Options = Parser.Options()
  ) throws(RegoSources.Failure) {
    self.name = name
    self.isFolder = isFolder
    do throws(DataError) {
      if let entry = entries.first(where: { $0.path == [".manifest"] }) {
        manifest = try BundleManifest(entry.bytes, place: place(entry))
      }
      var found: [(document: Document, file: String)] = []
      for entry in entries { if let data = try add(entry) { found.append((data, place(entry))) } }
      document = try RegoSources.merged(found)
    } catch { throw .unreadable(error) }
    var errors: [RegoError] = []
    for entry in entries where entry.name.hasSuffix(".rego") {
      var options = options
      if let version = manifest?.version(of: entry.text) { options.version = version }
      do throws(RegoErrors) {
        policies.append(Policy(entry: entry, module: try Parser.module(entry.bytes, file: file(entry), options: options)))
      } catch { errors += error.errors }
    }
    if !errors.isEmpty { throw .errors(RegoErrors(Array(errors.prefix(RegoErrors.limit)))) }
    if let manifest {
      do throws(DataError) { try check(manifest) } catch { throw .unreadable(error) }
    }
  }

  /// The name of an entry's file: in a folder its path, in an archive the path below the root.
  public func file(_ entry: BundleEntry) -> String {
    guard isFolder else { return entry.text }
    return name.hasSuffix("/") ? name + entry.text.dropFirst() : name + entry.text
  }

  private func place(_ entry: BundleEntry) -> String { isFolder ? file(entry) : "\(name): \(entry.text)" }

  /// - Returns: the data of the entry, where it holds some.
  private mutating func add(_ entry: BundleEntry) throws(DataError) -> Document? {
    switch entry.name {
    case "data.json", "data.yaml", "data.yml":
      let document = try RegoSources.input(entry.bytes, file: place(entry))
      let folders = entry.path.dropLast()
      guard document.isObject || !folders.isEmpty else { throw DataError("\(place(entry)): data at the root must be an object") }
      dataEntries.append(entry)
      return folders.reversed().reduce(document) { $0.wrapped(as: $1) }
    case "patch.json" where entry.path.count == 1:
      throw DataError("\(place(entry)): a delta bundle, which changes data of an earlier one; name a bundle that holds all of its data")
    case ".signatures.json" where entry.path.count == 1:
      signatures = try RegoSources.document(entry.bytes, file: place(entry))
    default:
      if entry.name.hasSuffix(".wasm") { wasmEntries.append(entry) }
    }
    return nil
  }

  /// Policies and data lie below the manifest's roots.
  private func check(_ manifest: BundleManifest) throws(DataError) {
    for policy in policies {
      let path = policy.module.package.dropFirst().compactMap { if case .string(let name) = $0.node { name } else { nil } }
      guard manifest.permits(path.joined(separator: "/")) else {
        let package = "package " + path.joined(separator: ".")
        throw DataError("\(name): manifest roots \(manifest.rootsText) do not permit '\(package)' in module '\(file(policy.entry))'")
      }
    }
    if !manifest.permits("") { try check(data, at: "", manifest) }
  }

  private func check(_ value: RegoValue, at path: String, _ manifest: BundleManifest) throws(DataError) {
    if manifest.permits(path) { return }
    // Above a root there may be objects, which lead to it.
    guard case .object(let members) = value, path.isEmpty || manifest.roots.contains(where: { BundleManifest.contains(path, $0) }) else {
      throw DataError(
        "\(name): manifest roots \(manifest.rootsText) do not permit data at path '/\(path)' (hint: check bundle directory structure)")
    }
    for member in members {
      guard case .string(let key) = member.key else { continue }
      try check(member.value, at: path.isEmpty ? key : path + "/" + key, manifest)
    }
  }

  /// No part of data belongs to two bundles.
  static func checkRoots(of bundles: [Bundle]) throws(DataError) {
    for (index, bundle) in bundles.enumerated() {
      for other in bundles[..<index] {
        for root in bundle.manifest?.roots ?? [""] {
          guard let clash = (other.manifest?.roots ?? [""]).first(where: { BundleManifest.overlap($0, root) }) else { continue }
          throw DataError(
            """
            detected overlapping roots in manifests for these bundles: [\(other.name), \(bundle.name)] ('\(clash)' and '\(root)'); \
            give each bundle a .manifest with roots of its own
            """)
        }
      }
    }
  }
}

extension Bundle {
  /// The files of a bundle, not verified.
  ///
  /// - Parameter path: an archive, or a folder.
  public static func entries(
    at path: String, ignoring ignored: [String] = [], limits: BundleLimits = BundleLimits()
  ) throws(DataError) -> [BundleEntry] {
    DataFiles.isFolder(path)
      ? try entries(ofFolder: path, ignoring: ignored)
      : try BundleArchive.read(try DataFiles.bytes(path, limit: limits.archive), name: path, limits: limits)
  }

  /// The files of a folder that a bundle is made of.
  public static func entries(ofFolder path: String, ignoring ignored: [String] = []) throws(DataError) -> [BundleEntry] {
    var result: [BundleEntry] = []
    let suffixes = [".rego", "data.json", "data.yaml", "data.yml", "patch.json"]
    var files = try DataFiles.files(at: path, suffixes: suffixes, ignoring: ignored)
    for hidden in [".manifest", ".signatures.json"] {
      let file = path.hasSuffix("/") ? path + hidden : path + "/" + hidden
      if DataFiles.exists(file) { files.append(file) }
    }
    for file in files {
      let entry = file.dropFirst(path.utf8.count).split(separator: "/").map(String.init)
      guard let name = entry.last, name.hasSuffix(".rego") || name.hasPrefix(".") || suffixes.contains(name) else { continue }
      result.append(BundleEntry(entry, try DataFiles.bytes(file)))
    }
    return result
  }
}
