extension Term {
  /// The term in short for messages: references and constants as written, the inside of others left out.
  var sourceText: String {
    switch node {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): Self.quoted(text)
    case .variable(let name): name.hasPrefix("$") ? "_" : name
    case .reference(let path): Self.text(of: path)
    case .call(let function, _): function.sourceText + "(...)"
    case .array(let terms): terms.isEmpty ? "[]" : "[...]"
    case .set(let terms): terms.isEmpty ? "set()" : "{...}"
    case .object(let items): items.isEmpty ? "{}" : "{...}"
    case .arrayComprehension: "[...]"
    case .setComprehension, .objectComprehension: "{...}"
    case .template: "$\"...\""
    }
  }

  private static func text(of path: [Term]) -> String {
    var result = ""
    for (index, term) in path.enumerated() {
      if index == 0 {
        result = term.sourceText
      } else if case .string(let name) = term.node, isName(name) {
        result += "." + name
      } else {
        result += "[" + term.sourceText + "]"
      }
    }
    return result
  }

  /// Whether `.name` can be written.
  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first == 0x5F || isLetter(first) else { return false }
    return text.utf8.allSatisfy { $0 == 0x5F || isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

  /// `text` as a string of Rego.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
