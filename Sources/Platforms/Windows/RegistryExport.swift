internal import Domain

/// A registry export: what `reg export` and the registry editor write ("Windows Registry Editor Version 5.00", UTF-16) and the older
/// form REGEDIT4 in the code page of the machine.
///
/// Bounded by the text: one pass, no recursion. Lines that are none of its forms are skipped.
struct RegistryExport: Sendable {
  struct Entry: Sendable {
    let data: RegistryData
    /// First line is 1.
    let line: Int
  }

  struct Failure: Error, Hashable {
    let line: Int
    let what: String
  }

  /// By key and name in lower case, "key!name", below HKEY_LOCAL_MACHINE.
  private(set) var entries: [String: Entry] = [:]
  /// Keys in lower case whose whole content stands in the text: the first key behind each heading line, which is what was exported.
  private var exported: [String] = []
  private var keys: Set<String> = []
  /// The same keys in the order of the text, each with the number of the heading line that it follows.
  private var order: [(key: String, heading: Int)] = []
  /// Line of the first heading of a key.
  private(set) var firstKeyLine = 1

  static let headings = ["Windows Registry Editor Version 5.00", "REGEDIT4"]

  /// True for the text of an export, by its first line that is not empty.
  static func isExport(_ utf8: ArraySlice<UInt8>) -> Bool {
    let start = utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    return headings.contains { start.starts(with: $0.utf8) }
  }

  init(_ utf8: [UInt8]) throws(Failure) {
    var isWide = true
    var key: String?
    var expectsRoot = false
    let lines = WindowsText.lines(utf8)
    let first = lines.first { !$0.text.withoutOuterBlanks.isEmpty }
    guard let first, Self.headings.contains(first.text.withoutOuterBlanks) else {
      throw Failure(
        line: first?.number ?? 1,
        what: "no heading \(Self.headings[0]) stands before the keys, so that the beginning is missing; export the keys again")
    }
    var heading = 0
    var index = 0
    while index < lines.count {
      let number = lines[index].number
      var text = lines[index].text.withoutOuterBlanks
      index += 1
      if text.isEmpty || text.hasPrefix(";") { continue }
      if Self.headings.contains(text) {
        isWide = text != "REGEDIT4"
        expectsRoot = true
        heading += 1
        continue
      }
      if text.hasPrefix("[") {
        guard let end = text.lastIndex(of: "]") else { throw Failure(line: number, what: "a key without its closing bracket") }
        let name = text[text.index(after: text.startIndex)..<end]
        guard !name.hasPrefix("-") else {
          throw Failure(line: number, what: "a script that deletes a key, not an export; export the keys with reg export")
        }
        key = Self.machineKey(name)
        if let key {
          keys.insert(key)
          order.append((key, heading))
          if expectsRoot { exported.append(key) }
        }
        expectsRoot = false
        continue
      }
      // A value goes on behind a backslash at the end of a line; only lists of bytes do.
      var parts = [text]
      while text.hasSuffix("\\") {
        parts[parts.count - 1].removeLast()
        guard index < lines.count, !lines[index].text.withoutOuterBlanks.isEmpty else { break }
        text = lines[index].text.withoutOuterBlanks
        parts.append(text)
        index += 1
      }
      guard let key, let (name, rest) = Self.name(parts.joined()) else { continue }
      if rest == "-" { throw Failure(line: number, what: "a script that deletes a value, not an export; export the keys with reg export") }
      guard let data = Self.data(rest, isWide: isWide) else {
        throw Failure(line: number, what: "the data of \(name.isEmpty ? "the default value" : name) is of no form that exports have")
      }
      entries[(key + "!" + name).lowercased()] = Entry(data: data, line: number)
    }
    // Every key of an export ends with an empty line, the last one too.
    guard let last = lines.last, last.text.withoutOuterBlanks.isEmpty, utf8.last == 0x0A || utf8.last == 0x0D,
      last.number > first.number + 1
    else {
      throw Failure(line: lines.last?.number ?? 1, what: "the export breaks off: no empty line ends it; export the keys again")
    }
  }

