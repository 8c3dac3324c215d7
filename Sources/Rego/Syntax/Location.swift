/// A place in a source text.
public struct Location: Sendable, Hashable {
  /// First row is 1; 0 for generated nodes.
  public var row: Int32
  /// First column is 1, in code points as OPA counts (a tab is one). A place at a line end is column 0 of the row that follows.
  public var column: Int32
  /// Byte offset from the start of the text.
  public var offset: Int32
  /// Byte offset just past the last byte; equal to `offset` where it is not known.
  public var end: Int32

  public init(row: Int32, column: Int32, offset: Int32, end: Int32) {
    self.row = row
    self.column = column
    self.offset = offset
    self.end = end
  }

  /// The place of what no text holds.
  public static let generated = Location(row: 0, column: 0, offset: 0, end: 0)
}

extension Location {
  /// Row and column in one word, as code holds them for errors of an evaluation. A column above 511 is lost, as is all above row 4,194,303.
  var packed: Int32 {
    guard row > 0, row < 1 << 22 else { return 0 }
    return row << 9 | (column > 0 && column < 512 ? column : 0)
  }

  init(packed: Int32) { self.init(row: packed >> 9, column: packed & 511, offset: 0, end: 0) }
}
