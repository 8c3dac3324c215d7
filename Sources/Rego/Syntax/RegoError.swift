/// One error of parsing, compiling or evaluating, with OPA's code and location.
public struct RegoError: Error, Sendable, Hashable, CustomStringConvertible {
  /// OPA's stable codes (v1/ast/errors.go, v1/topdown/errors.go).
  public struct Code: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The text is not Rego.
    public static let parse = Code(rawValue: "rego_parse_error")
    /// The module contradicts itself: a conflicting default, a redeclared variable, a misplaced keyword.
    public static let compile = Code(rawValue: "rego_compile_error")
    /// An argument of the wrong type, a function that does not exist, a wrong number of arguments, two rules that conflict.
    public static let type = Code(rawValue: "rego_type_error")
    /// A variable that nothing binds.
    public static let unsafeVariable = Code(rawValue: "rego_unsafe_var_error")
    /// A rule that needs itself.
    public static let recursion = Code(rawValue: "rego_recursion_error")
    /// A text cannot be formatted.
    public static let format = Code(rawValue: "rego_format_error")
    /// Two rules give one document different values.
    public static let conflict = Code(rawValue: "eval_conflict_error")
    /// A built-in function got an operand of the wrong type.
    public static let evalType = Code(rawValue: "eval_type_error")
    /// A built-in function failed.
    public static let builtin = Code(rawValue: "eval_builtin_error")
    /// `with` merges a value into a document that cannot hold it.
    public static let withMerge = Code(rawValue: "eval_with_merge_error")
    /// The caller or a budget stopped the evaluation.
    public static let cancel = Code(rawValue: "eval_cancel_error")
    /// A defect of the engine.
    public static let `internal` = Code(rawValue: "eval_internal_error")
  }

  public var code: Code
  public var message: String
  /// Name of the module as given to the parser; "" where there is none.
  public var file: String
  public var location: Location
  /// Lines that help the reader: the source line and a caret for parse errors.
  public var details: [String]

  public init(_ code: Code, _ message: String, file: String = "", location: Location = .generated, details: [String] = []) {
    self.code = code
    self.message = message
    self.file = file
    self.location = location
    self.details = details
  }

  /// The line that a parse error stands in, and where in it, counted from 0 in bytes; nil for other errors.
  public var sourceLine: (text: String, index: Int)? {
    guard code == .parse, let line = details.first, details.count == 2 else { return nil }
    // The error's own lines leave tabs at the beginning out.
    let caret = max(0, details[1].utf8.count - 1)
    let tabs = max(0, Int(location.column) - 1 - caret)
    return (String(repeating: "\t", count: tabs) + line, caret + tabs)
  }

  /// "policy.rego:3: rego_parse_error: unexpected eof token", as OPA prints it.
  public var description: String {
    let place = location.row > 0 || !file.isEmpty ? "\(file.isEmpty ? "" : file + ":")\(max(0, location.row)): " : ""
    return "\(place)\(code.rawValue): \(message)" + details.map { "\n\t" + $0 }.joined()
  }
}

/// All errors of one parse or compilation, in source order, at most `limit` of them.
public struct RegoErrors: Error, Sendable, Hashable, CustomStringConvertible {
  public static let limit = 10
  public var errors: [RegoError]

  public init(_ errors: [RegoError]) { self.errors = errors }
  public init(_ error: RegoError) { self.errors = [error] }

  public var description: String {
    errors.count == 1
      ? "1 error occurred: \(errors[0])" : "\(errors.count) errors occurred:\n" + errors.map(\.description).joined(separator: "\n")
  }
}
