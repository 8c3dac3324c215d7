/// A test between two characters that takes none.
enum PatternAssertion: UInt8, Sendable {
  /// `\A`, and `^` without flag m.
  case textStart
  /// `\z`, and `$` without flag m.
  case textEnd
  /// `(?m)^`
  case lineStart
  /// `(?m)$`
  case lineEnd
  /// `\b`: an ASCII word character on exactly one side.
  case wordBoundary
  /// `\B`
  case notWordBoundary
}

/// What a pattern says, as nodes of one arena; children are indices of `PatternTree.nodes` and stand before their parents.
enum PatternNode: Sendable {
  case empty
  /// One code point of the set; the empty set matches nothing.
  case set(ScalarSet)
  case scalar(UInt32)
  case assertion(PatternAssertion)
  /// Group number from 1.
  case capture(group: Int, Int)
  /// `maximum` nil is unlimited. `isCounted` marks the `{n,m}` forms, which the repeat budget counts.
  case repetition(Int, minimum: Int, maximum: Int?, isGreedy: Bool, isCounted: Bool)
  case concatenation([Int])
  case alternation([Int])
}

/// The parsed form of a pattern, kept within the limits that make the later steps safe.
struct PatternTree: Sendable {
  /// Depth of nested nodes, as Go limits it; the compiler recurses at most this deep.
  static let maximumHeight = 1000
  /// Instructions of the compiled program. Go allows about 3.3 million; time is text times program, so a policy engine stays lower.
  static let maximumSize = 65_536
  /// Ranges of all character classes together (a `\pL` has about 650).
  static let maximumRanges = 1 << 20

  private(set) var nodes: [PatternNode] = []
  private(set) var heights: [Int32] = []
  /// Estimated instructions of each node with its repetitions written out, saturating.
  private(set) var sizes: [Int] = []
  private var rangeCount = 0
  var root = 0
  /// Names of the groups; index 0 is the whole match. Nil: no name.
  var names: [String?] = [nil]

  /// Appends a node and gives its index; the caller asks `exceeded` afterwards.
  mutating func append(_ node: PatternNode) -> Int {
    var height: Int32 = 0
    var size = 0
    switch node {
    case .empty, .scalar, .assertion:
      size = 1
    case .set(let set):
      rangeCount += set.ranges.count
      size = 1
    case .capture(_, let child):
      height = heights[child]
      size = sizes[child] + 2
    case .repetition(let child, let minimum, let maximum, _, _):
      height = heights[child]
      let copies = maximum ?? max(minimum, 1)
      let (product, overflow) = (sizes[child] + 1).multipliedReportingOverflow(by: max(copies, 1))
      size = overflow ? Int.max / 2 : product + 1
    case .concatenation(let children):
      for child in children {
        height = max(height, heights[child])
        size += sizes[child]
      }
    case .alternation(let children):
      for child in children {
        height = max(height, heights[child])
        size += sizes[child] + 1
      }
    }
    nodes.append(node)
    heights.append(height + 1)
    sizes.append(min(size, PatternTree.maximumSize + 1))
    return nodes.count - 1
  }

  /// The limit the node passes, if any.
  func exceeded(at node: Int) -> RegularExpressionError.Code? {
    if heights[node] > PatternTree.maximumHeight { return .nestingDepth }
    if sizes[node] > PatternTree.maximumSize || rangeCount > PatternTree.maximumRanges { return .tooLarge }
    return nil
  }

  /// Whether nested `{n,m}` repetitions below `node` write out at most `budget` copies of the innermost part.
  func repeatsAreValid(at node: Int, budget: Int) -> Bool {
    var pending = [(node, budget)]
    while let (node, budget) = pending.popLast() {
      switch nodes[node] {
      case .empty, .set, .scalar, .assertion: break
      case .capture(_, let child): pending.append((child, budget))
      case .repetition(let child, let minimum, let maximum, _, let isCounted):
        var left = budget
        if isCounted {
          if maximum == 0 { continue }
          let copies = maximum ?? minimum
          if copies > left { return false }
          if copies > 0 { left /= copies }
        }
        pending.append((child, left))
      case .concatenation(let children), .alternation(let children):
        for child in children { pending.append((child, budget)) }
      }
    }
    return true
  }
}
