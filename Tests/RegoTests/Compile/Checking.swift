@testable import Rego

/// Short forms of checking for the tests of this folder.
enum Checking {
  /// "row:column code message" of each error, details behind it in lines of their own; "rego_" is left out.
  static func errors(
    of text: String, strict: Bool = false, version: LanguageVersion = .v1, details: Bool = false
  ) -> [String] {
    errors(of: ["m.rego": text], strict: strict, version: version, details: details)
  }

  /// The same for several modules by their file names.
  static func errors(
    of texts: [String: String], strict: Bool = false, version: LanguageVersion = .v1, details: Bool = false
  ) -> [String] {
    do throws(RegoErrors) {
      var modules: [Module] = []
      for (name, text) in texts { modules.append(try Parser.module(Array(text.utf8), file: name, options: .init(version: version))) }
      return Checks.run(modules, options: .init(isStrict: strict)).map { Self.text($0, texts.count > 1, details) }
    } catch {
      return error.errors.map { Self.text($0, texts.count > 1, details) }
    }
  }

  /// Errors of a query over a module.
  static func query(_ query: String, over module: String = "package p", package: [String]? = nil, details: Bool = false) -> [String] {
    do throws(RegoErrors) {
      let checks = Checks([try Parser.module(Array(module.utf8), file: "m.rego")])
      let errors = checks.errors.isEmpty ? checks.query(try Parser.query(Array(query.utf8)), package: package) : checks.errors
      return errors.map { text($0, false, details) }
    } catch {
      return error.errors.map { text($0, false, details) }
    }
  }

  private static func text(_ error: RegoError, _ withFile: Bool, _ withDetails: Bool) -> String {
    let code = error.code.rawValue.dropFirst("rego_".count).split(separator: "_error")[0]
    let place = "\(withFile ? error.file + ":" : "")\(error.location.row):\(error.location.column)"
    return "\(place) \(code) \(error.message)" + (withDetails ? error.details.map { "\n" + $0 }.joined() : "")
  }
}
