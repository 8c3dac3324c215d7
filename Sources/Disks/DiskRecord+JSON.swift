internal import Domain
internal import Platforms
internal import Signatures

/// Records as lines of JSON, which documents consist of and the reading process hands over. Keys stand in one order.
extension DiskRecord {
  /// Longest line, bytes: a path of `ReadingLimits.pathBytes` whose every byte is escaped, and a symbolic link's target of 64 KiB.
  public static let longestLine = 1 << 20

  /// Without a line end.
  public var line: [UInt8] { JSONText.bytes(value) }

  /// nil for text that is no record of this form.
  public init?(line: [UInt8]) {
    guard line.count <= Self.longestLine, let value = JSONReader.read(String(decoding: line, as: UTF8.self)) else { return nil }
    if let volume = value["volume"], volume.members != nil {
      guard let record = VolumeRecord(volume) else { return nil }
      self = .volume(record)
    } else if let notice = value["notice"] {
      guard let notice = DiskNotice(notice) else { return nil }
      self = .notice(notice)
    } else if let end = value["end"] {
      guard let summary = ReadingSummary(end) else { return nil }
      self = .end(summary)
    } else if let progress = value["progress"] {
      guard let summary = ReadingSummary(progress) else { return nil }
      self = .progress(summary)
    } else if let reason = value["failed"]?.text {
      self = .failed(reason)
    } else if let number = value["replay"]?.integer, number == 1 || number == 2 {
      self = .journal(Int(number))
    } else if let confined = value["confined"] {
      var outcome = ConfinementOutcome()
      outcome.hasLandlock = confined["landlock"]?.flag ?? false
      outcome.hasSeccomp = confined["seccomp"]?.flag ?? false
      self = .confined(outcome)
    } else if value["rule"] != nil {
      guard let match = FileMatch(value) else { return nil }
      self = .match(match)
    } else {
      guard let entry = DiskEntry(value) else { return nil }
      self = .entry(entry)
    }
  }

  private var value: FactValue {
    switch self {
    case .volume(let volume): .object(["volume": volume.value])
    case .notice(let notice): .object(["notice": notice.value])
    case .entry(let entry): entry.value
    case .match(let match): match.value
    case .progress(let summary): .object(["progress": summary.value])
    case .end(let summary): .object(["end": summary.value])
    case .failed(let reason): .object(["failed": .string(reason)])
    case .journal(let number): .object(["replay": .int(Int64(number))])
    case .confined(let outcome):
      .object(["confined": .object(["landlock": .bool(outcome.hasLandlock), "seccomp": .bool(outcome.hasSeccomp)])])
    }
  }
}

extension VolumeRecord {
  fileprivate var value: FactValue {
    .object([
      "index": .int(Int64(index)), "offset": .int(offset), "size": .int(size), "label": label.map { .string($0) },
      "content": .string(content), "state": .string(state.rawValue), "reason": reason.map { .string($0) },
      "journal": journal.map { .string($0.rawValue) },
    ])
  }

  fileprivate init?(_ value: FactValue) {
    guard let index = value["index"]?.integer, (0...4096).contains(index), let offset = value["offset"]?.integer, offset >= 0,
      let size = value["size"]?.integer, size >= 0, let content = value["content"]?.text,
      let state = value["state"]?.text.flatMap({ State(rawValue: $0) })
    else { return nil }
    self.init(
      index: Int(index), offset: offset, size: size, label: value["label"]?.text, content: content, state: state,
      reason: value["reason"]?.text, journal: value["journal"]?.text.flatMap { Journal(rawValue: $0) })
  }
}

extension DiskNotice {
  fileprivate var value: FactValue {
    .object([
      "kind": .string(kind.rawValue), "volume": volume.map { .int(Int64($0)) }, "count": .int(count), "incomplete": .bool(isIncomplete),
      "inodes": inodes.isEmpty ? nil : .array(inodes.map { .int(Int64(bitPattern: $0)) }),
    ])
  }

