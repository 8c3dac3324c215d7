public import QMP

/// How fast a guest writes its memory, as QEMU measures it (`calc-dirty-rate`, `query-dirty-rate`).
public struct DirtyRate: Sendable, Hashable {
  public enum Mode: String, Sendable, Hashable {
    /// Hashes of sampled pages; with any accelerator.
    case pageSampling = "page-sampling"
    /// KVM's log of written pages. Under another accelerator this call ends QEMU 7.2 with a segmentation fault, so that it is sent only where
    /// `query-kvm` says that KVM is enabled.
    case dirtyBitmap = "dirty-bitmap"
  }

  public let mode: Mode
  /// MiB per second.
  public let rate: UInt64
  /// Seconds over which it was measured.
  public let seconds: Int

  /// - Parameter mode: nil for the best that the guest's accelerator allows.
  public static func measure(_ monitor: Monitor, mode wanted: Mode? = nil, seconds: Int = 1) throws(QMPError) -> DirtyRate {
    let hasKVM = try monitor.execute("query-kvm")["enabled"]?.bool == true
    let mode = wanted ?? (hasKVM ? .dirtyBitmap : .pageSampling)
    guard mode == .pageSampling || hasKVM else {
      throw .refused(
        command: "calc-dirty-rate", class: "GenericError", description: "dirty-bitmap needs KVM, which this guest does not use; not sent")
    }
    let seconds = min(max(seconds, 1), 60)
    try monitor.execute("calc-dirty-rate", ["calc-time": .integer(Int64(seconds)), "mode": .text(mode.rawValue)])
    let deadline = Deadline(milliseconds: seconds * 1000 + 5000)
    while deadline.isAhead {
      let answer = try monitor.execute("query-dirty-rate")
      if answer["status"]?.text == "measured" { return DirtyRate(mode: mode, rate: answer["dirty-rate"]?.unsigned ?? 0, seconds: seconds) }
      _ = try monitor.event(["no such event"], within: 50)
    }
    throw .timedOut(command: "query-dirty-rate", milliseconds: seconds * 1000 + 5000)
  }
}
