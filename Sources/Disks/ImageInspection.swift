#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Asks a confined process of ours what an image's own tables say of it: what the image's owner wrote is not parsed here.
enum ImageInspection {
  /// For the process, which ends itself before; milliseconds.
  private static let longest = 150_000
  /// There are fewer kinds of notices, each told once.
  private static let mostBytes = 64 << 10

  /// Empty for formats that are not checked, and where there is nothing to tell.
  static func notices(of descriptor: Int32, format: ImageFormat, worker: String) throws(DiskError) -> [DiskNotice] {
    guard [.qcow2, .vmdk, .vdi].contains(format) else { return [] }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw DiskError("cannot start the reader: \(SystemText.reason(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { _ = close(ends[0]) }
    let process = try start(worker, format, descriptors: [descriptor, ends[1], -1], closing: ends[1])
    let text = contents(ends[0])
    process.end()
    var notices: [DiskNotice] = []
    var isWhole = false
    for line in text.split(separator: 0x0A) {
      switch DiskRecord(line: Array(line)) {
      case .notice(let notice): notices.append(notice)
      case .end: isWhole = true
      case .failed(let reason): throw DiskError("cannot check the image: \(reason)")
      default: break
      }
    }
    // A process that ended early, or whose time was over, has not checked all.
    if !isWhole, !notices.contains(where: { $0.kind == .imageUnchecked }) { notices.append(DiskNotice(.imageUnchecked)) }
    return notices
  }

  /// - Parameter end: closed here in any case, so that the process holds the only one.
  private static func start(_ worker: String, _ format: ImageFormat, descriptors: [Int32], closing end: Int32) throws(DiskError)
    -> ChildProcess
  {
    defer { _ = close(end) }
    return try ChildProcess(worker, ["check", "\(getpid())", format.rawValue], descriptors: descriptors)
  }

  private static func contents(_ descriptor: Int32) -> [UInt8] {
    let end = ContinuousClock.now + .milliseconds(longest)
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while text.count < mostBytes {
      let left = (end - ContinuousClock.now).components.seconds
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard left > 0 else { return text }
      let answer = unsafe poll(&ready, 1, Int32(clamping: left * 1000))
      if answer < 0, errno == EINTR { continue }
      guard answer > 0 else { return text }
      // SAFETY: read(2) writes no more than the array has.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return text }
      text += chunk[0..<count]
    }
    return text
  }
}
