/// Lines and columns of any offsets of one text, in any order: a text of one line may be as long as the whole file.
final class PlaceIndex: Sendable {
  private static let block = 256

  private let bytes: [UInt8]
  /// Offsets at which lines begin.
  private let lines: [Int]
  /// Code points before each block; empty where every byte is one.
  private let points: [Int]

  /// Linear.
  init(of bytes: [UInt8]) {
    var lines = [0]
    var points: [Int] = []
    var count = 0
    for (offset, byte) in bytes.enumerated() {
      if offset % Self.block == 0 { points.append(count) }
      if byte == 0x0A { lines.append(offset + 1) }
      if byte & 0xC0 != 0x80 { count += 1 }
    }
    points.append(count)
    self.bytes = bytes
    self.lines = lines
    self.points = count == bytes.count ? [] : points
  }

  /// Logarithmic in the number of lines.
  func place(of offset: Int) -> LinePlace {
    let offset = min(max(0, offset), bytes.count)
    var (low, high) = (0, lines.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle] <= offset { low = middle } else { high = middle }
    }
    return LinePlace(line: low + 1, column: pointsBefore(offset) - pointsBefore(lines[low]) + 1)
  }

  private func pointsBefore(_ offset: Int) -> Int {
    guard !points.isEmpty else { return offset }
    let block = offset / Self.block
    return points[block] + bytes[(block * Self.block)..<offset].reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }
}
