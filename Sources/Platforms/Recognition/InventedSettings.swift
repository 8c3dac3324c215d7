public import Domain

/// Recognises settings, paths and names that an often copied article made up: no product reads them (data/claims.yaml).
///
/// Only what stands outside of comments counts, and only whole words: `vmci0.present`, `ept_foo` or a path that merely begins alike
/// are none. One pass over the text; at most `most` results of a file.
public enum InventedSettings {
  private static let most = 64
  /// Every id that can be found, sorted.
  public static var ids: [String] { Set(Phrase.numbers + [16, 20, 28]).sorted().map(id) }

  private static func id(_ claim: Int) -> String { "CLM-\(claim < 10 ? "0" : "")\(claim)" }

  private static let longestText = 200

  /// In the order of the text, one per claim and line; of a section of settings the first line alone.
  public static func find(in bytes: [UInt8], path: String) -> [InventedSetting] {
    if bytes.prefix(4096).contains(0) || !Phrase.mayOccur(in: bytes) { return [] }
    var found: [InventedSetting] = []
    var text = UncommentedLines(bytes)
    var section = Section()
    while let line = text.next(), found.count < most {
      for (claim, column) in section.claims(line) + Phrase.claims(in: line.folded) {
        found.append(
          InventedSetting(
            id: id(claim), text: shown(line.text), source: .path(path, line: line.number, column: line.text.prefix(column).columnBehind)))
      }
    }
    return found
  }

  private static func shown(_ line: ArraySlice<UInt8>) -> String {
    let text = String(decoding: line.prefix(4 * longestText), as: UTF8.self)
    return String(text.drop { $0 == " " || $0 == "\t" }.prefix(longestText))
  }
}

/// One line without its comments. Columns are kept: what a comment took is blank.
struct UncommentedLine {
  let number: Int
  /// As it stands in the file.
  let text: ArraySlice<UInt8>
  /// Lower case (ASCII letters), comments blanked.
  let folded: [UInt8]
}

/// The lines of a text without what is commented out in any of the usual notations: `#` (at the start or behind a blank), `;` and `//` at the
/// start, `REM` and `::` of batch files, `<!-- -->` and `/* */` over any number of lines.
struct UncommentedLines {
  private let bytes: [UInt8]
  private var at = 0
  private var number = 0
  /// The end of the block comment that is open.
  private var open: [UInt8]?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> UncommentedLine? {
    guard at < bytes.count else { return nil }
    number += 1
    var end = at
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    let text = bytes[at..<end]
    at = end + 1
    return UncommentedLine(number: number, text: text.last == 0x0D ? text.dropLast() : text, folded: folded(text))
  }

  private mutating func folded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var line = text.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    var i = 0
    var isBlank = true
    while i < line.count {
      if let close = open {
        let isEnd = line[i...].starts(with: close)
        for k in i..<min(line.count, i + (isEnd ? close.count : 1)) { line[k] = 0x20 }
        if isEnd { open = nil }
        i += isEnd ? close.count : 1
        continue
      }
      let byte = line[i]
      if byte == UInt8(ascii: "<"), line[i...].starts(with: Self.xmlOpen) {
        open = Self.xmlClose
        continue
      }
      if byte == UInt8(ascii: "/"), line[i...].starts(with: Self.blockOpen), isBlank || line[i - 1] == 0x20 {
        open = Self.blockClose
        line[i] = 0x20
        line[i + 1] = 0x20
        i += 2
        continue
      }
      let isAfterBlank = i == 0 || line[i - 1] == 0x20 || line[i - 1] == 0x09
      if (byte == UInt8(ascii: "#") && isAfterBlank) || (isBlank && Self.startsComment(line[i...])) {
        for k in i..<line.count { line[k] = 0x20 }
        break
      }
      if byte != 0x20 && byte != 0x09 { isBlank = false }
      i += 1
    }
    return line
  }

  private static let xmlOpen = Array("<!--".utf8)
  private static let xmlClose = Array("-->".utf8)
  private static let blockOpen = Array("/*".utf8)
  private static let blockClose = Array("*/".utf8)

  private static func startsComment(_ line: ArraySlice<UInt8>) -> Bool {
    line.first == UInt8(ascii: ";") || line.starts(with: [0x2F, 0x2F]) || line.starts(with: [0x3A, 0x3A])
      || line.starts(with: Array("rem ".utf8))
      || line.starts(with: Array("@rem ".utf8))
  }
}

