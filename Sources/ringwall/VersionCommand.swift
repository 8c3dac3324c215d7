internal import ArgumentParser
internal import Judgement

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Print the version of the program and of its policies.",
    discussion: """
        ringwall version
        ringwall --version      the program alone
      """)

  @OptionGroup var data: DataOptions

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let policies = try Policies.load(from: folder)
    Console.print("ringwall \(Version.text)\npolicies \(policies.digest)\ncontrols \(policies.controls.all.count)\ndata     \(folder.path)")
  }
}
