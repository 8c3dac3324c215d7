internal import ArgumentParser
internal import Audit
internal import Judgement

/// The language in which the command line answers before any command runs: help, wrong use, and errors that end the program.
struct Speech {
  let translation: Translation
  private let isEnglish: Bool

  /// By the command line as it stands, since it may be wrong: `--lang` wherever it is, else the environment. English where the texts of the
  /// language cannot be read, so that an error about the data folder is told at all.
  static var current: Speech {
    let language = named(CommandLine.arguments, "--lang").flatMap { Language(code: $0) } ?? ofEnvironment
    guard language != .english else { return Speech(translation: Translation(), isEnglish: true) }
    // `--data` of the commands with OPA's flags names policies; the texts are then at their usual place.
    for place in [named(CommandLine.arguments, "--data"), nil] {
      guard let folder = try? DataFolder(named: place) else { continue }
      if let translation = try? Translation(file: Texts.command(language), from: folder) {
        return Speech(translation: translation, isEnglish: false)
      }
    }
    return Speech(translation: Translation(), isEnglish: true)
  }

  /// The language of LC_ALL, LC_MESSAGES or LANG.
  static var ofEnvironment: Language {
    var environment: [String: String] = [:]
    for name in ["LC_ALL", "LC_MESSAGES", "LANG"] { environment[name] = Environment.value(name) }
    return Language(environment: environment)
  }

  /// What the argument parser says of an error, a request for help among them.
  func message(for error: any Error) -> String {
    let page = Ringwall.fullMessage(for: error, columns: HelpLayout.unbounded)
    return HelpLayout(translation: isEnglish ? nil : translation, columns: Console.style.columns).text(page)
  }

  /// The value of an option, written `--option value` or `--option=value`.
  private static func named(_ arguments: [String], _ option: String) -> String? {
    for (index, argument) in arguments.enumerated() {
      if argument == option { return index + 1 < arguments.count ? arguments[index + 1] : nil }
      if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
    }
    return nil
  }
}
