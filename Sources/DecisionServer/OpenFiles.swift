#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// How many files and sockets the process may have open: a server that reached the bound could accept no connection and read no file.
enum OpenFiles {
  /// Kept free for policies, data and what they ask for.
  private static let kept: rlim_t = 64

  #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    private static let resource = RLIMIT_NOFILE
  #endif

  /// Raises the bound as far as the system allows.
  ///
  /// - Returns: connections to accept, at least 1.
  static func connections(_ wanted: Int) -> Int {
    var limit = rlimit()
    // SAFETY: both calls read or fill one structure, which is what the pointer leads to.
    guard unsafe getrlimit(resource, &limit) == 0 else { return max(1, wanted) }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = min(limit.rlim_max, rlim_t(max(0, wanted)) + kept + 1024)
      if raised.rlim_cur > limit.rlim_cur, unsafe setrlimit(resource, &raised) == 0 { limit = raised }
    }
    let free = limit.rlim_cur > 2 * kept ? limit.rlim_cur - kept : limit.rlim_cur / 2
    return max(1, min(wanted, Int(clamping: free)))
  }
}
