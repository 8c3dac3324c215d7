#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Tells what changes in folders, by inotify(7).
///
/// Folders are named by absolute paths, one folder by as many as lead to it. A folder that is moved keeps its watch under the path that it was
/// watched by until that is unwatched. What another machine writes over a network file system, and what a program writes through a memory map, inotify does not tell.
public final class FolderWatcher {
  public struct Event: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
      /// Written to, its end not yet said; or its mode or owner changed.
      case modified
      /// Closed after it was written.
      case written
      /// Moved here, perhaps over what stood there.
      case arrived
      case created
      /// Deleted, or moved away.
      case left
    }

    public let folder: String
    /// Name in the folder; "" for the folder itself.
    public let name: String
    public let kind: Kind

    public init(folder: String, name: String, kind: Kind) {
      self.folder = folder
      self.name = name
      self.kind = kind
    }
  }

  public enum Failure: Error, Sendable, Hashable {
    /// The user's number of watches or of instances is used up (fs.inotify.max_user_watches, max_user_instances).
    case exhausted
    case notFound
    case permission
    case io
  }

  /// Readable when something changed.
  public let descriptor: Int32
  private var folders: [Int32: Set<String>] = [:]
  private var watches: [String: Int32] = [:]

  private static let mask =
    UInt32(IN_MODIFY) | UInt32(IN_ATTRIB) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)
    | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)

  public init() throws(Failure) {
    descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    guard descriptor >= 0 else { throw errno == EMFILE ? .exhausted : .io }
  }

  deinit { _ = close(descriptor) }

  public var watched: Set<String> { Set(watches.keys) }

  public func watch(_ folder: String) throws(Failure) {
    let watch = unsafe inotify_add_watch(descriptor, folder, Self.mask | UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK))
    guard watch >= 0 else {
      switch errno {
      case ENOSPC, ENOMEM: throw .exhausted
      case ENOENT, ENOTDIR: throw .notFound
      case EACCES: throw .permission
      default: throw .io
      }
    }
    if let other = watches[folder], other != watch { forget(folder, of: other) }
    folders[watch, default: []].insert(folder)
    watches[folder] = watch
  }

  public func unwatch(_ folder: String) {
    guard let watch = watches[folder] else { return }
    forget(folder, of: watch)
    if folders[watch] == nil { _ = inotify_rm_watch(descriptor, watch) }
  }

  private func forget(_ folder: String, of watch: Int32) {
    if watches[folder] == watch { watches[folder] = nil }
    folders[watch]?.remove(folder)
    if folders[watch]?.isEmpty == true { folders[watch] = nil }
  }

  /// What waits to be read, 64 KiB of it at most: whoever writes without rest keeps nobody here. The descriptor stays readable while there is
  /// more. `isOverflowed`: the queue ran over, and what changed is not known.
  public func read() -> (events: [Event], isOverflowed: Bool) {
    var events: [Event] = []
    var isOverflowed = false
    // SAFETY: read(2) writes no more than the capacity, and as many bytes are initialised as it says.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      count = unsafe max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
    }
    var at = 0
    while at + Self.headSize <= bytes.count {
      let watch = Int32(bitPattern: Self.word(bytes, at))
      let mask = Self.word(bytes, at + 4)
      let length = Int(Self.word(bytes, at + 12))
      let name = bytes[(at + Self.headSize)..<min(bytes.count, at + Self.headSize + length)].prefix { $0 != 0 }
      at += Self.headSize + length
      if mask & UInt32(IN_Q_OVERFLOW) != 0 {
        isOverflowed = true
      } else {
        for folder in folders[watch] ?? [] {
          if let kind = Self.kind(mask) { events.append(Event(folder: folder, name: String(decoding: name, as: UTF8.self), kind: kind)) }
          if mask & UInt32(IN_IGNORED) != 0 { forget(folder, of: watch) }
        }
      }
    }
    return (events, isOverflowed)
  }

  private static func kind(_ mask: UInt32) -> Event.Kind? {
    if mask & (UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)) != 0 { return .left }
    if mask & (UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_UNMOUNT) | UInt32(IN_IGNORED)) != 0 { return .left }
    if mask & UInt32(IN_MOVED_TO) != 0 { return .arrived }
    if mask & UInt32(IN_CREATE) != 0 { return .created }
    if mask & UInt32(IN_CLOSE_WRITE) != 0 { return .written }
    return mask & (UInt32(IN_MODIFY) | UInt32(IN_ATTRIB)) != 0 ? .modified : nil
  }

  /// Bytes of `struct inotify_event` before its name: wd, mask, cookie, len.
  private static let headSize = 16

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
  }
}
