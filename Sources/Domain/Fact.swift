/// Where a fact was read: a place in a file, a command, or a property of an interface.
public struct FactSource: Sendable, Hashable {
  /// What `name` means.
  public enum Kind: String, Sendable, Hashable {
    /// A file, named by its path as the user would name it (below `--root` the path inside that root).
    case path
    /// A command line that was run, or the argument vector of a process ("pid 48213 argv[61]").
    case command
    /// A property of an interface that is no file (a system call's answer, a CPU register).
    case property
  }

  public let kind: Kind
  public let name: String
  /// First line is 1; nil where the source has no lines.
  public let line: Int?
  /// First column is 1, in code points; nil where it is not known.
  public let column: Int?

  public init(_ kind: Kind, _ name: String, line: Int? = nil, column: Int? = nil) {
    self.kind = kind
    self.name = name
    self.line = line
    self.column = column
  }

  public static func path(_ name: String, line: Int? = nil, column: Int? = nil) -> FactSource {
    FactSource(.path, name, line: line, column: column)
  }
  public static func command(_ name: String) -> FactSource { FactSource(.command, name) }
  public static func property(_ name: String) -> FactSource { FactSource(.property, name) }
}

/// One thing known, or known not to be known, about an asset.
public struct Fact: Sendable, Hashable {
  public enum State: String, Sendable, Hashable {
    /// The source was read and holds the value.
    case present
    /// The source was read (or is known not to exist on such a system) and the key is not there: the default is judged.
    case absent
    /// The source exists and could not be read; `why` holds a reason code.
    case unreadable
    /// Nobody looked: the source lies outside what was given (a saved tree without that folder, a single file).
    case notCollected
  }

  public let state: State
  /// Set exactly when `state` is `present`.
  public let value: FactValue?
  /// Reason code of `unreadable` and `notCollected`, one of those in data/text: "permission", "too-large", "not-utf8",
  /// "malformed", "io", "not-mounted", "not-given", "not-said", "command-missing", "command-failed".
  public let why: String?
  public let source: [FactSource]

  private init(_ state: State, _ value: FactValue?, _ why: String?, _ source: [FactSource]) {
    self.state = state
    self.value = value
    self.why = why
    self.source = source
  }

  public static func present(_ value: FactValue, _ source: FactSource...) -> Fact { Fact(.present, value, nil, source) }
  public static func present(_ value: FactValue, sources: [FactSource]) -> Fact { Fact(.present, value, nil, sources) }
  public static func absent(_ source: FactSource...) -> Fact { Fact(.absent, nil, nil, source) }
  public static func absent(sources: [FactSource]) -> Fact { Fact(.absent, nil, nil, sources) }
  public static func unreadable(_ why: String, _ source: FactSource...) -> Fact { Fact(.unreadable, nil, why, source) }
  public static func unreadable(_ why: String, sources: [FactSource]) -> Fact { Fact(.unreadable, nil, why, sources) }
  public static func notCollected(_ why: String, _ source: FactSource...) -> Fact { Fact(.notCollected, nil, why, source) }
  public static func notCollected(_ why: String, sources: [FactSource]) -> Fact { Fact(.notCollected, nil, why, sources) }
}
