public import QMP

/// Why a running guest could not be looked into.
public enum MachineError: Error, Sendable, Hashable {
  /// No process with this id, no emulator for x86, or none that this user may read.
  case noEmulator(pid: Int32)
  /// No emulator listens at the socket, or it cannot be told which one.
  case noEmulatorBehind(socket: String)
  /// The guest's RAM, or a part of it, is memory of QEMU alone; what it must be started with.
  case privateMemory(pid: Int32, ShareableRAM)
  /// RAM that was added while the guest ran is memory of QEMU alone; the id of its back end.
  case privateAddition(pid: Int32, backend: String)
  /// The RAM is shared and cannot be opened; `reason` is the system's own text.
  case unreadableMemory(pid: Int32, what: String, reason: String)
  /// The layout of the machine's memory is not known, or contradicts the files that hold it.
  case unknownLayout(pid: Int32, reason: String)
  /// No QMP monitor can be used; the reasons of those that were tried.
  case noMonitor(pid: Int32, reasons: [String])
  /// The operator had stopped the guest, or it is in a state that cannot be left ("inmigrate", "guest-panicked").
  case notRunning(pid: Int32, state: String)
  /// The monitor failed.
  case monitor(QMPError)
  /// The guard that continues a stopped guest could not be started, so that the guest was not stopped.
  case noGuard(reason: String)
}

extension MachineError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noEmulator(let pid):
      "pid \(pid) is no QEMU for x86 that this user may look at; ringwall guest list shows those that are"
    case .noEmulatorBehind(let socket): "\(socket): no QEMU process listens there that this user may look at"
    case .privateMemory(let pid, let wanted):
      """
      the RAM of the guest in pid \(pid) is private to QEMU and cannot be read from outside; start it with \
      \(wanted.options)\(wanted.replacesPath ? " in the place of -mem-path" : ""), in libvirt with \(ShareableRAM.libvirtElement)
      """
    case .privateAddition(let pid, let backend):
      """
      RAM that was added to the guest in pid \(pid) while it ran (\(backend)) is private to QEMU and cannot be read from outside; \
      add it with a back end of the type memory-backend-memfd and share=on
      """
    case .unreadableMemory(let pid, let what, let reason): "the RAM of the guest in pid \(pid) (\(what)) cannot be opened: \(reason)"
    case .unknownLayout(let pid, let reason): "the memory layout of the guest in pid \(pid) is not known: \(reason)"
    case .noMonitor(let pid, let reasons):
      """
      the guest in pid \(pid) has no QMP monitor that can be used\(reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")); \
      add -qmp unix:/run/qemu-NAME.qmp,server=on,wait=off
      """
    case .notRunning(let pid, let state): "the guest in pid \(pid) is not running but \(state); it is not touched"
    case .monitor(let error): error.description
    case .noGuard(let reason): "the guard that continues the guest could not be started, so that it was not stopped: \(reason)"
    }
  }
}
