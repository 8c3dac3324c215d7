internal import Platforms

/// Waits for changes to come to rest, so that an editor's or a program's steps are seen as one: writing to another name and renaming it,
/// deleting and creating, writing in pieces. Within bounds, so that what never rests is seen too.
struct Settling {
  private struct Key: Hashable {
    let folder: String
    let name: String
  }

  private struct Waiting {
    var kind: FolderWatcher.Event.Kind
    /// A name came or went in between.
    var isRenamed: Bool
    let first: ContinuousClock.Instant
    var due: ContinuousClock.Instant
  }

  private var waiting: [Key: Waiting] = [:]

  var isEmpty: Bool { waiting.isEmpty }

  /// Time without a further change, and from the first one at most.
  private static func rest(_ kind: FolderWatcher.Event.Kind, isFollowed: Bool) -> (quiet: Duration, most: Duration) {
    switch kind {
    // A whole file that is judged already: nothing more will come.
    case .written, .arrived: isFollowed ? (.milliseconds(10), .milliseconds(50)) : (.milliseconds(50), .milliseconds(250))
    // A file that is missing for a moment is one that is being replaced.
    case .created, .left: (.milliseconds(50), .milliseconds(250))
    // Nobody said that it is whole.
    case .modified: (.milliseconds(200), .milliseconds(1000))
    }
  }

  /// - Parameter isFollowed: a file of that path is judged already.
  mutating func add(_ event: FolderWatcher.Event, isFollowed: Bool, now: ContinuousClock.Instant) {
    let key = Key(folder: event.folder, name: event.name)
    let isRename = event.kind != .modified && event.kind != .written
    let (quiet, most) = Self.rest(event.kind, isFollowed: isFollowed)
    guard var known = waiting[key] else {
      waiting[key] = Waiting(kind: event.kind, isRenamed: isRename, first: now, due: now + quiet)
      return
    }
    known.kind = event.kind
    known.isRenamed = known.isRenamed || isRename
    known.due = min(now + quiet, known.first + most)
    waiting[key] = known
  }

  mutating func removeAll() { waiting = [:] }

  /// When the next change has come to rest.
  var due: ContinuousClock.Instant? { waiting.values.lazy.map(\.due).min() }

  /// Changes that have come to rest, the oldest first; of several of one name the last.
  mutating func take(_ most: Int, now: ContinuousClock.Instant) -> [FolderWatcher.Event] {
    let ready = waiting.filter { $0.value.due <= now }.sorted { ($0.value.first, $0.key.name) < ($1.value.first, $1.key.name) }.prefix(most)
    return ready.map { key, change in
      waiting[key] = nil
      let kind = change.isRenamed && (change.kind == .modified || change.kind == .written) ? .created : change.kind
      return FolderWatcher.Event(folder: key.folder, name: key.name, kind: kind)
    }
  }
}
