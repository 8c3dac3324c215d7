internal import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A disk that is ready to be read by a reading process, with what serves it.
public final class OpenDisk {
  let order: WorkOrder.Input
  /// As messages name it.
  public let path: String
  /// Of the image; nil for a drive of a running guest.
  public let format: ImageFormat?
  /// What was found out about the image before anything of the disk was read.
  public let notices: [DiskNotice]
  private var input: Int32
  private let daemon: StorageDaemon?
  private let fleece: Fleece?

  /// Takes the descriptor over, save for one that the daemon holds.
  init(
    input: Int32, order: WorkOrder.Input, path: String, format: ImageFormat? = nil, notices: [DiskNotice] = [], daemon: StorageDaemon? = nil,
    fleece: Fleece? = nil
  ) {
    self.notices = notices
    self.input = input
    self.order = order
    self.path = path
    self.format = format
    self.daemon = daemon
    self.fleece = fleece
  }

  deinit { closeInput() }

  private func closeInput() {
    if let daemon { daemon.closeSocket() } else if input >= 0 { _ = close(input) }
    input = -1
  }

  /// Starts reading. Once for each open disk.
  public func read(
    _ work: DiskWork, volume: Int? = nil, limits: ReadingLimits = ReadingLimits(), rules: [String] = [], context: Int = 0, worker: String
  ) throws(DiskError) -> ConfinedReading {
    let order = WorkOrder(input: order, work: work, volume: volume, limits: limits, rules: rules, context: context)
    let reading = try ConfinedReading(order, input: input, worker: worker, disk: self)
    // The reader holds the only end now, so that a server that goes away is noticed.
    closeInput()
    return reading
  }

  /// The first line of a manifest of this disk.
  public var header: ManifestHeader {
    ManifestHeader(
      disk: path, format: format?.rawValue ?? fleece?.plan.drive.format ?? "", moment: fleece.map { Instant(seconds: $0.moment).text })
  }

  /// Takes away what a running guest was asked for. Called by itself where nobody does.
  ///
  /// - Returns: what could not be taken away; nil where nothing is left.
  public func takeAway() -> String? {
    closeInput()
    return fleece?.end()
  }

  /// Why the disk could not be served, where the server said so.
  var complaint: String? { daemon?.complaint }

  /// Whether a guest runs on it.
  var isLive: Bool { fleece != nil }

  /// Whether what is read still is one state of the disk.
  func check(always: Bool = false) throws(DiskError) { try fleece?.check(always: always) }
}
