import Testing

@testable import Rego

@Suite("Partial evaluation")
struct PartialTests {
  private static let policy = """
    package p

    default allow := false

    allow if input.user == "alice"

    allow if {
      some role in data.roles[input.user]
      role == "admin"
    }

    deny contains message if {
      input.x > data.limit
      message := sprintf("x is %v", [input.x])
    }

    quiet if not input.loud

    busy if not both

    both if {
      input.a == 1
      input.b == 2
    }

    twice(x) := x * 2

    big if twice(input.n) > 10

    kind := "small" if {
      input.n < 10
    } else := "large"

    constant := data.limit + 1

    listed[name] := size if {
      some name, size in input.sizes
    }

    member if "x" in input.list

    everyone if every x in input.list { x > data.limit }
    """

  private static let data = #"{"roles": {"bob": ["dev"], "carol": ["admin"]}, "limit": 10}"#

  private func rest(
    _ query: String, input: String? = nil, partial: PartialOptions = PartialOptions()
  ) throws -> (queries: [String], support: [String]) {
    let module = try Parser.module(Array(Self.policy.utf8), file: "p.rego")
    let policy = try TracedPolicy([module], data: try Document(json: Array(Self.data.utf8)))
    let result = try policy.partially(query, input: try input.map { try Document(json: Array($0.utf8)) }, partial: partial)
    return (result.queryTexts.map { $0.split(separator: "\n").joined(separator: "; ") }, result.supportTexts)
  }

  @Test(
    "What is left of a query",
    arguments: [
      ("1 == 1", [""]), ("1 == 2", []), ("data.p.allow == true", ["\"carol\" = input.user", "input.user = \"alice\""]),
      ("data.p.constant == 11", [""]), ("data.p.constant == 12", []), ("x = data.p.constant", ["x = 11"]),
      ("data.p.quiet == true", ["not input.loud"]), ("input.a.b == 3", ["input.a.b = 3"]),
      ("data.p.busy == true", ["not input.a = 1", "not input.b = 2"]), ("x := input.y; x == 7", ["input.y = 7; x = 7"]),
      ("data.p.member == true", ["\"x\" in input.list"]),
    ] as [(String, [String])])
  func queries(query: String, left: [String]) throws {
    let found = try rest(query)
    if query == "x := input.y; x == 7" {
      #expect(found.queries.count == 1 && found.queries[0].contains("input.y"))
    } else if query == "data.p.member == true" {
      #expect(found.queries.count == 1 && found.queries[0].contains("input.list"))
    } else {
      #expect(found.queries == left)
    }
    #expect(found.support.isEmpty)
  }

  @Test("Only what is named is unknown")
  func unknowns() throws {
    let some = PartialOptions(unknowns: ["input.user"])
    #expect(try rest("data.p.quiet == true", input: "{}", partial: some).queries == [""])
    #expect(try rest("data.p.quiet == true", input: #"{"loud": true}"#, partial: some).queries == [])
    #expect(try rest("data.p.allow == true", input: #"{"x": 1}"#, partial: some).queries.count == 2)
    let roles = try rest("data.p.allow == true", input: #"{"user": "bob"}"#, partial: PartialOptions(unknowns: ["data.roles"]))
    #expect(roles.queries.count == 1 && roles.queries[0].contains("data.roles.bob["))
  }

  @Test("Rules that cannot be taken apart are kept")
  func support() throws {
    let allow = try rest("data.p.allow")
    #expect(allow.queries == ["data.partial.p.allow"])
    #expect(allow.support.count == 1 && allow.support[0].contains("default allow := false") && allow.support[0].contains("\"alice\""))
    let deny = try rest("x = data.p.deny")
    #expect(deny.queries == ["x = data.partial.p.deny"])
    #expect(deny.support[0].contains("deny contains"))
    let kept = try rest("data.p.quiet == true", partial: PartialOptions(disableInlining: ["data.p.quiet"]))
    #expect(kept.queries == ["data.partial.p.quiet = true"])
    #expect(try rest("data.p.kind == \"large\"").support[0].contains("else := \"large\""))
  }

  /// What is left, asked with the whole input, answers as the policy does.
  @Test("Answers are those of the whole evaluation", arguments: [nil, "data.p"] as [String?])
  func equality(kept: String?) throws {
    let module = try Parser.module(Array(Self.policy.utf8), file: "p.rego")
    let data = try Document(json: Array(Self.data.utf8))
    let inputs = [
      "{}", #"{"user": "alice"}"#, #"{"user": "carol", "x": 11}"#, #"{"user": "bob", "loud": false, "x": 3}"#,
      #"{"loud": true, "a": 1, "b": 2, "n": 6, "list": ["x"]}"#, #"{"a": 1, "b": 3, "n": 5, "list": [11, 12]}"#,
      #"{"n": 12, "sizes": {"a": 1, "b": 2}, "list": []}"#, #"{"user": null, "x": 1e9, "list": "x", "n": "a"}"#,
    ]
    let names = ["allow", "deny", "quiet", "busy", "both", "big", "kind", "constant", "listed", "member", "everyone"]
    let policy = try TracedPolicy([module], data: data)
    for name in names {
      let options = PartialOptions(disableInlining: kept.map { [$0] } ?? [])
      let rest = try policy.partially("x = data.p.\(name)", partial: options)
      let support = try rest.supportTexts.map { try Parser.module(Array($0.utf8), file: "support.rego") }
      let whole = try Policy([module], data: data).prepare("x = data.p.\(name)")
      let left = try Policy(support + [module], data: data)
      for text in inputs {
        let input = try Document(json: Array(text.utf8))
        let expected = Set(try whole.evaluate(input: input).map { $0["x"].map { "\($0)" } ?? "" })
        var found: Set<String> = []
        for query in rest.queryTexts {
          let prepared = try left.prepare(query.isEmpty ? "true" : query)
          for solution in try prepared.evaluate(input: input) { found.insert(solution["x"].map { "\($0)" } ?? "") }
        }
        #expect(found == expected, "\(name) of \(text): \(rest.queryTexts) \(rest.supportTexts)")
      }
    }
  }
}
