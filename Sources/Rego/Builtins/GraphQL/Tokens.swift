/// GraphQL as gqlparser v2 reads and checks it, which OPA's `graphql` functions are made of.
enum GraphQL {
  /// A place in a text: both count from 1, columns in code points. Nil for documents that were given as objects.
  struct Position: Equatable {
    var line: Int
    var column: Int
  }

  /// What is wrong, and where.
  struct Fault: Error {
    var message: String
    var position: Position?
  }

  enum TokenKind: String {
    case invalid = "<Invalid>"
    case end = "<EOF>"
    case bang = "!"
    case dollar = "$"
    case ampersand = "&"
    case leftParenthesis = "("
    case rightParenthesis = ")"
    case spread = "..."
    case colon = ":"
    case equals = "="
    case at = "@"
    case leftBracket = "["
    case rightBracket = "]"
    case leftBrace = "{"
    case rightBrace = "}"
    case pipe = "|"
    case name = "Name"
    case int = "Int"
    case float = "Float"
    case string = "String"
    case blockString = "BlockString"
  }

  struct Token {
    var kind: TokenKind
    /// Empty for punctuation.
    var text = ""
    var position: Position

    /// As messages show it.
    var description: String { text.isEmpty ? kind.rawValue : "\(kind.rawValue) \(Builtins.quoted(Array(text.utf8)))" }
  }
}
