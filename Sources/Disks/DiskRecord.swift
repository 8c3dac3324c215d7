public import Signatures

/// What reading a disk yields, one after the other: volumes, each followed by its entries, and an end.
public enum DiskRecord: Sendable, Hashable {
  case volume(VolumeRecord)
  /// What was found out about the image or the volume before.
  case notice(DiskNotice)
  case entry(DiskEntry)
  /// A rule of YARA matched the content of a file.
  case match(FileMatch)
  /// What was read so far; told now and then.
  case progress(ReadingSummary)
  case end(ReadingSummary)
  /// The disk as a whole could not be read.
  case failed(String)
  /// The reader waits for e2fsck's work on its first (1) or second (2) file.
  case journal(Int)
  /// What keeps the reading process from anything but reading; first of all records.
  case confined(ConfinementOutcome)
}

/// A volume as documents show it.
public struct VolumeRecord: Sendable, Hashable {
  public enum State: String, Sendable, Hashable {
    /// Its file system was opened, and its entries follow.
    case read
    /// It may hold files that nobody sees: `reason` says why.
    case unreadable
    /// It holds none.
    case withoutFiles
    /// Another volume was asked for.
    case skipped
  }

  public enum Journal: String, Sendable, Hashable {
    /// Holds changes that are not at their places yet, and entries show the places as they are.
    case pending
    /// Those changes were put to their places, in memory, before anything was read.
    case replayed
  }

  public let index: Int
  /// Bytes.
  public let offset: Int64
  /// Bytes.
  public let size: Int64
  public let label: String?
  /// The kind of file system, or what else it holds.
  public let content: String
  public let state: State
  public let reason: String?
  public let journal: Journal?

  public init(
    index: Int, offset: Int64, size: Int64, label: String?, content: String, state: State, reason: String? = nil, journal: Journal? = nil
  ) {
    self.index = index
    self.offset = offset
    self.size = size
    self.label = label
    self.content = content
    self.state = state
    self.reason = reason
    self.journal = journal
  }
}

/// Counts of one reading.
public struct ReadingSummary: Sendable, Hashable {
  public var entries = 0
  public var files = 0
  /// Content that was read, bytes.
  public var bytes: Int64 = 0
  /// Entries and volumes that could not be read, and notices that say that something is missing.
  public var unreadable = 0
  /// Notices of all kinds.
  public var notices = 0
  /// Files that a rule matched.
  public var matched = 0
  /// Why the reading ended before everything was seen; nil where nothing was left out.
  public var cut: String?

  public init() {}

  package mutating func count(_ notice: DiskNotice) {
    notices += 1
    if notice.isIncomplete { unreadable += 1 }
  }
}

/// A YARA rule that matched the content of a file.
public struct FileMatch: Sendable, Hashable {
  public let volume: Int
  public let path: [UInt8]
  /// Name of an alternate data stream; nil for the file itself.
  public let stream: [UInt8]?
  public let inode: UInt64
  public let size: Int64
  public let rule: String
  public let namespace: String
  public let tags: [String]
  /// In the order of their places; at most as many as the scan's bound.
  public let strings: [MatchString]
  /// Places beyond the bound.
  public let omitted: Int

  public init(
    volume: Int, path: [UInt8], stream: [UInt8]?, inode: UInt64, size: Int64, rule: String, namespace: String, tags: [String],
    strings: [MatchString],
    omitted: Int
  ) {
    self.volume = volume
    self.path = path
    self.stream = stream
    self.inode = inode
    self.size = size
    self.rule = rule
    self.namespace = namespace
    self.tags = tags
    self.strings = strings
    self.omitted = omitted
  }

  package init(_ match: RuleMatch, in entry: DiskEntry) {
    self.init(
      volume: entry.volume, path: entry.path, stream: entry.stream, inode: entry.inode, size: entry.size, rule: match.rule.name,
      namespace: match.rule.namespace,
      tags: match.rule.tags, strings: match.strings, omitted: match.omitted)
  }
}
