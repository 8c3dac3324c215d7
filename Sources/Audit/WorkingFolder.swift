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
  public static func text(_ seconds: Int64) -> String {
    let days = Int64((Double(seconds) / 86400).rounded(.down))
    let second = seconds - days * 86400
    // Days since 1970 to a civil date (H. Hinnant's algorithm): eras of 400 years that begin on 1 March.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ n: Int64) -> String { n < 10 ? "0\(n)" : "\(n)" }
    return "\(year)-\(two(month))-\(two(day))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
  }
}

/// The environment that the process was started with.
public enum Environment {
  /// nil for a variable that is not set.
  public static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
