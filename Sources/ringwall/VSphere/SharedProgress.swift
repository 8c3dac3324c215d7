internal import Synchronization

/// A progress line that several threads may write.
final class SharedProgress: Sendable {
  private let line: Mutex<ProgressLine>

  init(isWanted: Bool) { line = Mutex(ProgressLine(isWanted: isWanted)) }

  func update(_ text: String) { line.withLock { $0.update(text) } }

  func clear() { line.withLock { $0.clear() } }
}
