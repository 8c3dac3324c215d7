internal import ArgumentParser
internal import Audit
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
    let texts = try Texts(data.language, from: folder)
    let rows = [
      ("program", Version.text), ("policies", policies.digest), ("controls", "\(policies.controls.all.count)"), ("data", folder.path),
    ].map { (label: texts["version.\($0.0)"], value: $0.1) }
    let width = rows.map { DisplayWidth.of($0.label) }.max() ?? 0
    Console.print(rows.map { "\(DisplayWidth.padded($0.label, to: width)) \($0.value)" }.joined(separator: "\n"))
  }
}
