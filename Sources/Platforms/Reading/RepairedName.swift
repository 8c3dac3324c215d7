public import Domain

/// A file name in which bytes that are no UTF-8 were replaced when it was read: no path can be made of its text.
public enum RepairedName {
  /// True also for a name that holds the replacement itself.
  public static func isPossible(_ name: String) -> Bool { name.unicodeScalars.contains("\u{FFFD}") }

  public static func refusal(_ path: String) -> Refusal {
    Refusal(target: path, code: "not-utf8", message: "\(path): its name is not UTF-8, so that it cannot be read here; rename it")
  }
}
