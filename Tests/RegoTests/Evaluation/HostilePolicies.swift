/// Rules whose `attack` exceeds every budget, or what a function can hold.
enum HostilePolicies {
  static let exceeding = (loops + functions).map { HostilePolicyTests.Attack(name: $0.0, rules: $0.1) }
  static let refused = limits.map { HostilePolicyTests.Attack(name: $0.0, rules: $0.1) }

  private static let loops: [(String, String)] = [
    (
      "recursion through functions",
      #"""
      f(n) := g(n)
      g(n) := h([n])
      h(n) := n
      attack := sum([x | some i in numbers.range(1, 400000); x := count(h(i))])
      """#
    ),
    (
      "nested loops",
      #"""
      attack if { some a in numbers.range(1, 1000); some b in numbers.range(1, 1000); some c in numbers.range(1, 1000); a + b + c == 0 }
      """#
    ),
    (
      "cartesian set",
      #"""
      attack := {[a, b, c] | some a in numbers.range(1, 500); some b in numbers.range(1, 500); some c in numbers.range(1, 500)}
      """#
    ),
    (
      "range huge",
      #"""
      attack := numbers.range(1, 100000000000000000000)
      """#
    ),
    (
      "range step",
      #"""
      attack := numbers.range_step(1, 60000000, 1)
      """#
    ),
    (
      "concat doubling",
      #"""
      s0 := "0123456789abcdef"
      s1 := concat("", [s0, s0, s0, s0, s0, s0, s0, s0, s0, s0, s0, s0, s0, s0, s0, s0])
      s2 := concat("", [s1, s1, s1, s1, s1, s1, s1, s1, s1, s1, s1, s1, s1, s1, s1, s1])
      s3 := concat("", [s2, s2, s2, s2, s2, s2, s2, s2, s2, s2, s2, s2, s2, s2, s2, s2])
      s4 := concat("", [s3, s3, s3, s3, s3, s3, s3, s3, s3, s3, s3, s3, s3, s3, s3, s3])
      s5 := concat("", [s4, s4, s4, s4, s4, s4, s4, s4, s4, s4, s4, s4, s4, s4, s4, s4])
      s6 := concat("", [s5, s5, s5, s5, s5, s5, s5, s5, s5, s5, s5, s5, s5, s5, s5, s5])
      s7 := concat("", [s6, s6, s6, s6, s6, s6, s6, s6, s6, s6, s6, s6, s6, s6, s6, s6])
      attack := s7
      """#
    ),
    (
      "concat of one text many times",
      #"""
      s := concat("", [x | some i in numbers.range(1, 3000); x := "0123456789abcdef"])
      attack := concat(s, [y | some i in numbers.range(1, 90000); y := ""])
      """#
    ),
    (
      "replace growth",
      #"""
      s := concat("", [x | some i in numbers.range(1, 20000); x := "aaaaaaaaaa"])
      attack := replace(s, "a", s)
      """#
    ),
    (
      "replace empty",
      #"""
      s := concat("", [x | some i in numbers.range(1, 20000); x := "aaaaaaaaaa"])
      attack := replace(s, "", s)
      """#
    ),
    (
      "replace_n",
      #"""
      s := concat("", [x | some i in numbers.range(1, 20000); x := "aaaaaaaaaa"])
      attack := strings.replace_n({"a": s, "b": "c"}, s)
      """#
    ),
    (
      "sprintf many",
      #"""
      s := concat("", [x | some i in numbers.range(1, 20000); x := "%1000000d"])
      attack := sprintf(s, numbers.range(1, 20000))
      """#
    ),
    (
      "sprintf indexed",
      #"""
      s := concat("", [x | some i in numbers.range(1, 20000); x := "%[1]s"])
      attack := sprintf(s, [s])
      """#
    ),
    (
      "array concat doubling",
      #"""
      a0 := numbers.range(1, 1000)
      a1 := array.concat(array.concat(array.concat(a0, a0), array.concat(a0, a0)), array.concat(array.concat(a0, a0), array.concat(a0, a0)))
      a2 := array.concat(array.concat(array.concat(a1, a1), array.concat(a1, a1)), array.concat(array.concat(a1, a1), array.concat(a1, a1)))
      a3 := array.concat(array.concat(array.concat(a2, a2), array.concat(a2, a2)), array.concat(array.concat(a2, a2), array.concat(a2, a2)))
      a4 := array.concat(array.concat(array.concat(a3, a3), array.concat(a3, a3)), array.concat(array.concat(a3, a3), array.concat(a3, a3)))
      a5 := array.concat(array.concat(array.concat(a4, a4), array.concat(a4, a4)), array.concat(array.concat(a4, a4), array.concat(a4, a4)))
      a6 := array.concat(array.concat(array.concat(a5, a5), array.concat(a5, a5)), array.concat(array.concat(a5, a5), array.concat(a5, a5)))
      attack := a6
      """#
    ),
    (
      "shared nesting",
      #"""
      n0 := [1, 1]
      n1 := [n0, n0, n0, n0, n0, n0, n0, n0, n0, n0]
      n2 := [n1, n1, n1, n1, n1, n1, n1, n1, n1, n1]
      n3 := [n2, n2, n2, n2, n2, n2, n2, n2, n2, n2]
      n4 := [n3, n3, n3, n3, n3, n3, n3, n3, n3, n3]
      n5 := [n4, n4, n4, n4, n4, n4, n4, n4, n4, n4]
      n6 := [n5, n5, n5, n5, n5, n5, n5, n5, n5, n5]
      n7 := [n6, n6, n6, n6, n6, n6, n6, n6, n6, n6]
      n8 := [n7, n7, n7, n7, n7, n7, n7, n7, n7, n7]
      attack := count(json.marshal(n8))
      """#
    ),
    (
      "shared nesting walk",
      #"""
      n0 := [1, 1]
      n1 := [n0, n0, n0, n0, n0, n0, n0, n0, n0, n0]
      n2 := [n1, n1, n1, n1, n1, n1, n1, n1, n1, n1]
      n3 := [n2, n2, n2, n2, n2, n2, n2, n2, n2, n2]
      n4 := [n3, n3, n3, n3, n3, n3, n3, n3, n3, n3]
      n5 := [n4, n4, n4, n4, n4, n4, n4, n4, n4, n4]
      n6 := [n5, n5, n5, n5, n5, n5, n5, n5, n5, n5]
      n7 := [n6, n6, n6, n6, n6, n6, n6, n6, n6, n6]
      n8 := [n7, n7, n7, n7, n7, n7, n7, n7, n7, n7]
      attack := count([x | walk(n8, x)])
      """#
    ),
    (
      "shared nesting result",
      #"""
      n(i) := [i, i, i, i, i, i, i, i, i, i]
      attack := n(n(n(n(n(n(n(n(n([1, 2])))))))))
      """#
    ),
    (
      "shared nesting yaml",
      #"""
      n(i) := [i, i, i, i, i, i, i, i, i, i]
      attack := yaml.marshal(n(n(n(n(n(n(n(n(n([1, 2]))))))))))
      """#
    ),
    (
      "shared nesting sprintf",
      #"""
      n(i) := [i, i, i, i, i, i, i, i, i, i]
      attack := sprintf("%v", [n(n(n(n(n(n(n(n(n([1, 2])))))))))])
      """#
    ),
    (
      "shared nesting template",
      #"""
      n(i) := [i, i, i, i, i, i, i, i, i, i]
      attack := $"{n(n(n(n(n(n(n(n(n([1, 2])))))))))}"
      """#
    ),
    (
      "object union deep shared",
      #"""
      n(i) := {"a": i, "b": i, "c": i, "d": i, "e": i, "f": i, "g": i, "h": i}
      attack := object.union(n(n(n(n(n(n(n(n(n(n({"x": 1})))))))))), n(n(n(n(n(n(n(n(n(n({"y": 1})))))))))))
      """#
    ),
    (
      "union_n",
      #"""
      o0 := {sprintf("%d", [i]): i | some i in numbers.range(1, 10000)}
      attack := object.union_n([o0 | some i in numbers.range(1, 100000)])
      """#
    ),
    (
      "json unmarshal wide",
      #"""
      s := concat(",", [x | some i in numbers.range(1, 200000); x := "[[[[[[[[1]]]]]]]]"])
      attack := count([x | some i in numbers.range(1, 100); x := json.unmarshal(concat("", ["[", s, "]"]))])
      """#
    ),
    (
      "regex replace",
      #"""
      s := concat("", [x | some i in numbers.range(1, 20000); x := "aaaaaaaaaa"])
      attack := regex.replace(s, "a", s)
      """#
    ),
    (
      "regex states",
      #"""
      s := concat("", [x | some i in numbers.range(1, 100000); x := "ababbabaab"])
      attack := regex.match(`(a|b)*a(a|b){300}c`, s)
      """#
    ),
    (
      "glob stars",
      #"""
      s := concat("", [x | some i in numbers.range(1, 3000); x := "*a"])
      t := concat("", [x | some i in numbers.range(1, 30000); x := "aaaaaaaaab"])
      attack := glob.match(s, [], t)
      """#
    ),
    (
      "graph reachable paths",
      #"""
      g := {sprintf("%d", [i]): [sprintf("%d", [j]) | some j in numbers.range(1, 14)] | some i in numbers.range(1, 14)}
      attack := count(graph.reachable_paths(g, {"1"}))
      """#
    ),
    (
      "graph long",
      #"""
      g := {i: [i + 1] | some i in numbers.range(1, 20000)}
      attack := graph.reachable_paths(g, numbers.range(1, 20000))
      """#
    ),
    (
      "base64 bomb",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "aaaaaaaaaa"])
      attack := count(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(base64.encode(s)))))))))))))
      """#
    ),
    (
      "hex bomb",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "aaaaaaaaaa"])
      attack := count(hex.encode(hex.encode(hex.encode(hex.encode(hex.encode(hex.encode(hex.encode(hex.encode(hex.encode(hex.encode(s)))))))))))
      """#
    ),
  ]

  private static let functions: [(String, String)] = [
    (
      "urlquery",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "%%%%%%%%%%"])
      attack := count(urlquery.encode(urlquery.encode(urlquery.encode(urlquery.encode(urlquery.encode(urlquery.encode(urlquery.encode(s))))))))
      """#
    ),
    (
      "cidr expand",
      #"""
      attack := net.cidr_expand("0.0.0.0/0")
      """#
    ),
    (
      "cidr expand 6",
      #"""
      attack := net.cidr_expand("::/0")
      """#
    ),
    (
      "cidr merge",
      #"""
      attack := count(net.cidr_merge([x | some a in numbers.range(0, 255); some b in numbers.range(0, 255); some c in numbers.range(0, 7); x := sprintf("%d.%d.%d.0/30", [a, b, c])]))
      """#
    ),
    (
      "cidr contains matches",
      #"""
      c := [x | some a in numbers.range(0, 255); some b in numbers.range(0, 20); x := sprintf("%d.%d.0.0/30", [a, b])]
      attack := count(net.cidr_contains_matches(c, c))
      """#
    ),
    (
      "time format",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "Monday January"])
      attack := count([y | some i in numbers.range(1, 1000); y := time.format([i, "UTC", s])])
      """#
    ),
    (
      "graphql fragments",
      #"""
      q := concat(" ", [x | some i in numbers.range(1, 3000); x := sprintf("fragment f%d on Query { a ...f%d ...f%d }", [i, i + 1, i + 1])])
      attack := graphql.is_valid(concat(" ", ["{ ...f1 }", q, "fragment f3001 on Query { a }"]), "type Query { a: Int }")
      """#
    ),
    (
      "graphql overlap",
      #"""
      s := concat(" ", [x | some i in numbers.range(1, 3000); x := "a { b }"])
      attack := graphql.is_valid(concat("", ["{", s, "}"]), "type Query { a: T } type T { b: Int }")
      """#
    ),
    (
      "json patch",
      #"""
      o := {"a": numbers.range(1, 10000)}
      attack := json.patch(o, [{"op": "copy", "from": "/a", "path": sprintf("/b%d", [i])} | some i in numbers.range(1, 100000)])
      """#
    ),
    (
      "split",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "a,a,a,a,a,"])
      attack := count([y | some i in numbers.range(1, 1000); y := split(s, ",")])
      """#
    ),
    (
      "substring",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "äaaaaaaaaa"])
      attack := count([y | some i in numbers.range(1, 100000); y := substring(s, 0, 1900000 + i)])
      """#
    ),
    (
      "indexof_n",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "aaaaaaaaaa"])
      attack := count([y | some i in numbers.range(1, 1000); y := indexof_n(s, "a")])
      """#
    ),
    (
      "strings reverse",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "äaaaaaaaaa"])
      attack := count([y | some i in numbers.range(1, 100000); y := strings.reverse(concat("", [s, format_int(i, 10)]))])
      """#
    ),
    (
      "contains work",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "aaaaaaaaaa"])
      attack := count([y | some i in numbers.range(1, 100000); y := contains(s, concat("", ["aaaaaaaaaaaaab", format_int(i, 10)]))])
      """#
    ),
    (
      "sort work",
      #"""
      a := numbers.range(1, 300000)
      attack := count([y | some i in numbers.range(1, 100000); y := sort(array.concat(a, [i]))])
      """#
    ),
    (
      "sum work",
      #"""
      a := numbers.range(1, 300000)
      attack := count([y | some i in numbers.range(1, 100000); y := sum(array.concat(a, [i]))])
      """#
    ),
    (
      "set ops work",
      #"""
      a := {i | some i in numbers.range(1, 100000)}
      attack := count([y | some i in numbers.range(1, 100000); y := count(a & (a | {i}))])
      """#
    ),
    (
      "slice work",
      #"""
      a := numbers.range(1, 300000)
      attack := count([y | some i in numbers.range(1, 100000); y := array.slice(a, 0, 200000 + i)])
      """#
    ),
    (
      "strings count",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "aaaaaaaaaa"])
      attack := count([y | some i in numbers.range(1, 100000); y := strings.count(s, concat("", ["a", format_int(i, 10)]))])
      """#
    ),
    (
      "big with",
      #"""
      o := {sprintf("%d", [i]): i | some i in numbers.range(1, 50000)}
      attack := count([y | some i in numbers.range(1, 100000); y := input.x with input as o with input.x as i])
      """#
    ),
    (
      "with in a loop",
      #"""
      q := input
      attack := count([y | some i in numbers.range(1, 400000); y := q with input as i])
      """#
    ),
    (
      "render template",
      #"""
      attack := strings.render_template("{{range .a}}{{range $.a}}{{range $.a}}{{range $.a}}x{{end}}{{end}}{{end}}{{end}}", {"a": numbers.range(1, 1000)})
      """#
    ),
    (
      "partial set",
      #"""
      attack contains [i, j] if { some i in numbers.range(1, 3000); some j in numbers.range(1, 3000) }
      """#
    ),
    (
      "partial object",
      #"""
      attack[i][j] := 1 if { some i in numbers.range(1, 3000); some j in numbers.range(1, 3000) }
      """#
    ),
    (
      "object keys",
      #"""
      o := {sprintf("%d", [i]): i | some i in numbers.range(1, 100000)}
      attack := count([y | some i in numbers.range(1, 100000); y := object.keys(o)])
      """#
    ),
    (
      "object remove",
      #"""
      o := {sprintf("%d", [i]): i | some i in numbers.range(1, 100000)}
      attack := count([y | some i in numbers.range(1, 100000); y := object.remove(o, [format_int(i, 10)])])
      """#
    ),
    (
      "object subset",
      #"""
      o := {sprintf("%d", [i]): i | some i in numbers.range(1, 100000)}
      attack := count([y | some i in numbers.range(1, 100000); y := object.subset(o, o)])
      """#
    ),
    (
      "min",
      #"""
      a := numbers.range(1, 300000)
      attack := count([y | some i in numbers.range(1, 100000); y := max(a) + i])
      """#
    ),
    (
      "trim",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "aaaaaaaaaa"])
      attack := count([y | some i in numbers.range(1, 100000); y := trim(s, "a")])
      """#
    ),
    (
      "number power",
      #"""
      f(x) := x * x
      attack := f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(123456789123456789))))))))))))))))))))))))))))))
      """#
    ),
  ]

  private static let limits: [(String, String)] = [
    (
      "json unmarshal deep",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "["])
      attack := json.unmarshal(s)
      """#
    ),
    (
      "yaml bomb",
      #"""
      attack := yaml.unmarshal("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\ni: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h]\n")
      """#
    ),
    (
      "yaml deep",
      #"""
      s := concat("", [x | some i in numbers.range(1, 100000); x := "["])
      attack := yaml.unmarshal(s)
      """#
    ),
    (
      "json schema recursion",
      #"""
      attack := json.match_schema({"a": 1}, {"$ref": "#"})
      """#
    ),
    (
      "graphql nesting",
      #"""
      s := concat("", [x | some i in numbers.range(1, 100000); x := "{a"])
      attack := graphql.parse_query(s)
      """#
    ),
    (
      "units",
      #"""
      attack := units.parse("1e1000000000")
      """#
    ),
    (
      "units bytes",
      #"""
      attack := units.parse_bytes("1e1000000000GB")
      """#
    ),
    (
      "bits lsh",
      #"""
      attack := bits.lsh(1, 100000000000)
      """#
    ),
    (
      "bits lsh medium",
      #"""
      attack := bits.lsh(1, 4000000000)
      """#
    ),
    (
      "regex big count",
      #"""
      attack := regex.match(`((((a{1,10}){1,10}){1,10}){1,10}){1,10}b`, "aaaa")
      """#
    ),
    (
      "rego parse module",
      #"""
      s := concat("", [x | some i in numbers.range(1, 200000); x := "["])
      attack := rego.parse_module("a.rego", concat("", ["package a\nx := ", s]))
      """#
    ),
    (
      "sprintf width",
      #"""
      attack := sprintf("%2000000000d", [1])
      """#
    ),
  ]
}
