/// What reading one disk may take: a disk may be made to have no end.
public struct ReadingLimits: Sendable, Hashable {
  /// Names of the whole disk.
  public var entries = 10_000_000
  /// Directories inside each other.
  public var depth = 512
  /// Bytes of a path. Linux takes 4096 at once, and deeper ones can exist.
  public var pathBytes = 32_768
  /// Bytes of one file whose content is read; a sparse file may claim 16 TiB.
  public var fileBytes: Int64 = 64 << 30
  /// Bytes of content of the whole disk.
  public var contentBytes: Int64 = 16 << 40
  /// Wall time of the whole reading, seconds.
  public var seconds = 6 * 3600
  /// Address space of the reading process, bytes.
  public var memoryBytes: UInt64 = 4 << 30

  public init() {}
}