/// Settings that are made up only inside their section: `[virtio] ept=on pt=on` and `[DC] Hypervisor=0;Nested=0;DMA=0`.
private struct Section {
  private var name = ""
  private var isReported = false
  private var seen: Set<String> = []

  /// Claim and offset of what this line adds.
  mutating func claims(_ line: UncommentedLine) -> [(Int, Int)] {
    var rest = line.folded[...].drop { $0 == 0x20 || $0 == 0x09 }
    if rest.first == UInt8(ascii: "["), let close = rest.firstIndex(of: UInt8(ascii: "]")) {
      name = String(decoding: rest[(rest.startIndex + 1)..<close], as: UTF8.self)
      isReported = false
      seen = []
      rest = rest[(close + 1)...]
    }
    // The same three settings without their heading are as unmistakable.
    let assignments = Self.assignments(rest)
    let isMadeUpList = Set(assignments.map(\.key)).isSuperset(of: ["hypervisor", "nested", "dma"])
    guard !isReported, name == "virtio" || name == "dc" || isMadeUpList else { return [] }
    for (key, offset) in assignments {
      if name == "virtio", key == "ept" || key == "pt" {
        isReported = true
        return [(16, offset)]
      }
      if name == "dc" || isMadeUpList, ["hypervisor", "nested", "dma"].contains(key) {
        seen.insert(key)
        if seen.count >= 2 {
          isReported = name == "dc"
          return [(20, assignments.first?.offset ?? offset)]
        }
      }
    }
    return []
  }

  /// `key=value` and `key = value`, separated by blanks, commas or semicolons, with their offsets.
  private static func assignments(_ line: ArraySlice<UInt8>) -> [(key: String, offset: Int)] {
    var found: [(String, Int)] = []
    var keyStart = line.startIndex
    var keyEnd = line.startIndex
    for i in line.indices {
      let byte = line[i]
      if ShellText.isNameByte(byte) || byte == 0x2E || byte == 0x2D {
        if i > line.startIndex, i != keyEnd || !isNamePart(line[i - 1]) { keyStart = i }
        keyEnd = i + 1
      } else if byte == UInt8(ascii: "="), keyEnd > keyStart {
        found.append((String(decoding: line[keyStart..<keyEnd], as: UTF8.self), keyStart))
      }
    }
    return found
  }

  private static func isNamePart(_ byte: UInt8) -> Bool { ShellText.isNameByte(byte) || byte == 0x2E || byte == 0x2D }
}

/// A made-up name, or words that make one together.
private struct Phrase {
  let claim: Int
  /// Lower case; a whole word, with no letter, digit or underscore next to it.
  let words: [UInt8]
  /// Other words that must stand on the same line.
  let companions: [[UInt8]]

  private init(_ claim: Int, _ words: String, with companions: String...) {
    self.claim = claim
    self.words = Array(words.utf8)
    self.companions = companions.map { Array($0.utf8) }
  }

  private static let all: [Phrase] = [
    Phrase(1, "gartner", with: "78%", "virtuali"),
    Phrase(3, "slat", with: "simultaneous multithreading"),
    Phrase(5, "cve-2022-23397"),
    Phrase(8, "vsphere security center"),
    Phrase(11, "vmxnet3", with: "dma protection"),
    Phrase(12, "intel pt", with: "performance monitoring"),
    Phrase(13, "processors in this computer support intel virtualization technology"),
    Phrase(15, "ept/ptt"),
    Phrase(17, "/sys/bus/iommu/devices/iommu-passthrough"),
    Phrase(18, "vmciuse"),
    Phrase(19, "<hwaccel"),
    Phrase(19, "<nohwaccel"),
    Phrase(20, "hypervisor.csv"),
    Phrase(22, "800-193", with: "container"),
    Phrase(33, "bpf virtual hook"),
    Phrase(33, "bpf_virtual_hook"),
    Phrase(33, "bpf-virtual-hook"),
    Phrase(36, "ept error rate"),
    Phrase(36, "ept_error_rate"),
    Phrase(36, "kvm_ept_error_rate"),
    Phrase(39, "vmske"),
    Phrase(43, "veeam one", with: "virtualization security module"),
    Phrase(44, "800-77", with: "virtuali"),
  ]

