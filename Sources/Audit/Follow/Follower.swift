public import Domain
public import Judgement
public import Platforms

/// Follows an audit's targets until SIGINT or SIGTERM: waits for changes and tells what they did to verdicts.
public final class Follower {
  private let watcher: FolderWatcher
  private let stop = StopSignals()
  private let estate: FollowedEstate
  private var sources: [any ChangeSource]
  private let pollInterval: Duration
  private var settling = Settling()
  private let clock = ContinuousClock()
  /// The estate's folders that are watched.
  private var folderVersion = -1
  /// Folders that are watched since, and were not when they were read.
  private var unseen: Set<String> = []
  /// When the first and the last of them were added.
  private var unseenSince: (first: ContinuousClock.Instant, last: ContinuousClock.Instant)?

  /// Changed names that are taken at once: in between, the system's queue is emptied.
  private static let batch = 64

  /// - Parameters:
  ///   - sources: what tells of changes beside the file system.
  ///   - pollInterval: after which processes, /proc and /sys are looked at again.
  public init(
    _ request: AuditRun.Request, judge: Judge, claims: Claims, sources: [any ChangeSource], pollInterval: Duration
  ) throws(DataError) {
    do throws(FolderWatcher.Failure) { watcher = try FolderWatcher() } catch {
      throw DataError("--follow: the system gives no more inotify instances; raise fs.inotify.max_user_instances")
    }
    self.sources = sources
    self.pollInterval = pollInterval
    let watcher = watcher
    // A folder that is gone again is told of by the folder above it; one that may not be watched is named after the first look.
    estate = FollowedEstate(request, judge: judge, claims: claims) { folder in try? watcher.watch(folder) }
  }

  public var assetCount: Int { estate.assetCount }
  public var tally: Tally { estate.tally }

  public func exitStatus(failOn: Severity, toleratingUnknown: Bool) -> ExitStatus {
    estate.exitStatus(failOn: failOn, toleratingUnknown: toleratingUnknown)
  }

  /// The first look at everything. Returns what is refused.
  public func begin(progress: (String) -> Void) throws(DataError) -> [FollowEvent] {
    // What is named is watched before it is read; what is found in it, as it is found.
    var lost: [FollowEvent] = []
    _ = try watch { lost += $0 }
    let events = estate.rescan(now: Clock.now(), progress: progress)
    try settleWatches { lost += $0 }
    return events + lost
  }

  /// Runs until a signal asks it to end.
  public func run(_ tell: ([FollowEvent]) -> Void) throws(DataError) {
    defer { for source in sources { source.stop() } }
    var nextPoll = clock.now + pollInterval
    while true {
      let descriptors = [stop.descriptor, watcher.descriptor] + sources.map(\.descriptor)
      let ready = ReadableDescriptors.wait(descriptors, milliseconds: timeout(nextPoll))
      if ready.contains(stop.descriptor) { return }
      if ready.contains(watcher.descriptor) { try readWatcher(tell) }
      for source in sources where ready.contains(source.descriptor) { try read(source, tell) }
      let settled = settling.take(Self.batch, now: clock.now)
      if !settled.isEmpty {
        tell(estate.apply(settled, now: Clock.now()))
        try settleWatches(tell)
      }
      if let due = unseenDue, clock.now >= due {
        let folders = unseen
        unseen = []
        unseenSince = nil
        tell(estate.lookAgain(in: folders, now: Clock.now()))
        try settleWatches(tell)
      }
      if estate.needsPolling, clock.now >= nextPoll {
        tell(estate.poll(now: Clock.now()))
        try settleWatches(tell)
        nextPoll = clock.now + pollInterval
      }
    }
  }

  /// Milliseconds until something is to be done without being told; -1 for never.
  private func timeout(_ nextPoll: ContinuousClock.Instant) -> Int {
    let times = [settling.due, unseenDue, estate.needsPolling ? nextPoll : nil].compactMap { $0 }
    guard let next = times.min() else { return -1 }
    let left = (next - clock.now).components
    return max(0, Int(clamping: left.seconds) &* 1000 &+ Int(left.attoseconds / 1_000_000_000_000_000) &+ 1)
  }

  private func readWatcher(_ tell: ([FollowEvent]) -> Void) throws(DataError) {
    let (events, isOverflowed) = watcher.read()
    if isOverflowed {
      settling.removeAll()
      tell([.rescan("overflow")])
      tell(estate.rescan(now: Clock.now()))
      return try settleWatches(tell)
    }
    let now = clock.now
    for event in events {
      settling.add(event, isFollowed: estate.isFollowed(event.folder == "/" ? "/" + event.name : event.folder + "/" + event.name), now: now)
    }
  }

  private func read(_ source: any ChangeSource, _ tell: ([FollowEvent]) -> Void) throws(DataError) {
    for change in source.changes() {
      switch change {
      case .machine: tell(estate.touchMachines(now: Clock.now()))
      case .target(let name): tell(estate.touch(target: name, now: Clock.now()))
      case .ended(let reason):
        sources.removeAll { $0 === source }
        source.stop()
        estate.isPollingServers = true
        tell([.lost(reason)])
      }
    }
    try settleWatches(tell)
  }

  /// Watches what is followed now; what was read before it was watched is looked at again soon.
  private func settleWatches(_ tell: ([FollowEvent]) -> Void) throws(DataError) {
    let added = try watch(tell)
    guard !added.isEmpty else { return }
    unseen.formUnion(added)
    let now = clock.now
    unseenSince = (unseenSince?.first ?? now, now)
  }

  /// When folders are looked at again that were not watched while they were read: once what is being written there has come to rest.
  private var unseenDue: ContinuousClock.Instant? {
    unseenSince.map { settling.isEmpty ? min($0.last + .milliseconds(50), $0.first + .milliseconds(1000)) : $0.first + .milliseconds(1000) }
  }

  /// Watches what is followed now, and nothing else. Returns the folders that were not watched before.
  private func watch(_ tell: ([FollowEvent]) -> Void) throws(DataError) -> Set<String> {
    guard estate.folderVersion != folderVersion else { return [] }
    folderVersion = estate.folderVersion
    let moved = estate.takeMoved()
    for folder in watcher.watched where moved.contains(where: { folder == $0 || folder.hasPrefix($0 + "/") }) { watcher.unwatch(folder) }
    let wanted = estate.folders
    let watched = watcher.watched
    for folder in watched.subtracting(wanted) { watcher.unwatch(folder) }
    var added: Set<String> = []
    var refused: Set<String> = []
    for folder in wanted.subtracting(watched).sorted() {
      do throws(FolderWatcher.Failure) {
        try watcher.watch(folder)
        added.insert(folder)
      } catch {
        switch error {
        case .exhausted:
          throw DataError(
            "--follow: more than this system's \(watcher.watched.count) watched folders are needed; raise fs.inotify.max_user_watches, or name fewer folders"
          )
        // The folder above it tells when it comes.
        case .notFound: break
        case .permission, .io:
          refused.insert(folder)
          guard !estate.unwatched.contains(folder) else { continue }
          let reason = error == .permission ? "permission denied" : "the file system there tells of no changes"
          tell([.lost("\(folder) cannot be watched: \(reason)")])
        }
      }
    }
    estate.unwatched = refused
    return added
  }
}
