import Rego
import Testing

@Suite("Expressions and terms")
struct ExpressionTests {
  @Test(
    "operators bind and associate",
    arguments: [
      ("1 + 2 * 3", "plus(1, mul(2, 3))"), ("1 - 2 - 3", "minus(minus(1, 2), 3)"), ("8 / 4 % 3", "rem(div(8, 4), 3)"),
      ("a | b & c", "or(a, and(b, c))"), ("a & b + 1", "and(a, plus(b, 1))"), ("1 + 2 == 3 - 4", "equal(plus(1, 2), minus(3, 4))"),
      ("a == b != c", "neq(equal(a, b), c)"), ("a < b == c", "equal(lt(a, b), c)"), ("(1 + 2) * 3", "mul(plus(1, 2), 3)"),
      ("x = a > b", "eq(x, gt(a, b))"), ("x := 1 in xs", "assign(x, internal.member_2(1, xs))"),
      ("1 + 1 in xs | ys", "internal.member_2(plus(1, 1), or(xs, ys))"), ("k, v in xs", "internal.member_3(k, v, xs)"),
      ("a in b in c", "internal.member_2(internal.member_2(a, b), c)"), ("f(1 in xs, 2)", "f(internal.member_2(1, xs), 2)"),
      ("[1, 2 in xs]", "[1, internal.member_2(2, xs)]"), ("f((1, 2 in xs))", "f(internal.member_3(1, 2, xs))"),
      ("a >= 1; b <= 2", "gte(a, 1); lte(b, 2)"),
    ])
  func operators(_ text: String, _ tree: String) throws { #expect(try Reading.query(text) == tree) }

  @Test(
    "numbers",
    arguments: [
      ("0", "0"), ("-1", "-1"), ("- 1", "-1"), ("1.50", "1.50"), (".5", "0.5"), ("-.5", "-0.5"), ("1e3", "1e3"), ("1E-3", "1E-3"),
      ("0e5", "0e5"), ("123456789012345678901234567890", "123456789012345678901234567890"), ("-x", "minus(0, x)"),
      ("-f(1)", "minus(0, f(1))"), ("9e30102", "9e30102"), ("1e-30103", "1e-30103"), ("0e999999", "0e999999"),
    ])
  func numbers(_ text: String, _ tree: String) throws { #expect(try Reading.query(text) == tree) }

  @Test(
    "wrong numbers",
    arguments: [
      ("01", "1:1 unexpected number token: expected number without leading zero"), ("1.", "1:1 expected fraction"),
      ("1e", "1:1 expected exponent"), ("1a", "1:1 illegal number format"), ("1e30103", "1:1 number too big"),
      ("1e-30105", "1:1 number too big"), ("1e99999999999999999999", "1:1 number too big"),
      ("- [1]", "1:3 unexpected [ token: expected number"),
    ])
  func wrongNumbers(_ text: String, _ message: String) { #expect(Reading.queryErrors(of: text).first == message) }

  @Test(
    "strings",
    arguments: [
      (#""a""#, "'a'"), (#""\u00e9\n\/\"""#, "'\u{E9}\n/\"'"), (#""\ud83d\ude00""#, "'\u{1F600}'"), (#""\ud83dx""#, "'\u{FFFD}x'"),
      (#""\ude00""#, "'\u{FFFD}'"), ("`a\\n\"b`", "'a\\n\"b'"), ("`two\nrows`", "'two\nrows'"), ("\"tab\there\"", "'tab\there'"),
    ])
  func strings(_ text: String, _ tree: String) throws { #expect(try Reading.query(text) == tree) }

  @Test(
    "wrong strings",
    arguments: [
      (#""a"#, "non-terminated string"), ("\"a\nb\"", "non-terminated string"), ("`a", "non-terminated string"),
      (#""\x""#, "illegal escape sequence"), (#""\u12g4""#, #"illegal string literal: "\u12g4""#),
      ("\"\\n\t\"", "illegal string literal: \"\\n\t\""),
      ("\"\0\"", "illegal null character"),
    ])
  func wrongStrings(_ text: String, _ message: String) { #expect(Reading.queryErrors(of: text).first == "1:1 " + message) }

  @Test(
    "references and calls",
    arguments: [
      ("a.b[c].d", "ref(a, 'b', c, 'd')"), ("a[b[0]]", "ref(a, ref(b, 0))"), ("input", "input"), ("data.x", "ref(data, 'x')"),
      ("f(1).x", "ref(f(1), 'x')"), ("a.f(1, 2)", "a.f(1, 2)"), ("f(g(h()))", "f(g(h()))"), ("f(1)(2)", "f(1); 2"),
      ("{1: 2}[1]", "ref({1: 2}, 1)"), ("[1, 2][_]", "ref([1, 2], _)"), ("{1, 2}[x]", "ref(set{1, 2}, x)"), ("set()", "set{}"),
      ("f(1,)", "f(1)"), ("a [0]", "a; [0]"), ("a.b.with", "ref(a, 'b', 'with')"), ("with.a", "ref(with, 'a')"), ("not.x", "ref(not, 'x')"),
      ("true.x", "ref(true, 'x')"), ("in[0]", "ref(in, 0)"), ("a[1 in b]", "ref(a, internal.member_2(1, b))"),
      ("a[1, 2 in b]", "ref(a, internal.member_3(1, 2, b))"), ("contains(a, b)", "contains(a, b)"), ("\"a\".b", nil), ("a. b", nil),
      ("a.1", nil),
    ])
  func references(_ text: String, _ tree: String?) {
    #expect((try? Reading.query(text)) == tree)
  }

  @Test(
    "collections and comprehensions",
    arguments: [
      ("[]", "[]"), ("{}", "{}"), ("[1, [2], {}]", "[1, [2], {}]"), ("{1}", "set{1}"), ("{1, 2,}", "set{1, 2}"), ("{, 1}", "set{1}"),
      ("[, 1]", "[1]"), (#"{"a": 1, b: {2}}"#, "{'a': 1, b: set{2}}"), ("{1 + 1: 2}", "{plus(1, 1): 2}"),
      ("{1 + 1, 2}", "set{plus(1, 1), 2}"),
      ("{1: 2 + 3, 4: 5}", "{1: plus(2, 3), 4: 5}"), ("[x | x := 1]", "[x | assign(x, 1)]"),
      ("{x | x := 1; x}", "set{x | assign(x, 1); x}"),
      ("{k: v | v := d[k]}", "{k: v | assign(v, ref(d, k))}"), ("{a | b}", "set{a | b}"), ("[a | b, c]", "[or(a, b), c]"),
      ("{a | b, c}", "set{or(a, b), c}"), ("{(a | b)}", "set{or(a, b)}"), ("{1: (a | b)}", "{1: or(a, b)}"),
      ("[x |\n a\n b]", "[x | a; b]"),
      ("{a + 1: b | c}", "{plus(a, 1): b | c}"), ("{\"a\": {\"b\": [{}]}}", "{'a': {'b': [{}]}}"),
    ])
  func collections(_ text: String, _ tree: String) throws { #expect(try Reading.query(text) == tree) }

  @Test(
    "some, every, not, with",
    arguments: [
      ("some x", "some x"), ("some x, y; x", "some x, y; x"), ("some x in xs", "some x in xs"), ("some k, v in xs", "some k, v in xs"),
      ("some _ in xs", "some _ in xs"), ("some [a, b] in xs", "some [a, b] in xs"),
      ("some x in xs with input as 1", "some x in xs with input as 1"),
      ("every x in xs { x; y }", "every x in xs {x; y}"), ("every k, v in {1: 2} { k }", "every k, v in {1: 2} {k}"),
      ("not x", "not x"), ("not x == y", "not equal(x, y)"),
      ("x with input.a as 1 with data.b as f(2)", "x with ref(input, 'a') as 1 with ref(data, 'b') as f(2)"),
      ("not x with input as y", "not x with input as y"), ("x := y with f as g", "assign(x, y) with f as g"),
    ])
  func statements(_ text: String, _ tree: String) throws { #expect(try Reading.query(text) == tree) }

  @Test(
    "what a statement may not be",
    arguments: [
      ("not some x", "1:5 unexpected some keyword: illegal negation of 'some'"),
      ("every x { y }", "1:9 unexpected { token: expected `x[, y] in xs { ... }` expression"),
      ("every x in xs", "1:13 unexpected eof token: missing body"),
      ("every 1 in xs { y }", "1:15 unexpected { token: expected value to be a variable"),
      ("some 1", "1:6 unexpected number token: expected var"), ("x with 1 as 2", "1:8 unexpected number token: expected ident"),
      ("x with input 2", "1:14 unexpected number token: expected as keyword"), ("a b", nil),
      ("[1 2]", #"1:4 unexpected number token: expected "," or "]""#),
      ("{1 2}", "1:4 unexpected number token: non-terminated set"), ("(1 2)", "1:4 non-terminated expression"),
      ("f(1", #"1:3 unexpected eof token: expected "," or ")""#),
      ("a[1", "1:3 unexpected eof token: expected ["), ("{1: 2 3}", "1:7 unexpected number token: non-terminated object"),
      ("!x", "1:1 illegal ! character"),
      ("@", "1:1 illegal token"),
    ])
  func wrongStatements(_ text: String, _ message: String?) { #expect(Reading.queryErrors(of: text).first == message) }

  @Test("each wildcard has a name of its own")
  func wildcards() throws {
    let module = try Reading.module("package p\nx if { a[_][_]; b := [_ | c[_]]; {_ | d[_]} == set() }")
    var names: [String] = []
    func collect(_ term: Term) {
      switch term.node {
      case .variable(let name): if name.hasPrefix("$") { names.append(name) }
      case .reference(let terms), .array(let terms), .set(let terms): terms.forEach(collect)
      case .call(_, let operands): operands.forEach(collect)
      case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
        collect(head)
        body.forEach { if case .term(let term) = $0.kind { collect(term) } }
      default: break
      }
    }
    for expression in module.rules[0].body { if case .term(let term) = expression.kind { collect(term) } }
    #expect(names.count == 6)
    #expect(Set(names).count == 6)
  }

  @Test("one term")
  func terms() throws {
    #expect(TreeText.of(try Parser.term(Array("{1, {2: `x`}}".utf8))) == "set{1, {2: 'x'}}")
    for text in ["1; 2", "not x", "some x", "x with a as b", ""] {
      #expect(throws: RegoErrors.self) { try Parser.term(Array(text.utf8)) }
    }
  }
}
