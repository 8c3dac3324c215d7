import Signatures
import Testing

@Suite("Matched strings") struct MatchStringTests {
  @Test("two places differ") func distinct() {
    #expect(MatchString(identifier: "$a", offset: 0, length: 4) != MatchString(identifier: "$a", offset: 1, length: 4))
  }
}
