internal import Domain

/// What `vmware-toolbox-cmd` (VMwareToolboxCmd.exe on Windows) printed, one command after another: `[appinfo] disabled = true` or
/// `[appinfo] disabled UNSET` of `config get`, and the version of `-v`.
struct ToolsOutput {
  /// A value that was asked for; nil where it is not set.
  struct Answer {
    let value: String?
    let line: Int
  }

  private(set) var answers: [String: Answer] = [:]
  /// "12.4.0" and the line it stands on.
  private(set) var version: (text: String, line: Int)?

  subscript(group: String, key: String) -> Answer? { answers["\(group) \(key)"] }

  /// nil for a text of which a line is none of these.
  init?(_ bytes: [UInt8]) {
    guard bytes.count <= 1 << 20 else { return nil }
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    var number = 0
    for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      var content = String(decoding: line, as: UTF8.self)[...]
      while let last = content.last, last.isWhitespace { content.removeLast() }
      while let first = content.first, first.isWhitespace { content.removeFirst() }
      if content.isEmpty { continue }
      if let version = Self.version(content) {
        self.version = (version, number)
        continue
      }
      guard let (name, value) = Self.answer(content) else { return nil }
      answers[name] = Answer(value: value, line: number)
    }
    if answers.isEmpty && version == nil { return nil }
  }

  /// "12.4.0.49511 (build-23259341)".
  private static func version(_ line: Substring) -> String? {
    guard let bracket = line.firstRange(of: " (build-"), line.hasSuffix(")") else { return nil }
    let numbers = line[..<bracket.lowerBound].split(separator: ".", omittingEmptySubsequences: false)
    guard (3...4).contains(numbers.count), numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) else { return nil }
    return numbers.prefix(3).joined(separator: ".")
  }

  /// "[group] key = value" or "[group] key UNSET".
  private static func answer(_ line: Substring) -> (String, String?)? {
    guard line.first == "[", let end = line.firstIndex(of: "]") else { return nil }
    let group = line[line.index(after: line.startIndex)..<end]
    let rest = line[line.index(after: end)...]
    guard !group.isEmpty, rest.first == " " else { return nil }
    let words = rest.dropFirst()
    if words.hasSuffix(" UNSET") {
      let key = words.dropLast(6)
      return key.isEmpty || key.contains(" ") ? nil : ("\(group) \(key)", nil)
    }
    guard let equals = words.firstRange(of: " =") else { return nil }
    let key = words[..<equals.lowerBound]
    guard !key.isEmpty, !key.contains(" ") else { return nil }
    return ("\(group) \(key)", String(words[equals.upperBound...].drop { $0 == " " }))
  }
}
