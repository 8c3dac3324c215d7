internal import Foundation

/// A thread that does nothing for a while.
enum Waiting {
  static func sleep(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    if duration > .zero { Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) * 1e-18) }
  }
}