  static var numbers: [Int] { all.map(\.claim) }

  private static let byFirstByte: [[Phrase]] = {
    var table = [[Phrase]](repeating: [], count: 256)
    for phrase in all { table[Int(phrase.words[0])].append(phrase) }
    return table
  }()

  /// Claims of a line with the offset of their first words, each claim once.
  static func claims(in line: [UInt8]) -> [(Int, Int)] {
    var found: [(Int, Int)] = []
    for i in line.indices {
      if line[i] == 0x76, let claim = Advisory.claim(line, at: i) { found.append(claim) }
      for phrase in byFirstByte[Int(line[i])] where phrase.matches(line, at: i) {
        if !found.contains(where: { $0.0 == phrase.claim }) { found.append((phrase.claim, i)) }
      }
    }
    return found
  }

  /// First words of everything that is looked for, section headings among them, by their first two bytes in lower case.
  private static let openings: [[Phrase]] = {
    var table = [[Phrase]](repeating: [], count: 1 << 16)
    for phrase in all + ["[virtio]", "[dc]", "hypervisor", "vmsa-"].map({ Phrase(0, $0) }) {
      table[Int(phrase.words[0]) << 8 | Int(phrase.words[1])].append(phrase)
    }
    return table
  }()

  private static let isOpening: [Bool] = openings.map { !$0.isEmpty }

  /// False where no line can hold a claim, commented out or not: most files are passed over by this one look.
  static func mayOccur(in bytes: [UInt8]) -> Bool {
    let isOpening = isOpening
    var pair = 0
    // Whether the other words of a claim stand anywhere, looked for once.
    var known: [Int: Bool] = [:]
    for (index, byte) in bytes.enumerated() {
      pair = (pair << 8 | Int(folded(byte))) & 0xFFFF
      guard isOpening[pair], index > 0 else { continue }
      // Words that are common, such as the name of a network card, mean nothing without the others.
      for phrase in openings[pair] where begins(bytes, at: index - 1, with: phrase.words) {
        if phrase.companions.isEmpty { return true }
        let isWhole = known[phrase.claim] ?? phrase.hasCompanions(in: bytes)
        if isWhole { return true }
        known[phrase.claim] = false
      }
    }
    return false
  }

  private func hasCompanions(in bytes: [UInt8]) -> Bool {
    let text = bytes.map(Self.folded)
    return companions.allSatisfy { ByteSearch.firstIndex(of: $0, in: text[...]) != nil }
  }

  private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

  private static func begins(_ bytes: [UInt8], at start: Int, with words: [UInt8]) -> Bool {
    start + words.count <= bytes.count && words.indices.allSatisfy { folded(bytes[start + $0]) == words[$0] }
  }

  private func matches(_ line: [UInt8], at start: Int) -> Bool {
    guard line[start...].starts(with: words) else { return false }
    let end = start + words.count
    if start > 0, ShellText.isNameByte(words[0]), ShellText.isNameByte(line[start - 1]) { return false }
    if end < line.count, ShellText.isNameByte(line[end]) || line[end] == 0x2D { return false }
    return companions.allSatisfy { ByteSearch.firstIndex(of: $0, in: line[...]) != nil }
  }
}

/// An advisory id of VMware's that its issuer's form (VMSA-YYYY-NNNN) does not allow.
private enum Advisory {
  static func claim(_ line: [UInt8], at start: Int) -> (Int, Int)? {
    guard line[start...].starts(with: Array("vmsa-".utf8)), start == 0 || !ShellText.isNameByte(line[start - 1]) else { return nil }
    let year = line[(start + 5)...].prefix { (0x30...0x39).contains($0) }
    guard !year.isEmpty, year.endIndex < line.count, line[year.endIndex] == UInt8(ascii: "-") else { return nil }
    let number = line[(year.endIndex + 1)...].prefix { (0x30...0x39).contains($0) }
    if !number.isEmpty, number.endIndex < line.count, ShellText.isNameByte(line[number.endIndex]) { return nil }
    return number.isEmpty || (year.count == 4 && number.count == 4) ? nil : (28, start)
  }
}
