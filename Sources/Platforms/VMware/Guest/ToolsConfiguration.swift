internal import Domain

/// tools.conf of VMware Tools: groups of `key=value` in the form of GLib's key files.
///
/// Group and key names are case-sensitive. VMware Tools ignores a file that is not well-formed as a whole and runs with its defaults.
struct ToolsConfiguration {
  struct Entry: Hashable {
    let group: String
    let key: String
    let value: String
    let line: Int
    let column: Int
  }

  /// Lines at most.
  private static let largest = 100_000

  /// In the order of the file; of a key that stands twice in a group the last counts.
  let entries: [Entry]
  let duplicates: [(name: String, lines: [Int])]
  private let byName: [String: Int]

  subscript(group: String, key: String) -> Entry? { byName["\(group) \(key)"].map { entries[$0] } }

  /// - Throws: "malformed" for a line that is neither a group, a key, a comment nor empty.
  init(_ bytes: [UInt8], path: String) throws(Refusal) {
    if let refusal = TextForm.refusal(bytes, path: path, target: path) { throw refusal }
    var entries: [Entry] = []
    var byName: [String: Int] = [:]
    var lines: [String: [Int]] = [:]
    var group: String?
    var number = 0
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      guard number <= Self.largest else {
        throw Refusal(target: path, code: "too-large", message: "\(path): more than \(Self.largest) lines; name a tools.conf", line: number)
      }
      var content = line.drop { $0 == 0x20 || $0 == 0x09 }
      while let last = content.last, last <= 0x20 { content.removeLast() }
      guard let first = content.first, first != UInt8(ascii: "#") else { continue }
      if first == UInt8(ascii: "["), content.last == UInt8(ascii: "]") {
        group = String(decoding: content.dropFirst().dropLast(), as: UTF8.self)
        continue
      }
      guard let equals = content.firstIndex(of: UInt8(ascii: "=")), equals > content.startIndex, let group else {
        throw Refusal(
          target: path, code: "malformed",
          message: "\(path):\(number): no [group] and no key=value behind one: VMware Tools ignores the whole file; correct the line",
          line: number)
      }
      var key = content[content.startIndex..<equals]
      while let last = key.last, last <= 0x20 { key.removeLast() }
      let value = content[(equals + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
      let entry = Entry(
        group: group, key: String(decoding: key, as: UTF8.self), value: Self.unescaped(value), line: number,
        column: line[line.startIndex..<value.startIndex].columnBehind)
      let name = "\(group) \(entry.key)"
      lines[name, default: []].append(number)
      if let known = byName[name] {
        entries[known] = entry
      } else {
        byName[name] = entries.count
        entries.append(entry)
      }
    }
    self.entries = entries
    self.byName = byName
    duplicates = lines.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// GLib's escapes: \s \n \t \r \\; any other stands for itself.
  private static func unescaped(_ value: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    var at = value.startIndex
    while at < value.endIndex {
      let known: [UInt8: UInt8] = [0x73: 0x20, 0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D, 0x5C: 0x5C]
      if value[at] == UInt8(ascii: "\\"), at + 1 < value.endIndex, let byte = known[value[at + 1]] {
        result.append(byte)
        at += 2
      } else {
        result.append(value[at])
        at += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
