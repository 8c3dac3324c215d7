internal import Domain

/// The facts of one host while they are gathered, with the rules for what a missing file means.
struct HostFacts {
  let tree: Tree
  private(set) var facts: [String: Fact] = [:]

  init(tree: Tree) { self.tree = tree }

  subscript(name: String) -> Fact? {
    get { facts[name] }
    set { facts[name] = newValue }
  }

  /// One whole file as text.
  ///
  /// - Parameter folder: the folder that must have been seen for the file's absence to mean anything.
  mutating func read(_ name: String, _ path: String, within folder: String) {
    do throws(Tree.Failure) {
      facts[name] = .present(.string(try tree.line(path)), .path(path, line: 1, column: 1))
    } catch {
      facts[name] = fact(path, failed: error, within: folder)
    }
  }

  /// The same text as a number where it is one.
  mutating func readNumber(_ name: String, _ path: String, within folder: String) {
    read(name, path, within: folder)
    if let text = facts[name]?.value?.text, let number = Int64(text.trimmed) {
      facts[name] = .present(.int(number), .path(path, line: 1, column: 1))
    }
  }

  /// The fact that a failed read leaves.
  func fact(_ path: String, failed failure: Tree.Failure, within folder: String) -> Fact {
    switch failure {
    case .notFound, .notGiven: missing(.path(path), within: folder)
    case .permission, .tooLarge, .io: .unreadable(failure.why, .path(path))
    }
  }

  /// Absent when the folder it would lie in was seen, else not collected: a file system that is not mounted, a part that was not saved.
  func missing(_ source: FactSource, within folder: String) -> Fact {
    if tree.exists(folder) { return .absent(source) }
    return .notCollected(tree.isLive ? "not-mounted" : "not-given", source)
  }

  /// For a file that every running kernel has: its absence means something on the live system only.
  func missingInstance(_ source: FactSource) -> Fact {
    tree.isLive ? .absent(source) : .notCollected("not-given", source)
  }
}

extension StringProtocol {
  /// Without blanks at either end.
  var trimmed: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  /// Words between blanks.
  var words: [String] { self[...].split(maxSplits: .max, omittingEmptySubsequences: true) { $0.isWhitespace }.map { String($0) } }
}

/// A text's lines with their numbers, from 1.
struct NumberedLines: Sequence {
  private let text: String

  init(_ text: String) { self.text = text }

  func makeIterator() -> AnyIterator<(number: Int, text: Substring)> {
    var rest = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    var number = 0
    return AnyIterator {
      guard let line = rest.popFirst() else { return nil }
      number += 1
      return (number, line.last == "\r" ? line.dropLast() : line)
    }
  }
}
