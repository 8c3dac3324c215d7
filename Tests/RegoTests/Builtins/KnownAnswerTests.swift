import Testing

@Suite("Built-in functions")
struct KnownAnswerTests {
  private func check(_ name: String, _ rows: [(operands: String, expected: String)]) {
    for row in rows { #expect(Calling().result(name, row.operands) == row.expected, "\(name)(\(row.operands))") }
  }

  @Test("Strings: searching and cutting")
  func searching() {
    check(
      "indexof",
      [("\"abcabc\", \"c\"", "2"), ("\"äöü\", \"ü\"", "2"), ("\"a\", \"b\"", "-1"), ("\"a\", \"\"", "error: empty search character")])
    check("indexof_n", [("\"aaaa\", \"aa\"", "[0, 1, 2]"), ("\"äxäx\", \"x\"", "[1, 3]"), ("\"a\", \"b\"", "[]")])
    check("strings.count", [("\"cheese\", \"e\"", "3"), ("\"aaa\", \"aa\"", "1"), ("\"äö\", \"\"", "3")])
    check(
      "substring",
      [
        ("\"abcdef\", 2, 3", "\"cde\""), ("\"abc\", 1, -1", "\"bc\""), ("\"äöü\", 1, 1", "\"ö\""), ("\"abc\", 5, 1", "\"\""),
        ("\"abc\", 0, 9223372036854775807", "\"abc\""),
        ("\"abc\", -1, 1", "error: negative offset"),
        ("\"abc\", 1.0, 1", "type error: operand 2 must be integer number but got floating-point number"),
      ])
    check(
      "split",
      [
        ("\"a,b,,c\", \",\"", "[\"a\", \"b\", \"\", \"c\"]"), ("\"äb\", \"\"", "[\"ä\", \"b\"]"), ("\"abc\", \"x\"", "[\"abc\"]"),
        ("\"\", \",\"", "[\"\"]"),
      ])
    check(
      "strings.repeat",
      [
        ("\"ab\", 3", "\"ababab\""), ("\"世界\", 2", "\"世界世界\""), ("\"x\", 0", "\"\""), ("\"\", 5", "\"\""), ("\"\", 1000000000000", "\"\""),
        ("\"x\", -1", "error: negative count"),
        ("\"x\", 1.5", "type error: operand 2 must be integer number but got floating-point number"),
      ])
    check("strings.reverse", [("\"aé中😀\"", "\"😀中éa\"")])
    check(
      "concat",
      [
        ("\",\", [\"a\", \"b\"]", "\"a,b\""), ("\",\", []", "\"\""),
        ("\",\", [1]", "type error: operand 2 must be array of strings but got array containing number"),
        ("\",\", 1", "type error: operand 2 must be one of {set, array} but got number"),
      ])
  }

  @Test("Strings: editing")
  func editing() {
    check("lower", [("\"ÀB\\u0130ẞ\"", "\"àbiß\"")])
    check("upper", [("\"straße\\u1f80ŉ\"", "\"STRAßE\\u1f88ŉ\"".replacing("\\u1f88", with: "\u{1F88}"))])
    check("trim", [("\"xxabxx\", \"x\"", "\"ab\""), ("\"äöaöä\", \"äö\"", "\"a\""), ("\"aaa\", \"a\"", "\"\""), ("\"a\", \"\"", "\"a\"")])
    check("trim_left", [("\"xax\", \"x\"", "\"ax\"")])
    check("trim_right", [("\"xax\", \"x\"", "\"xa\"")])
    check("trim_prefix", [("\"aab\", \"a\"", "\"ab\"")])
    check("trim_suffix", [("\"abb\", \"b\"", "\"ab\""), ("\"ab\", \"\"", "\"ab\"")])
    check("trim_space", [("\" \\t\\u00a0a b\\u2003\\n\"", "\"a b\"")])
    check(
      "replace",
      [
        ("\"aaa\", \"a\", \"bb\"", "\"bbbbbb\""), ("\"ab\", \"\", \"-\"", "\"-a-b-\""), ("\"abab\", \"aba\", \"x\"", "\"xb\""),
        ("\"abc\", \"x\", \"y\"", "\"abc\""),
      ])
    check(
      "strings.replace_n",
      [
        ("{\"<\": \"&lt;\", \">\": \"&gt;\"}, \"<b>\"", "\"&lt;b&gt;\""), ("{\"a\": \"b\", \"b\": \"c\"}, \"ab\"", "\"bc\""),
        ("{\"a\": \"1\", \"ab\": \"2\"}, \"ab\"", "\"1b\""),
        ("{\"\": \"-\", \"b\": \"X\"}, \"abc\"", "\"-a-X-c-\""),
        ("{\"a\": 1}, \"a\"", "type error: operand 1 non-string value found in pattern object"),
      ])
    check(
      "strings.any_prefix_match",
      [("[\"abc\", \"xyz\"], [\"q\", \"xy\"]", "true"), ("\"abc\", \"b\"", "false"), ("[], [\"\"]", "false"), ("\"a\", \"\"", "true")])
    check("strings.any_suffix_match", [("[\"abc\"], [\"bc\"]", "true"), ("\"abc\", [\"ab\"]", "false")])
  }

  @Test("Conversions")
  func conversions() {
    check(
      "to_number",
      [
        ("null", "0"), ("true", "1"), ("\"12\"", "12"), ("\"1.50\"", "1.50"), ("\"-0\"", "-0"), ("\"+5\"", "5"), ("\".5\"", "0.5"),
        ("\"007\"", "7"), ("\"1e3\"", "1e3"), ("\"0x10p0\"", "16"),
        ("\"\"", "error: strconv.ParseFloat: parsing \"\": invalid syntax"),
        ("\"1 \"", "error: strconv.ParseFloat: parsing \"1 \": invalid syntax"),
        ("\"1e999\"", "error: strconv.ParseFloat: parsing \"1e999\": value out of range"),
        ("\"Inf\"", "type error: operand 1 must be valid number string but got string"),
        ("\"-nan\"", "type error: operand 1 must be valid number string but got string"),
        ("[]", "type error: operand 1 must be one of {null, boolean, number, string} but got array"),
      ])
    check("type_name", [("1", "\"number\""), ("{}", "\"object\"")])
    check(
      "bits.lsh",
      [
        ("1, 64", "18446744073709551616"), ("1, -1", "type error: operand 2 must be an unsigned integer number but got a negative integer"),
        ("1, 99999999999", "error: number too large"),
      ])
    check("bits.rsh", [("-5, 1", "-3"), ("5, 99999999999999", "0"), ("-5, 99999999999999", "-1")])
    check(
      "bits.and",
      [
        ("-1, 255", "255"), ("6, 3", "2"), ("1.5, 1", "type error: operand 1 must be integer number but got floating-point number"),
        ("\"a\", 1", "type error: operand 1 must be integer but got string"),
      ])
    check("bits.negate", [("0", "-1"), ("-1", "0")])
    check("bits.xor", [("-1, 1", "-2")])
    check(
      "numbers.range",
      [
        ("1, 3", "[1, 2, 3]"), ("3, 1", "[3, 2, 1]"), ("0, 0", "[0]"),
        ("9223372036854775807, 9223372036854775808", "[9223372036854775807, 9223372036854775808]"),
        ("0, 1e18", "fatal: timed out before generating all numbers in range"),
      ])
    check(
      "numbers.range_step",
      [("0, 10, 4", "[0, 4, 8]"), ("10, 0, 5", "[10, 5, 0]"), ("0, 1, 0", "error: numbers.range_step: step must be a positive integer")])
  }

  @Test("Encodings")
  func encodings() {
    check("base64.encode", [("\"\"", "\"\""), ("\"f\"", "\"Zg==\""), ("\"fo\"", "\"Zm8=\""), ("\"foo\"", "\"Zm9v\"")])
    check(
      "base64.decode",
      [
        ("\"Zm8=\"", "\"fo\""), ("\"Zm\\n8=\"", "\"fo\""), ("\"Zg\"", "error: illegal base64 data at input byte 0"),
        ("\"Z*==\"", "error: illegal base64 data at input byte 1"),
        ("\"Zg==x\"", "error: illegal base64 data at input byte 4"), ("\"/w==\"", "\"\u{FFFD}\""),
      ])
    check("base64url.decode", [("\"Zg\"", "\"f\""), ("\"_-8=\"", "\"\u{FFFD}\u{FFFD}\""), ("\"Z\"", "error: illegal base64url string: Z")])
    check("base64url.encode_no_pad", [("\"f>>\"", "\"Zj4-\"")])
    check("base64.is_valid", [("\"Zg==\"", "true"), ("\"Zg\"", "false"), ("1", "false")])
    check(
      "hex.decode",
      [
        ("\"48656C\"", "\"Hel\""), ("\"4\"", "error: encoding/hex: odd length hex string"),
        ("\"4g\"", "error: encoding/hex: invalid byte: U+0067 'g'"),
      ])
    check("urlquery.encode", [("\"a b&c=d/é~\"", "\"a+b%26c%3Dd%2F%C3%A9~\"")])
    check(
      "urlquery.decode",
      [("\"a+b%26\"", "\"a b&\""), ("\"%zz\"", "error: invalid URL escape \"%zz\""), ("\"%4\"", "error: invalid URL escape \"%4\"")])
    check(
      "urlquery.encode_object",
      [
        ("{\"b\": \"2\", \"a\": [\"1\", \"x y\"]}", "\"a=1&a=x+y&b=2\""),
        ("{\"a\": 1}", "type error: operand 1 values must be string, array[string], or set[string]"),
      ])
    check(
      "urlquery.decode_object",
      [
        ("\"a=1&b=2&a=3&c\"", "{\"a\": [\"1\", \"3\"], \"b\": [\"2\"], \"c\": [\"\"]}"),
        ("\"a=1;b=2\"", "error: invalid semicolon separator in query"),
      ])
    check(
      "json.marshal",
      [("{\"b\": 1.50, \"a\": \"<&>\\u2028\"}", "\"{\\\"a\\\":\\\"\\\\u003c\\\\u0026\\\\u003e\\\\u2028\\\",\\\"b\\\":1.50}\"")])
    check(
      "json.unmarshal",
      [
        ("\"{\\\"a\\\": [1, 2.0]}\"", "{\"a\": [1, 2.0]}"), ("\"{\"", "error: unexpected EOF"), ("\" \"", "error: EOF"),
        ("\"[1,]\"", "error: invalid character ']' looking for beginning of value"),
        ("\"\\\"\\\\ud800\\\"\"", "\"\u{FFFD}\""),
      ])
    check("json.is_valid", [("\"[1]\"", "true"), ("\"[1\"", "false"), ("1", "false")])
  }

  @Test("JSON documents: paths and patches")
  func documents() {
    check(
      "json.filter",
      [
        (
          "{\"a\": {\"b\": 1, \"c\": 2}, \"d\": [1, {\"e\": 3, \"f\": 4}]}, [\"a/b\", \"/d/1/f\"]",
          "{\"a\": {\"b\": 1}, \"d\": [{\"f\": 4}]}"
        ),
        ("{\"a/b\": 1, \"c~d\": 2}, [\"a~1b\", \"c~0d\"]", "{\"a/b\": 1, \"c~d\": 2}"), ("{\"a/b\": 1}, [[\"a/b\"]]", "{\"a/b\": 1}"),
        ("{\"a\": {\"b\": 1}}, [\"a\", \"a/x\"]", "{\"a\": {\"b\": 1}}"),
      ])
    check(
      "json.remove",
      [
        ("{\"a\": {\"b\": 1, \"c\": 2}, \"d\": [1, 2, 3]}, [\"a/b\", \"d/1\"]", "{\"a\": {\"c\": 2}, \"d\": [1, 3]}"),
        ("{\"a\": 1}, [\"\"]", "{\"a\": 1}"),
      ])
    check(
      "json.patch",
      [
        (
          "{\"a\": [1, 2]}, [{\"op\": \"add\", \"path\": \"/a/1\", \"value\": 9}, {\"op\": \"add\", \"path\": \"/a/-\", \"value\": 8}]",
          "{\"a\": [1, 9, 2, 8]}"
        ),
        (
          "{\"a\": 1, \"b\": {\"c\": 2}}, [{\"op\": \"move\", \"from\": \"/b/c\", \"path\": \"/d\"}, {\"op\": \"remove\", \"path\": \"/a\"}]",
          "{\"b\": {}, \"d\": 2}"
        ),
        (
          "{\"a\": {\"x\": 1}}, [{\"op\": \"copy\", \"from\": \"/a\", \"path\": \"/b\"}, {\"op\": \"replace\", \"path\": \"/b/x\", \"value\": 2}]",
          "{\"a\": {\"x\": 1}, \"b\": {\"x\": 2}}"
        ),
        ("{\"a\": 1}, [{\"op\": \"test\", \"path\": \"/a\", \"value\": 1.0}]", "{\"a\": 1}"),
        ("{\"a\": 1}, [{\"op\": \"test\", \"path\": \"/a\", \"value\": 2}]", "undefined"),
        ("{\"a\": [1]}, [{\"op\": \"add\", \"path\": \"/a/01\", \"value\": 1}]", "undefined"),
        ("{\"a\": [1]}, [{\"op\": \"remove\", \"path\": \"/a/1\"}]", "undefined"),
        ("{\"a\": 1}, [{\"op\": \"replace\", \"path\": \"/b\", \"value\": 1}]", "undefined"),
        ("{\"a\": 1}, [{\"op\": \"add\", \"path\": \"/a/b\", \"value\": 1}]", "undefined"),
        ("{\"a\": 1}, [{\"op\": \"replace\", \"path\": \"\", \"value\": [1]}]", "[1]"),
        ("[1], [{\"op\": \"add\", \"path\": [0], \"value\": 0}]", "[0, 1]"), ("{}, [{\"op\": \"jump\", \"path\": \"/a\"}]", "undefined"),
        (
          "{}, [{\"op\": \"add\", \"path\": \"/a\", \"value\": {\"x\": 1}}, {\"op\": \"remove\", \"path\": \"/a/x\"}, {\"op\": \"add\", \"path\": \"/a/y\", \"value\": 1}]",
          "{\"a\": {\"y\": 1}}"
        ),
      ])
    check(
      "object.union_n",
      [
        ("[{\"a\": {\"b\": 2}}, {\"a\": 4}, {\"a\": {\"c\": 3}}]", "{\"a\": {\"c\": 3}}"),
        ("[{\"a\": {\"b\": 2}}, {\"a\": {\"c\": 3}}]", "{\"a\": {\"b\": 2, \"c\": 3}}"), ("[]", "{}"),
        ("[{}, 1]", "type error: operand 1 must be array of objects but got array containing number"),
      ])
    check(
      "object.subset",
      [
        ("{\"a\": {\"b\": 1, \"c\": [1, 2, 3]}}, {\"a\": {\"c\": [2, 3]}}", "true"), ("[1, 2, 1, 2, 3], [1, 2, 3]", "true"),
        ("[1, 2], []", "true"), ("{\"a\": 1}, {\"a\": 2}", "false"),
        ("[1], 2", "type error: both arguments object.subset must be of the same type or array and set"),
      ])
    check(
      "object.get",
      [
        ("{\"a\": [{\"b\": 5}]}, [\"a\", 0, \"b\"], 0", "5"), ("{\"a\": 1}, [\"a\", \"b\"], 0", "0"), ("{\"a\": 1}, [], 0", "{\"a\": 1}"),
        ("{\"a\": null}, \"a\", 0", "null"),
      ])
  }

  @Test("Patterns")
  func patterns() {
    check(
      "regex.replace",
      [
        ("\"foo bar\", \"(\\\\w+) (\\\\w+)\", \"$2 ${1}x $$ $3\"", "\"bar foox $ \""), ("\"aaa\", \"b*\", \"x\"", "\"xaxaxax\""),
        ("\"a\", \"(\", \"\"", "error: error parsing regexp: missing closing ): `(`"),
      ])
    check(
      "regex.find_n",
      [("\"a.\", \"abacad\", -1", "[\"ab\", \"ac\", \"ad\"]"), ("\"a.\", \"abacad\", 2", "[\"ab\", \"ac\"]"), ("\"a\", \"a\", 0", "[]")])
    check("regex.find_all_string_submatch_n", [("\"a(x*)b\", \"-axxb-ab-\", -1", "[[\"axxb\", \"xx\"], [\"ab\", \"\"]]")])
    check("regex.split", [("\"a+\", \"bacaad\"", "[\"b\", \"c\", \"d\"]")])
    check("regex.is_valid", [("\"[a\"", "false"), ("\"a\"", "true"), ("1", "false")])
    check(
      "regex.template_match",
      [
        ("\"urn:{[a-z]+}:x.y\", \"urn:foo:x.y\", \"{\", \"}\"", "true"), ("\"urn:{[a-z]+}\", \"urn:1\", \"{\", \"}\"", "false"),
        ("\"{a\", \"a\", \"{\", \"}\"", "error: unbalanced braces in \"{a\""),
        ("\"a\", \"a\", \"ab\", \"}\"", "error: start delimiter has to be exactly one character long but is 2 long"),
      ])
    check(
      "regex.globs_match",
      [
        ("\"a.*b\", \".*\"", "true"), ("\"[a-c]+\", \"[x-z]+\"", "false"), ("\"a*\", \"b*\"", "true"), ("\"a+\", \"b*\"", "false"),
        ("\"a+b\", \"aab\"", "true"),
      ])
    check(
      "glob.match",
      [
        ("\"*.github.com\", [], \"api.github.com\"", "true"), ("\"*.github.com\", [], \"a.b.github.com\"", "false"),
        ("\"*.github.com\", null, \"a.b.github.com\"", "true"), ("\"**.com\", [], \"a.b.com\"", "true"),
        ("\"a:*:c\", [\":\"], \"a:b:c\"", "true"), ("\"{cat,[fb]at}\", [], \"bat\"", "true"), ("\"[!a-c]at\", [], \"bat\"", "false"),
        ("\"?at\", [], \".at\"", "false"), ("\"a\\\\*\", [], \"a*\"", "true"), ("\"\", [], \"\"", "true"),
        ("\"?\", [], \"\"", "true"), ("\"[!a]\", [], \"\"", "true"), ("\"[a]\", [], \"\"", "false"), ("\"a?\", [], \"a\"", "false"),
        ("\"{a,b{c,d}}x\", [], \"bdx\"", "true"), ("\"[]\", [], \"\"", "error: could not parse range"),
        ("\"a\", [\"xy\"], \"a\"", "type error: operand 2 must be array of runes but got array containing string"),
      ])
    check("glob.quote_meta", [("\"*?[]{}\\\\a.\"", "\"\\\\*\\\\?\\\\[\\\\]\\\\{\\\\}\\\\\\\\a.\"")])
  }

  @Test("Networks")
  func networks() {
    check(
      "net.cidr_contains",
      [
        ("\"10.0.0.0/8\", \"10.1.2.3\"", "true"), ("\"10.0.0.0/8\", \"10.1.0.0/16\"", "true"), ("\"10.1.0.0/16\", \"10.0.0.0/8\"", "false"),
        ("\"fe80::/10\", \"fe80::1\"", "true"), ("\"::/0\", \"1.2.3.4\"", "false"),
        ("\"10.0.0.0/8\", \"::ffff:10.0.0.1\"", "true"), ("\"10.0.0.0/33\", \"10.0.0.1\"", "error: invalid CIDR address: 10.0.0.0/33"),
        ("\"010.0.0.0/8\", \"10.0.0.1\"", "error: invalid CIDR address: 010.0.0.0/8"),
        ("\"10.0.0.0/8\", \"x\"", "error: not a valid textual representation of an IP address or CIDR: x"),
      ])
    check(
      "net.cidr_expand",
      [
        ("\"192.168.1.6/30\"", "{\"192.168.1.4\", \"192.168.1.5\", \"192.168.1.6\", \"192.168.1.7\"}"),
        ("\"2001:db8::ff/127\"", "{\"2001:db8::fe\", \"2001:db8::ff\"}"),
        ("\"::/0\"", "fatal: net.cidr_expand: timed out before generating all IP addresses"),
      ])
    check(
      "net.cidr_merge",
      [
        ("[\"192.0.2.0/25\", \"192.0.2.128/25\", \"192.0.3.0/24\"]", "{\"192.0.2.0/23\"}"),
        ("[\"10.0.0.0/8\", \"10.1.0.0/16\"]", "{\"10.0.0.0/8\"}"),
        ("[\"192.0.2.1/32\", \"192.0.2.2/31\", \"192.0.2.4/32\"]", "{\"192.0.2.1/32\", \"192.0.2.2/31\", \"192.0.2.4/32\"}"),
        ("[\"2001:db8::/33\", \"2001:db8:8000::/33\"]", "{\"2001:db8::/32\"}"), ("[\"::1\"]", "error: IPv6 invalid: needs prefix length"),
        ("[1]", "error: element must be string"), ("1", "error: operand must be an array"),
      ])
    check("net.cidr_intersects", [("\"10.0.0.0/8\", \"10.255.0.0/16\"", "true"), ("\"10.0.0.0/9\", \"10.128.0.0/9\"", "false")])
    check(
      "net.cidr_is_valid",
      [("\"::1/128\"", "true"), ("\"1.2.3.4\"", "false"), ("\"1:2:3:4:5:6:7:8::/64\"", "false"), ("\"1.2.3/8\"", "false"), ("1", "false"),
        ("\"10.0.0.0/08\"", "true"), ("\"10.0.0.0/0033\"", "false"), ("\"10.0.0.0/\"", "false")])
    check(
      "uri.parse",
      [
        (
          "\"HTTPS://u:p@[fe80::1%25eth0]:8443/a%20b?q=1#f%20g\"",
          "{\"fragment\": \"f g\", \"hostname\": \"fe80::1%eth0\", \"path\": \"/a b\", \"port\": \"8443\", \"raw_path\": \"/a b\", \"raw_query\": \"q=1\", \"scheme\": \"https\"}"
        ),
        ("\"mailto:a@b.c\"", "{\"scheme\": \"mailto\"}"), ("\"/a/b\"", "{\"path\": \"/a/b\", \"raw_path\": \"/a/b\"}"),
        ("\"//host/p\"", "{\"hostname\": \"host\", \"path\": \"/p\", \"raw_path\": \"/p\"}"),
        ("\"a:b:c\"", "{\"scheme\": \"a\"}"), ("\"1a:b\"", "error: parse \"1a:b\": first path segment in URL cannot contain colon"),
        ("\":a\"", "error: parse \":a\": missing protocol scheme"),
        ("\"http://a:b/\"", "error: parse \"http://a:b/\": invalid port \":b\" after host"),
        ("\"http://[::1/\"", "error: parse \"http://[::1/\": missing ']' in host"),
        ("\"http://a b/\"", "error: parse \"http://a b/\": invalid character \" \" in host name"),
        ("\"http://a/\\u0001\"", "error: parse \"http://a/\\x01\": net/url: invalid control character in URL"),
        ("\"http://h/%zz\"", "error: parse \"http://h/%zz\": invalid URL escape \"%zz\""),
      ])
  }

  @Test("Versions, units, identifiers, graphs")
  func smallFamilies() {
    check(
      "semver.compare",
      [
        ("\"1.2.3\", \"1.2.3\"", "0"), ("\"1.10.0\", \"1.9.0\"", "1"), ("\"1.0.0-alpha\", \"1.0.0\"", "-1"),
        ("\"1.0.0-alpha.1\", \"1.0.0-alpha.beta\"", "-1"), ("\"1.0.0-rc.2\", \"1.0.0-rc.10\"", "-1"),
        ("\"1.0.0+a\", \"1.0.0+b\"", "0"), ("\"v1.0.0\", \"1.0.0\"", "0"),
        ("\"1.0\", \"1.0.0\"", "error: operand 1: string \"1.0\" is not a valid SemVer"),
      ])
    check(
      "units.parse",
      [
        ("\"1k\"", "1000"), ("\"1Ki\"", "1024"), ("\"1.5M\"", "1500000"), ("\"500m\"", "0.5000000000"), ("\"0.1\"", "0.1000000000"),
        ("\"-1.5\"", "-1.5000000000"), ("\"1e3\"", "1000"), ("\"1E\"", "1000000000000000000"),
        ("\"1x\"", "error: units.parse: unit x not recognized"), ("\"1..2k\"", "error: units.parse: could not parse amount to a number"),
        ("\"1MM\"", "error: units.parse: unit Mm not recognized"),
      ])
    check(
      "units.parse_bytes",
      [
        ("\"1KB\"", "1000"), ("\"1.5KiB\"", "1536"), ("\"0.1\"", "0"), ("\"10EiB\"", "11529215046068469760"),
        ("\"5q\"", "error: units.parse_bytes: byte unit q not recognized"),
      ])
    check(
      "uuid.parse",
      [
        ("\"00000000-0000-4000-8000-00000000000\"", "undefined"),
        ("\"00000000000040008000000000000000\"", "{\"variant\": \"RFC4122\", \"version\": 4}"),
        ("\"00000000-0000-4000-c000-000000000000\"", "{\"variant\": \"Microsoft\", \"version\": 4}"),
      ])
    check(
      "graph.reachable",
      [
        ("{\"a\": [\"b\"], \"b\": [\"c\", \"a\"], \"c\": []}, [\"a\"]", "{\"a\", \"b\", \"c\"}"), ("{}, [\"a\"]", "set()"),
        ("{\"a\": [\"x\"]}, [\"a\"]", "{\"a\"}"), ("{}, 1", "type error: operand 2 must be {array, set} but got number"),
      ])
    check(
      "graph.reachable_paths",
      [
        ("{\"a\": [\"b\", \"c\"], \"b\": [\"c\"], \"c\": []}, [\"a\"]", "{[\"a\", \"b\", \"c\"], [\"a\", \"c\"]}"),
        ("{\"a\": [\"b\"], \"b\": [\"a\"]}, [\"a\"]", "{[\"a\", \"b\"]}"), ("{\"a\": [\"x\"]}, [\"a\"]", "{[\"a\"]}"),
      ])
    check("walk", [("{\"a\": [1]}", "[[[], {\"a\": [1]}], [[\"a\"], [1]], [[\"a\", 0], 1]]")])
  }

  @Test("An amount is the same in quotes, which are left out before it is read digit by digit")
  func amounts() {
    let calling = Calling()
    for number in ["0", "1", "7", "007", "10", "500", "999", "1000", "1500", "123456789", "999999999", "1234567890", "1.5", "-3", "+2", ""]
    {
      for unit in [
        "", "k", "K", "Ki", "KI", "ki", "m", "M", "mi", "Mi", "MI", "mI", "g", "G", "Gi", "T", "Ti", "i", "mm", "Mm", "Kib", "B",
      ] {
        let plain = calling.result("units.parse", "\"\(number)\(unit)\"")
        #expect(plain == calling.result("units.parse", "\"\\\"\(number)\(unit)\\\"\""), "\(number)\(unit)")
      }
    }
  }

  @Test("YAML")
  func yaml() {
    check(
      "yaml.unmarshal",
      [
        ("\"a: 1\\nb: [x, 2.50, ~, yes, 'yes']\\n\"", "{\"a\": 1, \"b\": [\"x\", 2.5, null, true, \"yes\"]}"),
        ("\"1: a\\ntrue: b\\n\"", "{\"1\": \"a\", \"true\": \"b\"}"), ("\"2001-12-14\"", "\"2001-12-14\""),
        ("\"18446744073709551615\"", "18446744073709551615"), ("\"-9223372036854775809\"", "-9223372036854776000"),
        ("\"123456789012345678901234567890\"", "1.2345678901234568e+29"), ("\"0x1F\"", "31"), ("\"017\"", "15"), ("\"0o17\"", "15"),
        ("\"1_000\"", "1000"), ("\"a: 1\\na: 2\\n\"", "{\"a\": 2}"), ("\"\"", "null"),
        ("\"a: &x [1]\\nb: *x\\n\"", "{\"a\": [1], \"b\": [1]}"),
        ("\"a: &x {k: 1, l: 2}\\nb:\\n  <<: *x\\n  l: 3\\n\"", "{\"a\": {\"k\": 1, \"l\": 2}, \"b\": {\"k\": 1, \"l\": 3}}"),
        ("\"--- a\\n--- b\\n\"", "\"a\""),
        ("\"a: |\\n  x\\n  y\\nb: >\\n  x\\n  y\\n\"", "{\"a\": \"x\\ny\\n\", \"b\": \"x y\\n\"}"),
        ("\"*x\"", "error: yaml: line 1: unknown anchor 'x' referenced"),
        ("\"? [a]\\n: 1\\n\"", "error: yaml: line 1: unsupported map key of type: array"),
        ("\"!!str 1\"", "\"1\""), ("\"!!binary Zg==\"", "\"f\""),
        ("\"-.inf\"", "error: json: unsupported value: -Inf"), ("\"a: .NaN\"", "error: json: unsupported value: NaN"),
        ("\"'.inf'\"", "\".inf\""), ("\".1_9\"", "0.19"), ("\".1_\"", "\".1_\""),
        ("\"a\\nb: c\"", "error: yaml: line 2: mapping values are not allowed in this context"),
      ])
    check("yaml.is_valid", [("\"a: {\"", "false"), ("\"a: 1\"", "true"), ("1", "false")])
    check(
      "yaml.marshal",
      [
        (
          "{\"b\": [1, {\"c\": []}], \"a\": {\"b\": \"yes\", \"p\": \"plain text\", \"z\": \"l1\\nl2\\n\"}}",
          "\"a:\\n  b: \\\"yes\\\"\\n  p: plain text\\n  z: |\\n    l1\\n    l2\\nb:\\n- 1\\n- c: []\\n\""
        )
      ])
  }

  @Test("A text with aliases of aliases does not fill the memory")
  func bomb() {
    var text = "a0: &a0 [x, x]\\n"
    for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\\n" }
    #expect(Calling().result("yaml.is_valid", "\"\(text)\"") == "false")
  }

  @Test("Printing: every combination of several values")
  func printing() {
    let calling = Calling()
    #expect(calling.result("internal.print", "[\"a\", 1, null]") == "true")
    #expect(calling.printed == ["a 1 null"])
    #expect(calling.result("trace", "\"note\"") == "true")
    #expect(calling.result("trace", "1") == "type error: operand 1 must be string but got number")
  }

  @Test("Random numbers stay the same for one key during an evaluation")
  func random() {
    let calling = Calling()
    let first = calling.result("rand.intn", "\"k\", 1000000000")
    #expect(calling.result("rand.intn", "\"k\", 1000000000") == first)
    #expect(calling.result("rand.intn", "\"k\", 0") == "0")
    let identifier = calling.result("uuid.rfc4122", "\"k\"")
    #expect(calling.result("uuid.rfc4122", "\"k\"") == identifier)
    #expect(calling.result("uuid.parse", identifier) == "{\"variant\": \"RFC4122\", \"version\": 4}")
  }

  @Test("Paths through a dense graph end with the budget")
  func budget() {
    let vertices = (0..<20).map { vertex in "\"\(vertex)\": [\((0..<20).map { "\"\($0)\"" }.joined(separator: ","))]" }
    #expect(Calling(steps: 100_000).result("graph.reachable_paths", "{\(vertices.joined(separator: ","))}, [\"0\"]").hasPrefix("fatal"))
  }
}
