/// Ranges of addresses, in any order and over one another as a guest may say, for questions that are asked for each jump of some code: the
/// answer is that of the first range in the list, and is found by bisection.
struct AddressRanges: Sendable {
  private struct Piece {
    let range: Range<UInt64>
    /// Of the first range in the list that covers it.
    let index: Int
  }

  /// Ascending and apart.
  private let pieces: [Piece]

  init(_ ranges: [Range<UInt64>]) {
    var pieces: [Piece] = []
    func add(_ start: UInt64, _ end: UInt64, _ index: Int) {
      if let last = pieces.last, last.index == index, last.range.upperBound == start {
        pieces[pieces.count - 1] = Piece(range: last.range.lowerBound..<end, index: index)
      } else if start < end {
        pieces.append(Piece(range: start..<end, index: index))
      }
    }
    // Of those that reach beyond the place that was come to, the first in the list is on top of the heap; those that end before are taken off
    // when they come to the top.
    var open = Heap()
    var place: UInt64 = 0
    func close(upTo limit: UInt64) {
      while let index = open.first {
        let end = ranges[index].upperBound
        if end > place {
          add(place, min(end, limit), index)
          place = min(end, limit)
        }
        if place >= limit { return }
        open.removeFirst()
      }
    }
    for index in ranges.indices.sorted(by: { ranges[$0].lowerBound < ranges[$1].lowerBound }) where !ranges[index].isEmpty {
      close(upTo: ranges[index].lowerBound)
      place = ranges[index].lowerBound
      open.insert(index)
    }
    close(upTo: .max)
    self.pieces = pieces
  }

  /// The place in the list of the first range that holds an address.
  func index(of address: UInt64) -> Int? {
    let place = first(endingBehind: address)
    return place < pieces.count && pieces[place].range.lowerBound <= address ? pieces[place].index : nil
  }

  func contains(_ address: UInt64) -> Bool { index(of: address) != nil }

  /// The place in the list of the first range that shares an address with another.
  func index(overlapping range: Range<UInt64>) -> Int? {
    pieces[first(endingBehind: range.lowerBound)...].prefix { $0.range.lowerBound < range.upperBound }.map(\.index).min()
  }

  private func first(endingBehind address: UInt64) -> Int {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].range.upperBound <= address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Numbers of which the least is at hand.
private struct Heap {
  private var numbers: [Int] = []
  var first: Int? { numbers.first }

  mutating func insert(_ number: Int) {
    numbers.append(number)
    var place = numbers.count - 1
    while place > 0, numbers[place] < numbers[(place - 1) / 2] {
      numbers.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func removeFirst() {
    numbers.swapAt(0, numbers.count - 1)
    numbers.removeLast()
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < numbers.count && numbers[child] < numbers[least] { least = child }
      if least == place { return }
      numbers.swapAt(place, least)
      place = least
    }
  }
}
