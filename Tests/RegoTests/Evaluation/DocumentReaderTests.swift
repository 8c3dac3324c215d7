import Testing

@testable import Rego

@Suite("A reader of documents that are alike") struct DocumentReaderTests {
  private static let texts = [
    #"{"name":"a","facts":{"x":{"state":"present","value":[1,2]},"y":{"state":"absent"}}}"#,
    #"{"name":"b","facts":{"x":{"state":"present","value":[1,2]},"y":{"state":"absent"}}}"#,
    #"{"facts":{"y":{"state":"absent"},"x":{"value":{},"state":"present"}},"name":"c"}"#,
    #"{"name":"d","name":"e","facts":{"x":1,"x":2}}"#, #"{"n\u0061me":"f"}"#, "[]", "1", #"{"":{}}"#,
    #"{"a key that is longer than what stands in a value":{"another key that is longer":1}}"#,
  ]

  @Test("A document is the one that is read alone, whatever was read before")
  func same() throws {
    let reader = DocumentReader()
    for _ in 0..<3 {
      for text in Self.texts {
        let (shared, alone) = (try reader.document(json: Array(text.utf8)), try Document(json: Array(text.utf8)))
        #expect(shared.regoValue == alone.regoValue)
        #expect(shared.json() == alone.json())
      }
    }
  }

  @Test("Documents outlive their reader")
  func outlive() throws {
    var reader: DocumentReader? = DocumentReader()
    let documents = try Self.texts.map { text throws(RegoError) in try reader!.document(json: Array(text.utf8)) }
    reader = nil
    for (text, document) in zip(Self.texts, documents) { #expect(document.json() == (try Document(json: Array(text.utf8))).json()) }
    let part = try #require(documents[0]["facts"]?["x"])
    #expect(String(decoding: part.json(), as: UTF8.self) == #"{"state":"present","value":[1,2]}"#)
  }

  @Test("A mistake is told as by the reader of one, and does not harm what is read next")
  func mistakes() throws {
    let reader = DocumentReader()
    for text in Self.texts.filter({ $0.count > 2 }) {
      for end in [text.utf8.count / 2, text.utf8.count - 1] {
        let broken = Array(text.utf8.prefix(end))
        let alone = #expect(throws: RegoError.self) { try Document(json: broken, name: "x") }
        let shared = #expect(throws: RegoError.self) { try reader.document(json: broken, name: "x") }
        #expect(shared?.description == alone?.description)
      }
      #expect(try reader.document(json: Array(text.utf8)).json() == Document(json: Array(text.utf8)).json())
    }
  }

  @Test("Very many forms are read all the same")
  func forms() throws {
    let reader = DocumentReader()
    // Longer than what all documents of the process share, of which there are few enough to be used up.
    let long = String(repeating: "k", count: 65)
    for number in 0..<20_000 {
      let text = Array("{\"\(long)\(number)\":{\"\(long)a\(number % 97)\":1,\"\(long)b\(number % 89)\":2}}".utf8)
      #expect(try reader.document(json: text).json() == Document(json: text).json())
    }
  }

  @Test("Keys of documents that are gone are not kept without end")
  func bounded() throws {
    let reader = DocumentReader()
    var kept: [Document] = []
    for number in 0..<40 {
      let key = String(repeating: "k", count: 1 << 20) + "\(number)"
      let document = try reader.document(json: Array("{\"\(key)\":\(number)}".utf8))
      if number % 10 == 0 { kept.append(document) }
      #expect(reader.formBytes < 12 << 20)
    }
    for (index, document) in kept.enumerated() { #expect(document.json().hasSuffix("\(10 * index)\":\(10 * index)}")) }
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
