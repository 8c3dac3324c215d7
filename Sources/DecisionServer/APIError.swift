internal import Rego

/// An error as OPA's API tells it.
struct APIError: Error {
  enum Code: String {
    case `internal` = "internal_error"
    case evaluation = "evaluation_error"
    case unauthorized
    case invalidParameter = "invalid_parameter"
    case invalidOperation = "invalid_operation"
    case resourceNotFound = "resource_not_found"
    case resourceConflict = "resource_conflict"
    case undefinedDocument = "undefined_document"
  }

  let status: Int
  let code: Code
  let message: String
  let errors: [RegoError]
  /// The connection is of no use any more: part of a body may still come.
  var endsConnection = false

  init(_ status: Int, _ code: Code, _ message: String, _ errors: [RegoError] = []) {
    self.status = status
    self.code = code
    self.message = message
    self.errors = errors
  }

  /// An evaluation that failed.
  init(_ error: RegoError) { self.init(500, .internal, "error(s) occurred while evaluating query", [error]) }

  static let moduleText = "error(s) occurred while compiling module(s)"
  static let queryParseText = "error(s) occurred while parsing query"
  static let queryText = "error(s) occurred while compiling query"

  var response: APIResponse {
    var members: [RegoValue.Member] = [
      .init(.string("code"), .string(code.rawValue)), .init(.string("message"), .string(message)),
    ]
    if !errors.isEmpty { members.append(.init(.string("errors"), .array(errors.map(Self.json)))) }
    var response = APIResponse(status, Document(.object(members)), isIndented: true)
    response.endsConnection = endsConnection
    return response
  }

  static func json(_ error: RegoError) -> RegoValue {
    var members: [RegoValue.Member] = [
      .init(.string("code"), .string(error.code.rawValue)), .init(.string("message"), .string(error.message)),
    ]
    if error.location.row > 0 {
      members.append(
        .init(
          .string("location"),
          .object([
            .init(.string("file"), .string(error.file)), .init(.string("row"), .integer(Int64(error.location.row))),
            .init(.string("col"), .integer(Int64(error.location.column))),
          ])))
    }
    if let line = error.sourceLine {
      let details: [RegoValue.Member] = [
        .init(.string("line"), .string(line.text)), .init(.string("idx"), .integer(Int64(line.index))),
      ]
      members.append(.init(.string("details"), .object(details)))
    }
    return .object(members)
  }
}

/// An answer.
struct APIResponse: Sendable {
  var status: Int
  var type: String?
  var body: [UInt8]
  var endsConnection = false

  init(_ status: Int, type: String? = nil, body: [UInt8] = []) {
    self.status = status
    self.type = type
    self.body = body
  }

  init(_ status: Int, _ document: Document, isIndented: Bool = false) {
    self.init(status, type: "application/json", body: (isIndented ? document.json(indent: 2) : document.json()) + [0x0A])
  }

  /// Members in any order; those without a value are left out.
  init(_ status: Int = 200, members: [(String, RegoValue?)], isIndented: Bool) {
    self.init(
      status, Document(.object(members.compactMap { name, value in value.map { .init(.string(name), $0) } })), isIndented: isIndented)
  }

  static let noContent = APIResponse(204)
}
