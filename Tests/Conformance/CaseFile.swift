import Rego
import Yams

/// One case of OPA's conformance suite (v1/test/cases/cases.go).
struct Case {
  var file: String
  var index: Int
  var note = ""
  var query = ""
  var modules: [String] = []
  var data: RegoValue?
  var input: RegoValue?
  var inputTerm: String?
  var wantResult: RegoValue?
  var wantErrorCode: String?
  var wantError: String?
  var sortBindings = false
  var ignoresGeneratedVariables = false
  var isStrict = false
  var experimentalKeywords: [String] = []
}

/// Reads a YAML file of cases. Timestamps stay text; numbers keep every digit.
enum CaseFile {
  struct Failure: Error { var message: String }

  static func read(_ text: String, file: String) throws -> [Case] {
    guard let root = try Yams.compose(yaml: text) else { return [] }
    guard case .sequence(let items)? = root.mapping?["cases"] else { throw Failure(message: "\(file): no list of cases") }
    return items.enumerated().map { index, node in
      var item = Case(file: file, index: index)
      for (key, value) in node.mapping ?? [:] {
        switch key.string ?? "" {
        case "note": item.note = value.string ?? ""
        case "query": item.query = value.string ?? ""
        case "modules": item.modules = value.sequence?.compactMap(\.string) ?? []
        case "data": item.data = Self.value(value)
        case "input": item.input = Self.value(value)
        case "input_term": item.inputTerm = value.string
        case "want_result": item.wantResult = Self.value(value)
        case "want_error_code": item.wantErrorCode = value.string
        case "want_error": item.wantError = value.string
        case "sort_bindings": item.sortBindings = value.bool ?? false
        case "ignore_generated_vars": item.ignoresGeneratedVariables = value.bool ?? false
        case "strict_error": item.isStrict = value.bool ?? false
        case "experimental_keywords": item.experimentalKeywords = value.sequence?.compactMap(\.string) ?? ["and", "or", "not"]
        default: break
        }
      }
      return item
    }
  }

  static func value(_ node: Node) -> RegoValue {
    switch node {
    case .sequence(let items): .array(items.map(value))
    case .mapping(let members):
      .object(members.map { .init(key($0.key), value($0.value)) })
    case .scalar(let scalar): self.scalar(scalar, node.tag)
    case .alias: .null
    }
  }

  private static func key(_ node: Node) -> RegoValue { .string(node.scalar?.string ?? "") }

  private static func scalar(_ scalar: Node.Scalar, _ tag: Tag) -> RegoValue {
    let text = scalar.string
    guard scalar.style == .plain || scalar.style == .any, tag != .init(.str) || scalar.style == .plain else { return .string(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    default: break
    }
    if let integer = Int64(text), text.first != "+" { return .integer(integer) }
    return isNumber(text) ? .number(text) : .string(text)
  }

  /// A number as JSON writes it.
  private static func isNumber(_ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    if bytes.first == UInt8(ascii: "-") { bytes = bytes.dropFirst() }
    func digits() -> Int {
      let run = bytes.prefix { (0x30...0x39).contains($0) }
      bytes = bytes.dropFirst(run.count)
      return run.count
    }
    guard digits() > 0 else { return false }
    if bytes.first == UInt8(ascii: ".") {
      bytes = bytes.dropFirst()
      guard digits() > 0 else { return false }
    }
    if bytes.first == UInt8(ascii: "e") || bytes.first == UInt8(ascii: "E") {
      bytes = bytes.dropFirst()
      if bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-") { bytes = bytes.dropFirst() }
      guard digits() > 0 else { return false }
    }
    return bytes.isEmpty
  }
}
