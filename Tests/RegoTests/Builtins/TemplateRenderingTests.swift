import Testing

@Suite("strings.render_template")
struct TemplateRenderingTests {
  @Test(
    "Templates",
    arguments: [
      ("a {{.x}} b", "{\"x\": \"v\"}", "a v b"), ("{{.a.b}}{{ .n }}", "{\"a\": {\"b\": 1}, \"n\": 1.50}", "11.50"),
      ("{{/* note */}}x{{- /* y */ -}}  z", "{}", "xz"), ("a  {{- .x -}}  b", "{\"x\": 1}", "a1b"),
      ("{{if .x}}y{{else if .y}}z{{else}}n{{end}}", "{\"y\": [1]}", "z"),
      ("{{range .l}}<{{.}}>{{end}}", "{\"l\": [1, \"a\", null]}", "<1><a><<undefined>>"),
      ("{{range .l}}x{{else}}none{{end}}", "{\"l\": []}", "none"),
      ("{{range $k, $v := .m}}{{$k}}={{$v}};{{end}}", "{\"m\": {\"b\": 2, \"a\": 1}}", "a=1;b=2;"),
      (
        "{{range $i, $v := .l}}{{if eq $i 1}}{{continue}}{{end}}{{if eq $i 3}}{{break}}{{end}}{{$v}}{{end}}", "{\"l\": [1, 2, 3, 4, 5]}",
        "13"
      ),
      ("{{with .a}}{{.b}}{{$.c}}{{end}}", "{\"a\": {\"b\": 1}, \"c\": 2}", "12"), ("{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "{}", "12"),
      ("{{.a}} {{.m}}", "{\"a\": [1, [2]], \"m\": {\"k\": \"v\"}}", "[1 [2]] map[k:v]"),
      ("{{printf \"%05d-%s\" 42 .s}}", "{\"s\": \"x\"}", "00042-x"), ("{{.s | printf \"%q\"}}", "{\"s\": \"x\"}", "\"x\""),
      ("{{len .l}} {{index .l 1}} {{index .m \"k\"}}", "{\"l\": [7, 8], \"m\": {\"k\": 9}}", "2 8 9"),
      ("{{and .a .b}} {{or .a .b}} {{not .a}}", "{\"a\": false, \"b\": 1}", "false 1 true"),
      ("{{if and (gt 2 1) (lt 1 2)}}ok{{end}}", "{}", "ok"),
      ("{{html \"<a>\"}} {{js \"'\"}} {{urlquery \"a b\"}}", "{}", "&lt;a&gt; \\' a+b"), ("{{`raw`}} {{\"q\\n\"}}", "{}", "raw q\n"),
      ("{{print 1 2 \"a\"}}", "{}", "1 2a"), ("{{slice .s 1 3}}", "{\"s\": \"abcd\"}", "bc"), ("{{.missing}}", "{}", "<undefined>"),
      ("{{eq .x 1 2 3}}", "{\"x\": 3}", "true"),
    ])
  func rendering(template: String, values: String, expected: String) {
    #expect(Calling().result("strings.render_template", "\(quoted(template)), \(values)") == quoted(expected))
  }

  @Test(
    "What is no template, and what cannot be rendered",
    arguments: [
      ("{{", "unclosed action"), ("{{.x", "unclosed action"), ("{{end}}", "unexpected {{end}}"), ("{{if .x}}", "unexpected EOF"),
      ("{{foo}}", "function \"foo\" not defined"), ("{{.x.y.z}}", "nil data; no entry for key \"y\""),
      ("{{range 5}}{{end}}", "range can't iterate over 5"), ("{{$x}}", "undefined variable: $x"),
      ("{{define \"x\"}}{{end}}", "{{define}} is not supported"), ("{{\"a}}", "unterminated quoted string"), ("{{/* x", "unclosed comment"),
      ("{{(1}}", "unclosed left paren"),
    ])
  func refusal(template: String, expected: String) {
    let result = Calling().result("strings.render_template", "\(quoted(template)), {}")
    #expect(result.hasPrefix("error: template: template:1: ") && result.hasSuffix(expected), "\(result)")
  }

  @Test("Nesting and loops are bounded")
  func bounds() {
    let nested = String(repeating: "{{if .x}}", count: 10_000)
    #expect(Calling().result("strings.render_template", "\"\(nested)\", {}").hasSuffix("max expression depth exceeded"))
    let parens = "{{" + String(repeating: "(", count: 10_000)
    #expect(Calling().result("strings.render_template", "\"\(parens)\", {}").hasPrefix("error"))
    let loops = String(repeating: "{{range $.l}}", count: 9) + "x" + String(repeating: "{{end}}", count: 9)
    #expect(
      Calling(steps: 100_000).result("strings.render_template", "\"\(loops)\", {\"l\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}").hasPrefix("fatal"))
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
  }
}
