/// Times and spans of time in the notations of Go's packages, for functions outside the engine.
public enum GoTime {
  /// Nanoseconds of a text like "1m30s" or "500ms"; nil for anything else.
  public static func duration(_ text: String) -> Int64? {
    (try? Builtins.duration(Array(text.utf8))).map { Int64($0) }
  }

  /// Nanoseconds since 1970 of a date as HTTP's headers write it, in the three forms of RFC 9110, 5.6.7; nil for anything else.
  public static func httpDate(_ text: String) -> Int64? {
    for layout in httpLayouts {
      if let value = try? Builtins.nanoseconds(Array(text.utf8), layout) { return value.exactInt }
    }
    return nil
  }

  private static let httpLayouts = ["Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 MST", "Mon Jan _2 15:04:05 2006"]
    .map { TimeLayout(Array($0.utf8)) }
}
