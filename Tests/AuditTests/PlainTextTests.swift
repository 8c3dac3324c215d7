import Domain
import Testing

@Suite("Texts that are plain") struct PlainTextTests {
  @Test("Eight bytes at once are judged as one by one, at every place of a text")
  func same() {
    for length in [1, 2, 7, 8, 9, 15, 16, 17, 24, 31] {
      for place in 0..<length {
        for byte in UInt8.min...UInt8.max {
          var bytes = [UInt8](repeating: UInt8(ascii: "~"), count: length)
          bytes[place] = byte
          if place > 0 { bytes[place - 1] = 0x20 }
          let text = String(decoding: bytes, as: UTF8.self)
          let isPrintable = (0x20...0x7E).contains(byte)
          #expect(PlainText.isPrintable(text) == isPrintable, "\(byte) at \(place) of \(length)")
          #expect(PlainText.standsInJSON(text) == (isPrintable && byte != 0x22 && byte != 0x5C), "\(byte) at \(place) of \(length)")
        }
      }
    }
    #expect(PlainText.isPrintable("") && PlainText.standsInJSON(""))
    #expect(!PlainText.isPrintable("é") && !PlainText.isPrintable("a\u{0}b") && PlainText.standsInJSON("#!'[]^"))
  }
}
