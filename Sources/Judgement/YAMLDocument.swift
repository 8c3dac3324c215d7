public import Domain
internal import Yams

/// Reads YAML into values. JSON is read too, being a subset.
public enum YAMLDocument {
  private static let deepest = 64

  /// - Parameter file: name used in errors.
  public static func read(_ bytes: [UInt8], file: String) throws(DataError) -> FactValue {
    let text = String(decoding: bytes, as: UTF8.self)
    let node: Node?
    do {
      // Without rules for tags, which the reader would try as regular expressions on every scalar: scalars are read below, by their style.
      node = try Yams.compose(yaml: text, .basic)
    } catch let error as YamlError {
      throw DataError(describe(error, file: file))
    } catch {
      throw DataError("\(file): not readable as YAML")
    }
    guard let node else { return .null }
    var budget = 2_000_000
    return try value(node, file: file, depth: 0, budget: &budget)
  }

  private static func value(_ node: Node, file: String, depth: Int, budget: inout Int) throws(DataError) -> FactValue {
    budget -= 1
    guard depth < deepest, budget > 0 else { throw DataError("\(file): nested too deeply or too large when its aliases are followed") }
    switch node {
    case .scalar(let scalar):
      return Self.scalar(node, scalar)
    case .sequence(let sequence):
      var elements: [FactValue] = []
      for element in sequence { elements.append(try value(element, file: file, depth: depth + 1, budget: &budget)) }
      return .array(elements)
    case .mapping(let mapping):
      var members: [FactValue.Member] = []
      var seen: Set<String> = []
      for (key, element) in mapping {
        guard let name = key.scalar?.string else { throw DataError("\(file)\(place(key.mark)): a key must be text") }
        guard seen.insert(name).inserted else { throw DataError("\(file)\(place(key.mark)): the key \(name) stands twice") }
        members.append(.init(name, try value(element, file: file, depth: depth + 1, budget: &budget)))
      }
      return .object(members)
    case .alias:
      throw DataError("\(file)\(place(node.mark)): an alias without its anchor")
    }
  }

  private static func scalar(_ node: Node, _ scalar: Node.Scalar) -> FactValue {
    guard scalar.style == .any || scalar.style == .plain else { return .string(scalar.string) }
    if let number = Int64(scalar.string) { return .int(number) }
    switch scalar.string {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    // A version such as 2026.4 is written in quotes where it must stay text.
    if let first = scalar.string.utf8.first, first == 0x2D || (0x30...0x39).contains(first), let number = Double(scalar.string),
      number.isFinite
    {
      return .double(number)
    }
    return .string(scalar.string)
  }

  private static func place(_ mark: Mark?) -> String { mark.map { ":\($0.line):\($0.column)" } ?? "" }

  private static func describe(_ error: YamlError, file: String) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
      "\(file):\(mark.line):\(mark.column): \(problem)"
    case .reader(let problem, _, _, _): "\(file): \(problem)"
    default: "\(file): not readable as YAML"
    }
  }
}
