/// Reads shell text into simple commands: what a person, libvirt's log or a start script wrote to run QEMU.
///
/// Understood: quoting, backslash escapes, continuations, comments, separators, redirections, here-documents, variables and
/// arrays that the text itself assigns, and their expansion with field splitting. Nothing is executed. An expansion that the
/// text does not settle (a parameter, a command substitution, a variable of the environment, any variable where the text
/// branches or loops) stays as written, and its word is marked. Linear in the size of the text.
/// Source: POSIX.1-2017 XCU 2.2 to 2.7; arrays and `$'...'` as in bash.
struct ShellText {
  /// One field of a command after expansion and quote removal.
  struct Word: Sendable, Hashable {
    var text: String
    /// Place of its first byte; both start at 1, the column counts code points.
    var line: Int
    var column: Int
    /// False when a part of it is an expansion that the text does not settle; that part stands in `text` as written.
    var isResolved: Bool
  }

  /// One simple command, its assignments in front included.
  typealias Command = [Word]

  struct Failure: Error, Sendable, Hashable {
    let line: Int
    let column: Int
    let what: String
  }

  /// Fields in one text at most; a longer one is refused.
  private static let mostWords = 200_000

  private let bytes: [UInt8]
  private var at = 0
  private var line = 1
  private var places: LinePlaces

  private var commands: [Command] = []
  private var command: Command = []
  private var word: Word?
  private var wordBytes: [UInt8] = []
  private var wordCount = 0
  private var variables: [String: [UInt8]] = [:]
  private var arrays: [String: [Word]] = [:]
  /// Set by the first keyword that branches or loops: then no variable is known to hold the value assigned last.
  private var hasBranches = false
  private var hereDocuments: [(delimiter: [UInt8], stripsTabs: Bool)] = []

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
    places = LinePlaces(of: bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
  }

  /// The simple commands of a text in order; commands that only assign are not among them.
  static func commands(in bytes: [UInt8]) throws(Failure) -> [Command] {
    var text = ShellText(bytes)
    try text.read()
    return text.commands
  }

  // MARK: - Fields and separators

