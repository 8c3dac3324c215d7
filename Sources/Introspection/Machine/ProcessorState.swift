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

  /// Asks a monitor. Only while the guest stands still can the saved state be held against the registers, so that MSR_LSTAR and its like are had in a
  /// pause alone: QEMU then saves the state of its devices into memory of this process; nothing is written to a disk.
  ///
  /// - Parameter window: for the pause, by the monitor; nil to read a guest that runs on. `isOneMoment` says whether it stood still till the end.
  /// - Throws: `MachineError` where the monitor tells no registers, and what `PauseWindow.paused` throws.
  public init(_ monitor: Monitor, in window: PauseWindow?) throws {
    func registers() throws(MachineError) -> String {
      do throws(QMPError) { return try monitor.human("info registers -a") } catch { throw .monitor(error) }
    }
    let text: String
    var stream: [UInt8]?
    var why = "the guest was not paused"
    var isWhole = false
    if let window {
      // What can be done before and after the pause is done there.
      var saving: SavedDevices?
      do throws(QMPError) { saving = try SavedDevices(monitor) } catch { why = error.description }
      let reading = try window.paused {
        let text = try registers()
        do throws(QMPError) { try saving?.save() } catch {
          why = error.description
          saving = nil
        }
        return text
      }
      text = reading.value
      isWhole = reading.agreement == .paused
      do throws(QMPError) { stream = try saving?.bytes() } catch { why = error.description }
    } else {
      text = try registers()
    }
    if !isWhole, window != nil { (stream, why) = (nil, "the guest ran on meanwhile") }
    let state = stream.flatMap(DeviceState.init)
    if stream != nil, state == nil { why = "QEMU's device state is no stream that is known" }
    isOneMoment = isWhole
    unread = []
    processors = VirtualProcessor.all(in: text).map { processor in
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
      Entry(processor: $0, entries: nil, why: "the notes of a core do not hold them")
    }
  }
}

/// The state of a QEMU's devices, which it saves into a file without a name that was handed to it before.
private final class SavedDevices {
  private let monitor: Monitor
  private let file: CInt
  private let set: JSONValue
  /// Longest stream that is read; a machine with 255 processors saves about 1.5 MiB.
  private static let limit = 64 << 20
  private static let command = "xen-save-devices-state"

  init(_ monitor: Monitor) throws(QMPError) {
    self.monitor = monitor
    // O_TMPFILE of open(2), which Glibc's module does not name: a file without a name, in memory.
    file = unsafe open("/dev/shm", O_RDWR | O_CLOEXEC | 0o20_200_000, 0o600)
    guard file >= 0 else {
      throw .refused(command: Self.command, class: "", description: "no file in /dev/shm: \(PauseGuard.reason(errno))")
    }
    do throws(QMPError) { set = try Self.hand(file, to: monitor) } catch {
      _ = close(file)
      throw error
    }
  }

  deinit {
    _ = try? monitor.execute("remove-fd", ["fdset-id": set])
    _ = close(file)
  }

  private static func hand(_ file: CInt, to monitor: Monitor) throws(QMPError) -> JSONValue {
    // QEMU takes a descriptor only with exactly the access that it wants.
    let writable = unsafe open("/proc/self/fd/\(file)", O_WRONLY | O_CLOEXEC)
    guard writable >= 0 else { throw .refused(command: command, class: "", description: PauseGuard.reason(errno)) }
    defer { _ = close(writable) }
    guard let set = try monitor.execute("add-fd", passing: writable)["fdset-id"] else {
      throw .refused(command: "add-fd", class: "", description: "it names no set")
    }
    return set
  }

  /// `xen-save-devices-state` needs no Xen. With `live`, its default, QEMU gives up the disks of a guest that stands, for a migration's other side, and a
  /// second call ends it (QEMU migration/savevm.c, `qmp_xen_save_devices_state`).
  func save() throws(QMPError) {
    try monitor.execute(Self.command, ["filename": .text("/dev/fdset/\(set.integer ?? 0)"), "live": false])
  }

  /// What was saved.
  func bytes() throws(QMPError) -> [UInt8] {
    let size = Int(lseek(file, 0, SEEK_END))
    guard size > 0, size <= Self.limit else { throw .refused(command: Self.command, class: "", description: "it wrote \(size) bytes") }
    var bytes = [UInt8](repeating: 0, count: size)
    // SAFETY: pread(2) writes at most the length given, which is the array's.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, size, 0) }
    guard count == size else { throw .refused(command: Self.command, class: "", description: "its file could not be read") }
    return bytes
  }
}
