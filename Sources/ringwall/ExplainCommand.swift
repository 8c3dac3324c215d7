internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement
internal import Waivers

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say why a control matters, what it looks at, how it is repaired and how it is switched off on purpose.",
    discussion: """
        ringwall explain KVM-001
        ringwall explain KVM-001 QMU-007 --lang zh-CN
        ringwall explain KVM-023 --baseline single-tenant
        ringwall explain vmciUse             a statement of the article, by any of its words

      Doubts about a setting, where there are any, stand under Source.
      """)

  @Argument(help: "Ids of controls, as reports name them, or words of the article that data/claims.yaml answers.")
  var ids: [String]

  @OptionGroup var setting: SettingOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let setup = try JudgingSetup(data, setting)
    let style = Console.style
    var texts: [String] = []
    var explained: Set<String> = []
    for id in ids where explained.insert(id.uppercased()).inserted {
      guard let control = setup.policies.controls[id] ?? setup.waiverRules.control(id) else {
        let claims = setup.claims.matching(id)
        guard !claims.isEmpty else {
          let known = setup.policies.controls.all.map(\.id) + setup.claims.all.flatMap { [$0.id] + $0.terms }
          throw DataError(
            "\(id): no such control, and no word of the article. All controls: ringwall controls\(Suggestion.text(for: id, among: known))")
        }
        texts += claims.map { ClaimSheet.text($0, texts: setup.texts, style: style) }
        continue
      }
      let parameters = setup.known.filter { $0.controls.contains(control.id) }.map { parameter in
        (name: parameter.name, value: setup.value(of: parameter.name), description: setup.texts.phrase(parameter.description))
      }
      let file = control.location.shown
      let rule = file.hasPrefix("policies/") || file.hasPrefix("data/") ? "\(setup.folder.path)/\(file)" : file
      texts.append(Explanation.text(control, parameters: parameters, rule: rule, texts: setup.texts, style: style))
    }
    Console.print(texts.joined(separator: "\n"))
  }
}
