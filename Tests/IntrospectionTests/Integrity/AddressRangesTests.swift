import Testing

@testable import Introspection

@Suite("Ranges of addresses") struct AddressRangesTests {
  @Test("answers are those of the first range in the list") func first() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let ranges = (0..<Int.random(in: 0...12, using: &random)).map { _ -> Range<UInt64> in
        let start = UInt64.random(in: 0...40, using: &random)
        return start..<start + UInt64.random(in: 0...12, using: &random)
      }
      let sought = AddressRanges(ranges)
      for address in UInt64(0)..<60 {
        #expect(sought.index(of: address) == ranges.firstIndex { $0.contains(address) }, "\(ranges) \(address)")
        for count in UInt64(1)...5 {
          let range = address..<address + count
          #expect(sought.index(overlapping: range) == ranges.firstIndex { $0.overlaps(range) }, "\(ranges) \(range)")
        }
      }
    }
  }

  @Test("ranges at both ends of all addresses") func ends() {
    let sought = AddressRanges([.max - 1..<UInt64.max, 0..<1, 5..<UInt64.max])
    #expect(sought.index(of: 0) == 1 && sought.index(of: 1) == nil && sought.index(of: .max - 2) == 2 && sought.index(of: .max - 1) == 0)
    #expect(sought.index(of: .max) == nil && AddressRanges([]).index(of: 0) == nil)
  }
}
