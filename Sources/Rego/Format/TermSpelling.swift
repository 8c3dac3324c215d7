/// Terms as text on one line, where the original text does not serve.
enum TermSpelling {
  /// The term in one line, as messages and heads of rules show it: sets and objects in the order of their values.
  static func text(_ term: Term) -> String {
    switch term.node {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): quoted(text)
    case .variable(let name): name.hasPrefix("$") ? "_" : name
    case .reference(let path): text(of: path)
    case .call(let function, let operands): "\(text(function))(\(list(operands)))"
    case .array(let terms): "[\(list(terms))]"
    case .set(let terms): terms.isEmpty ? "set()" : "{\(list(TermOrder.sorted(terms)))}"
    case .object(let items):
      "{\(TermOrder.sorted(items).map { "\(text($0.key)): \(text($0.value))" }.joined(separator: ", "))}"
    case .arrayComprehension, .setComprehension, .objectComprehension, .template: term.sourceText
    }
  }

  private static func list(_ terms: [Term]) -> String { terms.map(text).joined(separator: ", ") }

  private static func text(of path: [Term]) -> String {
    guard let head = path.first else { return "" }
    var result = text(head)
    for part in path.dropFirst() {
      if case .string(let name) = part.node, isName(name) { result += ".\(name)" } else { result += "[\(text(part))]" }
    }
    return result
  }

  /// Whether `.text` can be written.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first == 0x5F || isLetter(first) else { return false }
    return text.utf8.allSatisfy { $0 == 0x5F || isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

  /// A string with the escapes OPA writes: what does not print is escaped, everything else stands for itself.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars { result += escaped(scalar, quote: "\"") }
    return result + "\""
  }

  /// Text of a template. A brace that opens no expression is escaped.
  static func templateText(_ text: String, isRaw: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "{" {
        result += "\\{"
      } else if isRaw {
        result.unicodeScalars.append(scalar)
      } else {
        result += escaped(scalar, quote: "\"")
      }
    }
    return result
  }

  private static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
    switch scalar {
    case quote: "\\\(quote)"
    case "\\": "\\\\"
    case "\u{8}": "\\b"
    case "\u{C}": "\\f"
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: prints(scalar) ? String(scalar) : code(scalar)
    }
  }

  private static func prints(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: return false
    default: return true
    }
  }

  /// `\uXXXX`, as a pair beyond U+FFFF.
  private static func code(_ scalar: Unicode.Scalar) -> String {
    String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
