extension Builtins {
  /// One list a file.
  static let families: [[Builtin]] = [
    arithmetic, aggregates, arrays, bits, encodings, globs, graphQLs, graphs, identifiers, jsonDocuments, jsonSchemas, networks, objects,
    policyTexts, ranges, regularExpressions, semanticVersions, sets, stringEditing, strings, times, tracing, types, units, uris,
  ]
}
