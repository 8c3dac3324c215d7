internal import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The folder that relative names on the command line refer to. Policies and data are never looked for here.
public enum WorkingFolder {
  public static let path: String = {
    guard let pointer = unsafe getcwd(nil, 0) else { return "" }
    defer { unsafe free(pointer) }
    return unsafe String(cString: pointer)
  }()
}

/// The effective user.
public enum CurrentUser {
  public static var id: Int { Int(geteuid()) }
}

/// Points in time as RFC 3339 in UTC.
public enum Clock {
  /// Seconds since 1970.
  public static func now() -> Int64 { Int64(time(nil)) }

  /// "2026-11-24T16:38:38Z"
  public static func text(_ seconds: Int64) -> String { Instant(seconds: seconds).text }
}

/// The environment that the process was started with.
public enum Environment {
  /// nil for a variable that is not set.
  public static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
