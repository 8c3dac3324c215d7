internal import Glibc
public import QMP

/// All virtual processors of a machine at one moment, with where each value comes from: the monitor of a running one, or the notes of an image.
public struct ProcessorState: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public let processor: VirtualProcessor
    /// Nil where QEMU's device state could not be had or does not agree; `why` then says so.
    public let entries: EntryRegisters?
    public let why: String?
  }

  public let processors: [Entry]
  /// Processors of which an image says nothing that is understood, by their number.
  public let unread: [Int]
  /// Whether the guest stood still while all of it was read. Else registers of one processor belong together, and processors may not.
  public let isOneMoment: Bool

  /// Asks a monitor. The caller pauses the guest (`PauseWindow.paused`): only then can the saved state be held against the registers.
  ///
  /// - Parameter wantsEntries: whether MSR_LSTAR and its like are asked for, for which QEMU saves the state of its devices into memory of this
  ///   process; nothing is written to a disk.
  public init(_ monitor: Monitor, isPaused: Bool, wantsEntries: Bool = true) throws(MachineError) {
    let text: String
    do throws(QMPError) { text = try monitor.human("info registers -a") } catch { throw .monitor(error) }
    let found = VirtualProcessor.all(in: text)
    var why: String?
    var state: DeviceState?
    if !wantsEntries {
      why = "they were not asked for"
    } else if !isPaused {
      why = "the guest was not paused"
    } else {
      do throws(QMPError) {
        state = DeviceState(try Self.save(monitor))
        if state == nil { why = "QEMU's device state is no stream that is known" }
      } catch { why = error.description }
    }
    isOneMoment = isPaused
    unread = []
    processors = found.map { processor in
      switch state?.entries(of: processor) {
      case .found(let entries): Entry(processor: processor, entries: entries, why: nil)
      case .ambiguous(let count):
        Entry(processor: processor, entries: nil, why: "QEMU's device state holds \(count) sections that look like this processor's")
      case .some(.none): Entry(processor: processor, entries: nil, why: "no section of QEMU's device state agrees with the registers")
      case nil: Entry(processor: processor, entries: nil, why: why)
      }
    }
  }

  /// What the notes of an ELF core hold; nil for an image without such notes. A dump is of one moment: QEMU stops the guest for it.
  init?(_ image: MemoryImage) {
    guard !image.processors.isEmpty || !image.unreadProcessors.isEmpty else { return nil }
    isOneMoment = true
    unread = image.unreadProcessors
    processors = image.processors.filter(\.isPaging).map {
      Entry(processor: VirtualProcessor($0), entries: nil, why: "the notes of a core do not hold them")
    }
  }

  /// Longest stream that is read; a machine with 255 processors saves about 1.5 MiB.
  private static let limit = 64 << 20

  /// What `xen-save-devices-state` writes, which needs no Xen. With `live`, its default, QEMU gives up the disks of a guest that stands, for a
  /// migration's other side, and a second call ends it (QEMU migration/savevm.c, `qmp_xen_save_devices_state`).
  private static func save(_ monitor: Monitor) throws(QMPError) -> [UInt8] {
    let command = "xen-save-devices-state"
    // O_TMPFILE of open(2), which Glibc's module does not name: a file without a name, in memory.
    let file = unsafe open("/dev/shm", O_RDWR | O_CLOEXEC | 0o20_200_000, 0o600)
    guard file >= 0 else { throw .refused(command: command, class: "", description: "no file in /dev/shm: \(PauseGuard.reason(errno))") }
    defer { _ = close(file) }
    // QEMU takes a descriptor only with exactly the access that it wants.
    let writable = unsafe open("/proc/self/fd/\(file)", O_WRONLY | O_CLOEXEC)
    guard writable >= 0 else { throw .refused(command: command, class: "", description: PauseGuard.reason(errno)) }
    defer { _ = close(writable) }
    guard let set = try monitor.execute("add-fd", passing: writable)["fdset-id"] else {
      throw .refused(command: "add-fd", class: "", description: "it names no set")
    }
    defer { _ = try? monitor.execute("remove-fd", ["fdset-id": set]) }
    try monitor.execute(command, ["filename": .text("/dev/fdset/\(set.integer ?? 0)"), "live": false])
    let size = Int(lseek(file, 0, SEEK_END))
    guard size > 0, size <= limit else { throw .refused(command: command, class: "", description: "it wrote \(size) bytes") }
    var bytes = [UInt8](repeating: 0, count: size)
    // SAFETY: pread(2) writes at most the length given, which is the array's.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, size, 0) }
    guard count == size else { throw .refused(command: command, class: "", description: "its file could not be read") }
    return bytes
  }
}
