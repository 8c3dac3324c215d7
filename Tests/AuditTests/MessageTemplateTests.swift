import Testing

@testable import Audit

@Suite("Templates of messages") struct MessageTemplateTests {
  @Test("Names in braces are replaced; braces around anything else stay")
  func filled() {
    let values = ["a": "1", "b_2": "{a}"]
    func filled(_ text: String) -> String { MessageTemplate(text).filled { values[$0] } }
    #expect(filled("") == "")
    #expect(filled("{a}") == "1")
    #expect(filled("x {a}{a} y {b_2} z") == "x 11 y {a} z", "a value is not filled again")
    #expect(filled("{c} {a") == "{c} {a")
    #expect(filled("{a b} {} {é} {-}") == "{a b} {} {é} {-}")
    #expect(filled("{x {a}") == "{x 1")
    #expect(MessageTemplate("{c} {a} {a b} {c}").names == ["c", "a", "c"])
  }

  @Test("A template taken apart says what the text says when it is filled at once")
  func same() {
    var random = SystemRandomNumberGenerator()
    let values = ["a": "1", "b": "", "ab": "{b}"]
    for _ in 0..<5_000 {
      let text = String((0..<Int.random(in: 0...12, using: &random)).map { _ in "ab{} é".randomElement(using: &random)! })
      #expect(MessageTemplate(text).filled { values[$0] } == Texts.filled(text) { values[$0] }, "\(text)")
    }
  }
}
