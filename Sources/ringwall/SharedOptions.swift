internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

/// Where policies and texts come from, and in which language people are answered.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder that holds policies, baselines and data. Else $RINGWALL_DATA, share/ringwall beside the program's folder, the source tree.",
      valueName: "dir"), completion: .directory)
  var data: String?

  @Option(
    help: ArgumentHelp("Language of texts for people: en or zh-CN. Else the one of LC_ALL, LC_MESSAGES or LANG.", valueName: "language"),
    completion: .list(Language.allCases.map(\.rawValue)), transform: Self.language)
  var lang: Language?

  var language: Language { lang ?? Speech.ofEnvironment }

  @Sendable private static func language(_ code: String) throws -> Language {
    guard let language = Language(code: code) else { throw ValidationError("there are en and zh-CN") }
    return language
  }
}

/// The baseline, policies of the user's own, and parameters.
struct SettingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Baseline: which controls, parameters and floor.", valueName: "name"))
  var baseline: String = Baseline.defaultName

  @Option(
    name: .customLong("policy"),
    help: ArgumentHelp("A file or folder with policies of your own, used beside the shipped ones. May be repeated.", valueName: "path"),
    completion: .file(extensions: ["rego"]))
  var policies: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a parameter of the policies, as in tenants=trusted or networks=[lab,dmz]. May be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp("A YAML or JSON file with parameters. --set wins over it, and it over the baseline.", valueName: "file"),
    completion: .file())
  var parameters: [String] = []
}

/// Which controls judge.
struct PolicyOptions: ParsableArguments {
  @OptionGroup var setting: SettingOptions

  @Flag(help: "Use only the controls of --policy.")
  var replacePolicy = false

  @Option(help: ArgumentHelp("Judge only these controls, in the baseline or not. Comma-separated or repeated.", valueName: "id"))
  var only: [String] = []

  @Option(help: ArgumentHelp("Leave these controls out. Comma-separated or repeated.", valueName: "id"))
  var skip: [String] = []

  func validate() throws {
    if replacePolicy && setting.policies.isEmpty {
      throw ValidationError("--replace-policy needs --policy PATH: without it nothing would be judged.")
    }
  }
}
