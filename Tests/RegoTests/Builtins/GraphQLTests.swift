import Testing

@testable import Rego

@Suite("GraphQL")
struct GraphQLTests {
  private static func quoted(_ text: String) -> String { String(decoding: ValueText.quote(Array(text.utf8)), as: UTF8.self) }

  private static func call(_ name: String, _ texts: String...) -> String {
    Calling().result(name, texts.map(quoted).joined(separator: ", "))
  }

  private static let schema = """
    interface Named { name: String! }
    type Dog implements Named { name: String! barks: Boolean age: Int friends(first: Int! = 3, sort: Order): [Named!] }
    type Cat implements Named { name: String! meows(loud: Boolean): Boolean age: String }
    union Pet = Dog | Cat
    enum Order { UP DOWN }
    input Filter { name: String! order: Order = UP tags: [String!] }
    scalar Moment
    type Query { pet: Pet named: Named dog(id: ID): Dog find(filter: Filter, at: Moment, weight: Float): [Pet] count: Int }
    type Mutation { rename(id: ID!, name: String): Dog }
    type Subscription { born: Dog died: Dog }
    """

  @Test(
    "texts that are no document",
    arguments: [
      ("graphql.parse_query", "{ a(b: $) }", "Expected Name, found ) in GraphQL string at location 1:9"),
      ("graphql.parse_query", "query ($a: [Int = 1) { a }", "Expected ], found = in GraphQL string at location 1:17"),
      ("graphql.parse_query", "{ a(b: \"x\ny\") }", "Unexpected <Invalid> in GraphQL string at location 1:10"),
      ("graphql.parse_query", "{ a(b: 01) }", "Unexpected <Invalid> in GraphQL string at location 1:9"),
      ("graphql.parse_query", "{ é }", "Expected Name, found <Invalid> in GraphQL string at location 1:3"),
      ("graphql.parse_query", "# only\r\n{ ... on }", "Expected Name, found } in GraphQL string at location 2:11"),
      ("graphql.parse_query", "fragment on on T { a }", "Unexpected Name \"on\" in GraphQL string at location 1:10"),
      ("graphql.parse_query", "{}", "expected at least one definition, found } in GraphQL string at location 1:2"),
      ("graphql.parse_schema", "type A { a: }", "Expected Name, found } in GraphQL string at location 1:13"),
      ("graphql.parse_schema", "directive @a on FIELD | X", "Unexpected Name \"X\" in GraphQL string at location 1:25"),
      ("graphql.parse_schema", "enum E", ""),
      ("graphql.parse_schema", "schema { x: Y }", "Unexpected Name \"x\" in GraphQL string at location 1:10"),
      ("graphql.parse_schema", "foo", "Unexpected Name \"foo\" in GraphQL string at location 1:1"),
    ])
  func texts(_ name: String, _ text: String, _ wanted: String) {
    let result = Self.call(name, text)
    if wanted.isEmpty { #expect(!result.hasPrefix("error"), "\(result)") } else { #expect(result == "error: \(wanted)") }
  }

  @Test("strings and blocks")
  func strings() {
    let query = #"{ a(b: "x\u00e9\n\"", c: """ "# + "\n      one\n        two\n\n      " + #"""") }"#
    let result = Self.call("graphql.parse_query", query)
    #expect(result.contains("\"Raw\": \"xé\\n\\\"\""), "\(result)")
    #expect(result.contains("\"Raw\": \"one\\n  two\""), "\(result)")
  }

  @Test(
    "queries that hold",
    arguments: [
      "{ count }", "{ pet { ... on Dog { barks } ... on Cat { meows(loud: true) } __typename } }", "{ named { name ... on Dog { age } } }",
      "query Q($id: ID = 1) { dog(id: $id) { name @include(if: true) friends(first: 2, sort: UP) { name } } }",
      "{ find(filter: {name: \"x\", tags: [\"a\"]}, at: {any: [1]}, weight: 1) { __typename } }", "mutation { rename(id: 4) { name } }",
      "subscription S { born { name } }", "{ a: dog { name } b: dog { name } } ",
      "{ __schema { types { name } } __type(name: \"X\") { kind } }",
      "query A { count } query B { count }", "{ ...F } fragment F on Query { count }",
      "{ pet { ... on Dog { x: age } ... on Cat { y: age } } }", "query ($n: Int) { dog { friends(first: $n) { name } } }",
      "query ($l: [String!]) { find(filter: {name: \"a\", tags: $l}) { __typename } }",
      "{ dog(id: \"x\") { name } dog(id: \"x\") { age } }",
    ])
  func holding(_ query: String) {
    #expect(Self.call("graphql.is_valid", query, Self.schema) == "true", "\(Self.call("graphql.parse", query, Self.schema))")
  }

  @Test(
    "queries that do not, by rule",
    arguments: [
      ("FieldsOnCorrectType", "{ counts }", "Cannot query field \"counts\" on type \"Query\". Did you mean \"count\"?"),
      ("FieldsOnCorrectType", "{ named { barks } }", "Did you mean to use an inline fragment on \"Dog\"?"),
      ("FragmentsOnCompositeTypes", "{ count ... on Int { x } }", "Fragment cannot condition on non composite type \"Int\"."),
      ("KnownArgumentNames", "{ dog(i: 1) { name } }", "Unknown argument \"i\" on field \"Query.dog\"."),
      ("KnownArgumentNames", "{ count @skip(if: true, x: 1) }", "Unknown argument \"x\" on directive \"@skip\"."),
      ("KnownDirectives", "{ count @no }", "Unknown directive \"@no\"."),
      ("KnownDirectives", "query @skip(if: true) { count }", "Directive \"@skip\" may not be used on QUERY."),
      ("KnownFragmentNames", "{ ...X }", "Unknown fragment \"X\"."), ("KnownTypeNames", "query ($a: X) { count }", "Unknown type \"X\"."),
      ("LoneAnonymousOperation", "{ count } query A { count }", "This anonymous operation must be the only defined operation."),
      (
        "NoFragmentCycles", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A count }",
        "Cannot spread fragment \"A\" within itself via \"B\"."
      ),
      ("NoUndefinedVariables", "query Q { dog(id: $x) { name } }", "Variable \"$x\" is not defined by operation \"Q\"."),
      ("NoUnusedFragments", "{ count } fragment F on Query { count }", "Fragment \"F\" is never used."),
      ("NoUnusedVariables", "query ($x: Int) { count }", "Variable \"$x\" is never used."),
      ("OverlappingFieldsCanBeMerged", "{ x: count x: dog { name } }", "Fields \"x\" conflict because count and dog are different fields."),
      ("OverlappingFieldsCanBeMerged", "{ dog(id: 1) { name } dog(id: 2) { name } }", "they have differing arguments"),
      ("OverlappingFieldsCanBeMerged", "{ pet { ... on Dog { age } ... on Cat { age } } }", "they return conflicting types Int and String"),
      (
        "OverlappingFieldsCanBeMerged", "{ dog { x: name } ...F } fragment F on Query { dog { x: age } }",
        "subfields \"x\" conflict because name and age are different fields"
      ),
      ("PossibleFragmentSpreads", "{ dog { ... on Cat { name } } }", "can never be of type \"Cat\"."),
      (
        "ProvidedRequiredArguments", "mutation { rename { name } }", "argument \"id\" of type \"ID!\" is required, but it was not provided."
      ),
      ("ScalarLeafs", "{ count { x } }", "must not have a selection since type \"Int\" has no subfields."),
      ("ScalarLeafs", "{ dog }", "must have a selection of subfields. Did you mean \"dog { ... }\"?"),
      ("SingleFieldSubscriptions", "subscription { born { name } died { name } }", "must select only one top level field."),
      ("UniqueArgumentNames", "{ dog(id: 1, id: 1) { name } }", "There can be only one argument named \"id\"."),
      ("UniqueDirectivesPerLocation", "{ count @skip(if: true) @skip(if: true) }", "The directive \"@skip\" can only be used once"),
      ("UniqueFragmentNames", "{ ...F } fragment F on Query { count } fragment F on Query { count }", "only one fragment named \"F\"."),
      ("UniqueInputFieldNames", "{ find(filter: {name: \"a\", name: \"b\"}) { __typename } }", "only one input field named \"name\"."),
      ("UniqueOperationNames", "query A { count } query A { count }", "There can be only one operation named \"A\"."),
      ("UniqueVariableNames", "query ($x: ID, $x: ID) { dog(id: $x) { name } }", "There can be only one variable named \"$x\"."),
      (
        "ValuesOfCorrectType", "{ find(filter: {}) { __typename } }", "Field \"Filter.name\" of required type \"String!\" was not provided."
      ),
      ("ValuesOfCorrectType", "{ find(filter: {name: 1}) { __typename } }", "String cannot represent a non string value: 1"),
      ("ValuesOfCorrectType", "{ find(weight: \"1\") { __typename } }", "Float cannot represent non numeric value: \"1\""),
      ("ValuesOfCorrectType", "{ dog { friends(sort: LEFT) { name } } }", "Value \"LEFT\" does not exist in \"Order\" enum."),
      ("ValuesOfCorrectType", "{ dog { friends(first: null) { name } } }", "Expected value of type \"Int!\", found null."),
      ("VariablesAreInputTypes", "query ($x: Dog) { count }", "Variable \"$x\" cannot be non-input type \"Dog\"."),
      (
        "VariablesInAllowedPosition", "mutation ($x: ID) { rename(id: $x) { name } }",
        "Variable \"$x\" of type \"ID\" used in position expecting type \"ID!\"."
      ),
    ])
  func rules(_ rule: String, _ query: String, _ wanted: String) {
    let result = Self.call("graphql.parse", query, Self.schema)
    #expect(
      result.hasPrefix("error: ") && result.contains(wanted.hasSuffix(".") ? String(wanted.dropLast()) : wanted), "\(rule): \(result)")
    #expect(Self.call("graphql.is_valid", query, Self.schema) == "false")
    #expect(Self.call("graphql.parse_and_verify", query, Self.schema) == "[false, {}, {}]")
  }

  @Test(
    "schemas that do not hold",
    arguments: [
      "type A { a: B }", "type A { a: Int } type A { a: Int }", "type A { __a: Int }", "type __A { a: Int }", "type A { a: Int a: Int }",
      "interface I { a: Int } type A implements I { b: Int }", "interface I { a: Int! } type A implements I { a: Int }",
      "interface I { a(x: Int): Int } type A implements I { a: Int }", "type A implements B { a: Int } type B { a: Int }",
      "union U = I interface I { a: Int }", "enum E { true }", "input I { a: A } type A { a: Int }", "type A { a(b: A): Int }",
      "type A { a: I } input I { a: Int }", "directive @a on FIELD directive @a on FIELD", "directive @a(x: Int @a) on ARGUMENT_DEFINITION",
      "type A @no { a: Int }", "type A @skip(if: true) { a: Int }", "schema { query: Q }",
      "schema { query: A } schema { query: A } type A { a: Int }",
      "scalar A extend type A { a: Int }", "interface I implements J { a: Int } interface J implements I { a: Int }",
      "interface I { a: Int } interface J implements I { a: Int } type A implements J { a: Int }",
    ])
  func schemas(_ text: String) {
    #expect(Self.call("graphql.schema_is_valid", text) == "false")
    #expect(Self.call("graphql.schema_is_valid", Self.schema) == "true")
  }

  @Test("documents are read back from their objects")
  func objects() {
    let query = Self.call(
      "graphql.parse_query",
      "query Q($x: [ID!]! = [1]) { ... on Query @skip(if: true) { a: dog(id: {k: $x}) { ...F } } } fragment F on Dog { name }")
    #expect(!query.hasPrefix("error"))
    let schema = Self.call("graphql.parse_schema", Self.schema)
    let both = Calling().result("graphql.parse", "\(Self.call("graphql.parse_query", "{ ...F } fragment F on Query { count }")), \(schema)")
    #expect(both.hasPrefix("[{\"Fragments\"") && both.hasSuffix(schema + "]"), "\(both)")
    #expect(Calling().result("graphql.is_valid", "{\"Operations\": 1}, \(schema)") == "false")
    #expect(Calling().result("graphql.is_valid", "1, \(schema)") == "false")
    #expect(Calling().result("graphql.schema_is_valid", "{\"Definitions\": [{\"Kind\": \"X\"}]}") == "false")
    #expect(Calling().result("graphql.parse", "1, {}") == "type error: operand 1 must be one of {string, object} but got number")
  }

  @Test("documents made to exhaust")
  func hostile() {
    let deep = String(repeating: "{ a", count: 100_000)
    #expect(Self.call("graphql.parse_query", deep).hasPrefix("error: document is nested deeper than 500 levels"))
    #expect(Self.call("graphql.parse_query", "{ a(b: " + String(repeating: "[", count: 100_000)).hasPrefix("error: document is nested"))
    #expect(
      Self.call("graphql.parse_schema", "type A { a: " + String(repeating: "[", count: 100_000)).hasPrefix("error: document is nested"))
    let fine = String(repeating: "{ a", count: 400) + String(repeating: "}", count: 400)
    #expect(!Self.call("graphql.parse_query", fine).hasPrefix("error"))
    // Fragments that spread each other twice: the comparisons end, or the budget does.
    let schema = "type Query { q: Query x: Int }"
    let fragments = (0..<30).map { "fragment F\($0) on Query { q { ...F\($0 + 1) } q { ...F\($0 + 1) } }" }.joined(separator: " ")
    let query = "{ ...F0 ...F1 } \(fragments) fragment F30 on Query { x }"
    let result = Calling(steps: 3_000_000).result("graphql.is_valid", "\(Self.quoted(query)), \(Self.quoted(schema))")
    #expect(["true", "false"].contains(result) || result.hasPrefix("fatal"), "\(result)")
    let chain = (0..<40_000).map { "fragment F\($0) on Query { ...F\($0 + 1) }" }.joined(separator: " ")
    let chained = "{ ...F0 } \(chain) fragment F40000 on Query { x }"
    let verdict = Calling(steps: 50_000_000).result("graphql.is_valid", "\(Self.quoted(chained)), \(Self.quoted(schema))")
    #expect(["true", "false"].contains(verdict), "\(verdict)")
    let fields = String(repeating: " x", count: 20_000)
    #expect(Calling(steps: 100_000).result("graphql.is_valid", "\(Self.quoted("{\(fields) }")), \(Self.quoted(schema))").hasPrefix("fatal"))
  }
}
