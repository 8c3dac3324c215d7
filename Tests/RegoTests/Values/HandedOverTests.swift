import Testing

@testable import Rego

@Suite("Texts that are handed over")
struct HandedOverTests {
  /// Many lines of records with text beyond ASCII, longer than what is read before memory is given back.
  private static let large: [UInt8] = {
    var text: [UInt8] = Array("[\n".utf8)
    var index = 0
    while text.count < 10 << 20 {
      let end = index % 3 == 0 ? "\n" : " "
      text += Array("  {\"id\": \(index), \"name\": \"gæst-\(index)-中文\", \"sizes\": [\(index % 7), 1.5e3]},\(end)".utf8)
      index += 1
    }
    return text + Array("  null\n]".utf8)
  }()

  private func error(_ body: () throws -> Void) -> JSONError? {
    do { try body() } catch { return error as? JSONError }
    return nil
  }

  @Test("A large text gives the same values, and one that others hold stays as it was")
  func values() throws {
    let text = Self.large
    let (plain, handed) = (Heap(), Heap())
    let expected = JSONWriter.text(try JSONReader.read(text, in: plain))
    #expect(JSONWriter.text(try JSONReader.read(handingOver: text, in: handed)) == expected)
    #expect(text.first == UInt8(ascii: "[") && text.suffix(3) == Array("l\n]".utf8)[...] && text[8 << 20] != 0)
    #expect(try Document(handingOver: text).json() == expected)
  }

  @Test("A mistake behind memory that was given back has the place that it has without")
  func mistakes() throws {
    var text = Self.large
    let start = try #require(text[..<(9 << 20)].lastIndex(of: UInt8(ascii: "{")))
    text[start] = UInt8(ascii: "}")
    let plain = try #require(error { _ = try JSONReader.read(text, in: Heap()) })
    #expect(plain.offset == start && plain.line > 10_000)
    #expect(error { _ = try JSONReader.read(handingOver: text, in: Heap()) } == plain)
    text.removeLast(text.count - start)
    let end = try #require(error { _ = try JSONReader.read(text, in: Heap()) })
    #expect(error { _ = try JSONReader.read(handingOver: text, in: Heap()) } == end)
  }

  @Test("Places are counted as byte by byte")
  func places() {
    var generator = SystemRandomNumberGenerator()
    let pieces = ["\n", "a", "é", "中", "😀", "\u{0B}", "\u{09}", "abcdefgh", "a longer piece of plain text, without ends", "\n\n", "\u{7F}", "\u{8A}"]
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 0...60, using: &generator)).flatMap { _ in
        Array((pieces.randomElement(using: &generator) ?? "").utf8)
      }
      let end = Int.random(in: 0...bytes.count, using: &generator)
      let before = bytes[..<end]
      let line = 1 + before.filter { $0 == 0x0A }.count
      let last = before.suffix(while: { $0 != 0x0A })
      let column = 1 + last.filter { $0 & 0xC0 != 0x80 }.count
      unsafe bytes.withUnsafeBufferPointer { buffer in
        let text = unsafe JSONText(buffer)
        var place = TextPlace()
        place.advance(to: end / 2, in: text)
        place.advance(to: end, in: text)
        #expect(place.offset == end && place.line == line && place.column == column, "\(bytes) \(end)")
      }
    }
  }
}

extension ArraySlice {
  fileprivate func suffix(while isKept: (Element) -> Bool) -> ArraySlice {
    self[(lastIndex { !isKept($0) }.map { $0 + 1 } ?? startIndex)...]
  }
}
