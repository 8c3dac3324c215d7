/// One of two states that are laid beside each other: its entries one by one, and where nothing is known of it.
final class ManifestSide {
  private let source: any RecordSource
  private(set) var entry: DiskEntry?
  /// Volumes and notices that say that something was not read, and a reading that was cut short.
  private(set) var unknown = 0
  /// The directory last passed whose names could not be read.
  private var blind: DiskEntry?
  /// Volumes that are there and whose names nobody has read, or not all of them.
  private var unreadVolumes: Set<Int> = []
  private var isCut = false
  /// Whether contents may be other than they were read: zeros in the place of what the image has lost.
  private(set) var isDoubtful = false

  init(_ source: any RecordSource) throws(DiskError) {
    self.source = source
    try advance()
  }

  func advance() throws(DiskError) {
    if let passed = entry, passed.problem != nil, passed.kind == .directory || passed.kind == .unknown { blind = passed }
    entry = nil
    while let record = try source.next() {
      switch record {
      case .entry(let next):
        entry = next
        return
      case .volume(let volume):
        if volume.state == .unreadable { unknown += 1 }
        if volume.state == .unreadable || volume.state == .skipped { unreadVolumes.insert(volume.index) }
      case .notice(let notice):
        guard notice.isIncomplete else { break }
        unknown += 1
        switch notice.kind {
        // Zeros in the place of a directory, and a directory that lost its names, are no absence.
        case .imageCut, .imageCorrupt, .imageUnchecked:
          isCut = true
          isDoubtful = true
        default: if let volume = notice.volume { unreadVolumes.insert(volume) }
        }
      case .end(let summary):
        if summary.cut != nil {
          unknown += 1
          isCut = true
        }
      default: break
      }
    }
  }

  /// Whether nothing is known of an entry that the other side has and this one has passed without it: a name that was not read may be there.
  func isBlind(to other: DiskEntry) -> Bool {
    if isCut || unreadVolumes.contains(other.volume) { return true }
    guard let blind, blind.volume == other.volume else { return false }
    // What lies below it, and streams of its own.
    return other.path == blind.path || other.path.starts(with: blind.path == [0x2F] ? [0x2F] : blind.path + [0x2F])
  }
}
