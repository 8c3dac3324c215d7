/// Something that was found out about an image or a volume as a whole, beside its entries. Notices stand before the entries that they are about: those of
/// the image before the first volume, those of a volume right behind it.
public struct DiskNotice: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The image's own tables name places behind its end, which read as zeros. Counted: clusters, grains or blocks.
    case imageCut = "image-cut"
    /// QEMU has marked the image as corrupt (qcow2, incompatible feature bit 1). Counted: 1.
    case imageCorrupt = "image-corrupt"
    /// The image was not closed (qcow2, incompatible feature bit 0; vmdk, uncleanShutdown); what it holds is read all the same. Counted: 1.
    case imageDirty = "image-dirty"
    /// Clusters of a qcow2 image that are counted as used and that nothing leads to: room that is lost, and nothing else.
    case imageLeaked = "image-leaked"
    /// The image's tables could not be checked to their end. Counted: 1.
    case imageUnchecked = "image-unchecked"
    /// The partition table or the file system says that the volume goes on behind the end of the disk or of the partition. Counted: bytes that are missing.
    case volumeCut = "volume-cut"
    /// The journal holds changes that are not at their places, and they were not put there. Counted: 1.
    case journalPending = "journal-pending"
    /// The guest's kernel wrote into the file system that it found errors in it (ext4, s_state). Counted: 1.
    case fileSystemErrors = "file-system-errors"
    /// Inodes in use that no directory leads to. Counted: inodes.
    case orphans
    /// Those of them without a link, on a disk that was not unmounted: files that were deleted while a program had them open. Counted: inodes.
    case unlinked
    /// It was not looked for such inodes to the end. Counted: 1.
    case inodesUnchecked = "inodes-unchecked"
  }

  /// Inode numbers that a notice names at most.
  public static let mostInodes = 20

  public let kind: Kind
  /// Index of the volume; nil for the image.
  public let volume: Int?
  /// At least 1.
  public let count: Int64
  /// The first of the inodes, ascending; empty for what is not about inodes.
  public let inodes: [UInt64]

  public init(_ kind: Kind, volume: Int? = nil, count: Int64 = 1, inodes: [UInt64] = []) {
    self.kind = kind
    self.volume = volume
    self.count = count
    self.inodes = inodes
  }

  /// Whether names or contents may be missing or wrong for it, so that the reading does not show the whole disk.
  public var isIncomplete: Bool {
    switch kind {
    case .imageCut, .imageCorrupt, .imageUnchecked, .volumeCut, .journalPending, .orphans, .inodesUnchecked: true
    case .imageDirty, .imageLeaked, .fileSystemErrors, .unlinked: false
    }
  }
}
