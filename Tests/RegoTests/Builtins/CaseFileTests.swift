import Testing

@Suite("OPA's cases of built-in functions", .enabled(if: CaseFiles.arePresent, "the case files are not beside the checkout"))
struct CaseFileTests {
  @Test("Cases give what OPA gives", arguments: ["v0", "v1"], CaseFiles.names)
  func folder(edition: String, name: String) {
    let outcome = CaseFiles.run(edition, name)
    #expect(outcome.failures.isEmpty, "\(outcome.failures.joined(separator: "\n"))")
  }
}
