internal import Judgement
internal import Rego

/// Modules and data of an interactive session: those that were loaded, and rules that were typed in.
struct ShellPolicy {
  let loaded: [Module]
  let data: Document
  let parserOptions: Parser.Options
  /// Of --capabilities.
  let options: Policy.Options

  /// A package with what was typed into it.
  struct Package {
    var imports: [String] = []
    var rules: [(name: String, text: String)] = []

    var isEmpty: Bool { imports.isEmpty && rules.isEmpty }
  }

  /// "repl", or as set by `package`.
  var current = ["repl"]
  /// What `input := ...` gave.
  var typedInput: Document?
  private(set) var packages: [[String]: Package] = [:]
  private(set) var policy: Policy

  init(loaded: [Module], data: Document, parserOptions: Parser.Options, options: Policy.Options) throws(RegoErrors) {
    self.loaded = loaded
    self.data = data
    self.parserOptions = parserOptions
    self.options = options
    policy = try Policy(loaded, data: self.data, options: options)
  }

  var package: Package { packages[current] ?? Package() }

  /// The current package as a module.
  func text(_ path: [String]? = nil) -> String {
    let path = path ?? current
    let package = packages[path] ?? Package()
    let name = path.enumerated().map { index, part in
      index == 0 || part.utf8.allSatisfy { $0 == 0x5F || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 }
        ? (index == 0 ? part : "." + part) : "[" + OrderedJSON.compact(.string(part)) + "]"
    }.joined()
    var lines = ["package \(name)", ""]
    if !package.imports.isEmpty { lines += package.imports + [""] }
    lines += package.rules.flatMap { [$0.text, ""] }
    return lines.joined(separator: "\n")
  }

  func modules() throws(RegoErrors) -> [Module] {
    var result = loaded
    for path in packages.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) where !(packages[path]?.isEmpty ?? true) {
      result.append(try Parser.module(Array(text(path).utf8), file: "", options: parserOptions))
    }
    return result
  }

  /// Imports of the current package, parsed.
  func imports() throws(RegoErrors) -> [Import] {
    if package.imports.isEmpty { return [] }
    var module = ["package repl"]
    module += package.imports
    return try Parser.module(Array(module.joined(separator: "\n").utf8), file: "", options: parserOptions).imports
  }

  /// Changes the current package; nothing is changed where the modules are then wrong.
  mutating func change(_ body: (inout Package) -> Void) throws(RegoErrors) {
    var copy = self
    body(&copy.packages[current, default: Package()])
    copy.policy = try Policy(try copy.modules(), data: data, options: options)
    self = copy
  }

  /// The document that queries see as `input`: what was typed, else `data.repl.input`.
  func input() throws(RegoErrors) -> Document? {
    if let typedInput { return typedInput }
    let query = try policy.prepare("data.repl.input")
    do throws(RegoError) { return try query.evaluate().first?.values.first.map { Document($0) } } catch { throw RegoErrors(error) }
  }
}
