import Testing

@testable import Introspection

@Suite("code that does not fit")
struct TextSweepTests {
  private static let start: UInt64 = 0xFFFF_FFFF_C000_0000
  private static let thunk = start &- 0x1000

  /// A function of 32 bytes with bytes in its middle, and before its end a jump to a thunk or a return.
  private func sweep(_ inner: [UInt8], count: Int, byThunk: Bool) -> (oddities: [TextSweep.Oddity], unjudged: [TextSweep.Kind]) {
    var bytes: [UInt8] = []
    for index in 0..<count {
      var function: [UInt8] = index == 0 ? [0x53] + inner : [0x53]
      function.append(0x5B)
      if byThunk {
        let distance = UInt32(truncatingIfNeeded: Self.thunk &- Self.start &- UInt64(bytes.count + function.count + 5))
        function += [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) }
      } else {
        function += [0xC3, 0x0F, 0x0B]
      }
      bytes += function + [UInt8](repeating: 0xCC, count: 32 - function.count)
    }
    var functions: [(start: UInt64, end: UInt64)] = []
    for index in 0..<UInt64(count) { functions.append((start: Self.start &+ 32 * index, end: Self.start &+ 32 * index &+ 32)) }
    var sweep = TextSweep(
      TextSweep.Surroundings(
        owner: { _ in .kernel }, isMapped: { _ in true }, symbol: { _ in "" }, pointer: { _ in nil }, isLinked: { $0 == Self.thunk },
        returnThunks: [Self.thunk]), Self.start..<Self.start &+ UInt64(bytes.count))
    return sweep.run(bytes, [:], functions)
  }

  @Test("a return is told in a module whose other returns are jumps to a thunk", arguments: [1, 2, 40])
  func thunks(_ count: Int) {
    let result = sweep([0x33, 0xC0, 0xC3], count: count, byThunk: true)
    #expect(result.oddities.map(\.kind) == [.cut] && result.oddities.map(\.place) == [3] && result.unjudged.isEmpty, "\(result)")
    #expect(sweep([0x33, 0xC0], count: count, byThunk: true).oddities.isEmpty)
  }

  @Test("where most returns have no breakpoint behind them one more proves nothing", arguments: [2, 40])
  func built(_ count: Int) {
    let result = sweep([0x33, 0xC0, 0xC3], count: count, byThunk: false)
    #expect(result.oddities.isEmpty && result.unjudged == [.cut], "\(result)")
  }
}
