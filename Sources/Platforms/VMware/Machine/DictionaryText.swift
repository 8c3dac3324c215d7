public import Domain

/// A text of VMware's dictionary form, lines of `key = "value"`: .vmx and .vmsd files.
///
/// Keys are looked up however their letters are cased. A key may stand twice; the last value counts, as it does for VMware's programs.
public struct DictionaryText: Sendable {
  public struct Entry: Sendable, Hashable {
    /// As written.
    public let key: String
    /// Escapes resolved: `|22` stands for a quotation mark.
    public let value: String
    public let line: Int
    /// Column of the value, behind its quotation mark; from 1, in code points.
    public let column: Int
  }

  /// A key that stands more than once.
  public struct Duplicate: Sendable, Hashable {
    /// As written last.
    public let key: String
    /// Every line it stands on, in order.
    public let lines: [Int]
  }

  /// Lines with a key at most: forty times the largest machine that VMware supports.
  public static let largest = 100_000

  /// The value that counts for each key, in the order of the text.
  public let entries: [Entry]
  public let duplicates: [Duplicate]
  /// False where the last line may have been longer: it has no end, and no quotation mark that closes its value.
  public let isEnded: Bool
  private let byKey: [String: Int]

  /// - Parameter key: in any case.
  public subscript(key: String) -> Entry? { byKey[key.lowercased()].map { entries[$0] } }

  /// - Parameter path: how the user names the file; it stands in the refusal.
  /// - Throws: "malformed" for a line that is no `key = "value"`, with its number; "too-large"; "not-utf8" where the text is not in the
  ///   encoding that it declares.
  public static func read(_ bytes: [UInt8], path: String) throws(Refusal) -> DictionaryText {
    let text = try DictionaryEncoding.utf8(bytes, path: path)
    var read: [Entry] = []
    var lines: [String: [Int]] = [:]
    var number = 0
    var rest = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text[3...] : text[...]
    while !rest.isEmpty {
      number += 1
      let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
      let line = rest[rest.startIndex..<end]
      rest = end < rest.endIndex ? rest[(end + 1)...] : rest[rest.endIndex...]
      guard let entry = try DictionaryLine(line, number: number, path: path).entry() else { continue }
      guard read.count < largest else {
        throw Refusal(
          target: path, code: "too-large",
          message: "\(path):\(number): more than \(largest) keys; name the configuration of one virtual machine", line: number)
      }
      lines[entry.key.lowercased(), default: []].append(number)
      read.append(entry)
    }
    return DictionaryText(read, lines: lines, isEnded: Self.isEnded(text))
  }

  /// Programs that write such files by hand often leave the last line's end out; a value in quotation marks is whole without it.
  private static func isEnded(_ text: [UInt8]) -> Bool {
    let last = text[(text.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)...].drop { $0 == 0x20 || $0 == 0x09 }
    guard let end = last.last(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return true }
    return end == UInt8(ascii: "\"") && last.first != UInt8(ascii: "#")
  }

  private init(_ read: [Entry], lines: [String: [Int]], isEnded: Bool) {
    self.isEnded = isEnded
    var entries: [Entry] = []
    var byKey: [String: Int] = [:]
    var duplicates: [Duplicate] = []
    for entry in read {
      let key = entry.key.lowercased()
      guard let all = lines[key], all.last == entry.line else { continue }
      if all.count > 1 { duplicates.append(Duplicate(key: entry.key, lines: all)) }
      byKey[key] = entries.count
      entries.append(entry)
    }
    self.entries = entries
    self.duplicates = duplicates
    self.byKey = byKey
  }
}

/// One line of a dictionary.
private struct DictionaryLine {
  let bytes: ArraySlice<UInt8>
  let number: Int
  let path: String

  init(_ bytes: ArraySlice<UInt8>, number: Int, path: String) {
    var bytes = bytes
    while let last = bytes.last, last == 0x0D || Self.isSpace(last) { bytes.removeLast() }
    self.bytes = bytes
    self.number = number
    self.path = path
  }

  /// nil for an empty line or a comment.
  func entry() throws(Refusal) -> DictionaryText.Entry? {
    let text = bytes.drop(while: Self.isSpace)
    guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
    if first == UInt8(ascii: "<") {
      throw refusal("XML, which no VMware product reads here: write key = \"value\"", at: text.startIndex)
    }
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else {
      throw refusal("no key = \"value\"; correct the line or put # before it", at: text.startIndex)
    }
    var key = text[text.startIndex..<equals]
    while let last = key.last, Self.isSpace(last) { key.removeLast() }
    guard !key.isEmpty, key.count <= 1024, key.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\"") }) else {
      throw refusal("no key before =; write key = \"value\"", at: text.startIndex)
    }
    let (value, start) = try quoted(after: equals)
    return DictionaryText.Entry(
      key: String(decoding: key, as: UTF8.self), value: String(decoding: Self.unescaped(value), as: UTF8.self), line: number,
      column: bytes[bytes.startIndex..<start].columnBehind)
  }

  /// The value's bytes, and where they begin.
  private func quoted(after equals: Int) throws(Refusal) -> (ArraySlice<UInt8>, Int) {
    let text = bytes[(equals + 1)...].drop(while: Self.isSpace)
    guard text.first == UInt8(ascii: "\"") else {
      // Without quotation marks the value ends before a comment.
      var value = text.prefix { $0 != UInt8(ascii: "#") }
      while let last = value.last, Self.isSpace(last) { value.removeLast() }
      if let mark = value.firstIndex(of: UInt8(ascii: "\"")) {
        throw refusal("a quotation mark inside a value that does not begin with one; write |22 for it", at: mark)
      }
      return (value, value.startIndex)
    }
    let start = text.startIndex + 1
    guard let end = text[start...].firstIndex(of: UInt8(ascii: "\"")) else {
      throw refusal("the value has no closing quotation mark", at: text.startIndex)
    }
    let behind = text[(end + 1)...].drop(while: Self.isSpace)
    guard behind.isEmpty || behind.first == UInt8(ascii: "#") else {
      throw refusal("text behind the closing quotation mark; write |22 for a quotation mark inside a value", at: behind.startIndex)
    }
    return (text[start..<end], start)
  }

  /// `|XX` stands for the byte of that hexadecimal number; any other bar for itself.
  private static func unescaped(_ value: ArraySlice<UInt8>) -> [UInt8] {
    guard value.contains(UInt8(ascii: "|")) else { return Array(value) }
    var result: [UInt8] = []
    var at = value.startIndex
    while at < value.endIndex {
      if value[at] == UInt8(ascii: "|"), at + 2 < value.endIndex, let high = digit(value[at + 1]), let low = digit(value[at + 2]) {
        result.append(high << 4 | low)
        at += 3
      } else {
        result.append(value[at])
        at += 1
      }
    }
    return result
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private func refusal(_ what: String, at offset: Int) -> Refusal {
    let column = bytes[bytes.startIndex..<offset].columnBehind
    return Refusal(
      target: path, code: "malformed", message: "\(path):\(number):\(column): \(what)", line: number, column: column)
  }
}
