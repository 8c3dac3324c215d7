import Introspection
import Testing

@Suite("Physical ranges") struct PhysicalRangeTests {
  @Test("sums that overflow and addresses beyond 52 bits are refused")
  func bounds() throws {
    #expect(PhysicalRange(start: 0, count: 0) == nil)
    #expect(PhysicalRange(start: PhysicalRange.limit, count: 1) == nil)
    #expect(PhysicalRange(start: 4096, count: .max) == nil)
    let range = try #require(PhysicalRange(start: PhysicalRange.limit - 4096, count: 4096))
    #expect(range.count == 4096 && range.end == PhysicalRange.limit)
    #expect(range.holds(range.start, count: 4096))
    #expect(!range.holds(range.start, count: 4097))
    #expect(!range.holds(range.start + 1, count: .max))
    #expect(!range.holds(range.end, count: 0))
  }
}
