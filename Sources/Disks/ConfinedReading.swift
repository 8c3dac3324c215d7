#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A reading that runs in a process of its own, seen from outside: its records, one after the other.
///
/// Nothing that process says is taken as more than data: lines are bounded, records checked, and it is killed when its time is over.
public final class ConfinedReading {
  private let process: ChildProcess
  private let output: Int32
  private let disk: OpenDisk
  private let workshop: JournalWorkshop?
  private let end: ContinuousClock.Instant
  private let seconds: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var isOver = false
  /// Of the image, told before the reader's own records.
  private var notices: ArraySlice<DiskNotice>
  /// What confines the reader, once it said so.
  public private(set) var confinement: ConfinementOutcome?

  init(_ order: WorkOrder, input: Int32, worker: String, disk: OpenDisk) throws(DiskError) {
    var order = order
    workshop = JournalWorkshop(worker: worker)
    order.replaysJournals = workshop != nil
    let journal = workshop.map { [$0.first, $0.second, $0.question] } ?? []
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw DiskError("cannot start the reader: \(SystemText.reason(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { _ = close(ends[1]) }
    do throws(DiskError) {
      process = try ChildProcess(
        worker, ["read", "\(getpid())"] + order.arguments, descriptors: [input, ends[1], -1] + journal)
    } catch {
      _ = close(ends[0])
      throw error
    }
    output = ends[0]
    self.disk = disk
    notices = disk.notices[...]
    seconds = order.limits.seconds
    // A reader that keeps its own time ends before this.
    end = ContinuousClock.now + .seconds(order.limits.seconds + 10)
  }

  deinit {
    process.end()
    _ = close(output)
  }

  /// The next record; nil after the last one.
  ///
  /// - Throws: where the disk as a whole could not be read, or the reader ended before its last record.
  public func next() throws(DiskError) -> DiskRecord? {
    if let notice = notices.popFirst() { return .notice(notice) }
    while !isOver {
      if let line = try takeLine() {
        guard let record = DiskRecord(line: line) else { throw failure("what reads it gave a record that is none") }
        switch record {
        case .confined(let outcome): confinement = outcome
        case .journal(let number): workshop?.replay(number)
        case .failed(let reason):
          isOver = true
          throw failure(disk.complaint ?? reason)
        case .end(var summary):
          isOver = true
          try disk.check(always: true)
          for notice in disk.notices { summary.count(notice) }
          return .end(summary)
        default: return record
        }
      }
    }
    return nil
  }

  private func failure(_ what: String) -> DiskError { DiskError("cannot read the disk \(disk.path): \(what)") }

  /// One line without its end, from the buffer or the pipe; nil where more must be read.
  private func takeLine() throws(DiskError) -> [UInt8]? {
    if let mark = buffer[start...].firstIndex(of: 0x0A) {
      let line = Array(buffer[start..<mark])
      start = mark + 1
      return line
    }
    buffer.removeFirst(start)
    start = 0
    guard buffer.count <= DiskRecord.longestLine else { throw failure("what reads it gave a line without an end") }
    let left = (end - ContinuousClock.now).components.seconds
    guard left > 0 else {
      process.end()
      throw failure("not done within \(seconds) s, and ended")
    }
    var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    try disk.check()
    guard workshop?.isWithinBound ?? true else {
      process.end()
      throw failure("what reads it wrote more than a journal can hold")
    }
    guard unsafe poll(&ready, 1, Int32(clamping: min(left, disk.isLive ? 1 : 60) * 1000)) > 0 else { return nil }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    // SAFETY: read(2) writes no more than the array has.
    let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(output, $0.baseAddress, $0.count) }
    if count > 0 {
      buffer += chunk[0..<count]
    } else if count == 0 || errno != EINTR {
      isOver = true
      throw failure(ending(process.wait()))
    }
    return nil
  }

  /// What an end before the last record means.
  private func ending(_ status: Int32) -> String {
    switch status {
    case 128 + SIGXCPU: "reading took more than \(seconds) s of processor time, and was ended"
    case 129...:
      "the library that reads it failed on what it holds (signal \(status - 128)); it ran in a process of its own, and nothing else is touched"
    default: disk.complaint ?? "what reads it ended early (status \(status))"
    }
  }
}
