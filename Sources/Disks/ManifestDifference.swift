internal import Domain

/// One difference between two states of a disk.
public struct DiskChange: Sendable, Hashable {
  public enum Aspect: String, Sendable, Hashable, CaseIterable {
    case added, removed
    case type, content, target, mode, owner
    /// One of both states could not be read there, so that nothing is known: neither that it is the same, nor that it is gone or new.
    case unknown
  }

  public let before: DiskEntry?
  public let after: DiskEntry?
  /// In the order of `Aspect`; never empty.
  public let aspects: [Aspect]

  public var entry: DiskEntry? { after ?? before }

  /// As a line of JSON, without a line end.
  public var line: [UInt8] {
    guard let entry else { return [] }
    return JSONText.bytes(
      .object([
        "change": .array(aspects.map { .string($0.rawValue) }), "volume": .int(Int64(entry.volume)),
        "path": .string(EscapedName.text(of: entry.path)), "stream": entry.stream.map { .string(EscapedName.text(of: $0)) },
        "before": before?.value, "after": after?.value,
      ]))
  }
}

/// Two states of a disk laid beside each other, in one pass and the memory of two entries.
public final class ManifestDifference {
  public struct Counts: Sendable, Hashable {
    public var compared = 0
    public var added = 0
    public var removed = 0
    public var content = 0
    public var attributes = 0
    /// Entries, volumes and notices that say that something was not read on either side, and readings that were cut short.
    public var unknown = 0

    public var isSame: Bool { added + removed + content + attributes == 0 }
  }

  /// - Parameter take: takes each difference, in the order of documents.
  public static func compare(
    _ before: any RecordSource, _ after: any RecordSource, take: (DiskChange) throws -> Void
  ) throws -> Counts {
    var counts = Counts()
    let old = try ManifestSide(before)
    let new = try ManifestSide(after)
    while old.entry != nil || new.entry != nil {
      counts.compared += 1
      if let before = old.entry, let after = new.entry, !DiskEntry.isOrdered(before, before: after),
        !DiskEntry.isOrdered(after, before: before)
      {
        let aspects = aspects(before, after, isDoubtful: old.isDoubtful || new.isDoubtful)
        if !aspects.isEmpty {
          count(aspects, &counts)
          try take(DiskChange(before: before, after: after, aspects: aspects))
        }
        try old.advance()
        try new.advance()
      } else if let before = old.entry, new.entry.map({ DiskEntry.isOrdered(before, before: $0) }) ?? true {
        let isUnknown = new.isBlind(to: before)
        if isUnknown { counts.unknown += 1 } else { counts.removed += 1 }
        try take(DiskChange(before: before, after: nil, aspects: [isUnknown ? .unknown : .removed]))
        try old.advance()
      } else if let after = new.entry {
        let isUnknown = old.isBlind(to: after)
        if isUnknown { counts.unknown += 1 } else { counts.added += 1 }
        try take(DiskChange(before: nil, after: after, aspects: [isUnknown ? .unknown : .added]))
        try new.advance()
      }
    }
    counts.unknown += old.unknown + new.unknown
    return counts
  }

  private static func count(_ aspects: [DiskChange.Aspect], _ counts: inout Counts) {
    if !Set(aspects).isDisjoint(with: [.type, .content, .target]) { counts.content += 1 }
    if !Set(aspects).isDisjoint(with: [.mode, .owner]) { counts.attributes += 1 }
    if aspects.contains(.unknown) { counts.unknown += 1 }
  }

  /// Times, inodes and link counts change without anybody's doing harm, and are not compared.
  private static func aspects(_ before: DiskEntry, _ after: DiskEntry, isDoubtful: Bool) -> [DiskChange.Aspect] {
    // An inode that could not be read has none of what would be compared.
    if [before, after].contains(where: { $0.kind == .unknown && $0.problem != nil }) { return [.unknown] }
    var aspects: [DiskChange.Aspect] = []
    if before.kind != after.kind { aspects.append(.type) }
    if let old = before.digest, let new = after.digest, old != new, !isDoubtful { aspects.append(.content) }
    if before.kind == after.kind, let old = before.target, let new = after.target, old != new { aspects.append(.target) }
    if before.mode != after.mode { aspects.append(.mode) }
    if before.uid != after.uid || before.gid != after.gid { aspects.append(.owner) }
    let isUnread = [before, after].contains { $0.problem != nil || isWithoutContent($0) }
    if isUnread || isDoubtful && before.digest != after.digest { aspects.append(.unknown) }
    return aspects
  }

  /// Whether what an entry of its kind is compared by is not there.
  private static func isWithoutContent(_ entry: DiskEntry) -> Bool {
    switch entry.kind {
    case .file, .stream: entry.digest == nil
    case .symlink: entry.target == nil
    default: false
    }
  }
}
