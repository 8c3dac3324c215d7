internal import ArgumentParser
internal import Rego

/// What of an evaluation is unknown, and how far rules are followed then.
struct PartialFlags: ParsableArguments {
  @Flag(name: [.short, .long], help: "Evaluate what is known, and print the queries and rules that are left.")
  var partial = false

  @Option(
    name: [.customShort("u", allowingJoined: true), .long],
    help: ArgumentHelp("With --partial, what is not known: input, or parts of it and of data. May be repeated.", valueName: "reference"))
  var unknowns: [String] = []

  @Option(help: ArgumentHelp("With --partial, rules that are kept as rules. May be repeated.", valueName: "reference"))
  var disableInlining: [String] = []

  @Flag(help: "With --partial, keep every rule that depends on what is unknown.")
  var shallowInlining = false

  // OPA spells the flag so.
  @Flag(
    name: [.customLong("nondeterminstic-builtins"), .customLong("nondeterministic-builtins")],
    help: "With --partial, evaluate functions such as time.now_ns.")
  var nondeterministicBuiltins = false

  var options: PartialOptions {
    func all(_ texts: [String]) -> [String] { texts.flatMap { $0.split(separator: ",").map(String.init) } }
    return PartialOptions(
      unknowns: unknowns.isEmpty ? ["input"] : all(unknowns), disableInlining: all(disableInlining), shallowInlining: shallowInlining,
      nondeterministicBuiltins: nondeterministicBuiltins)
  }
}

extension PartialResult {
  /// As `--format pretty` writes it: the queries and kept modules in a table.
  var table: String {
    func rows(_ name: String, _ texts: [String]) -> [[[String]]] {
      texts.enumerated().map { index, text in
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0.replacing("\t", with: "  ")) }
        while lines.count > 1, lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines.enumerated().map { [$0.offset == 0 ? "\(name) \(index + 1)" : "", $0.element] }
      }
    }
    return TextTable.text(nil, groups: rows("Query", queryTexts) + rows("Support", supportTexts))
  }

  /// As `--format source` writes it, without the last line end.
  var source: String {
    let queries = queryTexts.enumerated().map { "# Query \($0.offset + 1)\n\($0.element)\($0.element.isEmpty ? "" : "\n")\n" }
    let modules = supportTexts.enumerated().map { "# Module \($0.offset + 1)\n\($0.element)" }
    return String((queries + modules).joined().dropLast())
  }
}
