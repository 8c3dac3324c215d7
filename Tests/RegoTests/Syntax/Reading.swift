import Rego

/// Short forms of reading for the tests of this folder.
enum Reading {
  static func module(_ text: String, _ options: Parser.Options = .init()) throws(RegoErrors) -> Module {
    try Parser.module(Array(text.utf8), file: "m.rego", options: options)
  }

  /// The rules of a module, as tree text. `package p` is put in front.
  static func rules(_ text: String, _ options: Parser.Options = .init()) throws(RegoErrors) -> [String] {
    try module("package p\n" + text, options).rules.map { TreeText.of($0) }
  }

  static func query(_ text: String, _ options: Parser.Options = .init()) throws(RegoErrors) -> String {
    TreeText.of(try Parser.query(Array(text.utf8), options: options))
  }

  /// "row:column message" of each error; empty where the text is right.
  static func errors(of text: String, _ options: Parser.Options = .init()) -> [String] {
    do throws(RegoErrors) {
      _ = try module(text, options)
      return []
    } catch {
      return error.errors.map { "\($0.location.row):\($0.location.column) \($0.message)" }
    }
  }

  /// The same for a query.
  static func queryErrors(of text: String, _ options: Parser.Options = .init()) -> [String] {
    do throws(RegoErrors) {
      _ = try query(text, options)
      return []
    } catch {
      return error.errors.map { "\($0.location.row):\($0.location.column) \($0.message)" }
    }
  }

  static let old = Parser.Options(version: .v0)
  static let logical = Parser.Options(experimentalKeywords: true, importedKeywords: ["and", "or", "not"])
}
