/// Something beside the file system that tells of changes: a hypervisor's events, a server's updates.
///
/// Whoever follows waits on `descriptor` and then asks; a source that works on a thread of its own writes a byte into a pipe for it.
public protocol ChangeSource: AnyObject {
  /// Readable when `changes` has something to say.
  var descriptor: Int32 { get }
  /// What was told since the last call. Never waits.
  func changes() -> [SourceChange]
  /// Ends what was begun elsewhere for it, such as a session on a server. Called once, at the end.
  func stop()
}

extension ChangeSource {
  public func stop() {}
}

public enum SourceChange: Sendable, Hashable {
  /// Something of this machine: its guests, their definitions.
  case machine
  /// A target, by the name that the user gave it.
  case target(String)
  /// The source says nothing any more, and why.
  case ended(String)
}
