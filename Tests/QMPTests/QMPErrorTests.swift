import QMP
import Testing

@Suite("QMP errors") struct QMPErrorTests {
  @Test("errors of two commands differ") func distinct() {
    #expect(QMPError.timedOut(command: "stop", milliseconds: 5) != .timedOut(command: "cont", milliseconds: 5))
  }
}
