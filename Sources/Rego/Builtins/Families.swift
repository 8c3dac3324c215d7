extension Builtins {
  /// One list a file.
  static let families: [[Builtin]] = []
}

/// A compiled regular expression kept for one evaluation.
struct RegularExpressionMemo {}
