internal import Domain

/// One difference between two states of a disk.
public struct DiskChange: Sendable, Hashable {
  public enum Aspect: String, Sendable, Hashable, CaseIterable {
    case added, removed
    case type, content, target, mode, owner
    /// One of both states could not be read, so that nothing is known of the content.
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
    /// Entries and volumes that were unreadable on either side, and readings that were cut short.
    public var unknown = 0

    public var isSame: Bool { added + removed + content + attributes == 0 }
  }

  private final class Side {
    private let source: any RecordSource
    private(set) var entry: DiskEntry?
    private(set) var unknown = 0

    init(_ source: any RecordSource) throws(DiskError) {
      self.source = source
      try advance()
    }

    func advance() throws(DiskError) {
      entry = nil
      while let record = try source.next() {
        switch record {
        case .entry(let next):
          entry = next
          return
        case .volume(let volume): if volume.state == .unreadable { unknown += 1 }
        case .end(let summary): if summary.cut != nil { unknown += 1 }
        default: break
        }
      }
    }
  }

  /// - Parameter take: takes each difference, in the order of documents.
  public static func compare(
    _ before: any RecordSource, _ after: any RecordSource, take: (DiskChange) throws -> Void
  ) throws -> Counts {
    var counts = Counts()
    let old = try Side(before)
    let new = try Side(after)
    while old.entry != nil || new.entry != nil {
      counts.compared += 1
      if let before = old.entry, let after = new.entry, !DiskEntry.isOrdered(before, before: after),
        !DiskEntry.isOrdered(after, before: before)
      {
        let aspects = aspects(before, after)
        if !aspects.isEmpty {
          count(aspects, &counts)
          try take(DiskChange(before: before, after: after, aspects: aspects))
        }
        try old.advance()
        try new.advance()
      } else if let before = old.entry, new.entry.map({ DiskEntry.isOrdered(before, before: $0) }) ?? true {
        counts.removed += 1
        try take(DiskChange(before: before, after: nil, aspects: [.removed]))
        try old.advance()
      } else if let after = new.entry {
        counts.added += 1
        try take(DiskChange(before: nil, after: after, aspects: [.added]))
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
  private static func aspects(_ before: DiskEntry, _ after: DiskEntry) -> [DiskChange.Aspect] {
    var aspects: [DiskChange.Aspect] = []
    if before.kind != after.kind { aspects.append(.type) }
    if let old = before.digest, let new = after.digest, old != new { aspects.append(.content) }
    if before.kind == after.kind, before.target != after.target { aspects.append(.target) }
    if before.mode != after.mode { aspects.append(.mode) }
    if before.uid != after.uid || before.gid != after.gid { aspects.append(.owner) }
    if before.problem != nil || after.problem != nil { aspects.append(.unknown) }
    return aspects
  }
}
