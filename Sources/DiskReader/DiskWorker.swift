internal import Disks
internal import Signatures

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The processes of ours that touch what a disk's owner wrote: one reads the disk, one becomes QEMU's storage
/// daemon, one becomes e2fsck, one watches over a guest whose drive is read. All are a program beside ringwall that people do not start.
public enum DiskWorker {
  /// Where programs of the system and their libraries lie.
  static let programFolders = [
    "/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/ld.so.preload", "/dev/urandom",
  ]

  /// - Parameter arguments: the kind of work, the parent's process id, and what the kind takes.
  /// - Returns: the exit status.
  public static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count >= 2, let parent = Int32(arguments[1]) else { return 2 }
    if arguments[0] == "guard" {
      guard arguments.count == 5 else { return 2 }
      Confinement.closeDescriptors(from: 3)
      return FleeceGuard.run(FleeceNames(prefix: arguments[3], folder: arguments[4]), monitor: arguments[2], lease: 0)
    }
    Confinement.bindToParent(parent)
    switch arguments[0] {
    case "read":
      Confinement.closeDescriptors(from: 6)
      guard let order = WorkOrder(arguments: arguments.dropFirst(2)) else { return 2 }
      return read(order)
    case "check":
      Confinement.closeDescriptors(from: 2)
      guard arguments.count == 3, let format = ImageFormat(rawValue: arguments[2]) else { return 2 }
      return check(format)
    case "serve":
      guard arguments.count >= 4, let count = Int32(arguments[2]), (1...32).contains(count) else { return 2 }
      Confinement.closeDescriptors(from: 3 + count + 1)
      return serve(images: count, program: arguments[3], Array(arguments.dropFirst(4)))
    case "repair":
      guard arguments.count >= 3 else { return 2 }
      Confinement.closeDescriptors(from: 4)
      return repair(program: arguments[2], Array(arguments.dropFirst(3)))
    default: return 2
    }
  }

  /// Reads the disk at standard input, and writes records to standard output.
  private static func read(_ order: WorkOrder) -> Int32 {
    let output = RecordOutput(descriptor: 1)
    do throws(DiskError) {
      Confinement.limit(
        memory: order.limits.memoryBytes, cpuSeconds: UInt64(order.limits.seconds), written: order.replaysJournals ? UInt64.max : 0)
      // Rules are files of the caller's and are read before paths are closed.
      let scanner = order.work == .scan ? try scan(by: order) : nil
      let confinement = Confinement.readOnlyDescriptors()
      if let refusal = confinement.refusal { throw DiskError("this process cannot be confined, and reads nothing unconfined: \(refusal)") }
      output.take(.confined(confinement))
      let source: any BlockSource
      switch order.input {
      case .nbd(let export): source = try NBDSource(socket: 0, export: export)
      case .guest(let export): source = try NBDSource(socket: 0, export: export, isGuest: true)
      case .file:
        guard let file = FileSource(descriptor: 0) else { throw DiskError("the image has no size: a pipe or a terminal is no disk") }
        source = file
      }
      try DiskReading(
        source, work: order.work, volume: order.volume, limits: order.limits, scanner: scanner,
        replay: order.replaysJournals ? replay(telling: output) : nil, take: output.take
      ).run()
    } catch {
      output.take(.failed(error.message))
    }
    return output.flush() ? 0 : 1
  }

  /// Holds the tables of the image at standard input against its length, and writes notices to standard output.
  private static func check(_ format: ImageFormat) -> Int32 {
    let output = RecordOutput(descriptor: 1)
    Confinement.limit(memory: 2 << 30, cpuSeconds: 120)
    let confinement = Confinement.readOnlyDescriptors()
    if let refusal = confinement.refusal {
      output.take(.failed("this process cannot be confined, and reads nothing unconfined: \(refusal)"))
    } else if let source = FileSource(descriptor: 0) {
      for notice in ImageCheck.notices(of: source, format: format) { output.take(.notice(notice)) }
      output.take(.end(ReadingSummary()))
    }
    return output.flush() ? 0 : 1
  }

  /// Its files are at descriptors 3 and 4; the answer of the parent, which lets e2fsck work on them, comes from 5.
  private static func replay(telling output: RecordOutput) -> JournalReplay {
    JournalReplay(files: (3, 4)) { number in
      guard output.take(.journal(number)), output.flush() else { return false }
      var byte: UInt8 = 0
      while true {
        let count = unsafe Glibc.read(5, &byte, 1)
        if count == 1 { return byte == 1 }
        if count == 0 || errno != EINTR { return false }
      }
    }
  }

  private static func scan(by order: WorkOrder) throws(DiskError) -> FileScan {
    do {
      let limits = ScanLimits(time: .seconds(order.limits.seconds), context: min(order.context, ScanLimits.mostContext), places: 1000)
      return try FileScan(try RuleSet(paths: order.rules), limits: limits)
    } catch let error as RuleError {
      throw DiskError("rules cannot be used: \(error.summary)")
    } catch {
      throw DiskError("rules cannot be used: \(error)")
    }
  }

  /// Becomes a program that serves the images at descriptors 3 and on.
  private static func serve(images: Int32, program: String, _ arguments: [String]) -> Int32 {
    // Its threads' stacks are address space, not memory.
    Confinement.limit(memory: 32 << 30, cpuSeconds: 24 * 3600, files: 256)
    let confinement = Confinement.program(programFolders, opening: (0..<images).map { 3 + $0 })
    return confinement.refusal.map(refuse) ?? become(program, arguments)
  }

  /// Becomes a program that works on the file at descriptor 3.
  private static func repair(program: String, _ arguments: [String]) -> Int32 {
    Confinement.limit(memory: 4 << 30, cpuSeconds: 100, written: UInt64.max)
    let folders = programFolders + ["/proc/self/mounts", "/proc/swaps"]
    return Confinement.program(folders, opening: [3], isWriting: true).refusal.map(refuse) ?? become(program, arguments)
  }

  private static func become(_ program: String, _ arguments: [String]) -> Int32 {
    // SAFETY: the vector's texts live until execv replaces the process, and it ends in nil.
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    _ = unsafe execv(program, &argv)
    return refuse("cannot run \(program): \(SystemText.reason(errno))")
  }

  /// Says why on standard error, where the parent reads it.
  private static func refuse(_ why: String) -> Int32 {
    let text = Array("\(why)\n".utf8)
    // SAFETY: write(2) reads the array's bytes alone.
    _ = unsafe text.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    return 127
  }
}

/// Records as lines, written in large pieces.
private final class RecordOutput {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isOpen = true

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// - Returns: false where nobody reads any more.
  @discardableResult func take(_ record: DiskRecord) -> Bool {
    buffer += record.line
    buffer.append(0x0A)
    var isUrgent = buffer.count >= 1 << 16
    if case .progress = record { isUrgent = true }
    return isUrgent ? flush() : isOpen
  }

  @discardableResult func flush() -> Bool {
    var done = 0
    while isOpen, done < buffer.count {
      // SAFETY: write(2) reads no more than what is left of the array.
      let count = unsafe buffer.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress.unsafelyUnwrapped + done, $0.count - done) }
      if count < 0 {
        if errno == EINTR { continue }
        isOpen = false
      } else {
        done += count
      }
    }
    buffer.removeAll(keepingCapacity: true)
    return isOpen
  }
}
