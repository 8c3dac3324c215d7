internal import Crypto
public import Disks
public import Signatures

/// Reads a disk from its first byte to its last entry, and hands over what it finds as it finds it.
///
/// Whatever the disk holds, a reading ends: names, depth, path lengths, contents and time are bounded (`ReadingLimits`), and no directory is walked twice.
/// What the library itself may do with a disk made to harm it is bounded by the process that this runs in (`Confinement`).
@safe public final class DiskReading {
  private static let chunkCount = 1 << 20
  /// Bytes of a file that rules get through in a second at least, beside a minute for each file.
  private static let slowestScan: Int64 = 4 << 20

  private let source: any BlockSource
  private let work: DiskWork
  /// The volume asked for; nil for all.
  private let volume: Int?
  private let limits: ReadingLimits
  private let scanner: FileScan?
  private let replay: JournalReplay?
  private let take: (DiskRecord) -> Bool

  private var summary = ReadingSummary()
  private var digests: [UInt64: [UInt8]] = [:]
  private var scanned: Set<UInt64> = []
  private let end: ContinuousClock.Instant
  private var nextProgress: ContinuousClock.Instant
  private let chunk: UnsafeMutableRawBufferPointer
  private var isStopped = false

  /// - Parameter take: takes each record; false ends the reading.
  public convenience init(
    _ source: any BlockSource, work: DiskWork, volume: Int? = nil, limits: ReadingLimits = ReadingLimits(), scanner: FileScan? = nil,
    take: @escaping (DiskRecord) -> Bool
  ) {
    self.init(source, work: work, volume: volume, limits: limits, scanner: scanner, replay: nil, take: take)
  }

