import Testing

@testable import Rego

@Suite("JSON")
struct JSONTests {
  /// Lives as long as every value of a test.
  private let heap = Heap()
  private let other = Heap()

  private func rewritten(_ text: String) throws -> String {
    return String(decoding: JSONWriter.text(try JSONReader.read(Array(text.utf8), in: heap)), as: UTF8.self)
  }

  private func error(_ bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) {
      _ = try JSONReader.read(bytes, in: Heap())
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "Values are read and written in OPA's form",
    arguments: [
      ("{}", "{}"), ("[]", "[]"), (" [ ] ", "[]"), ("{ }", "{}"), ("null", "null"), ("true", "true"), ("false", "false"),
      ("\"\"", "\"\""), ("[1,2 , 3]", "[1,2,3]"), ("{\"b\":1,\"a\":[{}]}", "{\"a\":[{}],\"b\":1}"),
      ("0", "0"), ("-1", "-1"), ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
      ("123456789012345678", "123456789012345678"), ("1234567890123456789012", "1234567890123456789012"),
      ("1.50", "1.50"), ("1e3", "1e3"), ("-0", "-0"), ("0.1E-7", "0.1E-7"),
      ("\"\\u0041\\n\\\"\\\\\\/\"", "\"A\\n\\\"\\\\/\""), ("\"\\ud83d\\ude00\"", "\"😀\""), ("\"é中😀\"", "\"é中😀\""),
      ("\"exactly 14 byt\"", "\"exactly 14 byt\""), ("\"fifteen bytes..\"", "\"fifteen bytes..\""), ("\"six...\"", "\"six...\""),
      ("\"seven..\"", "\"seven..\""), ("\"a\\u0000b\"", "\"a\\u0000b\""), ("\"<&>\"", "\"<&>\""), ("\"\\u2028\"", "\"\\u2028\""),
      // Of equal keys the last one counts, also where one of them is written with escapes and in a form met before.
      ("{\"a\":1,\"a\":2}", "{\"a\":2}"), ("{\"a\":1,\"\\u0061\":2}", "{\"a\":2}"),
      (
        "[{\"a\":1,\"b\":2,\"a\":3},{\"a\":1,\"b\":2,\"a\":4},{\"b\":1,\"a\":2}]", "[{\"a\":3,\"b\":2},{\"a\":4,\"b\":2},{\"a\":2,\"b\":1}]"
      ),
      ("{\"a long key of a form\":1,\"a long key of a form\":2}", "{\"a long key of a form\":2}"),
    ])
  func rewriting(text: String, expected: String) throws { #expect(try rewritten(text) == expected) }

  @Test(
    "Whatever is no JSON is refused with its place",
    arguments: [
      ("", "line 1, column 1: unexpected end of JSON input"),
      ("[1,", "line 1, column 4: unexpected end of JSON input"),
      ("{\"a\":1\n,}", "line 2, column 2: invalid character '}' looking for beginning of object key string"),
      ("[1 2]", "line 1, column 4: invalid character '2' after array element"),
      ("[1,]", "line 1, column 4: invalid character ']' looking for beginning of value"),
      ("{\"a\" 1}", "line 1, column 6: invalid character '1' after object key"),
      ("{\"a\":1 \"b\"}", "line 1, column 8: invalid character '\"' after object key:value pair"),
      ("1 2", "line 1, column 3: invalid character '2' after top-level value"),
      ("01", "line 1, column 2: invalid character '1' after top-level value"),
      ("-", "line 1, column 2: unexpected end of JSON input"),
      ("-a", "line 1, column 2: invalid character 'a' in numeric literal"),
      ("1.", "line 1, column 3: unexpected end of JSON input"),
      ("1.e1", "line 1, column 3: invalid character 'e' after decimal point in numeric literal"),
      ("1ex", "line 1, column 3: invalid character 'x' in exponent of numeric literal"),
      ("+1", "line 1, column 1: invalid character '+' looking for beginning of value"),
      ("trux", "line 1, column 4: invalid character 'x' in literal true (expecting 'e')"),
      ("nul", "line 1, column 4: unexpected end of JSON input"),
      ("\"é\tx\"", "line 1, column 3: invalid character '\\t' in string literal"),
      ("\"\\x\"", "line 1, column 3: invalid character 'x' in string escape code"),
      ("\"\\u12g4\"", "line 1, column 6: invalid character 'g' in \\u hexadecimal character escape"),
      ("\"\\ud800\"", "line 1, column 2: surrogate without its partner in string escape code"),
      ("\"\\udc00x\"", "line 1, column 2: surrogate without its partner in string escape code"),
      ("'a'", "line 1, column 1: invalid character '\\'' looking for beginning of value"),
      ("{'a':1}", "line 1, column 2: invalid character '\\'' looking for beginning of object key string"),
      ("[1}", "line 1, column 3: invalid character '}' after array element"),
      ("\u{FEFF}1", "line 1, column 1: invalid character 'ï' looking for beginning of value"),
    ])
  func refusal(text: String, expected: String) { #expect(error(Array(text.utf8))?.description == expected) }

  @Test(
    "Bytes that are no UTF-8 are refused",
    arguments: [
      [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80],
      [0xFF], [0xE4, 0xB8],
    ] as [[UInt8]])
  func encoding(bytes: [UInt8]) {
    #expect(error([0x22] + bytes + [0x22])?.reason == "invalid UTF-8 in string literal")
    #expect(error([0x7B, 0x22] + bytes + [0x22, 0x3A, 0x31, 0x7D])?.reason == "invalid UTF-8 in string literal")
  }

  @Test("A surrogate without its partner can be replaced")
  func surrogates() throws {
    for text in ["\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\""] {
      #expect(try JSONReader.read(Array(text.utf8), in: heap, replacesSurrogates: true).string.unicodeScalars.first == "\u{FFFD}")
    }
  }

  @Test("Nesting ends in an error, not in a crash")
  func depth() throws {
    for unit in ["[", "{\"a\":"] {
      #expect(error(Array(String(repeating: unit, count: 1_000_000).utf8))?.reason == "exceeded max depth")
    }
    let deep = String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
    #expect(try rewritten(deep) == deep)
  }

  @Test("Objects of one form share their keys, whatever the order of members in the text")
  func shapes() throws {
    let value = try JSONReader.read(Array("[{\"b\":1,\"a\":2},{\"b\":3,\"a\":4}]".utf8), in: heap)
    let first = value.arrayView[0].objectView, second = value.arrayView[1].objectView
    #expect(first.table.address == second.table.address)
    #expect(first.table.identity != 0)
    #expect(first.key(at: 0).string == "a")
    #expect(second["b"].exactInt == 3)
    let cache = ShapeCache()
    let one = try JSONReader.read(Array("{\"x\":1}".utf8), in: heap, shapes: cache)
    let other = try JSONReader.read(Array(" {\"x\":2}".utf8), in: heap, shapes: cache)
    #expect(one.objectView.table.address == other.objectView.table.address)
  }

  @Test("Objects with many keys, and many forms, keep memory in proportion to the text")
  func bounded() throws {
    let wide = "{" + (0..<20_000).map { "\"key number \($0)\":\($0)" }.joined(separator: ",") + "}"
    let kinds = "[" + (0..<20_000).map { "{\"k\($0)\":{\"v\($0 % 77)\":\($0)}}" }.joined(separator: ",") + "]"
    for text in [wide, kinds] {
      let heap = Heap()
      let value = try JSONReader.read(Array(text.utf8), in: heap)
      #expect(heap.used < text.utf8.count * 20)
      #expect(try JSONReader.read(JSONWriter.text(value), in: other).equals(value))
    }
    let value = try JSONReader.read(Array(wide.utf8), in: other)
    #expect(value.objectView.count == 20_000)
    #expect(value.objectView[.string("key number 19999", in: heap)].exactInt == 19_999)
  }

  @Test("An object that outgrows the shared forms keeps its first members and the last of equal keys")
  func outgrown() throws {
    let members = (0..<100).map { "\"m\($0)\":\($0)" } + ["\"m3\":\"again\""]
    let object = try JSONReader.read(Array(("{" + members.joined(separator: ",") + "}").utf8), in: heap).objectView
    #expect(object.count == 100)
    #expect(object["m0"].exactInt == 0)
    #expect(object["m3"].string == "again")
    #expect(object["m99"].exactInt == 99)
  }

  @Test("Styles: escaping for HTML, indentation, keys that are no strings")
  func styles() throws {
    let value = Value.object(
      [(.integer(2), .string("<a&b>", in: heap)), (.string("10", in: heap), .set([.integer(2), .integer(1)], in: heap))], in: heap)
    #expect(String(decoding: JSONWriter.text(value), as: UTF8.self) == "{\"10\":[1,2],\"2\":\"<a&b>\"}")
    var style = JSONWriter.Style(escapesHTML: true, indent: Array("  ".utf8), prefix: Array("> ".utf8))
    #expect(
      String(decoding: JSONWriter.text(value, style), as: UTF8.self)
        == "{\n>   \"10\": [\n>     1,\n>     2\n>   ],\n>   \"2\": \"\\u003ca\\u0026b\\u003e\"\n> }")
    style.prefix = []
    #expect(
      String(decoding: JSONWriter.text(try JSONReader.read(Array("[{},[]]".utf8), in: heap), style), as: UTF8.self) == "[\n  {},\n  []\n]")
  }

  @Test("Terms are printed as OPA prints them")
  func terms() throws {
    let value = Value.array(
      [
        .set([], in: heap), .set([.integer(2), .integer(1)], in: heap), .object([(.null, .true)], in: heap), .object([], in: heap),
        .string("a\"\\\n\u{7}\u{7F}é\u{200B}\u{1F600}\u{E000}", in: heap), Numbers.parse(Array("1.50".utf8), in: heap),
      ], in: heap)
    #expect(
      String(decoding: ValueText.text(value), as: UTF8.self)
        == "[set(), {1, 2}, {null: true}, {}, \"a\\\"\\\\\\n\\a\\x7fé\\u200b😀\\ue000\", 1.50]")
  }
}
