import Foundation
import Yams

/// What one control is shown, and what it must say: a file of Fixtures/<package>/<ID>.yaml.
struct ControlFixture {
  enum State: String, CaseIterable {
    case pass, fail, notApplicable, unknown
  }

  /// Raw input, as it lies on a machine.
  enum Input {
    /// A saved tree: text of each file by its absolute path; nil makes a folder in the file's place, which cannot be read as a file.
    case root([String: String?])
    /// One named file.
    case file(name: String, text: String)
  }

  struct Case {
    var input: Input
    var parameters: [String: Node]
    var asset: String?
    var messageCase: String?
    var reason: String?
    /// "path:line", "path" or another place's name.
    var cites: String?
    var flip: Flip?
  }

  /// A change of the raw input that must change the verdict.
  struct Flip {
    /// The file to change; nil where only one holds the text.
    var file: String?
    var from: String
    var to: String
    /// A file that is left out instead.
    var without: String?
  }

  struct Mistake: Error, CustomStringConvertible {
    var description: String
  }

  let id: String
  let package: String
  let cases: [State: Case]
  /// Further cases by their whole name: "pass.reload" is one more that must pass.
  let variants: [(name: String, state: State, item: Case)]

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// Every fixture of every package.
  static func all() throws -> [ControlFixture] {
    var found: [ControlFixture] = []
    for package in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + package).sorted() where name.hasSuffix(".yaml") {
        found.append(try ControlFixture(package: package, file: name))
      }
    }
    return found
  }

  private init(package: String, file: String) throws {
    self.package = package
    id = String(file.dropLast(5))
    let text = try String(contentsOf: Self.folder.appending(path: "\(package)/\(file)"), encoding: .utf8)
    guard let root = try Yams.compose(yaml: text)?.mapping else { throw Mistake(description: "\(file): no map of cases") }
    let base = root["base"]?.mapping?["root"].map(Self.files) ?? [:]
    var cases: [State: Case] = [:]
    var variants: [(String, State, Case)] = []
    for (key, node) in root where key.string != "base" {
      let name = key.string ?? "?"
      let parts = name.split(separator: ".", maxSplits: 1)
      guard let state = parts.first.flatMap({ State(rawValue: String($0)) }) else {
        throw Mistake(description: "\(file): \(name) is no case")
      }
      let item = try Self.read(node, base: base, file: file)
      if parts.count == 1 { cases[state] = item } else { variants.append((name, state, item)) }
    }
    self.cases = cases
    self.variants = variants
  }

  private static func read(_ node: Node, base: [String: String?], file: String) throws -> Case {
    guard let fields = node.mapping else { throw Mistake(description: "\(file): a case must be a map") }
    let input: Input
    if let named = fields["file"]?.mapping {
      input = .file(name: named["name"]?.string ?? "", text: named["text"]?.string ?? "")
    } else {
      input = .root(base.merging(fields["root"].map(files) ?? [:]) { $1 })
    }
    var parameters: [String: Node] = [:]
    for (key, value) in fields["parameters"]?.mapping ?? [:] { parameters[key.string ?? ""] = value }
    let flip = fields["flip"]?.mapping.map {
      Flip(file: $0["in"]?.string, from: $0["from"]?.string ?? "", to: $0["to"]?.string ?? "", without: $0["without"]?.string)
    }
    return Case(
      input: input, parameters: parameters, asset: fields["asset"]?.string, messageCase: fields["case"]?.string,
      reason: fields["reason"]?.string, cites: fields["cites"]?.string, flip: flip)
  }

  private static func files(_ node: Node) -> [String: String?] {
    var files: [String: String?] = [:]
    for (path, text) in node.mapping ?? [:] {
      // The key is kept for a null: it means that a folder lies there.
      files.updateValue(text.null == nil ? text.scalar?.string : .some(nil) ?? nil, forKey: path.string ?? "")
    }
    return files
  }
}

extension ControlFixture.Case {
  /// The same input with one text replaced; nil where the text is not found exactly once, or in no file.
  func flipped() -> ControlFixture.Input? {
    guard let flip else { return nil }
    switch input {
    case .file(let name, let text):
      return text.contains(flip.from) ? .file(name: name, text: text.replacingOccurrences(of: flip.from, with: flip.to)) : nil
    case .root(var files):
      if let path = flip.without { return files.removeValue(forKey: path) == nil ? nil : .root(files) }
      let holding = files.filter { path, text in
        (flip.file == nil || flip.file == path) && text.map { $0.contains(flip.from) } == true
      }
      guard holding.count == 1, let path = holding.keys.first, let text = holding[path] ?? nil else { return nil }
      files.updateValue(text.replacingOccurrences(of: flip.from, with: flip.to), forKey: path)
      return .root(files)
    }
  }
}
