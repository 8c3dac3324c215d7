#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The parent's side of replaying a journal: two files without names, and e2fsck as a process that reaches nothing else.
final class JournalWorkshop {
  private static let program = "/sbin/e2fsck"
  /// Bytes that both files may take on the host's disk: the journal and what it is about, twice.
  private static let most: Int64 = 5 << 30

  private let worker: String
  let first: Int32
  let second: Int32
  /// The reader waits at its other end for the answer.
  private let answer: Int32
  let question: Int32

  /// nil where no file can be made, or e2fsck is not there: journals are not replayed then.
  init?(worker: String) {
    guard unsafe access(Self.program, X_OK) == 0 else { return nil }
    let first = Self.file()
    let second = Self.file()
    var ends: [Int32] = [-1, -1]
    guard first >= 0, second >= 0, unsafe pipe(&ends) == 0 else {
      for descriptor in [first, second] where descriptor >= 0 { _ = close(descriptor) }
      return nil
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    self.worker = worker
    self.first = first
    self.second = second
    question = ends[0]
    answer = ends[1]
  }

  deinit { for descriptor in [first, second, question, answer] { _ = close(descriptor) } }

  /// O_TMPFILE, which Glibc's module does not name, is a bit of its own and O_DIRECTORY.
  private static let withoutName: Int32 = 0x40_0000 | O_DIRECTORY

  /// A file that has no name at any time; where the file system knows no such files, for a moment.
  private static func file() -> Int32 {
    let unnamed = unsafe open("/var/tmp", withoutName | O_RDWR | O_CLOEXEC, 0o600)
    guard unnamed < 0 else { return unnamed }
    var template = Array("/var/tmp/ringwall-XXXXXX".utf8CString)
    // SAFETY: mkstemp(3) writes over the template's own letters, which end in a zero.
    return unsafe template.withUnsafeMutableBufferPointer { name in
      let descriptor = unsafe mkstemp(name.baseAddress.unsafelyUnwrapped)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      if descriptor >= 0 { _ = unsafe unlink(name.baseAddress.unsafelyUnwrapped) }
      return descriptor
    }
  }

  /// Whether both files together stay within their bound.
  var isWithinBound: Bool {
    [first, second].reduce(Int64(0)) { sum, file in
      var status = stat()
      return unsafe fstat(file, &status) == 0 ? sum + Int64(status.st_blocks) * 512 : sum
    } <= Self.most
  }

  /// Lets e2fsck work on a file, and tells the reader how it went.
  func replay(_ number: Int) {
    let file = number == 1 ? first : second
    var byte: UInt8 = 0
    if let process = try? ChildProcess(
      worker, ["repair", "\(getpid())", Self.program, "-E", "journal_only", "-p", "/proc/self/fd/3"],
      descriptors: [-1, -1, -1, file])
    {
      // With 1 it mended more than the journal, which on a file that holds little else is no result.
      if process.wait(milliseconds: 120_000) == 0 { byte = 1 }
    }
    _ = unsafe write(answer, &byte, 1)
  }
}