  fileprivate init?(_ value: FactValue) {
    guard let kind = value["kind"]?.text.flatMap({ Kind(rawValue: $0) }), let count = value["count"]?.integer, count > 0 else { return nil }
    var volume: Int?
    if let number = value["volume"]?.integer {
      guard (0...4096).contains(number) else { return nil }
      volume = Int(number)
    }
    let inodes = (value["inodes"]?.elements ?? []).prefix(Self.mostInodes).compactMap { $0.integer.map { UInt64(bitPattern: $0) } }
    self.init(kind, volume: volume, count: count, inodes: inodes)
  }
}

extension ReadingSummary {
  fileprivate var value: FactValue {
    .object([
      "complete": .bool(cut == nil), "reason": cut.map { .string($0) }, "entries": .int(Int64(entries)), "files": .int(Int64(files)),
      "bytes": .int(bytes), "unreadable": .int(Int64(unreadable)),
      "notices": notices > 0 ? .int(Int64(notices)) : nil, "matched": matched > 0 ? .int(Int64(matched)) : nil,
    ])
  }

  fileprivate init?(_ value: FactValue) {
    guard let entries = value["entries"]?.integer, let files = value["files"]?.integer, let bytes = value["bytes"]?.integer,
      let unreadable = value["unreadable"]?.integer, let isComplete = value["complete"]?.flag
    else { return nil }
    self.init()
    self.entries = Int(entries)
    self.files = Int(files)
    self.bytes = bytes
    self.unreadable = Int(unreadable)
    notices = Int(value["notices"]?.integer ?? 0)
    matched = Int(value["matched"]?.integer ?? 0)
    cut = isComplete ? nil : value["reason"]?.text ?? "no reason given"
  }
}

extension FileMatch {
  fileprivate var value: FactValue {
    .object([
      "volume": .int(Int64(volume)), "path": .string(EscapedName.text(of: path)),
      "stream": stream.map { .string(EscapedName.text(of: $0)) }, "inode": .int(Int64(bitPattern: inode)), "size": .int(size),
      "rule": .string(rule), "namespace": .string(namespace),
      "tags": tags.isEmpty ? nil : .array(tags.map { .string($0) }), "strings": .array(strings.map(\.value)),
      "omitted": omitted > 0 ? .int(Int64(omitted)) : nil,
    ])
  }

  fileprivate init?(_ value: FactValue) {
    guard let volume = value["volume"]?.integer, let path = value["path"]?.text.flatMap(EscapedName.bytes),
      let inode = value["inode"]?.integer,
      let size = value["size"]?.integer, let rule = value["rule"]?.text, let namespace = value["namespace"]?.text,
      let strings = value["strings"]?.elements
    else { return nil }
    var found: [MatchString] = []
    for string in strings {
      guard let string = MatchString(string) else { return nil }
      found.append(string)
    }
    var stream: [UInt8]?
    if let text = value["stream"]?.text {
      guard let bytes = EscapedName.bytes(of: text) else { return nil }
      stream = bytes
    }
    self.init(
      volume: Int(volume), path: path, stream: stream, inode: UInt64(bitPattern: inode), size: size, rule: rule, namespace: namespace,
      tags: value["tags"]?.elements?.compactMap(\.text) ?? [], strings: found, omitted: Int(value["omitted"]?.integer ?? 0))
  }
}

extension MatchString {
  fileprivate var value: FactValue {
    .object([
      "string": .string(identifier), "offset": .int(Int64(clamping: offset)), "length": .int(Int64(length)),
      "context": context.map {
        .object(["start": .int(Int64(clamping: $0.start)), "hex": .string($0.hexadecimal)])
      },
    ])
  }

  fileprivate init?(_ value: FactValue) {
    guard let identifier = value["string"]?.text, let offset = value["offset"]?.integer, offset >= 0, let length = value["length"]?.integer,
      length >= 0
    else { return nil }
    var context: MatchContext?
    if let start = value["context"]?["start"]?.integer, start >= 0,
      let bytes = value["context"]?["hex"]?.text.flatMap(DiskEntry.bytes(hexadecimal:))
    {
      context = MatchContext(start: UInt64(start), bytes: bytes)
    }
    self.init(identifier: identifier, offset: UInt64(offset), length: Int(length), context: context)
  }
}
