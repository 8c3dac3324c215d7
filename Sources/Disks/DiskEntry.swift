/// A file, directory or other name on a disk.
public struct DiskEntry: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case file, directory, symlink, fifo, character, block, socket
    /// An alternate data stream of NTFS: its path is the file's.
    case stream
    /// The file system says none of the above.
    case unknown
  }

  /// Index of the volume, as `Volume.index`.
  public let volume: Int
  /// Bytes from the volume's root, with "/" first and between names; the root itself is "/".
  public let path: [UInt8]
  /// Name of an alternate data stream; nil for what is none.
  public var stream: [UInt8]?
  public var kind: Kind
  /// Permission bits, 0 to 0o7777. Of FAT and NTFS what The Sleuth Kit derives from the read-only flag.
  public var mode: UInt16
  public var uid: UInt32
  public var gid: UInt32
  /// Bytes.
  public var size: Int64
  /// Hard links to the inode; 0 where the file system counts none.
  public var links: Int
  public var inode: UInt64
  /// Time of each kind; nil where the file system keeps none.
  public var modified: FileTime?
  public var changed: FileTime?
  public var created: FileTime?
  /// Of a symbolic link.
  public var target: [UInt8]?
  /// SHA-256 of a file's or stream's whole content, 32 bytes.
  public var digest: [UInt8]?
  /// Why the entry, or its content, could not be read.
  public var problem: String?

  public init(volume: Int, path: [UInt8], kind: Kind, problem: String? = nil) {
    self.volume = volume
    self.path = path
    self.kind = kind
    self.problem = problem
    mode = 0
    uid = 0
    gid = 0
    size = 0
    links = 0
    inode = 0
  }

  /// The order of documents: a directory before all that lies below it, a file before its streams, names by their bytes. "/" sorts before any
  /// byte that a name can have.
  public static func isOrdered(_ a: DiskEntry, before b: DiskEntry) -> Bool {
    if a.volume != b.volume { return a.volume < b.volume }
    if a.path != b.path { return pathOrder(a.path, before: b.path) }
    guard let own = a.stream, let other = b.stream else { return a.stream == nil && b.stream != nil }
    return own.lexicographicallyPrecedes(other)
  }

  static func pathOrder(_ a: [UInt8], before b: [UInt8]) -> Bool {
    for (one, other) in zip(a, b) where one != other {
      return (one == 0x2F ? 0 : Int(one) + 1) < (other == 0x2F ? 0 : Int(other) + 1)
    }
    return a.count < b.count
  }
}

/// A moment of a file system: seconds since 1970 in universal time and nanoseconds, 0 to 999 999 999. FAT keeps local time, which is shown as
/// if it were universal.
public struct FileTime: Sendable, Hashable {
  public let seconds: Int64
  public let nanoseconds: UInt32

  public init(seconds: Int64, nanoseconds: UInt32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}
