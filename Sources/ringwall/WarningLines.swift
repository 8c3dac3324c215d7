internal import Audit
internal import Domain

/// Warnings of a run on standard error: the first of them, and how many more there are.
final class WarningLines {
  private static let most = 20

  private let texts: Texts
  private var first: [Warning] = []
  private var count = 0

  init(texts: Texts) { self.texts = texts }

  func add(_ warning: Warning) {
    count += 1
    if first.count < Self.most { first.append(warning) }
  }

  func say() {
    for warning in first { Console.complain(texts.line(warning)) }
    if count > first.count { Console.complain(texts("warning.more", ["count": "\(count - first.count)"])) }
  }
}
