extension Builtins {
  /// One list a file.
  static let families: [[Builtin]] = [
    arithmetic, aggregates, sets,
  ]
}

/// A compiled regular expression kept for one evaluation.
struct RegularExpressionMemo {}