  /// True where keys of the same export follow one that is not in it: they stand in order, and an export that was cut off between two keys
  /// looks like a whole one.
  private func passesBeyond(_ key: String) -> Bool {
    guard let root = exported.first(where: { key.hasPrefix($0 + "\\") }) else { return false }
    let wanted = key.split(separator: "\\")
    let heading = order.last { $0.key == root }?.heading ?? 0
    return order.contains { other in
      if other.heading > heading { return true }
      guard other.heading == heading, other.key.hasPrefix(root + "\\") else { return false }
      return wanted.lexicographicallyPrecedes(other.key.split(separator: "\\"))
    }
  }

  /// What the text says of a value: its data, that the key was exported and has no such value, or that the key lies outside.
  func fact(_ value: RegistryValue, path: String) -> Fact {
    if let entry = entries[value.lookup] { return .present(entry.data.factValue, .path(path, line: entry.line)) }
    let key = value.key.lowercased()
    return keys.contains(key) || passesBeyond(key) ? .absent(.path(path)) : .notCollected("not-given", .property(value.path))
  }

  /// The key below HKEY_LOCAL_MACHINE in lower case; nil for another hive.
  private static func machineKey(_ name: Substring) -> String? {
    let lower = name.lowercased()
    for prefix in ["hkey_local_machine\\", "hklm\\"] where lower.hasPrefix(prefix) { return String(lower.dropFirst(prefix.count)) }
    return nil
  }

  /// Name and data of a line `"Name"=data` or `@=data`; nil for any other.
  private static func name(_ text: String) -> (String, Substring)? {
    if text.hasPrefix("@=") { return ("", text.dropFirst(2)) }
    guard text.hasPrefix("\""), let (name, rest) = quoted(text[...]), rest.hasPrefix("=") else { return nil }
    return (name, rest.dropFirst())
  }

  /// A text in double quotes, in which a backslash stands before a quote and before itself, and what follows it.
  private static func quoted(_ text: Substring) -> (String, Substring)? {
    var result = ""
    var rest = text.dropFirst()
    while let character = rest.first {
      rest = rest.dropFirst()
      if character == "\"" { return (result, rest) }
      if character == "\\", let next = rest.first {
        result.append(next)
        rest = rest.dropFirst()
      } else {
        result.append(character)
      }
    }
    return nil
  }

  private static func data(_ text: Substring, isWide: Bool) -> RegistryData? {
    // A text with a line end in it goes on in lines that are no values.
    if text.hasPrefix("\"") { return .text(quoted(text)?.0 ?? String(text.dropFirst())) }
    let lower = text.lowercased()
    if lower.hasPrefix("dword:") { return Int64(lower.dropFirst(6).withoutOuterBlanks, radix: 16).map { .number($0) } }
    guard lower.hasPrefix("hex"), let colon = lower.firstIndex(of: ":") else { return nil }
    let type = lower[lower.index(lower.startIndex, offsetBy: 3)..<colon]
    guard let bytes = bytes(lower[lower.index(after: colon)...]) else { return nil }
    switch type {
    case "(4)", "(b)": return number(bytes)
    case "(1)", "(2)": return .text(texts(bytes, isWide: isWide).first ?? "")
    case "(7)": return .texts(texts(bytes, isWide: isWide))
    default: return .binary(bytes)
    }
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    for part in text.split(separator: ",") {
      let digits = part.withoutOuterBlanks
      if digits.isEmpty { continue }
      guard digits.utf8.count <= 2, let byte = UInt8(digits, radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func number(_ bytes: [UInt8]) -> RegistryData? {
    guard bytes.count == 4 || bytes.count == 8 else { return nil }
    return .number(Int64(bitPattern: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
  }

  /// Texts that end with a zero each, in UTF-16 little endian or in the code page of the machine.
  private static func texts(_ bytes: [UInt8], isWide: Bool) -> [String] {
    let text: String
    if isWide {
      let units = stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
      text = String(decoding: units, as: UTF16.self)
    } else {
      text = String(decoding: WindowsText.utf8(bytes), as: UTF8.self)
    }
    return text.split(separator: "\0").map(String.init)
  }
}
