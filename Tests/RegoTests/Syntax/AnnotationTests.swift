import Rego
import Testing

@Suite("METADATA")
struct AnnotationTests {
  @Test("fields and targets")
  func fields() throws {
    let module = try Reading.module(
      """
      # METADATA
      # title: A package
      # scope: subpackages
      package p

      # Not one.

      # METADATA
      # title: First
      # description: |
      #   two
      #   rows
      # entrypoint: true
      # organizations: [a, b]
      # custom:
      #   id: X-1
      #   level: 3
      #   default: Y
      #   on: true
      #   none:
      #   when: 2024-01-02
      #   hex: 0x1F
      x := 1

      # METADATA
      # scope: document
      # title: Far

      # METADATA
      # title: Near
      y if x
      """)
    #expect(module.packageAnnotations.map(\.title) == ["A package"])
    #expect(module.packageAnnotations.map(\.scope) == [.subpackages])
    let first = module.rules[0].annotations[0]
    #expect(first.scope == .document)
    #expect(first.isEntrypoint)
    #expect(first.description == "two\nrows\n")
    #expect(first.location.row == 8)
    let custom = try #require(first.fields["custom"])
    #expect(custom["id"] == .string("X-1"))
    #expect(custom["level"] == .number("3"))
    #expect(custom["default"] == .string("Y"))
    #expect(custom["on"] == .boolean(true))
    #expect(custom["none"] == .null)
    #expect(custom["when"] == .string("2024-01-02"))
    #expect(custom["hex"] == .number("31"))
    #expect(first.fields["organizations"] == .array([.string("a"), .string("b")]))
    #expect(module.rules[1].annotations.map(\.title) == ["Far", "Near"])
    #expect(module.rules[1].annotations.map(\.scope) == [.document, .rule])
  }

  @Test(
    "mistakes, at their line",
    arguments: [
      ("# METADATA\n#\nx := 1", "2:1 expected METADATA block, found whitespace"),
      (
        "# METADATA\n# scope: pod\nx := 1", "2:1 invalid annotation scope 'pod'. Use one of 'rule', 'document', 'package', or 'subpackages'"
      ),
      ("# METADATA\n# scope: package\nx := 1", "2:1 annotation scope 'package' must be applied to package (have rule)"),
      (
        "# METADATA\n# title: a\nimport data.x",
        "2:1 invalid annotation scope 'import'. Use one of 'rule', 'document', 'package', or 'subpackages'"
      ),
      (
        "# METADATA\n# scope: rule\n# entrypoint: true\nx := 1", "2:1 annotation entrypoint applied to non-document or package scope 'rule'"
      ), ("# METADATA\n# title: [a]\nx := 1", "3:1 yaml: line 3: cannot read a sequence as string"),
      ("# METADATA\n# title: a\n# custom: 1\nx := 1", "4:1 yaml: line 4: cannot read \"1\" as map"),
      ("# METADATA\n# entrypoint: maybe\nx := 1", "3:1 yaml: line 3: cannot read \"maybe\" as bool"),
      ("# METADATA\n# authors: [{}]\nx := 1", "3:1 invalid author definition: 'name' and/or 'email' values required in object"),
      (
        "# METADATA\n# related_resources: [1]\nx := 1", "3:1 invalid related-resource definition: invalid value type, must be string or map"
      ),
      ("# METADATA\n# schemas: [{input: schema.x}, {\"1\": schema.x}]\nx := 1", "3:1 invalid document reference"),
      ("# METADATA\n# schemas:\n#   - input: other.x\nx := 1", "4:1 invalid schema reference"),
      ("# METADATA\n# title: a", "2:1 invalid annotation scope ''. Use one of 'rule', 'document', 'package', or 'subpackages'"),
    ])
  func mistakes(_ text: String, _ message: String) { #expect(Reading.errors(of: "package p\n" + text) == [message]) }

  @Test(
    "unreadable YAML is placed in the module",
    arguments: [
      ("# METADATA\n# title: a\n# custom: {a: b\nx := 1", 3...5), ("# METADATA\n# a: b: c\nx := 1", 3...3),
      ("# METADATA\n# a: 1\n# a: 2\nx := 1", 2...4),
    ])
  func unreadable(_ text: String, _ rows: ClosedRange<Int>) {
    #expect(throws: RegoErrors.self) { try Reading.module("package p\n" + text) }
    let rowText = Reading.errors(of: "package p\n" + text).first?.prefix { $0 != ":" } ?? ""
    #expect(rows.contains(Int(rowText) ?? 0))
  }

  @Test("texts made to exhaust the reader end in an error")
  func bounds() {
    let bomb =
      "# METADATA\n# custom:\n#   a0: &a0 [x, x]\n" + (1...30).map { "#   a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
      + "x := 1"
    #expect(Reading.errors(of: "package p\n" + bomb) == ["2:1 METADATA block has too many YAML aliases"])
    let deep = "# METADATA\n# custom: " + String(repeating: "[", count: 5000) + "\nx := 1"
    #expect(Reading.errors(of: "package p\n" + deep) == ["3:1 METADATA block is nested too deeply"])
    let list = "# METADATA\n# custom:\n#  " + String(repeating: "- ", count: 5000) + "\nx := 1"
    #expect(Reading.errors(of: "package p\n" + list) == ["4:1 METADATA block is nested too deeply"])
  }

  @Test("they can be left alone")
  func ignored() throws {
    let module = try Reading.module("package p\n# METADATA\n# scope: pod\nx := 1", Parser.Options(annotations: false))
    #expect(module.rules[0].annotations.isEmpty)
    #expect(try Reading.module("package p\n  # METADATA\n# a: [\nx := 1").rules[0].annotations.isEmpty)
  }
}
