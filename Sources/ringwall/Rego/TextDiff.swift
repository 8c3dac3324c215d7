/// The difference of two texts as OPA prints it: character by character, what goes in red and what comes in green.
///
/// The steps and their order are those of diff-match-patch (Neil Fraser, after Myers, "An O(ND) Difference Algorithm and Its Variations",
/// 1986), because they decide which of several shortest differences is shown. After a second the rest is shown as replaced.
struct TextDiff {
  enum Kind {
    case same, gone, new
  }

  struct Part: Equatable {
    var kind: Kind
    var text: [Unicode.Scalar]
  }

  private let deadline: ContinuousClock.Instant
  private(set) var parts: [Part] = []

  init(from old: [UInt8], to new: [UInt8], patience: Duration = .seconds(1)) {
    deadline = .now.advanced(by: patience)
    let first = Array(String(decoding: old, as: UTF8.self).unicodeScalars)
    let second = Array(String(decoding: new, as: UTF8.self).unicodeScalars)
    parts = difference(first[...], second[...])
  }

  /// Each line of a part in the colour of what happens to it.
  var colouredText: String {
    var result = ""
    for part in parts {
      guard part.kind != .same else {
        result.unicodeScalars.append(contentsOf: part.text)
        continue
      }
      let lines = part.text.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() {
        if index > 0 { result += "\n" }
        result += part.kind == .new ? "\u{1B}[32m" : "\u{1B}[31m"
        result.unicodeScalars.append(contentsOf: line)
        result += "\u{1B}[0m"
      }
    }
    return result
  }

  // MARK: Dividing

  private typealias Text = ArraySlice<Unicode.Scalar>

  private func difference(_ a: Text, _ b: Text) -> [Part] {
    if a.elementsEqual(b) { return a.isEmpty ? [] : [Part(kind: .same, text: Array(a))] }
    let prefix = Self.commonPrefix(a, b)
    let (restA, restB) = (a.dropFirst(prefix), b.dropFirst(prefix))
    let suffix = Self.commonSuffix(restA, restB)
    var parts = middle(restA.dropLast(suffix), restB.dropLast(suffix))
    if prefix > 0 { parts.insert(Part(kind: .same, text: Array(a.prefix(prefix))), at: 0) }
    if suffix > 0 { parts.append(Part(kind: .same, text: Array(a.suffix(suffix)))) }
    return DiffCleanup.merged(parts)
  }

  /// Of texts without a common beginning or end.
  private func middle(_ a: Text, _ b: Text) -> [Part] {
    if a.isEmpty { return [Part(kind: .new, text: Array(b))] }
    if b.isEmpty { return [Part(kind: .gone, text: Array(a))] }
    let (long, short) = a.count > b.count ? (a, b) : (b, a)
    if let index = Self.index(of: short, in: long, from: long.startIndex) {
      let kind: Kind = a.count > b.count ? .gone : .new
      return [
        Part(kind: kind, text: Array(long[..<index])), Part(kind: .same, text: Array(short)),
        Part(kind: kind, text: Array(long[(index + short.count)...])),
      ]
    }
    if short.count > 1 {
      if let half = halfMatch(a, b) {
        return difference(half.beforeA, half.beforeB) + [Part(kind: .same, text: Array(half.common))] + difference(half.afterA, half.afterB)
      }
      if let (x, y) = bisection(a, b) {
        return difference(a.prefix(x), b.prefix(y)) + difference(a.dropFirst(x), b.dropFirst(y))
      }
    }
    return [Part(kind: .gone, text: Array(a)), Part(kind: .new, text: Array(b))]
  }

  private struct Half {
    var beforeA: Text, afterA: Text, beforeB: Text, afterB: Text, common: Text
  }

  /// A common part of at least half of the longer text.
  private func halfMatch(_ a: Text, _ b: Text) -> Half? {
    let (long, short) = a.count > b.count ? (a, b) : (b, a)
    guard long.count >= 4, short.count * 2 >= long.count else { return nil }
    let first = half(long, short, at: (long.count + 3) / 4)
    let second = half(long, short, at: (long.count + 1) / 2)
    guard var best = second ?? first else { return nil }
    if let first, let second { best = first.common.count > second.common.count ? first : second }
    if a.count > b.count { return best }
    return Half(beforeA: best.beforeB, afterA: best.afterB, beforeB: best.beforeA, afterB: best.afterA, common: best.common)
  }

  private func half(_ long: Text, _ short: Text, at position: Int) -> Half? {
    let start = long.startIndex + position
    let seed = long[start..<start + long.count / 4]
    var best: Half?
    var next = short.startIndex
    while let found = Self.index(of: seed, in: short, from: next) {
      next = found + 1
      let after = Self.commonPrefix(long[start...], short[found...])
      let before = Self.commonSuffix(long[..<start], short[..<found])
      guard best?.common.count ?? 0 < before + after else { continue }
      best = Half(
        beforeA: long[..<(start - before)], afterA: long[(start + after)...], beforeB: short[..<(found - before)],
        afterB: short[(found + after)...], common: short[(found - before)..<(found + after)])
      if ContinuousClock.now > deadline { break }
    }
    guard let best, best.common.count * 2 >= long.count else { return nil }
    return best
  }