  private mutating func read() throws(Failure) {
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case 0x20, 0x09, 0x0D:
        endWord()
        at += 1
      case 0x0A:
        endWord()
        endCommand()
        newline()
        skipHereDocuments()
      case UInt8(ascii: "#") where word == nil:
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
      case UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "&"):
        // `&>file` redirects, the rest separate.
        if byte == UInt8(ascii: "&"), peek(1) == UInt8(ascii: ">") {
          at += 1
          continue
        }
        endWord()
        endCommand()
        at += 1
      case UInt8(ascii: "("), UInt8(ascii: ")"):
        if byte == UInt8(ascii: "("), try readArray() { continue }
        endWord()
        endCommand()
        at += 1
      case UInt8(ascii: "<"), UInt8(ascii: ">"):
        try redirect()
      default:
        try readPart()
      }
      if wordCount > Self.mostWords { throw failure("more than \(Self.mostWords) words") }
    }
    endWord()
    endCommand()
  }

  /// One quoted stretch, escape, expansion or run of ordinary bytes, added to the word that is being read.
  private mutating func readPart() throws(Failure) {
    switch bytes[at] {
    case UInt8(ascii: "\\"):
      if peek(1) == 0x0A || (peek(1) == 0x0D && peek(2) == 0x0A) {
        at += peek(1) == 0x0A ? 1 : 2
        newline()
      } else {
        startWord()
        if let escaped = peek(1) { wordBytes.append(escaped) }
        at += min(2, bytes.count - at)
      }
    case UInt8(ascii: "'"):
      startWord()
      let place = failure("a single quote that nothing closes")
      at += 1
      let start = at
      while at < bytes.count, bytes[at] != UInt8(ascii: "'") { advance() }
      guard at < bytes.count else { throw place }
      wordBytes.append(contentsOf: bytes[start..<at])
      at += 1
    case UInt8(ascii: "\""):
      startWord()
      try readDoubleQuoted()
    case UInt8(ascii: "$") where peek(1) == UInt8(ascii: "'"):
      startWord()
      try readANSIQuoted()
    case UInt8(ascii: "$"), UInt8(ascii: "`"):
      startWord()
      try expand(isQuoted: false)
    default:
      startWord()
      wordBytes.append(bytes[at])
      at += 1
    }
  }

  private mutating func readDoubleQuoted() throws(Failure) {
    let place = failure("a double quote that nothing closes")
    at += 1
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        return
      case UInt8(ascii: "\\"):
        if peek(1) == 0x0A {
          at += 1
          newline()
        } else if let next = peek(1), [0x24, 0x60, 0x22, 0x5C].contains(next) {
          wordBytes.append(next)
          at += 2
        } else {
          wordBytes.append(UInt8(ascii: "\\"))
          at += 1
        }
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        try expand(isQuoted: true)
      default:
        wordBytes.append(bytes[at])
        advance()
      }
    }
    throw place
  }

  /// `$'...'`: the escapes of C that stand for one byte.
  private mutating func readANSIQuoted() throws(Failure) {
    let place = failure("a quote $' that nothing closes")
    at += 2
    while at < bytes.count, bytes[at] != UInt8(ascii: "'") {
      if bytes[at] == UInt8(ascii: "\\"), let next = peek(1) {
        let known: [UInt8: UInt8] = [0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D, 0x61: 0x07, 0x62: 0x08, 0x65: 0x1B]
        wordBytes.append(known[next] ?? next)
        at += 2
      } else {
        wordBytes.append(bytes[at])
        advance()
      }
    }
    guard at < bytes.count else { throw place }
    at += 1
  }

  // MARK: - Words and commands

  private mutating func startWord() {
    if word == nil { word = Word(text: "", line: line, column: places.at(at).column, isResolved: true) }
  }

  private mutating func endWord() {
    guard var ended = word else { return }
    ended.text = String(decoding: wordBytes, as: UTF8.self)
    command.append(ended)
    wordCount += 1
    word = nil
    wordBytes.removeAll(keepingCapacity: true)
  }

  private static let branching: Set<String> = ["if", "elif", "else", "case", "for", "while", "until", "select", "function"]
  private static let leading: Set<String> = ["if", "elif", "else", "then", "while", "until", "do", "time", "!", "{"]

  private mutating func endCommand() {
    defer { command = [] }
    while let first = command.first, Self.branching.contains(first.text) || Self.leading.contains(first.text) {
      if Self.branching.contains(first.text) { hasBranches = true }
      guard Self.leading.contains(first.text) else { break }
      command.removeFirst()
    }
    guard let first = command.first else { return }
    var assignments = command[...]
    if ["export", "readonly", "local", "declare", "typeset"].contains(first.text) { assignments = assignments.dropFirst() }
    if assignments.allSatisfy({ Self.assignment($0.text) != nil }) {
      for word in assignments {
        guard let (name, value) = Self.assignment(word.text) else { continue }
        variables[name] = word.isResolved ? Array(value.utf8) : nil
      }
      return
    }
    commands.append(command)
  }

  /// Name and value of `NAME=VALUE`; nil for any other word.
  static func assignment(_ text: String) -> (name: String, value: Substring)? {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals != text.startIndex else { return nil }
    let name = text[..<equals]
    guard name.utf8.allSatisfy(isNameByte), let first = name.utf8.first, !(0x30...0x39).contains(first) else { return nil }
    return (String(name), text[text.utf8.index(after: equals)...])
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
  }

  // MARK: - Arrays

  /// `NAME=(...)` and `NAME+=(...)`: reads the elements when the word so far is such a beginning.
  private mutating func readArray() throws(Failure) -> Bool {
    guard word != nil, command.isEmpty, wordBytes.last == UInt8(ascii: "=") else { return false }
    var nameBytes = wordBytes.dropLast()
    let appends = nameBytes.last == UInt8(ascii: "+")
    if appends { nameBytes = nameBytes.dropLast() }
    guard !nameBytes.isEmpty, nameBytes.allSatisfy(Self.isNameByte) else { return false }
    let name = String(decoding: nameBytes, as: UTF8.self)
    let place = failure("an array that nothing closes")
    word = nil
    wordBytes.removeAll(keepingCapacity: true)
    at += 1
    while at < bytes.count, bytes[at] != UInt8(ascii: ")") {
      switch bytes[at] {
      case 0x20, 0x09, 0x0D:
        endWord()
        at += 1
      case 0x0A:
        endWord()
        newline()
      case UInt8(ascii: "#") where word == nil:
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
      default:
        try readPart()
      }
    }
    guard at < bytes.count else { throw place }
    at += 1
    endWord()
    // Branches leave open which elements are there: the array is then known to be unknown.
    if hasBranches || (appends && arrays[name] == nil) {
      arrays[name] = nil
    } else {
      arrays[name] = (appends ? arrays[name] ?? [] : []) + command
    }
    command = []
    return true
  }

  // MARK: - Expansion

  /// An expansion that starts at `$` or a backquote.
  private mutating func expand(isQuoted: Bool) throws(Failure) {
    let start = at
    if bytes[at] == UInt8(ascii: "`") {
      let place = failure("a command substitution that nothing closes")
      at += 1
      while at < bytes.count, bytes[at] != UInt8(ascii: "`") { advance() }
      guard at < bytes.count else { throw place }
      at += 1
      return leave(start)
    }
    guard let next = peek(1) else {
      wordBytes.append(bytes[at])
      at += 1
      return
    }
    if next == UInt8(ascii: "(") || next == UInt8(ascii: "{") {
      let close = next == UInt8(ascii: "(") ? UInt8(ascii: ")") : UInt8(ascii: "}")
      let place = failure("an expansion that nothing closes")
      at += 1
      var depth = 0
      repeat {
        if bytes[at] == next { depth += 1 } else if bytes[at] == close { depth -= 1 }
        advance()
      } while depth > 0 && at < bytes.count
      guard depth == 0 else { throw place }
      if next == UInt8(ascii: "(") { return leave(start) }
      return substitute(String(decoding: bytes[(start + 2)..<(at - 1)], as: UTF8.self), from: start, isQuoted: isQuoted)
    }
    var end = at + 1
    while end < bytes.count, Self.isNameByte(bytes[end]) { end += 1 }
    if end == at + 1 {
      // `$@`, `$*`, `$#`, ...; a dollar in front of anything else stands for itself.
      if [0x40, 0x2A, 0x23, 0x3F, 0x24, 0x21, 0x2D].contains(next) {
        at += 2
        return leave(start)
      }
      wordBytes.append(bytes[at])
      at += 1
      return
    }
    at = end
    substitute(String(decoding: bytes[(start + 1)..<end], as: UTF8.self), from: start, isQuoted: isQuoted)
  }

  private mutating func substitute(_ name: String, from start: Int, isQuoted: Bool) {
    if !hasBranches, name.hasSuffix("[@]") || name.hasSuffix("[*]"), let elements = arrays[String(name.dropLast(3))] {
      for (index, element) in elements.enumerated() {
        if index > 0 { endWord() }
        if word == nil || wordBytes.isEmpty { word = element }
        if !element.isResolved { word?.isResolved = false }
        wordBytes.append(contentsOf: element.text.utf8)
      }
      // An array without elements leaves no field, quoted or not.
      if elements.isEmpty, wordBytes.isEmpty { word = nil }
      return
    }
    guard !hasBranches, let value = variables[name] else { return leave(start) }
    guard !isQuoted else {
      wordBytes.append(contentsOf: value)
      return
    }
    let place = word
    var fields = value.split(separator: 0x20, omittingEmptySubsequences: true)[...]
    if let first = fields.popFirst() { wordBytes.append(contentsOf: first) } else if wordBytes.isEmpty { word = nil }
    for field in fields {
      endWord()
      word = place
      wordBytes.append(contentsOf: field)
    }
  }

  /// Keeps an unsettled expansion as written.
  private mutating func leave(_ start: Int) {
    wordBytes.append(contentsOf: bytes[start..<at])
    word?.isResolved = false
  }

  // MARK: - Redirection

  private mutating func redirect() throws(Failure) {
    // A number right in front names the descriptor and is no argument.
    if word != nil, !wordBytes.isEmpty, wordBytes.allSatisfy({ (0x30...0x39).contains($0) }) {
      word = nil
      wordBytes.removeAll(keepingCapacity: true)
    }
    endWord()
    let start = at
    while at < bytes.count, [0x3C, 0x3E].contains(bytes[at]) { at += 1 }
    let isHereDocument = at - start == 2 && bytes[start] == UInt8(ascii: "<")
    var stripsTabs = false
    if isHereDocument, peek(0) == UInt8(ascii: "-") {
      stripsTabs = true
      at += 1
    }
    while let byte = peek(0), [0x26, 0x7C].contains(byte) { at += 1 }
    while let byte = peek(0), byte == 0x20 || byte == 0x09 { at += 1 }
    while let byte = peek(0), ![0x20, 0x09, 0x0A, 0x0D, 0x3B, 0x26, 0x7C, 0x28, 0x29, 0x3C, 0x3E].contains(byte) { try readPart() }
    if isHereDocument { hereDocuments.append((wordBytes, stripsTabs)) }
    word = nil
    wordBytes.removeAll(keepingCapacity: true)
  }

  private mutating func skipHereDocuments() {
    while let document = hereDocuments.first {
      hereDocuments.removeFirst()
      while at < bytes.count {
        var end = at
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        var content = bytes[at..<end]
        if document.stripsTabs { content = content.drop { $0 == 0x09 } }
        if content.last == 0x0D { content = content.dropLast() }
        at = end
        if at < bytes.count { newline() }
        if content.elementsEqual(document.delimiter) { break }
      }
    }
  }

  // MARK: - Places

  private func peek(_ distance: Int) -> UInt8? { at + distance < bytes.count ? bytes[at + distance] : nil }

  private mutating func advance() {
    if bytes[at] == 0x0A { newline() } else { at += 1 }
  }

  /// Steps over the line end at `at`.
  private mutating func newline() {
    at += 1
    line += 1
  }

  private func failure(_ what: String) -> Failure {
    Failure(line: line, column: LinePlace.of(offset: min(at, bytes.count), in: bytes).column, what: what)
  }
}
