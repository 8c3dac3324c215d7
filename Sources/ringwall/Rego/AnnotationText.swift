internal import Rego

/// METADATA blocks as `opa inspect` prints them.
enum AnnotationText {
  private static let width = 80

  /// One block, ended by an empty line.
  static func text(_ block: ModuleSummary.Block) -> String {
    func field(_ key: String) -> String { if case .string(let text)? = block.fields[key] { text } else { "" } }
    let path = block.path.joined(separator: ".")
    let title = field("title").isEmpty ? path : field("title")
    var lines = [title, String(repeating: "=", count: min(title.utf8.count, width)), ""]
    if !field("description").isEmpty { lines += [field("description"), ""] }
    let names = block.path
    lines.append("Package:  " + (block.isOfPackage ? path : block.package.joined(separator: ".")))
    if !block.isOfPackage { lines.append("Rule:     " + names.dropFirst(block.package.count).joined(separator: ".")) }
    lines.append("Location: \(block.file):\(block.location.row)")
    if !field("scope").isEmpty { lines.append("Scope: " + field("scope")) }
    if block.fields["entrypoint"] == .boolean(true) { lines.append("Entrypoint: true") }
    lines.append("")
    func list(_ title: String, _ entries: [(key: String, value: String)], _ separator: String = "") {
      if !entries.isEmpty { lines += [title + ":"] + Self.list(entries, separator) + [""] }
    }
    func items(_ key: String) -> [RegoValue] { if case .array(let items)? = block.fields[key] { items } else { [] } }
    list("Organizations", items("organizations").map { (oneLine($0), "") })
    list("Authors", items("authors").map { (author($0), "") })
    list("Schemas", items("schemas").map { (reference($0["path"]), $0["schema"].map(reference) ?? json($0["definition"])) }, ": ")
    list("Related Resources", items("related_resources").map { (oneLine($0["ref"]), $0["description"].map(oneLine) ?? "") }, " ")
    if case .object(let members)? = block.fields["custom"] {
      list("Custom", members.map { (oneLine($0.key), json($0.value)) }, ": ")
    }
    return lines.joined(separator: "\n")
  }

  private static func list(_ entries: [(key: String, value: String)], _ separator: String) -> [String] {
    let longest = entries.map(\.key.utf8.count).max() ?? 0
    return entries.map { key, value in
      let space = String(repeating: " ", count: longest - key.utf8.count)
      return shortened(value.isEmpty ? " " + key : " " + key + separator + space + value, to: width)
    }
  }

  private static func oneLine(_ value: RegoValue?) -> String {
    guard case .string(let text)? = value else { return "" }
    return text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ")
  }

  private static func author(_ value: RegoValue) -> String {
    let name = oneLine(value["name"]), address = oneLine(value["email"])
    if address.isEmpty { return name }
    return name.isEmpty ? "<\(address)>" : "\(name) <\(address)>"
  }

  private static func reference(_ value: RegoValue?) -> String {
    guard case .array(let terms)? = value else { return "" }
    return terms.map { oneLine($0["value"]) }.joined(separator: ".")
  }

  private static func json(_ value: RegoValue?) -> String { value.map(OrderedJSON.compact) ?? "" }

  /// Shorter than `limit` bytes, or cut and ended by dots.
  static func shortened(_ text: String, to limit: Int) -> String {
    text.utf8.count < limit ? text : String(decoding: text.utf8.prefix(limit - 3), as: UTF8.self) + "..."
  }

  /// A path too long for a table keeps its end.
  static func shortenedPath(_ path: String) -> String {
    path.utf8.count < 50 ? path : "..." + String(decoding: path.utf8.suffix(46), as: UTF8.self)
  }
}
