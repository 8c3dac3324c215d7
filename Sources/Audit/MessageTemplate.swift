internal import Synchronization

/// A text with names in braces, taken apart once: a report fills the same few texts hundreds of thousands of times.
struct MessageTemplate: Sendable {
  /// What stands before each place, and behind the last one: one more than there are places.
  private let literals: [String]
  /// The names in braces in the order of their places: letters, digits and underscores.
  let names: [String]

  init(_ text: String) {
    var literals = [""]
    var names: [String] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      literals[literals.count - 1] += rest[..<open]
      let after = rest[rest.index(after: open)...]
      guard let close = after.firstIndex(of: "}"), Self.isName(after[..<close]) else {
        literals[literals.count - 1] += "{"
        rest = after
        continue
      }
      names.append(String(after[..<close]))
      literals.append("")
      rest = after[after.index(after: close)...]
    }
    literals[literals.count - 1] += rest
    self.literals = literals
    self.names = names
  }

  /// The text with each name replaced by its value; a name without one stays in its braces.
  func filled(_ value: (String) -> String?) -> String {
    var result = literals[0]
    for (index, name) in names.enumerated() {
      if let text = value(name) {
        result += text
      } else {
        result += "{"
        result += name
        result += "}"
      }
      result += literals[index + 1]
    }
    return result
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "_")
      }
  }
}

/// Templates by their text. There are as many as the data and the policies have texts.
final class MessageTemplates: Sendable {
  private let known = Mutex<[String: MessageTemplate]>([:])

  subscript(text: String) -> MessageTemplate {
    known.withLock { known in
      if let template = known[text] { return template }
      let template = MessageTemplate(text)
      known[text] = template
      return template
    }
  }
}
