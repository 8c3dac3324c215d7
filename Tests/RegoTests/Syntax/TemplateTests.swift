import Rego
import Testing

@Suite("Template strings")
struct TemplateTests {
  @Test(
    "text and expressions",
    arguments: [
      (#"$"""#, "$()"), (#"$"plain""#, "$('plain')"), (#"$"a {x} b""#, "$('a ', x, ' b')"), (#"$"{x}{y}""#, "$(x, y)"),
      (#"$"{x}$""#, "$(x, '$')"),
      (#"$"\{x\n}""#, "$('{x\n}')"), ("$`a\\n{x}\\{\n`", "$('a\\n', x, '\\{\n')"), (#"$"{ {1: 2}[1] }""#, "$(ref({1: 2}, 1))"),
      (#"$"{$"in {x}"}""#, "$($('in ', x))"), (#"$"{f("}")}""#, "$(f('}'))"), (#"$"{x with input as 1}""#, "$(x with input as 1)"),
      (#"$"{1 in xs}""#, "$(internal.member_2(1, xs))"), (#"$"\u00e9{1}""#, "$('\u{E9}', 1)"),
      (#"$"{[a | a := 1]}""#, "$([a | assign(a, 1)])"),
      ("$\"{x # note\n}\"", "$(x)"),
    ])
  func templates(_ text: String, _ tree: String) throws {
    let expected = tree.replacing("\\{", with: "{")
    #expect(try Reading.query(text) == expected)
  }

  @Test(
    "what a template may not hold",
    arguments: [
      (#"$"{not x}""#, "unexpected negation ('not') in template-string expression"),
      (#"$"{x = 1}""#, "unexpected unification ('=') in template-string expression"),
      (#"$"{x := 1}""#, "unexpected assignment (':=') in template-string expression"),
      (#"$"{some x in y}""#, "unexpected 'some' in template-string expression"),
      (#"$"{every x in y { x }}""#, "unexpected 'every' in template-string expression"),
      (#"$"{x y}""#, "expected } to end template string expression"),
      (#"$"{}""#, "unexpected } token"), (#"$"{x""#, "non-terminated string"), (#"$"\q""#, "illegal escape sequence"),
      ("$x", "illegal $ character"), (#"$"\u00""#, "non-terminated string"),
    ])
  func wrongTemplates(_ text: String, _ message: String) {
    #expect(Reading.queryErrors(of: text).contains { $0.hasSuffix(message) })
  }
}
