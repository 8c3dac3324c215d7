internal import Judgement
internal import Rego

/// An error as OPA's commands write it: of the language, or of a file that cannot be used.
struct OutputError {
  let message: String
  /// Empty where the error is not one of the language.
  let code: String
  let file: String
  let location: Location
  /// Of a parse error.
  private let sourceLine: (text: String, index: Int)?
  private let text: String
  private let missing: String?

  init(_ error: RegoError) {
    missing = nil
    message = error.message
    code = error.code.rawValue
    file = error.file
    location = error.location
    sourceLine = error.sourceLine
    text = error.description
  }

  init(_ error: DataError) {
    missing = error.missing
    message = error.message
    code = ""
    file = ""
    location = .generated
    sourceLine = nil
    text = error.message
  }

  var isOfBuiltin: Bool { code == RegoError.Code.builtin.rawValue || code == RegoError.Code.evalType.rawValue }

  /// Every error behind one that was thrown; nil for an error that is neither of the language nor of a file.
  static func list(_ error: any Error) -> [OutputError]? {
    switch error {
    case let errors as RegoErrors: errors.errors.map { OutputError($0) }
    case let error as RegoError: [OutputError(error)]
    case let error as DataError: [OutputError(error)]
    default: nil
    }
  }

  var json: RegoValue {
    // Programs that read OPA's errors know its own sentence.
    let message = missing.map { "stat \($0): no such file or directory" } ?? message
    var members: [RegoValue.Member] = [.init("message", .string(message))]
    if !code.isEmpty {
      members.append(.init("code", .string(code)))
      if location.row > 0 { members.append(.init("location", JSONShape.place(file, location))) }
      if let sourceLine {
        members.append(
          .init("details", .object([.init("line", .string(sourceLine.text)), .init("idx", .integer(Int64(sourceLine.index)))])))
      }
    }
    return .object(members)
  }

  /// "1 error occurred: m.rego:3: rego_parse_error: ..."
  static func text(_ errors: [OutputError]) -> String {
    errors.count == 1
      ? "1 error occurred: \(errors[0].text)" : "\(errors.count) errors occurred:\n" + errors.map(\.text).joined(separator: "\n")
  }

  /// `{"errors": [...]}`
  static func document(_ errors: [OutputError]) -> RegoValue { .object([.init("errors", .array(errors.map(\.json)))]) }
}

/// Parts of OPA's JSON.
enum JSONShape {
  /// `{"file", "row", "col"}`
  static func place(_ file: String, _ location: Location) -> RegoValue {
    .object([
      .init("file", .string(file)), .init("row", .integer(Int64(location.row))), .init("col", .integer(Int64(location.column))),
    ])
  }

  static func double(_ value: Double) -> RegoValue {
    if value == value.rounded(), abs(value) < 1e15 { return .integer(Int64(value)) }
    return .number("\(value)")
  }
}
