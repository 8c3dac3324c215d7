/// A scan that could not be made, or not to its end.
public struct ScanError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was tried and why it failed, without a full stop.
  public let message: String
  public var description: String { message }

  public init(_ message: String) { self.message = message }
}

/// What is wrong at one place of a rule file.
public struct RuleProblem: Sendable, Hashable, CustomStringConvertible {
  /// Path of the file as it was reached.
  public let file: String
  /// Counted from 1; 0 for the file as a whole.
  public let line: Int
  public let message: String

  public var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }

  init(file: String, line: Int = 0, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }
}

/// Rules that cannot be used.
public struct RuleError: Error, Sendable, Hashable, CustomStringConvertible {
  /// At least one.
  public let problems: [RuleProblem]
  public var description: String { problems.map(\.description).joined(separator: "\n") }

  /// The first problem, in one line, and how many there are beside it.
  public var summary: String {
    let first = problems.first.map(\.description) ?? ""
    return problems.count > 1 ? "\(first) (\(problems.count - 1) more)" : first
  }

  init(_ problems: [RuleProblem]) { self.problems = problems }
}