  /// Where the paths from both ends meet; nil without anything in common, or out of time.
  private func bisection(_ a: Text, _ b: Text) -> (Int, Int)? {
    let (first, second) = (Array(a), Array(b))
    let (m, n) = (first.count, second.count)
    let limit = (m + n + 1) / 2
    let length = 2 * limit
    var forward = [Int](repeating: -1, count: length + 2)
    var backward = forward
    forward[limit + 1] = 0
    backward[limit + 1] = 0
    let delta = m - n
    let meetsForward = delta % 2 != 0
    var (start1, end1, start2, end2) = (0, 0, 0, 0)
    for depth in 0..<limit {
      if depth % 16 == 0, ContinuousClock.now > deadline { return nil }
      var k = -depth + start1
      while k <= depth - end1 {
        let slot = limit + k
        var x = k == -depth || (k != depth && forward[slot - 1] < forward[slot + 1]) ? forward[slot + 1] : forward[slot - 1] + 1
        var y = x - k
        while x < m, y < n, first[x] == second[y] { (x, y) = (x + 1, y + 1) }
        forward[slot] = x
        if x > m {
          end1 += 2
        } else if y > n {
          start1 += 2
        } else if meetsForward {
          let other = limit + delta - k
          if other >= 0, other < length, backward[other] != -1, x >= m - backward[other] { return (x, y) }
        }
        k += 2
      }
      k = -depth + start2
      while k <= depth - end2 {
        let slot = limit + k
        var x = k == -depth || (k != depth && backward[slot - 1] < backward[slot + 1]) ? backward[slot + 1] : backward[slot - 1] + 1
        var y = x - k
        while x < m, y < n, first[m - x - 1] == second[n - y - 1] { (x, y) = (x + 1, y + 1) }
        backward[slot] = x
        if x > m {
          end2 += 2
        } else if y > n {
          start2 += 2
        } else if !meetsForward {
          let other = limit + delta - k
          if other >= 0, other < length, forward[other] != -1, forward[other] >= m - x {
            return (forward[other], limit + forward[other] - other)
          }
        }
        k += 2
      }
    }
    return nil
  }

  // MARK: Comparing

  static func commonPrefix(_ a: ArraySlice<Unicode.Scalar>, _ b: ArraySlice<Unicode.Scalar>) -> Int {
    zip(a, b).prefix { $0 == $1 }.count
  }

  static func commonSuffix(_ a: ArraySlice<Unicode.Scalar>, _ b: ArraySlice<Unicode.Scalar>) -> Int {
    zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
  }

  private static func index(of needle: Text, in text: Text, from start: Int) -> Int? {
    guard let first = needle.first else { return start <= text.endIndex ? start : nil }
    var index = start
    while index + needle.count <= text.endIndex {
      if text[index] == first, text[index..<index + needle.count].elementsEqual(needle) { return index }
      index += 1
    }
    return nil
  }
}

/// Puts the parts of a difference in order: of what lies between two common parts first what goes, then what comes.
enum DiffCleanup {
  static func merged(_ parts: [TextDiff.Part]) -> [TextDiff.Part] {
    var parts = joined(parts)
    var hasShifted = false
    var index = 1
    // An edit between two common parts may swallow one of them by moving over it.
    while index < parts.count - 1 {
      if parts[index - 1].kind == .same, parts[index + 1].kind == .same {
        let (before, edit, after) = (parts[index - 1].text, parts[index].text, parts[index + 1].text)
        if edit.count >= before.count, edit.suffix(before.count).elementsEqual(before) {
          parts[index].text = before + edit.dropLast(before.count)
          parts[index + 1].text = before + after
          parts.remove(at: index - 1)
          hasShifted = true
        } else if edit.starts(with: after) {
          parts[index - 1].text += after
          parts[index].text = Array(edit.dropFirst(after.count)) + after
          parts.remove(at: index + 1)
          hasShifted = true
        }
      }
      index += 1
    }
    return hasShifted ? merged(parts) : parts
  }

  private static func joined(_ parts: [TextDiff.Part]) -> [TextDiff.Part] {
    var result: [TextDiff.Part] = []
    var edits: [TextDiff.Part] = []
    for part in parts + [TextDiff.Part(kind: .same, text: [])] {
      if part.kind != .same {
        edits.append(part)
        continue
      }
      var common = part.text
      flush(&edits, &result, &common)
      if let last = result.last, last.kind == .same {
        result[result.count - 1].text += common
      } else {
        result.append(TextDiff.Part(kind: .same, text: common))
      }
    }
    if result.last?.text.isEmpty == true { result.removeLast() }
    return result
  }

  /// Joins edits; what both sides of them have in common goes to the parts around them.
  private static func flush(_ edits: inout [TextDiff.Part], _ result: inout [TextDiff.Part], _ common: inout [Unicode.Scalar]) {
    defer { edits = [] }
    guard edits.count > 1 else {
      result += edits
      return
    }
    var gone = edits.filter { $0.kind == .gone }.flatMap(\.text)[...]
    var new = edits.filter { $0.kind == .new }.flatMap(\.text)[...]
    let hasGone = edits.contains { $0.kind == .gone }
    let hasNew = edits.contains { $0.kind == .new }
    if hasGone, hasNew {
      let prefix = TextDiff.commonPrefix(new, gone)
      if prefix > 0 {
        if result.last?.kind == .same {
          result[result.count - 1].text += new.prefix(prefix)
        } else {
          result.append(TextDiff.Part(kind: .same, text: Array(new.prefix(prefix))))
        }
        (gone, new) = (gone.dropFirst(prefix), new.dropFirst(prefix))
      }
      let suffix = TextDiff.commonSuffix(new, gone)
      common = Array(new.suffix(suffix)) + common
      (gone, new) = (gone.dropLast(suffix), new.dropLast(suffix))
    }
    if hasGone { result.append(TextDiff.Part(kind: .gone, text: Array(gone))) }
    if hasNew { result.append(TextDiff.Part(kind: .new, text: Array(new))) }
  }
}
