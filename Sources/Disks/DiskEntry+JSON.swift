internal import Domain

extension DiskEntry {
  /// As a document's line holds it. Permission bits are written as ls and chmod write them, "0644".
  var value: FactValue {
    .object([
      "volume": .int(Int64(volume)), "path": .string(EscapedName.text(of: path)),
      "stream": stream.map { .string(EscapedName.text(of: $0)) }, "type": .string(kind.rawValue),
      "mode": .string(Self.octal(mode)), "uid": .int(Int64(uid)), "gid": .int(Int64(gid)), "size": .int(size),
      "links": links > 0 ? .int(Int64(links)) : nil, "inode": .int(Int64(bitPattern: inode)), "modified": modified.map { .string($0.text) },
      "changed": changed.map { .string($0.text) }, "created": created.map { .string($0.text) },
      "target": target.map { .string(EscapedName.text(of: $0)) }, "sha256": digest.map { .string(Self.hexadecimal($0)) },
      "unreadable": problem.map { .string($0) },
    ])
  }

  init?(_ value: FactValue) {
    guard let volume = value["volume"]?.integer, (0...4096).contains(volume), let path = value["path"]?.text.flatMap(EscapedName.bytes),
      path.first == 0x2F, let kind = value["type"]?.text.flatMap({ Kind(rawValue: $0) }),
      let mode = value["mode"]?.text.flatMap({ UInt16($0, radix: 8) }), mode <= 0o7777, let uid = value["uid"]?.integer,
      let gid = value["gid"]?.integer, let size = value["size"]?.integer, size >= 0, let inode = value["inode"]?.integer
    else { return nil }
    self.init(volume: Int(volume), path: path, kind: kind, problem: value["unreadable"]?.text)
    self.mode = mode
    self.uid = UInt32(truncatingIfNeeded: uid)
    self.gid = UInt32(truncatingIfNeeded: gid)
    self.size = size
    links = Int(value["links"]?.integer ?? 0)
    self.inode = UInt64(bitPattern: inode)
    modified = value["modified"]?.text.flatMap { FileTime($0) }
    changed = value["changed"]?.text.flatMap { FileTime($0) }
    created = value["created"]?.text.flatMap { FileTime($0) }
    if let text = value["target"]?.text {
      guard let bytes = EscapedName.bytes(of: text) else { return nil }
      target = bytes
    }
    if let text = value["stream"]?.text {
      guard let bytes = EscapedName.bytes(of: text) else { return nil }
      stream = bytes
    }
    if let text = value["sha256"]?.text {
      guard let bytes = Self.bytes(hexadecimal: text), bytes.count == 32 else { return nil }
      digest = bytes
    }
  }

  public static func octal(_ mode: UInt16) -> String {
    let text = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
  }

  public static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

extension FileTime {
  /// RFC 3339 with as many digits of the fraction as are not zero: "2026-11-24T16:38:38.25Z".
  public var text: String {
    let whole = Instant(seconds: seconds).text
    guard nanoseconds > 0 else { return whole }
    var digits = String(nanoseconds)
    digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(whole.dropLast()).\(digits)Z"
  }

  init?(_ text: String) {
    guard text.last == "Z" else { return nil }
    let parts = text.dropLast().split(separator: ".", maxSplits: 1)
    guard let first = parts.first, let instant = Instant(first + "Z") else { return nil }
    var nanoseconds: UInt32 = 0
    if parts.count == 2 {
      guard (1...9).contains(parts[1].utf8.count), let digits = UInt32(parts[1]) else { return nil }
      nanoseconds = (parts[1].utf8.count..<9).reduce(digits) { value, _ in value * 10 }
    }
    self.init(seconds: instant.seconds, nanoseconds: nanoseconds)
  }
}
