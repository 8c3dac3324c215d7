internal import Domain

/// The policies of one run: modules, the catalogue of controls they hold, and the digest that names them.
public struct Policies: Sendable {
  public let modules: [PolicyEngine.Source]
  /// The same, read.
  let parsed: [PolicyEngine.ParsedSource]
  public let controls: Controls
  /// SHA-256 over the names and contents of all policies in use, the user's own included.
  public let digest: String
  /// Whether policies beside the shipped ones are in use.
  let holdsForeign: Bool

  private static let catalogFile = "policies/catalog.rego"

  /// - Parameters:
  ///   - extra: files or folders with the user's own policies.
  ///   - replacing: true uses only `extra` for the controls; the shipped libraries and `main.rego` stay.
  public static func load(from folder: DataFolder, extra: [String] = [], replacing: Bool = false) throws(DataError) -> Policies {
    var modules: [PolicyEngine.Source] = []
    for relative in try folder.files(below: "policies", suffixes: [".rego"])
    where !relative.hasSuffix("_test.rego") && relative != catalogFile && !relative.hasPrefix("policies/detections/") {
      let isShared = relative.hasPrefix("policies/lib/") || relative == "policies/main.rego"
      if !replacing || isShared { modules.append(.init(file: relative, text: try folder.bytes(relative))) }
    }
    for path in extra {
      let files = try DataFiles.files(at: path, suffixes: [".rego"]).filter { !$0.hasSuffix("_test.rego") }
      guard !files.isEmpty else { throw DataError("--policy \(path): holds no .rego file") }
      for file in files { modules.append(.init(file: file, text: try DataFiles.bytes(file))) }
    }
    let layers = try Layers(try folder.bytes("data/layers.yaml"), file: "data/layers.yaml")
    let parsed = try PolicyEngine.parse(modules)
    let controls = Controls(rules: PolicyEngine.annotatedRules(of: parsed), layers: layers)
    // A policy that holds only what cannot be a control: what is wrong with it says more than that it holds none.
    for path in extra where !controls.all.contains(where: { control in isBelow(control.location.name, path) }) {
      guard parsed.contains(where: { isBelow($0.file, path) && PolicyEngine.isControlPackage($0.module) }) || extra.count == 1 else {
        continue
      }
      if let problem = controls.problems.first(where: { problem in isBelow(String(problem.prefix { $0 != ":" }), path) }) {
        throw DataError("\(problem); correct the METADATA of that rule")
      }
      throw DataError(
        "--policy \(path): holds no control; each needs METADATA with custom.id above its rule, in a package ringwall.controls.<platform>.<family> (docs/policies.md)"
      )
    }
    let digest = Digest.manifest(modules.map { (name: $0.file, bytes: $0.text) })
    let catalog = PolicyEngine.Source(file: catalogFile, text: Array(controls.catalogModule.utf8))
    return Policies(
      modules: modules + [catalog], parsed: parsed + (try PolicyEngine.parse([catalog])), controls: controls, digest: digest,
      holdsForeign: !extra.isEmpty)
  }

  /// The shipped modules that judging a kind needs: the package of the kind, and what is no control's.
  func modules(judging kind: Asset.Kind) -> [PolicyEngine.ParsedSource] {
    let own = Controls.package(of: kind)
    return parsed.filter { source in
      guard let package = PolicyEngine.controlPackage(source.module) else { return true }
      return package == own
    }
  }

  /// Digest of each control's rule, by control id: the module it stands in and the library that every rule may use.
  public var ruleDigests: [String: String] {
    let library = Digest.manifest(
      modules.filter { $0.file.hasPrefix("policies/lib/") }.map { (name: $0.file, bytes: $0.text) })
    var files: [String: String] = [:]
    for module in modules { files[module.file] = String(Digest.sha256(Array(library.utf8) + module.text).prefix(16)) }
    var digests: [String: String] = [:]
    for control in controls.all { digests[control.id] = files[control.location.name] }
    return digests
  }

  private static func isBelow(_ file: String, _ path: String) -> Bool {
    file == path || file.hasPrefix(path.hasSuffix("/") ? path : path + "/")
  }
}
