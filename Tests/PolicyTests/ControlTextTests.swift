import Domain
import Foundation
import Judgement
import Testing

/// Every control can be read in both languages.
@Suite("Texts of controls")
struct ControlTextTests {
  struct Chinese {
    let title: String
    let messages: [String: String]
    let file: String
  }

  static func chinese() throws -> [String: Chinese] {
    let folder = try DataFolder(named: FixtureJudge.source)
    var texts: [String: Chinese] = [:]
    for file in try folder.files(below: "data/text/zh-CN", suffixes: [".yaml"])
    where !["interface", "command", "phrases", "values"].contains(where: { file.hasSuffix("/\($0).yaml") }) {
      for member in try YAMLDocument.read(try folder.bytes(file), file: file).members ?? [] {
        #expect(texts[member.key] == nil, "\(member.key) stands in \(file) and in \(texts[member.key]?.file ?? "")")
        let messages = (member.value["messages"]?.members ?? []).map { ($0.key, $0.value.text ?? "") }
        texts[member.key] = Chinese(
          title: member.value["title"]?.text ?? "", messages: Dictionary(messages, uniquingKeysWith: { first, _ in first }), file: file)
      }
    }
    return texts
  }

  @Test("every control has a title, a description, messages and a source")
  func english() throws {
    for control in try ControlTableTests.judge.get().policies.controls.all {
      #expect(!control.title.isEmpty && !control.description.isEmpty && !control.provenance.isEmpty, "\(control.id)")
      #expect(!control.messages.isEmpty && control.messages.values.allSatisfy { !$0.isEmpty }, "\(control.id)")
      #expect(!control.remediation.isEmpty && !control.safe.isEmpty && !control.facts.isEmpty, "\(control.id)")
      #expect(control.remediation.count >= 16, "\(control.id): \(control.remediation) says nobody what to do")
    }
  }

  @Test("the Chinese texts have the same cases with the same placeholders")
  func sameCases() throws {
    let chinese = try Self.chinese()
    let controls = try ControlTableTests.judge.get().policies.controls
    for control in controls.all {
      guard let text = chinese[control.id] else {
        Issue.record("\(control.id) has no Chinese text")
        continue
      }
      #expect(!text.title.isEmpty, "\(control.id): no Chinese title")
      #expect(Set(text.messages.keys) == Set(control.messages.keys), "\(control.id): cases differ")
      for (name, message) in control.messages {
        guard let other = text.messages[name] else { continue }
        #expect(Self.placeholders(other) == Self.placeholders(message), "\(control.id) \(name): placeholders differ")
      }
    }
    // Made-up settings and waivers have texts of their own, checked with data/claims.yaml and data/waivers.yaml; detections in DetectionTests.
    for (id, text) in chinese where controls[id] == nil && !["CLM-", "WVR-", "GST-"].contains(where: id.hasPrefix) { Issue.record("\(text.file): \(id) is no control") }
  }

  @Test("the Chinese texts leave the assessor's words to the assessor")
  func assessorsWords() throws {
    for (id, text) in try Self.chinese() {
      for line in [text.title] + text.messages.values {
        for word in ["符合", "合规", "达标", "来宾", "虚机"] { #expect(!line.contains(word), "\(id): \(word) in \(line)") }
      }
    }
  }

  @Test("every case that a fixture expects has a text")
  func casesOfFixtures() throws {
    let controls = try ControlTableTests.judge.get().policies.controls
    for fixture in try ControlFixture.all() {
      guard let control = controls[fixture.id] else { continue }
      for name in (Array(fixture.cases.values) + fixture.variants.map(\.item)).compactMap(\.messageCase) {
        let isShared = ["unknown", "parameter", "policyError"].contains(name)
        #expect(isShared || control.messages[name] != nil, "\(fixture.id): no message of the case \(name)")
      }
    }
  }

  @Test("parameters that policies read are described")
  func parameters() throws {
    let folder = try DataFolder(named: FixtureJudge.source)
    let described = Set(try Parameter.all(in: folder).map(\.name))
    for file in try folder.files(below: "policies", suffixes: [".rego"]) {
      let text = String(decoding: try folder.bytes(file), as: UTF8.self)
      for match in text.matches(of: /parameter(?:_not_set)?\("([a-z_0-9]+)"/) {
        #expect(described.contains(String(match.1)), "\(file): the parameter \(match.1) stands in no file of data/parameters")
      }
    }
  }

  static func placeholders(_ text: String) -> Set<String> {
    Set(text.matches(of: /\{([A-Za-z_0-9]+)\}/).map { String($0.1) })
  }
}