  init(
    _ source: any BlockSource, work: DiskWork, volume: Int? = nil, limits: ReadingLimits = ReadingLimits(),
    scanner: FileScan?, replay: JournalReplay?, take: @escaping (DiskRecord) -> Bool
  ) {
    self.replay = replay
    self.source = source
    self.work = work
    self.volume = volume
    self.limits = limits
    self.scanner = scanner
    self.take = take
    end = ContinuousClock.now + .seconds(limits.seconds)
    nextProgress = ContinuousClock.now + .milliseconds(500)
    unsafe self.chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkCount, alignment: 4096)
  }

  deinit {
    unsafe chunk.deallocate()
  }

  /// - Throws: where the disk as a whole cannot be read; what a single volume or file refuses is a record.
  public func run() throws(DiskError) {
    let volumes = try VolumeTable.volumes(of: source)
    if let volume, !volumes.contains(where: { $0.index == volume }) {
      throw DiskError("the disk has no volume \(volume); its volumes are \(volumes.map { "\($0.index)" }.joined(separator: ", "))")
    }
    for volume in volumes where !isStopped { read(volume) }
    guard !isStopped || summary.cut != nil else { return }
    _ = take(.end(summary))
  }

  private func read(_ volume: Volume) {
    func record(_ state: VolumeRecord.State, _ content: String, _ reason: String? = nil, _ journal: VolumeRecord.Journal? = nil) {
      if state == .unreadable { summary.unreadable += 1 }
      isStopped = !take(
        .volume(
          VolumeRecord(
            index: volume.index, offset: volume.offset, size: volume.size, label: volume.label, content: content, state: state,
            reason: reason, journal: journal)))
    }
    func tell(_ notice: DiskNotice) {
      guard !isStopped else { return }
      summary.count(notice)
      isStopped = !take(.notice(notice))
    }
    func tell(missing: Int64) { if missing > 0 { tell(DiskNotice(.volumeCut, volume: volume.index, count: missing)) } }
    if let wanted = self.volume, wanted != volume.index { return record(.skipped, volume.content.name) }
    switch volume.content {
    case .withoutFiles, .empty:
      record(.withoutFiles, volume.content.name)
      return tell(missing: volume.missing)
    default: break
    }
    let system: FileSystem
    var journal: VolumeRecord.Journal?
    do throws(DiskError) {
      let found = try FileSystem(volume, of: source)
      if !found.hasPendingJournal {
        system = found
      } else if let overlay = replay?.overlay(of: found, on: source), let replayed = try? FileSystem(volume, of: overlay) {
        system = replayed
        journal = .replayed
      } else {
        system = found
        journal = .pending
      }
    } catch {
      record(.unreadable, volume.content.name, error.message)
      return tell(missing: volume.missing)
    }
    record(.read, system.kind, nil, journal)
    tell(missing: max(volume.missing, system.missing))
    if journal == .pending { tell(DiskNotice(.journalPending, volume: volume.index)) }
    if system.hasErrors { tell(DiskNotice(.fileSystemErrors, volume: volume.index)) }
    if case .list = work {
    } else {
      var unreached = UnreachedInodes(system, isInUse: journal != nil || system.isInUse, limits: limits, until: end)
      for notice in unreached.notices() { tell(notice) }
    }
    guard !isStopped else { return }
    digests = [:]
    scanned = []
    var walk = DirectoryWalk(system, limits: limits)
    switch work {
    case .list(let path):
      guard let (inode, found) = walk.find(path) else { return }
      _ = walk.walk(from: inode, path: found, isDeep: false) { entry, _ in hand(entry) }
    case .manifest:
      _ = walk.walk(from: system.root, path: [0x2F], isDeep: true) { entry, file in digest(entry, file, system) }
    case .scan:
      _ = walk.walk(from: system.root, path: [0x2F], isDeep: true) { entry, file in scan(entry, file, system) }
    }
  }

  /// Counts an entry and hands it over; false where the reading is to end.
  private func hand(_ entry: DiskEntry) -> Bool {
    summary.entries += 1
    if entry.problem != nil { summary.unreadable += 1 }
    if entry.kind == .file { summary.files += 1 }
    guard take(.entry(entry)) else { return stop() }
    return isWithinLimits
  }

  private func stop() -> Bool {
    isStopped = true
    return false
  }

  private var isWithinLimits: Bool {
    let now = ContinuousClock.now
    if summary.entries >= limits.entries {
      summary.cut = "more than \(limits.entries) entries"
    } else if summary.bytes >= limits.contentBytes {
      summary.cut = "more than \(limits.contentBytes) bytes of content"
    } else if now >= end {
      summary.cut = "not done within \(limits.seconds) s"
    } else {
      guard now >= nextProgress else { return true }
      nextProgress = now + .milliseconds(500)
      return take(.progress(summary)) || stop()
    }
    return stop()
  }

  // MARK: Content

  private func digest(_ entry: DiskEntry, _ file: OpenFile?, _ system: FileSystem) -> Bool {
    var entry = entry
    if entry.kind == .file, let file {
      if entry.links > 1, let known = digests[entry.inode] {
        entry.digest = known
      } else {
        digest(&entry, file.content)
        if entry.links > 1 { digests[entry.inode] = entry.digest }
      }
    }
    guard hand(entry) else { return false }
    guard let file, system.volume.content == .ntfs, entry.kind == .file || entry.kind == .directory else { return true }
    for (name, content) in file.streams {
      var stream = entry
      stream.kind = .stream
      stream.stream = name
      stream.size = content.size
      stream.digest = nil
      stream.problem = nil
      digest(&stream, content)
      guard hand(stream) else { return false }
    }
    return true
  }

  private func digest(_ entry: inout DiskEntry, _ content: FileContent?) {
    guard entry.size > 0 else {
      entry.digest = Array(SHA256().finalize())
      return
    }
    guard let content else {
      entry.problem = "where its content lies cannot be read: \(SleuthKit.reason)"
      return
    }
    guard !content.isPartlyLost else {
      entry.problem = "a part of its content lies where nothing says any more"
      return
    }
    guard entry.size <= limits.fileBytes else {
      entry.problem = "larger than \(limits.fileBytes) bytes; --max-file raises the bound"
      return
    }
    var hash = SHA256()
    var count: Int64 = 0
    entry.problem = unsafe content.read(into: chunk) { bytes in
      unsafe hash.update(bufferPointer: bytes)
      count += Int64(bytes.count)
      summary.bytes += Int64(bytes.count)
      return isWithinLimits
    }
    if entry.problem == nil, count == entry.size {
      entry.digest = Array(hash.finalize())
    } else {
      entry.problem = entry.problem ?? "its inode says \(entry.size) bytes, and \(count) were read"
    }
  }

  private func scan(_ entry: DiskEntry, _ file: OpenFile?, _ system: FileSystem) -> Bool {
    if entry.kind == .file, let file, entry.links <= 1 || scanned.insert(entry.inode).inserted {
      guard scan(entry, file.content) else { return false }
      if system.volume.content == .ntfs {
        for (name, content) in file.streams {
          var stream = entry
          stream.kind = .stream
          stream.stream = name
          stream.size = content.size
          guard scan(stream, content) else { return false }
        }
      }
    }
    summary.entries += 1
    if entry.kind == .file { summary.files += 1 }
    if entry.problem != nil {
      summary.unreadable += 1
      guard take(.entry(entry)) else { return stop() }
    }
    return isWithinLimits
  }

  /// Entries themselves are handed over only where they cannot be scanned: a scan tells of matches.
  private func scan(_ entry: DiskEntry, _ content: FileContent?) -> Bool {
    guard let scanner, entry.size > 0 else { return true }
    var problem: String?
    if let content, content.size <= limits.fileBytes {
      do throws(ScanError) {
        // A rule may be made to have no end: it ends with the file, and the next one has its turn.
        let time = min(.seconds(60 + content.size / Self.slowestScan), max(.seconds(1), end - ContinuousClock.now))
        let result = try unsafe scanner.scan(size: UInt64(content.size), within: time) { offset, buffer in
          guard isWithinLimits else { throw DiskError("the time or the bytes allowed for the disk are used up") }
          let count = unsafe try content.read(at: Int64(offset), into: buffer)
          summary.bytes += Int64(count)
          return count
        }
        problem = result.gaps.first ?? (content.isPartlyLost ? "a part of its content lies where nothing says any more" : nil)
        if !result.matches.isEmpty { summary.matched += 1 }
        for match in result.matches {
          guard take(.match(FileMatch(match, in: entry))) else { return stop() }
        }
      } catch {
        problem = error.message
      }
    } else {
      problem =
        content == nil ? "where its content lies cannot be read" : "larger than \(limits.fileBytes) bytes; --max-file raises the bound"
    }
    if let problem {
      var entry = entry
      entry.problem = problem
      summary.unreadable += 1
      guard take(.entry(entry)) else { return stop() }
    }
    return !isStopped
  }
}
