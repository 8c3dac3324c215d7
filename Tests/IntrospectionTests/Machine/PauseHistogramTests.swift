import Introspection
import Testing

@Suite("Histograms of pauses") struct PauseHistogramTests {
  @Test("percentiles are right within 4 %, whatever the values") func percentiles() {
    for scale: UInt64 in [1, 37, 1_000, 1_000_003, 1 << 33] {
      var histogram = PauseHistogram()
      let values = (1...1000).map { UInt64($0) * scale }
      for value in values.shuffled() { histogram.record(nanoseconds: value) }
      for (share, rank) in [(0.0, 1), (0.5, 500), (0.9, 900), (0.99, 990), (1, 1000)] {
        let exact = Double(values[rank - 1])
        let found = Double(histogram.percentile(share))
        #expect(found >= exact && found <= exact * 1.04)
      }
      #expect(histogram.count == 1000 && histogram.smallest == scale && histogram.largest == 1000 * scale)
      #expect(histogram.sum == 500_500 * scale)
    }
  }

  @Test("nothing, zero and the largest number") func ends() {
    var histogram = PauseHistogram()
    #expect(histogram.percentile(0.5) == 0)
    histogram.record(nanoseconds: 0)
    #expect(histogram.percentile(0.99) == 0)
    histogram.record(nanoseconds: .max)
    #expect(histogram.percentile(1) == .max && histogram.percentile(.infinity) == .max)
    #expect(histogram.count(upTo: 0) == 1)
  }

  @Test("counts up to a limit never fall and end with all") func cumulative() {
    var histogram = PauseHistogram()
    for value in stride(from: UInt64(1), to: 5_000_000, by: 1713) { histogram.record(nanoseconds: value) }
    var last: UInt64 = 0
    for limit in stride(from: UInt64(0), through: 6_000_000, by: 50_000) {
      let count = histogram.count(upTo: limit)
      #expect(count >= last)
      last = count
    }
    #expect(last == histogram.count)
  }
}
