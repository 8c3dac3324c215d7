import Rego
import Testing

@Suite("and, or, not { }")
struct LogicTests {
  @Test(
    "operands and precedence",
    arguments: [
      ("x and y", "and(x, y)"), ("x or y and z", "or(x, and(y, z))"), ("x and y or z", "or(and(x, y), z)"),
      ("x and y and z", "and(x, y, z)"),
      ("not x and y", "and(not(x), y)"), ("x or not y", "or(x, not(y))"), ("not { x or y }", "not({or(x, y)})"),
      ("{ x; y } and z", "and({x; y}, z)"),
      ("x and { y; z }", "and(x, {y; z})"), ("{a; b} or {c; d}", "or({a; b}, {c; d})"), ("{x or y} and z", "and({or(x, y)}, z)"),
      ("a and (b or c)", "and(a, or(b, c))"), ("(a or b) and c", "and(or(a, b), c)"), ("((a or b))", "or(a, b)"),
      ("a or ((b))", "or(a, b)"),
      ("not (a or b)", "not(or(a, b))"), ("not (a)", "not(a)"), ("(not a or b)", "or(not(a), b)"),
      ("x and not (a or b)", "and(x, not(or(a, b)))"),
      ("(a == b) or (c == d)", "or(equal(a, b), equal(c, d))"), ("not { x } and y", "and(not({x}), y)"),
      ("a and b with input as v", "and(a, b) with input as v"),
      ("{a with input as v} and b", "and({a with input as v}, b)"), ("(a with input as v) and b", "and(a with input as v, b)"),
      ("(a or b with input as x) and c", "and(or(a, b) with input as x, c)"),
      ("not (a or b) with input as x", "not(or(a, b)) with input as x"),
      ("(a or b) with input as x", "or(a, b) with input as x"), ("{1} == x", "equal(set{1}, x)"), ("({})", "{}"), ("x & y", "and(x, y)"),
      ("and(x, y)", "and(x, y)"),
      ("f(x) and count(y) > 1", "and(f(x), gt(count(y), 1))"), ("x.and or y.or", "or(ref(x, 'and'), ref(y, 'or'))"),
      ("or.x", "ref(or, 'x')"), ("a := b", "assign(a, b)"),
    ])
  func operands(_ text: String, _ tree: String) throws { #expect(try Reading.query(text, Reading.logical) == tree) }

  @Test(
    "mistakes",
    arguments: [
      ("a with input as v and b", "`with` modifier is not allowed on operand of `and`"),
      ("a and b with input as v or c", "unexpected or keyword"), ("x and", "unexpected eof token"),
      ("x or or y", "unexpected or keyword"), ("f(x and y)", "unexpected and keyword"), ("a or ()", "empty parenthesized group"),
      ("a and (b or c", "expected ) to close parenthesized group"),
      ("a and {}", "found empty body"), ("(a or b) == c", "unexpected equal token"), ("{a | b} or c", "ambiguous `{ ... | ... }` operand"),
      ("{1, 2} and c", "operand of `and` cannot begin with `{`"),
      ("a or print(1)", "operand of `or` cannot consist only of calls to `print`"),
      ("not { 1, 2 }", "`{...}` in an operand position must contain expression(s), got: set"),
    ])
  func mistakes(_ text: String, _ message: String) {
    let errors = (Reading.errors(of: "package p\nx if {\n\(text)\n}", Reading.logical) + Reading.queryErrors(of: text, Reading.logical))
    #expect(errors.contains { $0.contains(message) })
  }

  @Test("they are names where they are not imported")
  func names() throws {
    let allowed = Parser.Options(experimentalKeywords: true)
    #expect(try Reading.query("and := 1; or == x; not.x", allowed) == "assign(and, 1); equal(or, x); ref(not, 'x')")
    #expect(try Reading.rules("import future.keywords.or\nx if a or b", allowed) == ["x if or(a, b)"])
    #expect(Reading.errors(of: "package p\nimport future.keywords.or\nx if a and b", allowed).isEmpty == false)
    #expect(try Reading.rules("import future.keywords.not\nx if not { y; z }") == ["x if not({y; z})"])
    #expect(try Reading.rules("x if not {y}") == ["x if not set{y}"])
  }
}
