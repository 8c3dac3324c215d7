/// Lays a module out as OPA's formatter does (v1/format/format.go): lines of the original decide where collections, bodies and modifiers
/// are broken, comments stay with the line they stood on or above.
final class LayoutWriter {
  /// Why a part could not be laid out.
  enum Fault: Error {
    /// A comment stands where the layout has no line for it; what holds it was written as it stood.
    case comment
    /// The part cannot be written at all.
    case failed(RegoError)

    var isComment: Bool {
      if case .comment = self { true } else { false }
    }
  }

  /// What the edition and the imports bring.
  struct Style {
    /// `contains` for partial sets.
    var contains = false
    /// `if` before bodies.
    var ifs = false
    /// Some rule needs its name as a reference; then all are written so.
    var referenceHeads = false
    /// The result is for the v1 edition, or for both.
    var isV1 = false
    /// Words that are written as `["word"]` where the original does so.
    var keywords: Set<String> = []
  }

  /// A comment with the place where it stood.
  struct Remark {
    /// With `#`, without white space at its end.
    var text: [UInt8]
    var location: Location
    var isMetadata: Bool
  }

  let rows: SourceRows
  let file: String
  var style: Style
  /// Some name in the source is one that OPA's compiler gives.
  let hasGeneratedNames: Bool
  /// Positions of the rules that are written as they stood.
  let keptRules: Set<Int>

  private(set) var output: [UInt8] = []
  var level = 0
  /// The current line has begun.
  var isInline = false
  /// The comment for the end of the current line.
  var endComment: Int?
  private var isDelayed = false
  /// A comment on the last row of what is written as it stood goes with it.
  var keepsFinalComment = false
  var errors: [RegoError] = []

  /// In source order, at most one to a row.
  let comments: [Remark]
  /// The first that is not written yet.
  var nextComment = 0
  /// Comments on the line of an import, which go with it.
  var importComments: Set<Int> = []
  /// What is to be written in parentheses, by offset of its text.
  var parenthesized: Int32?

  init(rows: SourceRows, file: String, style: Style, comments: [Comment], keptRules: Set<Int>) {
    self.keptRules = keptRules
    hasGeneratedNames = rows.contains(GeneratedNames.prefix)
    self.rows = rows
    self.file = file
    self.style = style
    self.comments = comments.map { comment in
      let raw = rows.text(comment.location)
      return Remark(text: Self.trimmed(raw), location: comment.location, isMetadata: Self.isMetadata(raw, comment.location))
    }
  }

  var result: [UInt8] {
    guard output.last == 0x0A else { return output }
    var end = output.count
    while end > 0, output[end - 1] == 0x0A { end -= 1 }
    return output[..<end] + [0x0A]
  }

  // MARK: Lines

  func write(_ text: StaticString) {
    text.withUTF8Buffer { unsafe output.append(contentsOf: $0) }
  }

  func write(text: String) { output.append(contentsOf: text.utf8) }

  func write(bytes: some Collection<UInt8>) { output.append(contentsOf: bytes) }

  func startLine() {
    isInline = true
    for _ in 0..<level { output.append(0x09) }
  }

  func endLine() {
    isInline = false
    if let comment = endComment, !isDelayed {
      write(" ")
      write(bytes: comments[comment].text)
      endComment = nil
    }
    isDelayed = false
    output.append(0x0A)
  }

  func blankLine() {
    if isInline { endLine() }
    output.append(0x0A)
  }

  func writeLine(_ bytes: [UInt8]) {
    if !isInline { startLine() }
    write(bytes: bytes)
    endLine()
  }

  /// Opens the lines of a collection; the comment of the line before goes to the end of the first.
  func startSequence() {
    isDelayed = true
    endLine()
    level += 1
    startLine()
  }

  // MARK: Comments

  /// Writes the comments above `row` and keeps that of the row for the end of its line.
  func insertComments(at row: Int32) throws(Fault) {
    writeComments(above: row)
    guard nextComment < comments.count, comments[nextComment].location.row == row else { return }
    let same = nextComment
    nextComment += 1
    guard !importComments.contains(same) else { return }
    if endComment != nil {
      // Two for one line: the second waits.
      nextComment = same
      throw .comment
    }
    endComment = same
  }

  /// Writes the comments above `row`, and a blank line where one parts them from it.
  func writeComments(above row: Int32) {
    let before = takeComments(above: row)
    writeComments(before)
    if let last = before.last, row - comments[last].location.row > 1 { blankLine() }
  }

  /// The comments above `row`, which are then to be written.
  func takeComments(above row: Int32) -> [Int] {
    var taken: [Int] = []
    while nextComment < comments.count, comments[nextComment].location.row < row {
      if !importComments.contains(nextComment) { taken.append(nextComment) }
      nextComment += 1
    }
    return taken
  }

  /// Writes comments that have lines of their own. Gaps between them are kept.
  func writeComments(_ list: [Int]) {
    var isInMetadata = false
    for (position, index) in list.enumerated() {
      let comment = comments[index]
      if position > 0 {
        let gap = comment.location.row - comments[list[position - 1]].location.row
        if gap > 1 {
          blankLine()
          isInMetadata = false
        } else if isInMetadata, comment.isMetadata {
          blankLine()
        }
      }
      if comment.isMetadata { isInMetadata = true }
      writeLine(comment.text)
    }
  }

  /// Comments that were not reached.
  func writeRemainingComments() {
    var wrote = false
    while nextComment < comments.count {
      if !importComments.contains(nextComment) {
        writeLine(comments[nextComment].text)
        wrote = true
      }
      nextComment += 1
    }
    if wrote { output.append(0x0A) }
  }

  /// The row of the first comment that is not written yet.
  var nextCommentRow: Int32? {
    var index = nextComment
    while index < comments.count, importComments.contains(index) { index += 1 }
    return index < comments.count ? comments[index].location.row : nil
  }

  // MARK: As it stood

  struct Mark {
    var length: Int
    var level: Int
    var nextComment: Int
  }

  var mark: Mark { Mark(length: output.count, level: level, nextComment: nextComment) }

  func restore(_ mark: Mark) {
    output.removeLast(output.count - mark.length)
    level = mark.level
    nextComment = mark.nextComment
  }

  /// Writes a text as it stands in the source, with the comments in it.
  func writeOriginal(_ location: Location, from start: Int32, to end: Int32) {
    write(bytes: rows.text(start, end))
    let lastRow = rows.endRow(location)
    while nextComment < comments.count {
      let comment = comments[nextComment]
      if comment.location.row > lastRow { break }
      if comment.location.row == lastRow {
        guard keepsFinalComment, isBlank(end, comment.location.offset) else { break }
        write(" ")
        write(bytes: comment.text)
      }
      nextComment += 1
    }
  }

  private func isBlank(_ from: Int32, _ to: Int32) -> Bool { rows.text(from, to).allSatisfy { $0 == 0x20 || $0 == 0x09 } }

  // MARK: Text of comments

  private static func trimmed(_ raw: ArraySlice<UInt8>) -> [UInt8] {
    var scalars = Substring(decoding: raw, as: UTF8.self).unicodeScalars
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return Array(String(scalars).utf8)
  }

  private static func isMetadata(_ raw: ArraySlice<UInt8>, _ location: Location) -> Bool {
    let text = raw.dropFirst().drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    return location.column == 1 && text.starts(with: "METADATA".utf8)
  }
}
