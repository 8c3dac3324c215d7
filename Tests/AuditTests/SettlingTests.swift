import Platforms
import Testing

@testable import Audit

@Suite("Changes come to rest") struct SettlingTests {
  private let start = ContinuousClock.now

  private func event(_ name: String, _ kind: FolderWatcher.Event.Kind) -> FolderWatcher.Event {
    FolderWatcher.Event(folder: "/x", name: name, kind: kind)
  }

  @Test("A whole file that is judged already waits 10 ms, a name that came or went 50, a file that may be half written 200")
  func times() {
    for (kind, isFollowed, milliseconds) in [
      (FolderWatcher.Event.Kind.written, true, 10), (.arrived, true, 10), (.written, false, 50), (.left, true, 50), (.modified, true, 200),
    ] {
      var settling = Settling()
      settling.add(event("a", kind), isFollowed: isFollowed, now: start)
      #expect(settling.take(9, now: start + .milliseconds(milliseconds - 1)).isEmpty)
      #expect(settling.take(9, now: start + .milliseconds(milliseconds)) == [event("a", kind)])
      #expect(settling.isEmpty)
    }
  }

  @Test("What never rests is taken within bounds")
  func bounds() {
    var settling = Settling()
    for step in 0..<200 { settling.add(event("a", .written), isFollowed: true, now: start + .milliseconds(step)) }
    #expect(settling.due == start + .milliseconds(50))
  }

  @Test("A file that goes and comes back is one change, whose name is looked up")
  func replaced() {
    var settling = Settling()
    for kind in [FolderWatcher.Event.Kind.left, .created, .modified, .written] {
      settling.add(event("a", kind), isFollowed: true, now: start)
    }
    #expect(settling.take(9, now: start + .milliseconds(10)) == [event("a", .created)])
  }

  @Test("A burst is taken in parts, the oldest first")
  func burst() {
    var settling = Settling()
    for number in 0..<100 { settling.add(event("\(number)", .written), isFollowed: true, now: start + .microseconds(number)) }
    let first = settling.take(64, now: start + .milliseconds(20))
    #expect(first.map(\.name) == (0..<64).map(String.init))
    #expect(settling.take(64, now: start + .milliseconds(20)).count == 36)
  }
}
