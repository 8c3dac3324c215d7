public import Domain

/// A file that a process has open.
public struct OpenFile: Sendable, Hashable {
  public let pid: Int32
  /// Name of the process; at most 15 characters.
  public let process: String
  public let descriptor: Int
  /// Of the struct file; guest-virtual.
  public let address: UInt64
  public let kind: Kind
  /// The path, or what /proc/PID/fd shows for what has none: "socket:[4711]", "pipe:[4712]", "anon_inode:[eventfd]". Nil where it cannot be read.
  public let path: String?
  /// The file has no name any more.
  public let isDeleted: Bool
  public let inode: UInt64
  /// Bytes; 0 for what has no size.
  public let size: Int64
  /// Where the next read or write begins.
  public let position: Int64
  /// f_flags: those of open(2).
  public let flags: UInt32

  /// What an inode is, by the upper bits of its mode (inode(7)).
  public enum Kind: UInt16, Sendable {
    case anonymous = 0
    case pipe = 1
    case characterDevice = 2
    case folder = 4
    case blockDevice = 6
    case file = 8
    case link = 10
    case socket = 12

    public var word: String { "\(self)" }
  }

  /// "r", "w" or "rw", then "a" for appending.
  public var access: String {
    let access = ["r", "w", "rw", "-"][Int(flags & 3)]
    return access + (flags & 0x400 != 0 ? "a" : "")
  }
}

/// A process that holds something by a descriptor.
public struct DescriptorHolder: Sendable, Hashable {
  public let pid: Int32
  /// At most 15 characters.
  public let process: String
  public let descriptor: Int

  /// pid, process, descriptor.
  public var factValue: FactValue { ["pid": .int(Int64(pid)), "process": .string(process), "descriptor": .int(Int64(descriptor))] }
}

/// The open files of a guest's processes.
public struct OpenFileList: Sendable {
  /// By pid, then by descriptor.
  public let files: [OpenFile]
  /// Tables that contradict themselves; what is behind them was not followed.
  public let inconsistencies: [Inconsistency]

  /// The same with some of the files alone.
  public func filter(_ isIncluded: (OpenFile) -> Bool) -> OpenFileList {
    OpenFileList(files: files.filter(isIncluded), inconsistencies: inconsistencies)
  }
}

extension OpenFile {
  /// All that is known of the file; what could not be read is null.
  public var factValue: FactValue {
    [
      "pid": .int(Int64(pid)), "process": .string(process), "descriptor": .int(Int64(descriptor)), "kind": .string(kind.word),
      "path": path.map(FactValue.string) ?? .null, "deleted": .bool(isDeleted), "inode": .int(Int64(bitPattern: inode)), "size": .int(size),
      "position": .int(position), "access": .string(access), "flags": addressValue(UInt64(flags)), "file": addressValue(address),
    ]
  }
}

extension OpenFileList {
  /// files, inconsistencies.
  public var factValue: FactValue {
    ["files": .array(files.map(\.factValue)), "inconsistencies": .array(inconsistencies.map(\.factValue))]
  }
}
