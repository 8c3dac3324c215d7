internal import CYara

/// libyara, which is initialized once for the whole process and never shut down.
enum Engine {
  /// What went wrong with initializing; `ERROR_SUCCESS` where nothing did.
  private static let status: CInt = {
    let status = yr_initialize()
    guard status == ERROR_SUCCESS else { return status }
    // Matches are read from the scanned bytes themselves; a copy of each inside libyara would be memory that a hostile guest fills.
    return yr_set_configuration_uint32(YR_CONFIG_MAX_MATCH_DATA, 0)
  }()

  static func start() throws(ScanError) {
    guard status == ERROR_SUCCESS else { throw ScanError("libyara cannot be initialized: \(text(status))") }
  }

  /// A sentence part for an error code of `yara/error.h`.
  static func text(_ code: CInt) -> String {
    switch code {
    case ERROR_INSUFFICIENT_MEMORY: "not enough memory"
    case ERROR_SCAN_TIMEOUT: "the time allowed was used up"
    case ERROR_TOO_MANY_MATCHES: "too many matches"
    case ERROR_TOO_MANY_RE_FIBERS: "a regular expression of the rules needs too much memory on these bytes"
    case ERROR_EXEC_STACK_OVERFLOW: "a condition of the rules is nested too deeply"
    case ERROR_COULD_NOT_MAP_FILE: "the bytes vanished while they were read"
    default: "libyara's error \(code)"
    }
  }
}
